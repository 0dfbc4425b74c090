"""Searching: a case is found by any of its words, however they are typed, by whoever may see it and by nobody else, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, insert, select

from cases import corrections, intake, search
from cases.access import Grant, Identity, scope_of
from cases.corrections import Correction
from cases.database import Database, Scope
from cases.intake import Detection
from cases.tables.case import case_file, case_search
from cases.tables.people import person
from cases.tables.territories import territory
from engine.model import Role
from tests.cases.conftest import database

__all__ = ["database"]

NOW = datetime(2027, 2, 2, 9, 0, tzinfo=UTC)
WORKER = Scope.worker()
SHOPS = {
    "traore": {"name": "Épicerie Traoré", "person_name": "Aminata Traoré", "phone": "+33639986690", "city": "Roubaix"},
    "garage": {"name": "Garage de l’Œuvre", "person_name": "Yanis Belkacem", "siret": "55208131766522", "city": "Tourcoing"},
    "sega": {"name": "Séga Coiffure", "phone": "+262639987740", "email": "sega.coiffure@example.org"},
}  # fmt: skip


def adviser(place: str) -> Identity:
    return Identity(f"adviser of {place}", "Inès", (Grant(Role.ADVISER, territory=place),))


@pytest.fixture
def cases(database: Database) -> dict[str, str]:
    """Three shops of Roubaix and one of Arras, by a short name: their references."""
    found = {}

    def unit(db: Connection) -> None:
        for place in ("roubaix", "arras"):
            row = {"kind": "commune", "state": "acceleration", "state_since": NOW, "created_at": NOW, "axes": []}
            who = adviser(place)
            db.execute(insert(person).values(id=who.person, name=who.name, created_at=NOW))
            db.execute(insert(territory).values(id=place, slug=place, name=place.title(), **row))

    database.write(unit, WORKER)
    for short, shop in (*SHOPS.items(), ("elsewhere", {"name": "Épicerie d’Arras"})):
        home = "arras" if short == "elsewhere" else "roubaix"
        seen = Detection(**shop, territory=home, consents=("contact",), channel="visit")
        logged = database.write(
            lambda db, seen=seen, home=home: intake.log_case(db, seen, by=adviser(home), now=NOW),
            scope_of(adviser(home)),
        )
        found[short] = logged.fired.reference
    return found


def found_by(database: Database, words: str, place: str = "roubaix") -> tuple[set[str], bool]:
    """The references found, and whether they only come close."""

    def unit(db: Connection) -> tuple[set[str], bool]:
        answer = search.find(db, adviser(place), words)
        assert answer is not None
        query = select(case_file.c.reference).where(answer.condition, case_file.c.territory_id == place)
        return set(db.execute(query).scalars()), answer.near

    return database.read(unit, scope_of(adviser(place)))


EXACT = (
    ("épicerie", "traore"), ("EPICERIE TRAORE", "traore"), ("traoré  aminata", "traore"), ("06 39 98 66 90", "traore"), ("+33 6 39 98 66 90", "traore"),
    ("0639986690", "traore"), ("9866", "traore"), ("oeuvre", "garage"), ("l'Œuvre garage", "garage"), ("552 081 317 66522", "garage"), ("tourco", "garage"),
    ("0639 98 77 40", "sega"), ("+262 639 98 77 40", "sega"), ("sega.coiffure@example.org", "sega"), ("ép tr", "traore"), ("FÛ", "sega"),
)  # fmt: skip
NEAR = (
    ("epicrie", "traore"),
    ("tarore", "traore"),
    ("belkasem", "garage"),
    ("garrage yanis", "garage"),
    ("coifure sega", "sega"),
)


def test_a_case_is_found_by_its_words_its_numbers_and_its_reference(database: Database, cases: dict[str, str]) -> None:
    assert {words: found_by(database, words) for words, _ in EXACT} == {
        words: ({cases[short]}, False) for words, short in EXACT
    }
    reference = cases["traore"]
    for written in (
        reference,
        reference.lower(),
        reference.replace("-", " "),
        reference.removeprefix("QP-"),
        reference[:7],
    ):
        assert found_by(database, written) == ({reference}, False), written


def test_a_fault_of_typing_is_forgiven_and_said(database: Database, cases: dict[str, str]) -> None:
    assert {words: found_by(database, words) for words, _ in NEAR} == {
        words: ({cases[short]}, True) for words, short in NEAR
    }


def test_what_nobody_is_called_finds_nobody(database: Database, cases: dict[str, str]) -> None:
    hostile = ("%%%", "___", '"', "a' UNION SELECT --", "*", "NEAR(", "épicerie AND", "\\")
    for words in ("boulangerie", "xyzu", "uu", "garage traoré", "06 00 00 00 00", *hostile):
        if search._asked(words):
            assert found_by(database, words)[0] == set(), words


def test_nothing_asked_narrows_nothing(database: Database) -> None:
    assert database.read(lambda db: search.find(db, adviser("roubaix"), " \t «» "), WORKER) is None


def test_the_words_of_another_territory_find_nothing_here_even_nearly(
    database: Database, cases: dict[str, str]
) -> None:
    assert found_by(database, "arras") == (set(), False)
    assert found_by(database, "épicerie arras") == (set(), False)
    assert found_by(database, "épicerie", "arras") == ({cases["elsewhere"]}, False)
    assert found_by(database, "traoré", "arras") == (set(), False)


def test_a_case_put_right_is_found_by_its_new_name_alone(database: Database, cases: dict[str, str]) -> None:
    reference, who = cases["garage"], adviser("roubaix")
    version = database.read(
        lambda db: db.execute(select(case_file.c.version).where(case_file.c.reference == reference)).scalar_one(),
        WORKER,
    )
    given = Correction({"business_name": "Mécanique du Pile", "person_phone": "+33639980001"})
    database.write(
        lambda db: corrections.correct(db, reference, given, version=version, by=who, now=NOW), scope_of(who)
    )

    assert found_by(database, "mecanique")[0] == found_by(database, "0639980001")[0] == {reference}
    assert found_by(database, "oeuvre")[0] == set()


def test_words_that_are_erased_are_found_no_more(database: Database, cases: dict[str, str]) -> None:
    erased = case_file.update().where(case_file.c.reference == cases["traore"]).values(search_text="")
    database.write(lambda db: db.execute(erased), WORKER)

    assert found_by(database, "traoré")[0] == set()


def test_on_postgresql_the_application_may_ask_the_index_and_never_read_it(
    database: Database, cases: dict[str, str]
) -> None:
    if database.dialect == "sqlite":
        assert len(database.read(lambda db: db.execute(select(case_search)).all(), WORKER)) == len(cases)
        return
    with pytest.raises(Exception, match="permission denied"):
        database.read(lambda db: db.execute(select(case_search)).all(), WORKER)
    asked = "SELECT qp_search(ARRAY['%traore%'], false)"
    assert database.read(lambda db: db.exec_driver_sql(asked.replace("%", "%%")).scalar(), Scope.nothing()) == []
