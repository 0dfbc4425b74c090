"""Who saw what is whole: a page, a list, a desk, a file, the interface, and a mail that a branch opens by its common address."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete

from api.named import _REFERENCE
from api.security import new_token
from cases.database import Database
from cases.identifiers import new_reference
from cases.privacy.seen import seen_since
from cases.tables.memory import access_log
from notifications.links import new_link
from tests.api.browser import Browser
from tests.api.street import WORKER, Town
from tests.cases.conftest import database

__all__ = ["database"]


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def looked(town: Town) -> set[tuple[str | None, str]]:
    """Who looked, and how."""
    return {(row["person_id"] or row["branch_id"], row["what"]) for row in town.row(access_log)}


def forget(town: Town) -> None:
    town.street.database.write(lambda db: db.execute(delete(access_log)), WORKER)
    town.app.state.worker._done_lately.clear()


@pytest.mark.asvs("14.2.4")
@pytest.mark.parametrize(
    "address", ["/", "/dossiers", "/dossiers?q=traore", "/dossiers/export.csv", "/dossiers/export.xlsx", "/calendrier"]
)
def test_a_list_that_names_a_case_is_a_look(town: Town, address: str) -> None:
    town.qualified()
    forget(town)

    answer = town["ines"].client.get(address)

    assert answer.status_code == 200
    named = bool(_REFERENCE.search(answer.content)) or address.endswith("xlsx")
    assert named or address == "/calendrier"
    assert looked(town) == ({(town.street.ids["ines"], "list")} if named else set())


def test_the_desks_of_partners_and_the_interface_are_looks_too(town: Town) -> None:
    reference = town.asked()
    forget(town)
    token = town.street.database.write(
        lambda db: new_token(db, town.street.ids["laurent"], "t", now=town.street.clock.now()), WORKER
    )

    assert town["karim"].client.get("/orientations").status_code == 200
    told = Browser(town.app).client.get("/api/v1/cases", headers={"Authorization": f"Bearer {token}"})

    assert reference in told.text
    assert looked(town) == {(town.street.ids["karim"], "list"), (town.street.ids["laurent"], "list")}


def test_a_list_is_noted_once_an_hour_and_shows_a_case_that_came_meanwhile(town: Town) -> None:
    town.logged()
    forget(town)
    for _ in range(3):
        town["ines"].client.get("/dossiers")
    assert len(town.row(access_log)) == 1

    second = town.logged(name="Autre commerce", phone="06 39 98 11 11")
    town["ines"].client.get("/dossiers")
    assert len([row for row in town.row(access_log) if row["what"] == "list"]) == 2

    found = town.street.database.read(lambda db: seen_since(db, town.street.clock.now() - timedelta(hours=1)), WORKER)
    assert {one.reference for one in found if one.how == "list"} >= {second}


def test_a_page_that_names_a_case_out_of_sight_is_no_look(town: Town) -> None:
    reference = town.logged()
    forget(town)

    assert town["stranger"].client.get(f"/dossiers?q={reference}").status_code == 200

    assert looked(town) == set()


@pytest.mark.asvs("14.2.4")
def test_a_branch_that_opens_a_mail_by_its_common_address_is_noted_as_the_branch(town: Town) -> None:
    town.asked()
    now, case, branch = town.street.clock.now(), town.case(), town.street.ids["branch adie"]
    link = town.street.database.write(
        lambda db: new_link(db, "answer", now=now, case_id=case["id"], track="referral-1"), WORKER
    )
    forget(town)

    pressed = Browser(town.app).client.get(f"/lien/{link}", headers={"Sec-Fetch-User": "?1"})
    assert pressed.status_code == 200

    assert looked(town) == {(branch, "link")}
    [row] = town.row(access_log)
    assert (row["reader"], row["person_id"], row["role"]) == (f"branch:{branch}", None, "operator")
    found = town.street.database.read(lambda db: seen_since(db, now - timedelta(minutes=1)), WORKER)
    assert ("Adie, antenne de Roubaix", "link", case["reference"]) in {
        (one.name, one.how, one.reference) for one in found
    }
    page = town["laurent"].open(f"/dossiers/{case['reference']}/donnees").page
    assert "Adie, antenne de Roubaix" in page
    assert "depuis un courriel" in page


def test_the_reader_of_ones_own_case_is_nobody_to_note(town: Town) -> None:
    town.asked()
    now, case = town.street.clock.now(), town.case()
    opens = {"case_id": case["id"], "entrepreneur_id": case["entrepreneur_id"]}
    link = town.street.database.write(lambda db: new_link(db, "my_case", now=now, **opens), WORKER)
    forget(town)

    assert Browser(town.app).open(f"/mon-dossier/{link}").status == 200

    assert looked(town) == set()


def test_a_reference_is_found_wherever_it_stands_in_an_answer() -> None:
    references = [new_reference() for _ in range(200)]
    assert {one.decode() for one in _REFERENCE.findall(" ".join(references).encode())} == set(references)
