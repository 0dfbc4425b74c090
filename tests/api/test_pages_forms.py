"""What the forms of the pages do when something is missing, stale, doubled or hostile."""

from __future__ import annotations

import re

import pytest

from cases.corrections import NOT_KNOWN
from cases.database import Database
from cases.tables.case import business, case_file
from cases.tables.memory import journal, journal_text, refused_attempt
from cases.tables.tracks import referral
from tests.api.browser import Browser
from tests.api.street import SHOP, Town
from tests.cases.conftest import database

__all__ = ["database"]

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def test_a_quartier_that_is_not_known_is_told_beside_its_field(town: Town) -> None:
    reference = town.logged()
    browser = town["ines"].open(f"/dossiers/{reference}/noter/correct").fill(quartier_code="QN99999X")

    assert browser.status == 422
    assert 'href="#quartier_code">Ce quartier n\'est pas connu' in browser.page


# -- what is known, and what it answers ------------------------------------------------------------------------------------


def test_who_corrects_a_case_starts_from_what_is_known_and_changes_that_alone(town: Town) -> None:
    reference = town.logged(name="Chez Awa", phone="06 39 98 66 90")
    ines = town["ines"].open(f"/dossiers/{reference}/noter/correct")
    for known in ('name="business_name" value="Chez Awa"', 'name="person_phone" value="06 39 98 66 90"'):
        assert known in ines.page, known

    ines.fill(business_name="Chez Awa et Fils", person_phone="06 39 98 66 90")

    assert "C'est noté." in ines.page
    line = next(row for row in town.row(journal) if row["event"] == "correct")
    words = next(row["words"] for row in town.row(journal_text) if row["sequence"] == line["sequence"])
    assert words == {"business_name": "Chez Awa et Fils"}


def test_a_fact_that_is_emptied_is_known_no_more_and_its_line_says_so(town: Town) -> None:
    reference = town.logged()
    form = f"/dossiers/{reference}/noter/correct"
    ines = town["ines"].open(form).fill(business_activity="Couture")
    ines.open(form).fill(business_activity="")

    assert "C'est noté." in ines.page
    assert [row["activity"] for row in town.row(business)] == [None]
    said = [row["words"]["business_activity"] for row in town.row(journal_text) if "business_activity" in row["words"]]
    assert said == ["Couture", NOT_KNOWN]


def test_who_corrects_nothing_or_takes_the_name_away_is_told(town: Town) -> None:
    reference = town.logged()
    ines = town["ines"].open(f"/dossiers/{reference}/noter/correct").fill()
    assert (ines.status, "Donnez au moins un fait à corriger." in ines.page) == (422, True)

    ines.open(f"/dossiers/{reference}/noter/correct").fill(business_name=" ")
    assert ines.status == 422
    assert "#business_name" in ines.page


def test_who_answers_an_operator_reads_the_question_there(town: Town) -> None:
    reference = town.asked()
    town["karim"].open(f"/dossiers/{reference}/actions/ask_info?suivi=referral-1").fill(question="A-t-elle un bail ?")

    assert "A-t-elle un bail ?" in town["ines"].open(f"/dossiers/{reference}/actions/answer_info?suivi=referral-1").page


def test_who_asked_a_question_waits_and_is_given_no_day_of_the_advisers(town: Town) -> None:
    reference = town.asked()
    town["karim"].open(f"/dossiers/{reference}/actions/ask_info?suivi=referral-1").fill(question="A-t-elle un bail ?")

    inbox = town["karim"].open("/orientations").answer.text
    assert re.findall(r'class="due (\w+)"', inbox) == ["paused"]


def test_an_urgency_that_is_said_can_only_be_lifted(town: Town) -> None:
    reference = town.qualified()
    ines = town["ines"].open(f"/dossiers/{reference}/actions/set_urgent")
    assert "Lever l'urgence" not in ines.page

    ines.fill(reason="Coupure de courant")
    ines.open(f"/dossiers/{reference}/actions/set_urgent")
    assert re.search(r"<h1>Lever l'urgence</h1>", ines.page)
    assert re.search(r'name="lift"[^>]*|<input[^>]*checked[^>]*name="lift"', ines.page)


# -- logging --------------------------------------------------------------------------------------------------------------


def test_nothing_that_was_typed_is_lost_when_the_form_must_be_corrected(town: Town) -> None:
    browser = (
        town["ines"]
        .open("/dossiers/nouveau")
        .fill(name="Chez Awa", phone="06 39", detail="Un four", needs="Gestion", contact="1")
    )
    assert browser.status == 422
    assert "n'est pas lisible" in browser.page or "n'existe pas" in browser.page
    for typed in ('value="Chez Awa"', 'value="06 39"', "Un four"):
        assert typed in browser.page
    assert re.search(r'value="Gestion"[^>]* checked', browser.page)
    assert not town.row(case_file)


def test_a_business_is_not_logged_without_an_agreement(town: Town) -> None:
    browser = town["ines"].open("/dossiers/nouveau").fill(name="Chez Awa", situation="inside")
    assert browser.status == 422
    assert 'href="#contact"' in browser.page
    assert 'value="Chez Awa"' in browser.page


def test_somebody_known_is_shown_before_they_are_logged_twice_and_the_choice_is_the_persons(town: Town) -> None:
    first = town.logged()
    browser = town["ines"].open("/dossiers/nouveau").fill(**{**SHOP, "name": "Traoré alimentation"})
    assert browser.status == 409
    assert f'href="/dossiers/{first}"' in browser.page
    assert len(town.row(case_file)) == 1
    browser.fill("/dossiers/nouveau", **{**SHOP, "name": "Traoré alimentation", "autre": "1"})
    assert [row["name"] for row in town.row(business)] == ["Épicerie Traoré", "Traoré alimentation"]


def test_logging_and_orienting_is_one_press(town: Town) -> None:
    browser = town["ines"].open("/dossiers/nouveau").fill(**SHOP, suite="orienter")
    assert town.case()["state"] == "orientation"
    assert browser.title == "À qui confier Épicerie Traoré ?"


def test_a_shop_without_a_need_is_logged_and_says_why_it_is_not_oriented(town: Town) -> None:
    bare = {name: value for name, value in SHOP.items() if name != "needs"}
    browser = town["ines"].open("/dossiers/nouveau").fill(**bare, suite="orienter")
    assert town.case()["state"] == "detection"
    assert "Notez au moins un besoin" in browser.page


def test_the_same_form_sent_twice_logs_one_case(town: Town) -> None:
    browser = town["ines"].open("/dossiers/nouveau")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', browser.answer.text))
    for _ in range(2):
        browser.post("/dossiers/nouveau", {**hidden, **SHOP, "autre": "1"})
    assert len(town.row(case_file)) == 1


def test_an_operator_logs_a_shop_that_somebody_else_will_follow(town: Town) -> None:
    browser = town["karim"].open("/dossiers/nouveau").fill(**SHOP, territory="roubaix")
    assert "est enregistrée" in browser.page
    assert browser.address == "/dossiers/nouveau"
    assert town.case()["referent_id"] in (town.street.ids["ines"], town.street.ids["bruno"])


# -- forms ----------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("2.2.2")
def test_a_refusal_is_said_at_its_field_and_keeps_what_was_typed(town: Town) -> None:
    reference = town.logged()
    browser = (
        town["ines"]
        .open(f"/dossiers/{reference}/actions/hold")
        .fill(reason="seasonal", until="2020-01-01", text="Elle ferme l’hiver.")
    )
    assert browser.status == 422
    assert "Choisissez un jour à venir." in browser.page
    assert 'href="#until"' in browser.page
    assert "Elle ferme l'hiver." in browser.page
    assert re.search(r'value="seasonal"[^>]* checked', browser.page)
    assert [row["codes"] for row in town.row(refused_attempt)] == [["date_in_past"]]


def test_a_case_that_changed_meanwhile_says_what_changed_and_keeps_what_was_typed(town: Town) -> None:
    reference = town.logged()
    slow = town["ines"].open(f"/dossiers/{reference}/actions/qualify")
    town["bruno"].open(f"/dossiers/{reference}/noter/note").fill(text="Elle a rappelé.")
    slow.fill(text="Un prêt pour le stock.")
    assert slow.status == 409
    assert "Note, par Bruno Wattez" in slow.page
    assert "Un prêt pour le stock." in slow.page
    slow.fill(text="Un prêt pour le stock.")
    assert town.case()["state"] == "orientation"


def test_the_same_step_sent_twice_is_taken_once(town: Town) -> None:
    reference = town.logged()
    browser = town["ines"].open(f"/dossiers/{reference}/noter/note")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', browser.answer.text))
    for _ in range(2):
        browser.post(f"/dossiers/{reference}/noter/note", {**hidden, "text": "Une fois."})
    assert [line["event"] for line in town.row(journal)] == ["log", "note"]


def test_an_impossible_step_says_why_and_the_way_out_in_place_of_a_form(town: Town) -> None:
    reference = town.logged()
    browser = town["ines"].open(f"/dossiers/{reference}/actions/draft?suivi=referral")
    assert "Qualifiez d'abord le besoin" in browser.page
    assert f'action="/dossiers/{reference}/actions/draft"' not in browser.page


def test_what_is_still_open_is_ended_with_a_case_only_where_there_is_such_a_thing(town: Town) -> None:
    followed, alone = town.asked(), town.logged(name="Cordonnerie Lannoy", phone="06 39 98 55 01")
    asks = {
        one: 'name="end_tracks"' in town["ines"].open(f"/dossiers/{one}/actions/close").page
        for one in (alone, followed)
    }
    assert asks == {alone: False, followed: True}


def test_an_adviser_who_answers_for_an_operator_says_who_and_how(town: Town) -> None:
    reference = town.asked()
    browser = town["ines"].open(f"/dossiers/{reference}/actions/decline?suivi=referral-1").fill(reason="capacity_full")
    assert browser.status == 422
    assert "Indiquez qui a répondu" in browser.page
    browser.fill(reason="capacity_full", behalf_person="Karim", behalf_channel="phone")
    assert [row["state"] for row in town.row(referral)] == ["declined"]


def test_an_answer_can_be_taken_back_from_what_is_said_after_it(town: Town) -> None:
    reference = town.asked()
    browser = town["karim"].open(f"/orientations/{reference}/referral-1").fill(f"/dossiers/{reference}/actions/accept")
    assert "Annuler" in browser.page
    browser.fill(f"/dossiers/{reference}/actions/undo_answer")
    assert [row["state"] for row in town.row(referral)] == ["sent"]


def test_a_call_without_an_answer_is_noted_as_an_attempt(town: Town) -> None:
    reference = town.asked()
    town["karim"].open(f"/dossiers/{reference}/actions/first_contact?suivi=referral-1").fill(
        result="no_answer", channel="phone"
    )
    assert town.row(journal)[-1]["event"] == "attempt"
    assert [row["state"] for row in town.row(referral)] == ["sent"]


@pytest.mark.asvs("3.5.1")
def test_a_form_that_does_not_come_from_our_pages_changes_nothing(town: Town) -> None:
    reference = town.logged()
    browser = town["ines"].open(f"/dossiers/{reference}")
    browser.post(f"/dossiers/{reference}/actions/close", {"reason": "no_need", "csrf": "forged"})
    assert browser.status == 403
    assert town.case()["state"] == "detection"


@pytest.mark.asvs("8.2.1")
def test_nobody_who_is_not_signed_in_sees_a_page(town: Town) -> None:
    reference = town.logged()
    for path in (
        "/",
        "/dossiers",
        f"/dossiers/{reference}",
        "/dossiers/nouveau",
        "/orientations",
        "/mentorat",
        "/pilotage",
    ):
        browser = Browser(town.app).open(path)
        assert browser.address.startswith("/connexion")
        assert "Traoré" not in browser.page


def test_what_people_write_is_words_on_every_page(town: Town) -> None:
    reference = town.logged(name=HOSTILE, person_name=HOSTILE, detail=HOSTILE, activity=HOSTILE)
    town["ines"].open(f"/dossiers/{reference}/noter/note").fill(text=HOSTILE)
    town["ines"].open(f"/dossiers/{reference}/actions/hold").fill(reason=HOSTILE, until=HOSTILE, text=HOSTILE)
    pages = [
        "/",
        "/dossiers",
        "/dossiers?vue=tableau",
        f"/dossiers?q={HOSTILE}",
        f"/dossiers/{reference}",
        f"/dossiers/{reference}/noter/correct",
    ]
    for path in pages:
        text = town["ines"].open(path).answer.text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_a_step_that_is_not_there_is_not_found(town: Town) -> None:
    reference = town.logged()
    browser = town["ines"].open("/dossiers/nouveau")
    token = re.findall(r'name="csrf" value="([^"]+)"', browser.answer.text)[0]
    nowhere = (
        "actions/fly",
        "actions/close?suivi=referral-9",
        "noter/fly",
        "noter/score",
        "actions/close?suivi=%00",
        "noter/note?suivi=nothing-1",
    )
    for path in nowhere:
        assert browser.open(f"/dossiers/{reference}/{path}").status == 404
        address, _, track = path.partition("?suivi=")
        browser.post(f"/dossiers/{reference}/{address}", {"csrf": token, "suivi": track or "case"})
        assert browser.status in (404, 422)
