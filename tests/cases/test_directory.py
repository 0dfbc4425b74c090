"""The directory by file and by line: tried before it is written, written whole or not at all, and kept by who is in charge of it."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from cases import people, reference_data
from cases.access import THE_SYSTEM, Grant, Identity
from cases.database import Database, Scope
from cases.directory.charge import Charge, charge_of
from cases.directory.columns import Nature
from cases.directory.files import write_file
from cases.directory.held import read_directory
from cases.directory.importing import import_directory
from cases.directory.judging import Entry
from cases.directory.one_line import drop_absence, keep_line
from cases.errors import NotFound, Unreadable
from cases.importers.errors import ImportFileRefused
from cases.people import Newcomer
from cases.tables.operators import branch, branch_closure, coverage, offer
from cases.tables.people import absence
from cases.tables.territories import commune, territory
from engine.model import Role
from tests.cases.test_routing import NOW as TOWN_NOW
from tests.cases.test_routing import Town

NOW = datetime(2027, 2, 2, 9, 0, tzinfo=UTC)
WORKER = Scope.worker()
HEADER = ";".join((
    "Nature", "Opérateur", "Antenne", "Nom", "Famille", "Adresse électronique", "Places par semaine", "Où elle travaille", "Genre", "Portée", "Besoins",
    "Salariés au plus", "Du", "Au", "Conseiller (adresse)", "Remplaçant (adresse)",
))  # fmt: skip
ADIE = "Antenne;adie;;Adie Roubaix;;roubaix@adie.example;8;commune 59512, region 32;;;;;;;;"
LOAN = "Offre;adie;Adie Roubaix;Prêt;;;;;Financement;qpv;funding, cash_flow;10;;;;"


def sheet(*lines: str) -> bytes:
    return "\n".join((HEADER, *lines)).encode()


@pytest.fixture
def known(database: Database) -> Database:
    """The operators that ship with the product, and nothing else."""
    database.write(lambda db: reference_data.load(db, NOW), WORKER)
    return database


def brought(database: Database, content: bytes, *, dry_run: bool = False, by: Identity = THE_SYSTEM) -> dict[str, Any]:
    return database.write(lambda db: import_directory(db, content, by=by, now=NOW, dry_run=dry_run), WORKER)


def count(database: Database, table: Any) -> int:
    return int(database.read(lambda db: db.execute(select(func.count()).select_from(table)).scalar_one(), WORKER))


def test_a_sheet_makes_branches_with_what_they_offer(known: Database) -> None:
    report = brought(known, sheet(ADIE, LOAN))

    assert (report["new"], report["refused"], report["written"]) == (2, [], True)
    row = known.read(lambda db: db.execute(select(branch)).mappings().one(), WORKER)
    assert (row["name"], row["capacity_per_week"], row["languages"]) == ("Adie Roubaix", 8, ["fr"])
    made = known.read(lambda db: db.execute(select(offer)).mappings().one(), WORKER)
    assert (made["kind"], made["needs"], made["eligibility"]) == (
        "funding",
        ["funding", "cash_flow"],
        {"headcount_max": 10},
    )
    assert count(known, coverage) == 2


def test_a_dry_run_says_every_difference_and_writes_nothing(known: Database) -> None:
    brought(known, sheet(ADIE))

    report = brought(known, sheet(ADIE.replace(";8;", ";12;")), dry_run=True)

    assert report["changes"] == [
        {"line": 2, "what": "Antenne adie, Adie Roubaix", "outcome": "changed", "columns": [
            {"column": "Places par semaine", "before": "8", "after": "12"}]}
    ]  # fmt: skip
    assert not report["written"]
    assert known.read(lambda db: db.execute(select(branch.c.capacity_per_week)).scalar_one(), WORKER) == 8


def test_the_same_file_twice_changes_nothing_the_second_time(known: Database) -> None:
    brought(known, sheet(ADIE, LOAN))

    report = brought(known, sheet(ADIE, LOAN))

    assert (report["new"], report["changed"], report["same"]) == (0, 0, 2)
    assert (count(known, branch), count(known, offer)) == (1, 1)


def test_what_is_not_in_the_file_stays(known: Database) -> None:
    brought(known, sheet(ADIE, LOAN))

    brought(known, b"Nature;Op\xc3\xa9rateur;Nom;Active\nAntenne;adie;Adie Roubaix;non\n")

    row = known.read(lambda db: db.execute(select(branch)).mappings().one(), WORKER)
    assert (row["active"], row["email"], row["capacity_per_week"]) == (False, "roubaix@adie.example", 8)


WRONG = {
    "an unknown operator": (ADIE.replace("adie;", "inconnu;", 1), "Opérateur", "inconnu", "unknown_operator"),
    "a commune that is none": (ADIE.replace("59512", "5951"), "Où elle travaille", "commune 5951", "bad_code"),
    "an unknown quartier": (ADIE.replace("commune 59512", "quartier QN99999Z"), "Où elle travaille", "quartier QN99999Z", "unknown_quartier"),
    "a level that is none": (ADIE.replace("region 32", "canton 4"), "Où elle travaille", "commune 59512, canton 4", "bad_place"),
    "an address that is none": (ADIE.replace("@adie.example", ""), "Adresse électronique", "roubaix", "email_unreadable"),
    "a number that is none": (ADIE.replace(";8;", ";huit;"), "Places par semaine", "huit", "not_a_number"),
    "no place at all": (ADIE.replace(";8;", ";0;"), "Places par semaine", "0", "bad_capacity"),
    "an unknown need": (LOAN.replace("cash_flow", "argent"), "Besoins", "funding, argent", "unknown_code"),
    "an offer of no branch": (LOAN.replace("Adie Roubaix", "Adie Lens"), "Antenne", "Adie Lens", "unknown_branch"),
    "an offer without its scope": (LOAN.replace(";qpv;", ";;"), "Portée", "", "missing"),
    "a nature that is none": ("Agence" + ADIE.removeprefix("Antenne"), "Nature", "Agence", "unknown_nature"),
    "a value of another nature": (ADIE.replace(";;;;;;;;", ";funding;;;;;;;"), "Genre", "funding", "column_not_here"),
    "a day that is none": ("Fermeture;adie;Adie Roubaix;;;;;;;;;;30/02/2027;05/03/2027;;", "Du", "30/02/2027", "not_a_day"),
    "days that are crossed": ("Fermeture;adie;Adie Roubaix;;;;;;;;;;05/03/2027;01/03/2027;;", "Au", "2027-03-01", "days_crossed"),
    "somebody who has no account": ("Absence;;;;;;;;;;;;01/03/2027;05/03/2027;nobody@example.org;", "Conseiller (adresse)", "nobody@example.org", "unknown_person"),
    "the same branch twice": (ADIE, "Nature", "Antenne adie, Adie Roubaix", "line_twice"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "column", "value", "code"), WRONG.values(), ids=WRONG)
def test_a_wrong_line_is_told_with_its_number_and_nothing_is_written(
    known: Database, line: str, column: str, value: str, code: str
) -> None:
    report = brought(known, sheet(ADIE, line))

    assert [(one["line"], one["column"], one["value"], one["code"]) for one in report["refused"]] == [
        (3, column, value, code)
    ]
    assert report["refused"][0]["reason"].endswith((".", "»."))
    assert (report["written"], count(known, branch)) == (False, 0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "vide"), (b"Nom;Ville\nAdie;Roubaix\n", "Ville"), (b"Nom;Nom\na;b\n", "deux fois|Nature"),
        (b'{"lines": 3}', "pas de lignes"), (b'{"lines": [{"nature": {"a": 1}}]}', "ni un texte"), (b'{"lines": [', "ne se lit pas"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "tableau|illisibles"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_directory_is_refused_with_what_it_lacks(known: Database, content: bytes, said: str) -> None:
    with pytest.raises(ImportFileRefused, match=said):
        brought(known, content)


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_an_export_that_is_read_again_changes_nothing(database: Database, form: str) -> None:
    town = Town(database)
    database.write(town.open, WORKER)
    database.write(lambda db: _away(db, town), WORKER)

    content = database.read(lambda db: write_file(read_directory(db), form), WORKER)
    report = brought(database, content)

    assert (report["new"], report["changed"], report["refused"]) == (0, 0, [])
    assert report["same"] == len(json.loads(_as_json(database))["lines"])


def _as_json(database: Database) -> bytes:
    return database.read(lambda db: write_file(read_directory(db), "json"), WORKER)


def _away(db: Connection, town: Town) -> None:
    agent = Newcomer("Lina", "lina@example.org", Role.OPERATOR, branch=town.branches["adie"])
    people.add(db, agent, NOW)
    for entry in (
        Entry(1, Nature.ABSENCE, {"agent": "agent-adie@example.org", "from_day": "2027-03-01", "to_day": "2027-03-12", "substitute": "lina@example.org"}),
        Entry(1, Nature.CLOSURE, {"operator": "bge", "branch": "bge", "from_day": "2027-05-03", "to_day": "2027-05-07"}),
    ):  # fmt: skip
        keep_line(db, entry, by=THE_SYSTEM, now=NOW)


def test_no_cell_of_an_export_is_run_as_a_formula(known: Database) -> None:
    brought(known, sheet(ADIE, LOAN.replace("Prêt", "=HYPERLINK(1)")))

    content = known.read(lambda db: write_file(read_directory(db), "csv"), WORKER)

    assert b";'=HYPERLINK(1);" in content
    assert brought(known, content)["changed"] == 0


# -- substitutes ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def town(database: Database) -> Town:
    made = Town(database)
    database.write(made.open, WORKER)
    for hours, name in enumerate(("lina", "omar"), 1):
        newcomer = Newcomer(name.capitalize(), f"{name}@example.org", Role.OPERATOR, branch=made.branches["adie"])
        later = TOWN_NOW + timedelta(hours=hours)
        database.write(lambda db, one=newcomer, at=later: people.add(db, one, at), WORKER)
    return made


def away(agent: str, substitute: str, first: str = "2027-03-01", last: str = "2027-03-12") -> Entry:
    days = {"from_day": first, "to_day": last}
    return Entry(
        1, Nature.ABSENCE, {"agent": f"{agent}@example.org", "substitute": f"{substitute}@example.org", **days}
    )


def kept(town: Town, *entries: Entry, by: Identity = THE_SYSTEM) -> None:
    for entry in entries:
        town.database.write(lambda db, one=entry: keep_line(db, one, by=by, now=NOW), WORKER)


def test_substitutes_in_a_circle_are_refused_by_name(town: Town) -> None:
    kept(town, away("lina", "omar"), away("omar", "agent-adie", "2027-03-10", "2027-03-20"))

    with pytest.raises(Unreadable, match="Remplacements en rond : agent adie → Lina → Omar → agent adie"):
        kept(town, away("agent-adie", "lina", "2027-03-12", "2027-03-15"))
    assert count(town.database, absence) == 2


def test_substitutes_who_are_away_on_other_days_are_no_circle(town: Town) -> None:
    kept(town, away("lina", "omar"), away("omar", "lina", "2027-04-01", "2027-04-12"))

    assert count(town.database, absence) == 2


def test_one_is_away_once_on_the_same_days(town: Town) -> None:
    kept(town, away("lina", "omar"))

    with pytest.raises(Unreadable, match="déjà notée sur ces jours"):
        kept(town, away("lina", "agent-adie", "2027-03-10", "2027-03-20"))


@pytest.mark.parametrize(
    ("substitute", "said"), [("agent-adie", "soi-même"), ("agent-bge", "même antenne"), ("nobody", "n’a ce compte")]
)
def test_a_substitute_is_a_colleague_of_the_branch(town: Town, substitute: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        kept(town, away("agent-adie", substitute))


def test_a_substitute_who_is_away_too_is_passed_over_for_theirs(town: Town) -> None:
    kept(town, away("agent-adie", "lina", "2027-02-01"), away("lina", "omar", "2027-02-01"))

    reference = town.log()

    agent = town.proposal(reference)["candidates"][0]["agent"]
    assert (agent["name"], agent["instead_of"]) == ("Omar", "agent adie")


# -- who keeps what -------------------------------------------------------------------------------------------------------


def manager_of(town: Town) -> Identity:
    home = town.database.read(lambda db: db.execute(select(territory.c.id)).scalar_one(), WORKER)
    return Identity("manager", "Laurent", (Grant(Role.MANAGER, territory=home),))


def test_each_keeps_what_is_theirs(town: Town) -> None:
    boss = Identity("boss", "Sophie", (Grant(Role.OPERATOR_MANAGER, branch=town.branches["adie"]),))
    admin = Identity("admin", "Claire", (Grant(Role.ADMIN),))

    def charges(who: Identity) -> list[Charge]:
        return town.database.read(lambda db: [charge_of(db, who, own) for own in town.branches.values()], WORKER)

    assert charges(admin) == [Charge.ALL] * 3
    assert charges(manager_of(town)) == [Charge.ALL, Charge.ALL, Charge.NOTHING]  # BGE works in the whole region
    assert charges(boss) == [Charge.OWN, Charge.NOTHING, Charge.NOTHING]
    assert charges(town.agents["adie"]) == [Charge.DAYS, Charge.NOTHING, Charge.NOTHING]
    assert charges(town.adviser) == [Charge.NOTHING] * 3


def test_a_branch_says_its_places_and_not_where_it_works(town: Town) -> None:
    boss = Identity("boss", "Sophie", (Grant(Role.OPERATOR_MANAGER, branch=town.branches["adie"]),))
    about = {"operator": "adie", "name": "adie"}

    kept(town, Entry(1, Nature.BRANCH, {**about, "capacity": "9"}), by=boss)
    for texts in ({"covers": "national"}, {"active": "non"}):
        with pytest.raises(NotFound):
            kept(town, Entry(1, Nature.BRANCH, {**about, **texts}), by=boss)
    with pytest.raises(NotFound):
        kept(town, Entry(1, Nature.BRANCH, {"operator": "bge", "name": "bge", "capacity": "9"}), by=boss)

    named = select(branch.c.capacity_per_week).where(branch.c.name == "adie")
    assert town.database.read(lambda db: db.execute(named).scalar_one(), WORKER) == 9


def test_a_manager_adds_a_branch_of_their_territory_and_none_that_works_wider(town: Town) -> None:
    manager, new = manager_of(town), {"operator": "cma", "name": "CMA Roubaix"}

    kept(town, Entry(1, Nature.BRANCH, {**new, "covers": "commune 59512"}), by=manager)
    for covers in ("commune 59512, region 32", "commune 75056", ""):
        with pytest.raises(Unreadable, match="ne travaille pas que dans votre territoire"):
            kept(
                town,
                Entry(1, Nature.BRANCH, {"operator": "cma", "name": f"CMA {covers}", "covers": covers}),
                by=manager,
            )

    assert count(town.database, branch) == 4


@pytest.mark.parametrize("nature", [Nature.OPERATOR, Nature.BRANCH, Nature.OFFER, Nature.CLOSURE, Nature.ABSENCE])
def test_an_adviser_reads_the_directory_and_keeps_nothing_of_it(town: Town, nature: Nature) -> None:
    texts = {"operator": "adie", "name": "adie", "branch": "adie", "family": "field", "agent": "agent-adie@example.org", "from_day": "2027-03-01",
             "to_day": "2027-03-02"}  # fmt: skip

    with pytest.raises((NotFound, Unreadable)):
        kept(town, Entry(1, nature, texts), by=town.adviser)
    with pytest.raises(NotFound):
        brought(town.database, sheet(ADIE), by=town.adviser)


def test_the_programme_closes_a_branch_and_its_clocks_stand_still(town: Town) -> None:
    reference = town.log()
    town.ask(reference, "adie")
    town.fire(reference, "send", "referral-1")
    admin = Identity("admin", "Claire", (Grant(Role.ADMIN),))

    days = {"operator": "adie", "branch": "adie", "from_day": "2027-02-02", "to_day": "2027-02-05"}
    kept(town, Entry(1, Nature.CLOSURE, days), by=admin)

    closed = select(branch_closure.c.from_day, branch_closure.c.to_day)
    assert town.database.read(lambda db: tuple(db.execute(closed).one()), WORKER) == (
        date(2027, 2, 2),
        date(2027, 2, 5),
    )
    assert town.aside(town.log(name="Snack")) == {"adie": "Antenne fermée jusqu’au 05/02/2027."}


def test_an_absence_is_taken_away_by_whose_it_is(town: Town) -> None:
    kept(town, away("agent-adie", "lina"))
    own = town.database.read(lambda db: db.execute(select(absence.c.id)).scalar_one(), WORKER)

    with pytest.raises(NotFound):
        town.database.write(lambda db: drop_absence(db, own, by=town.agents["bge"]), WORKER)
    town.database.write(lambda db: drop_absence(db, own, by=town.agents["adie"]), WORKER)

    assert count(town.database, absence) == 0


def test_a_workbook_says_the_same_as_its_sheet(known: Database) -> None:
    brought(known, sheet(ADIE, LOAN))
    content = known.read(lambda db: write_file(read_directory(db), "xlsx"), WORKER)

    assert io.BytesIO(content).read(2) == b"PK"
    assert count(known, commune) > 0
    assert brought(known, content)["same"] > 20
