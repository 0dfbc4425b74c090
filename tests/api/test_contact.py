"""« Être rappelé »: somebody who saw a poster asks for help by themselves, and learns nothing about anybody else."""

from __future__ import annotations

import re

import pytest

from api.rate_limits import LIMITS, Counted
from cases.database import Database
from cases.tables.case import business, case_file, consent, entrepreneur, need, possible_duplicate
from cases.tables.memory import deadline, journal
from notifications.planner import plan
from notifications.tables import message
from tests.api.browser import Browser
from tests.api.street import SHOP, Town
from tests.cases.conftest import database

__all__ = ["database"]

PAGE = "/demander-un-contact"
ASKED = {
    "name": "Chez Awa", "person_name": "Awa Ndiaye", "reach": "06 39 98 66 91", "territory": "roubaix",
    "detail": "Un prêt pour une machine.", "contact": "1",
}  # fmt: skip


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def stranger(town: Town) -> Browser:
    return Browser(town.app).open(PAGE)


def test_who_asks_is_a_case_with_somebody_who_calls_and_a_day(town: Town) -> None:
    browser = stranger(town).fill(**ASKED)

    assert (browser.status, browser.address) == (200, f"{PAGE}/merci")
    assert "Quelqu'un vous rappelle sous 3 jours ouvrés." in browser.page
    case = town.case()
    assert (case["state"], case["origin"]) == ("detection", "contact")
    assert case["referent_id"] is not None
    assert [(row["event"], row["actor_role"]) for row in town.row(journal)] == [("log", "entrepreneur")]
    assert [row["purpose"] for row in town.row(consent)] == ["contact"], "sharing was not asked for"
    [person] = town.row(entrepreneur)
    assert (person["name"], person["phone"], person["email"]) == ("Awa Ndiaye", "+33639986691", None)
    assert [row["detail"] for row in town.row(need)] == ["Un prêt pour une machine."]
    assert "first_contact" in " ".join(row["rule"] for row in town.row(deadline))


def test_who_follows_them_is_told_and_finds_their_words(town: Town) -> None:
    stranger(town).fill(**ASKED | {"reach": "awa@example.org"})
    plan(town.street.database, town.street.clock.now(), domain="quartiers.example")

    told = {row["key"]: row["to_email"] for row in town.row(message)}
    assert told["case_logged_ack"] == "awa@example.org"
    assert "new_case" in told
    page = town["ines"].open(f"/dossiers/{town.case()['reference']}").page
    assert "Chez Awa" in page
    assert "Un prêt pour une machine." in page


def test_the_mail_speaks_the_language_of_the_page(town: Town) -> None:
    browser = Browser(town.app)
    browser.client.headers["accept-language"] = "tr"
    assert 'lang="tr"' in browser.open(PAGE).page
    browser.fill(**ASKED)
    assert [row["language"] for row in town.row(entrepreneur)] == ["tr"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"reach": ""}, "Dites comment vous joindre"),
        ({"reach": "06 39"}, "Ce numéro ou cette adresse ne se lit pas"),
        ({"reach": "awa@"}, "Ce numéro ou cette adresse ne se lit pas"),
        ({"name": "  "}, "Donnez le nom de votre commerce ou de votre projet."),
        ({"contact": ""}, "Cochez cette case"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(town: Town, changed: dict[str, str], said: str) -> None:
    browser = stranger(town).fill(**ASKED | changed)

    assert browser.status == 422
    assert said in browser.page
    assert "Un prêt pour une machine." in browser.page
    assert town.row(business) == []


def test_a_town_that_is_not_in_the_list_is_refused_and_one_that_is_not_known_is_everybodys(town: Town) -> None:
    forged = stranger(town).fill(**ASKED | {"territory": "atlantide"})
    assert (forged.status, "Ce territoire n'est pas connu" in forged.page) == (422, True)
    assert town.row(business) == []

    assert stranger(town).fill(**ASKED | {"territory": ""}).status == 200
    assert (town.case()["territory_id"], town.case()["referent_id"]) == (None, None)


def test_the_same_words_twice_ask_once(town: Town) -> None:
    for _ in range(2):
        assert stranger(town).fill(**ASKED).address == f"{PAGE}/merci"
    assert len(town.row(case_file)) == 1


def test_who_is_known_already_reads_the_same_and_their_adviser_is_asked_whether_they_are_one(town: Town) -> None:
    town.logged()
    known = stranger(town).fill(**ASKED | {"reach": SHOP["phone"]})
    unknown = stranger(town).fill(**ASKED)

    without_its_token = [re.sub(r'value="[0-9a-f]{64}"', "", browser.page) for browser in (known, unknown)]
    assert without_its_token[0] == without_its_token[1]
    assert len(town.row(possible_duplicate)) > 0


def test_nobody_has_a_number_called_again_and_again(town: Town) -> None:
    most = LIMITS[Counted.CONTACT].most
    for place in range(most + 2):
        browser = stranger(town).fill(**ASKED | {"name": f"Chez Awa {place}"})
        assert browser.address == f"{PAGE}/merci", "it is not said that it was too often"
    assert len(town.row(case_file)) == most

    town.later(days=1)
    stranger(town).fill(**ASKED | {"name": "Chez Awa demain"})
    assert len(town.row(case_file)) == most + 1


def test_a_machine_that_asks_for_a_whole_town_is_told_to_wait(town: Town) -> None:
    browser = stranger(town)
    for place in range(LIMITS[Counted.CONTACT_FROM].most):
        browser.open(PAGE).fill(**ASKED | {"reach": f"06 39 98 {place // 100:02} {place % 100:02}"})
    assert browser.open(PAGE).fill(**ASKED | {"reach": "06 39 98 77 77"}).status == 429


def test_who_lost_the_link_of_their_mail_gets_another(town: Town) -> None:
    stranger(town).fill(**ASKED | {"reach": "awa@example.org"})
    lost = Browser(town.app).open("/mon-dossier").fill(email="awa@example.org")
    assert lost.address == "/mon-dossier/envoye"
    assert [row["to_email"] for row in town.row(message) if row["key"] == "new_link"] == ["awa@example.org"]
