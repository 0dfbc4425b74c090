"""Annuaire: everybody reads it, each changes what is theirs, and the programme brings it up to date by file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from api.cli import app as command
from api.sign_in import begin_session
from cases import people
from cases.access import Identity
from cases.clock import FixedClock
from cases.database import Database
from cases.directory.files import write_file
from cases.directory.held import read_directory
from cases.people import Newcomer
from cases.tables.operators import branch, branch_closure, offer
from cases.tables.people import absence
from cases.tables.uploads import directory_upload
from engine.model import Role
from tests.api.browser import HOST, Browser, application
from tests.cases.conftest import database
from tests.cases.test_directory import ADIE, HEADER, LOAN, sheet
from tests.cases.test_routing import NOW, WORKER, Town, town

__all__ = ["database", "town"]


def browser_of(town: Town, role: Role, **where: str) -> Browser:
    """The browser of a newcomer who has that role."""
    newcomer = Newcomer(f"{role} new", f"{role}-new@example.org", role, **where)
    who = town.database.write(lambda db: people.add(db, newcomer, NOW), WORKER)
    return signed_in(town, Identity(who))


def signed_in(town: Town, who: Identity) -> Browser:
    clock = FixedClock(NOW)
    secret = town.database.write(lambda db: begin_session(db, str(who.person), now=NOW), WORKER)
    browser = Browser(application(town.database, clock))
    browser.client.cookies.set("qp_session", secret)
    return browser


def found_in(page: str, pattern: str) -> str:
    """What a page shows at that place."""
    found = re.search(pattern, page)
    assert found, pattern
    return found[1]


def rows(database: Database, table: Any, *where: Any) -> list[Any]:
    return database.read(lambda db: list(db.execute(select(table).where(*where)).mappings()), WORKER)


def send(browser: Browser, content: bytes, name: str = "annuaire.csv") -> Browser:
    """Send a file by the form."""
    page = browser.client.get("/annuaire/fichier").text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token
    said = {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}
    files = {"file": (name, content, "text/csv")}
    answer = browser.client.post("/annuaire/fichier", data={"csrf": token[1]}, files=files, headers=said)
    browser._went(answer, "/annuaire/fichier")
    return browser


def test_everybody_reads_where_a_branch_works_and_what_it_offers(town: Town) -> None:
    page = browser_of(town, Role.MENTOR).open("/annuaire/adie").page

    assert "commune Roubaix" in page
    assert "prêt adie" in page
    assert "Financement · propre aux quartiers · trouver un financement" in page
    assert "agent adie" in page
    assert "Déclarer" not in page


def test_the_programmes_operators_stand_apart_from_those_of_the_field(town: Town) -> None:
    browser = browser_of(town, Role.OBSERVER)

    assert "Adie" in browser.open("/annuaire").page
    assert "ANRU" not in browser.page
    assert "ANRU" in browser.open("/annuaire?famille=programme").page
    assert "Initiative France" in browser.open("/annuaire?q=initiative").page


def test_a_search_that_goes_on_and_on_is_answered_as_in_the_other_lists(town: Town) -> None:
    browser = browser_of(town, Role.OBSERVER)

    assert browser.open(f"/annuaire?q={'initiative ' * 60}").status == 200


def test_an_operators_manager_says_its_places_its_closures_and_who_is_away(town: Town) -> None:
    boss = browser_of(town, Role.OPERATOR_MANAGER, branch=town.branches["adie"])

    boss.open("/annuaire/lignes/branch?operator=adie&name=adie").fill(capacity="12")
    assert rows(town.database, branch, branch.c.name == "adie")[0]["capacity_per_week"] == 12
    boss.open("/annuaire/lignes/closure?operator=adie&branch=adie").fill(from_day="2027-03-01", to_day="2027-03-05")
    assert len(rows(town.database, branch_closure)) == 1
    boss.open("/annuaire/lignes/absence?operator=adie&branch=adie").fill(
        agent="agent-adie@example.org", substitute="operator_manager-new@example.org", from_day="2027-04-01", to_day="2027-04-09"
    )  # fmt: skip
    assert len(rows(town.database, absence)) == 1

    assert "agent adie s'absente du 1er avr. au 9 avr. 2027, operator_manager new répond à sa place." in re.sub(
        r"<sup>|</sup>", "", boss.page
    )
    boss.fill(found_in(boss.page, r'action="(/annuaire/absences/[^"]+)"'))
    assert rows(town.database, absence) == []


def test_a_value_that_cannot_be_is_shown_again_at_its_field(town: Town) -> None:
    boss = browser_of(town, Role.OPERATOR_MANAGER, branch=town.branches["adie"])

    boss.open("/annuaire/lignes/branch?operator=adie&name=adie").fill(capacity="douze")

    assert boss.status == 422
    assert "Écrivez un nombre entier, comme 5." in boss.page
    assert 'value="douze"' in boss.page


@pytest.mark.asvs("2.2.3")
def test_days_that_are_crossed_are_shown_again_with_the_colleagues_to_choose_from(town: Town) -> None:
    boss = browser_of(town, Role.OPERATOR_MANAGER, branch=town.branches["adie"])

    boss.open("/annuaire/lignes/absence?operator=adie&branch=adie").fill(
        agent="agent-adie@example.org", from_day="2027-04-09", to_day="2027-04-01"
    )

    assert boss.status == 422
    assert "Le dernier jour vient après le premier" in boss.page
    assert '<option value="agent-adie@example.org" selected>' in boss.page


def test_a_manager_adds_an_offer_to_a_branch_of_their_territory(town: Town) -> None:
    manager = browser_of(town, Role.MANAGER, territory="roubaix")

    manager.open("/annuaire/lignes/offer?operator=adie&branch=adie").fill(
        name="Microcrédit", kind="funding", scope="common_law", needs="funding", headcount_max="5"
    )

    made = rows(town.database, offer, offer.c.name == "Microcrédit")[0]
    assert (made["branch_id"], made["eligibility"]) == (town.branches["adie"], {"headcount_max": 5})
    assert "salariés au plus : 5" in manager.page


@pytest.mark.parametrize("role", [Role.MENTOR, Role.OBSERVER])
def test_who_keeps_nothing_changes_nothing(town: Town, role: Role) -> None:
    browser = browser_of(town, role)

    for nature in ("operator", "branch", "offer", "closure", "absence"):
        assert browser.client.get(f"/annuaire/lignes/{nature}?operator=adie&branch=adie&name=adie").status_code == 404
    page = browser.client.get("/annuaire").text
    csrf = found_in(page, r'name="csrf" value="([^"]+)"')
    browser.post("/annuaire/lignes/branch", {"csrf": csrf, "operator": "adie", "name": "adie", "capacity": "12"})
    assert browser.status == 404
    assert browser.client.get("/annuaire/export.csv").status_code == 404
    assert rows(town.database, branch, branch.c.name == "adie")[0]["capacity_per_week"] == 5


def test_the_programme_tries_a_file_reads_the_differences_and_writes_it(town: Town) -> None:
    admin = browser_of(town, Role.ADMIN)

    send(admin, sheet(ADIE, LOAN))
    assert "Rien n'est encore enregistré." in admin.page
    assert "Antenne adie, Adie Roubaix" in admin.page
    assert rows(town.database, branch, branch.c.name == "Adie Roubaix") == []
    admin.fill()

    assert "2 lignes ajoutées, 0 changées" in admin.page
    assert len(rows(town.database, branch, branch.c.name == "Adie Roubaix")) == 1
    assert rows(town.database, directory_upload) == []


def test_a_wrong_line_of_a_file_is_shown_with_what_to_do_and_cannot_be_confirmed(town: Town) -> None:
    admin = browser_of(town, Role.ADMIN)

    send(admin, sheet(ADIE, LOAN.replace("cash_flow", "argent")))

    assert "Rien ne sera enregistré." in admin.page
    assert "« argent » n'est pas dans la liste" in admin.page
    assert "Enregistrer ces changements" not in admin.page
    token = re.search(r'name="csrf" value="([^"]+)"', admin.answer.text)
    admin.post(admin.address, {"csrf": token[1] if token else ""})
    assert rows(town.database, branch, branch.c.name == "Adie Roubaix") == []


def test_a_file_that_is_none_is_refused_on_the_form(town: Town) -> None:
    admin = browser_of(town, Role.ADMIN)

    send(admin, b"Nom;Ville\nAdie;Roubaix\n")

    assert admin.status == 422
    assert "La colonne « Ville » n'est pas de l'annuaire" in admin.page


def test_a_file_is_its_senders_alone(town: Town) -> None:
    admin = browser_of(town, Role.ADMIN)
    send(admin, sheet(ADIE))
    other = signed_in(town, Identity(town.database.write(
        lambda db: people.add(db, Newcomer("Autre", "autre@example.org", Role.ADMIN), NOW), WORKER)))  # fmt: skip

    assert other.client.get(admin.address).status_code == 404


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_the_whole_directory_is_taken_away_as_a_file(town: Town, form: str) -> None:
    answer = browser_of(town, Role.ADMIN).client.get(f"/annuaire/export.{form}")

    assert answer.status_code == 200
    assert f"annuaire.{form}" in answer.headers["content-disposition"]
    assert answer.content[:2] == {"csv": b"\xef\xbb", "xlsx": b"PK", "json": b"{\n"}[form]


# -- from the terminal ----------------------------------------------------------------------------------------------------


@pytest.fixture
def qp(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The command line on this database."""
    monkeypatch.setenv(
        "QP_DATABASE_URL", database.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    )
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(command, [*words])


def test_the_command_tries_writes_and_gives_the_directory_back(town: Town, qp: Any, tmp_path: Path) -> None:
    (tmp_path / "annuaire.csv").write_bytes(sheet(ADIE, LOAN))

    tried = qp("operators", "import", "annuaire.csv", "--dry-run", "--json")
    assert (tried.exit_code, json.loads(tried.stdout)["written"]) == (0, False)
    assert qp("operators", "import", "annuaire.csv").exit_code == 0
    assert len(rows(town.database, branch, branch.c.name == "Adie Roubaix")) == 1

    assert qp("operators", "export", "tout.json").exit_code == 0
    held = town.database.read(lambda db: write_file(read_directory(db), "json"), WORKER)
    assert (tmp_path / "tout.json").read_bytes() == held


def test_the_command_names_each_wrong_line_and_exits_with_one(town: Town, qp: Any, tmp_path: Path) -> None:
    (tmp_path / "annuaire.csv").write_text(
        f"{HEADER}\n{ADIE}\n{ADIE.replace('adie;', 'inconnu;', 1)}\n", encoding="utf-8"
    )

    done = qp("operators", "import", "annuaire.csv")

    assert done.exit_code == 1
    assert "line 3, Opérateur: 'inconnu'." in done.stdout
    assert rows(town.database, branch, branch.c.name == "Adie Roubaix") == []
    assert qp("operators", "import", "nowhere.csv").exit_code == 2
    assert qp("operators", "export", "annuaire.pdf").exit_code == 2
