"""Calls to make and cases that look alike: seen on « À faire » and on the case, settled there, on both databases."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from cases.database import Database
from cases.tables.case import case_file, contact, possible_duplicate, task
from cases.tasks import Asked, ask_to_call
from notifications.planner import plan
from tests.api.browser import Browser
from tests.api.doors import WORKER, Door
from tests.api.doors import town as doors
from tests.api.street import Town
from tests.cases.conftest import database

__all__ = ["database", "doors"]


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def planned(town: Town) -> str:
    """A shop that left no address, logged, and what was to be told planned: the id of the call."""
    town.logged()
    plan(town.street.database, town.street.clock.now())
    return str(town.row(task)[0]["id"])


# -- calls ----------------------------------------------------------------------------------------------------------------


def test_the_referent_sees_whom_to_call_and_what_there_is_to_say(town: Town) -> None:
    planned(town)
    for address in ("/", f"/dossiers/{town.case()['reference']}"):
        page = town["ines"].open(address)
        assert "Appeler l'entrepreneur, Épicerie Traoré" in page.page
        assert "À dire : « Inès, de la mairie de Roubaix : votre demande est notée »" in page.page
        assert 'href="tel:+33639986690"' in page.answer.text
    assert "Appeler l'entrepreneur" not in town["bruno"].open("/").page


def test_what_there_is_to_say_is_in_english_for_who_reads_english(town: Town) -> None:
    planned(town)
    town["ines"].client.cookies.set("qp_langue", "en")
    page = town["ines"].open("/").page
    assert "To say: “Inès (Roubaix town hall): your request is recorded”" in page
    assert "votre demande" not in page


def test_a_second_thing_to_say_joins_the_call_in_both_languages(town: Town) -> None:
    planned(town)
    row = town.row(task)[0]
    more = Asked(
        row["case_id"],
        None,
        None,
        "call",
        row["label"],
        {"fr": "Autre chose", "en": "Something else"},
        None,
        "",
        town.street.clock.now().date(),
    )
    for _ in range(2):
        town.street.database.write(lambda db: ask_to_call(db, more, town.street.clock.now()), WORKER)
    row = town.row(task)[0]
    assert row["detail"].splitlines()[1:] == ["Autre chose"]
    assert row["translations"]["en"].splitlines()[1:] == ["Something else"]


def test_a_call_that_was_made_is_noted_as_an_exchange_and_asked_no_more(town: Town) -> None:
    planned(town)
    page = town["ines"].open("/")
    link = re.search(r'href="(/dossiers/[^"]+/noter/contact[^"]+)"', page.answer.text)
    assert link
    page.open(link[1].replace("&amp;", "&")).fill(text="Elle a compris.", channel="phone", result="reached")
    assert page.address == "/"
    assert "Appeler l'entrepreneur" not in page.page
    assert [row["channel"] for row in town.row(contact)] == ["phone"]


def test_a_call_without_an_answer_is_still_to_be_made(town: Town) -> None:
    planned(town)
    page = town["ines"].open("/")
    link = re.search(r'href="(/dossiers/[^"]+/noter/contact[^"]+)"', page.answer.text)
    assert link
    page.open(link[1].replace("&amp;", "&")).fill(channel="phone", result="no_answer")
    assert "Appeler l'entrepreneur" in page.open("/").page


def test_a_call_is_done_by_one_press(town: Town) -> None:
    call = planned(town)
    page = town["ines"].open("/").fill(f"/appels/{call}/fait")
    assert "cet appel est fait" in page.page
    assert "Appeler l'entrepreneur" not in page.page
    assert town.row(task)[0]["done_at"] is not None


def test_a_stranger_finishes_no_call(town: Town) -> None:
    call = planned(town)
    town["stranger"].open("/aides").post(f"/appels/{call}/fait", {"csrf": token(town["stranger"])})
    assert town["stranger"].status == 404
    assert town.row(task)[0]["done_at"] is None


def test_a_case_that_is_handed_over_takes_its_calls_along(town: Town) -> None:
    planned(town)
    reference = town.case()["reference"]
    town["laurent"].open(f"/dossiers/{reference}/actions/hand_over").fill(referent=town.street.ids["bruno"])
    assert "Appeler l'entrepreneur" in town["bruno"].open("/").page
    assert "Appeler l'entrepreneur" not in town["ines"].open("/").page


def test_a_call_that_nobody_owns_is_the_managers(town: Town) -> None:
    planned(town)
    nobody = update(task).values(owner_id=None)
    town.street.database.write(lambda db: db.execute(nobody), WORKER)
    assert "Appeler l'entrepreneur" in town["laurent"].open("/").page
    assert "Appeler l'entrepreneur" not in town["ines"].open("/").page


def test_calls_are_listed_and_finished_by_the_json_interface(doors: dict[str, Door]) -> None:
    adviser = doors["adviser"]
    reference = adviser.logs()
    plan(adviser.database, adviser.clock.now())
    (call,) = adviser.get("/tasks").json()["items"]
    assert (call["case"], call["phone"], len(call["says"])) == (reference, "+33639980001", 1)
    assert doors["stranger"].get("/tasks").json() == {"items": [], "next": None}
    assert doors["stranger"].post(f"/tasks/{call['id']}/done", {}).status_code == 404

    first, again = (adviser.post(f"/tasks/{call['id']}/done", {}) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert adviser.get("/tasks").json()["items"] == []


# -- cases that look alike ------------------------------------------------------------------------------------------------


def alike(town: Town) -> tuple[str, str]:
    """Two shops with one telephone: the second was logged all the same."""
    first = town.logged()
    town["ines"].open("/dossiers/nouveau").fill(name="Snack Traoré", phone="06 39 98 66 90", contact="1", share="1")
    town["ines"].fill(name="Snack Traoré", phone="06 39 98 66 90", contact="1", share="1", autre="1")
    second = next(row["reference"] for row in town.row(case_file) if row["reference"] != first)
    return first, str(second)


def test_a_probable_duplicate_is_shown_with_its_two_ways_out(town: Town) -> None:
    first, second = alike(town)
    for address in ("/", f"/dossiers/{second}"):
        page = town["ines"].open(address).page
        assert "Doublon probable de Épicerie Traoré" in page
        assert "Même téléphone, mais un autre nom" in page
    assert "Doublon probable de Snack Traoré" in town["ines"].open(f"/dossiers/{first}").page
    assert "Doublon probable" not in town["bruno"].open("/").page


def test_a_duplicate_is_closed_in_favour_of_the_case_that_was_there_first(town: Town) -> None:
    first, second = alike(town)
    page = town["ines"].open("/")
    link = re.search(rf'href="(/dossiers/{second}/actions/close[^"]+)"', page.answer.text)
    assert link
    page.open(link[1].replace("&amp;", "&"))
    assert f'value="{first}"' in page.answer.text
    page.fill(reason="duplicate", keeps=first, end_tracks="1")
    closed = {row["reference"]: row["kept_case_id"] for row in town.row(case_file) if row["state"] == "closed"}
    assert list(closed) == [second]
    assert "Doublon probable" not in town["ines"].open("/").page


def test_two_cases_that_are_not_the_same_are_asked_about_no_more(town: Town) -> None:
    _, second = alike(town)
    (doubt,) = town.row(possible_duplicate)
    page = town["ines"].open(f"/dossiers/{second}").fill(f"/doublons/{doubt['id']}/distincts")
    assert "ce sont deux dossiers" in page.page
    assert "Doublon probable" not in page.page
    (doubt,) = town.row(possible_duplicate)
    assert doubt["dismissed_by"] == town.street.ids["ines"]


def test_a_stranger_settles_no_doubt(town: Town) -> None:
    alike(town)
    (doubt,) = town.row(possible_duplicate)
    town["stranger"].open("/aides").post(f"/doublons/{doubt['id']}/distincts", {"csrf": token(town["stranger"])})
    assert town["stranger"].status == 404
    assert town.row(possible_duplicate)[0]["dismissed_at"] is None


def test_an_operator_who_logs_a_duplicate_is_not_shown_it_and_the_referent_is(doors: dict[str, Door]) -> None:
    first = doors["adviser"].logs()
    answer = doors["adie"].post("/cases", {**SAME, "name": "Épicerie Pile"})
    assert answer.status_code == 201, answer.json()
    assert answer.json()["possible_duplicates"] == []
    (row,) = doors["adie"].database.read(lambda db: db.execute(select(possible_duplicate)).all(), WORKER)
    assert row.reason == "Même téléphone et nom semblable"
    assert first


SAME = {"territory": "roubaix", "consents": ["contact"], "channel": "phone", "phone": "+33639980001"}


def test_a_siret_that_is_learnt_late_shows_that_two_cases_are_one(doors: dict[str, Door]) -> None:
    adviser, siret = doors["adviser"], "73282932000074"
    adviser.logs(siret=siret, phone=None)
    other = adviser.logs(name="Un autre nom", phone=None)
    version = adviser.get(f"/cases/{other}").json()["version"]
    answer = adviser.patch(f"/cases/{other}", {"business": {"siret": siret}}, If_Match=f'"{version}"')
    assert answer.status_code == 200, answer.json()
    rows = adviser.database.read(lambda db: db.execute(select(possible_duplicate)).all(), WORKER)
    assert [row.reason for row in rows] == ["Même SIRET"]


def token(browser: Browser) -> str:
    """The token of the forms of the page that a browser shows."""
    found = re.search(r'name="csrf" value="([^"]+)"', browser.answer.text)
    return found[1] if found else ""
