"""An operator answers from the link of a mail, without an account: what is shown, what acts, and the way back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from cases.database import Database
from cases.tables.case import case_file, contact
from cases.tables.memory import journal, refused_attempt
from cases.tables.tracks import referral
from notifications.links import new_link, revoke_links
from notifications.tables import message
from tests.api.browser import Browser, application
from tests.cases.conftest import database
from tests.cases.test_stories_in_memory import WORKER
from tests.notifications.scenes import Scene

__all__ = ["database"]


class Desk:
    """The snack bar's referral has just been sent to Adie, whose agent has the mail's link."""

    def __init__(self, database: Database) -> None:
        self.scene = Scene.of_the_snack_bar(database)
        self.app = application(database, self.scene.clock)
        self.case = next(iter(self.scene.references.values()))
        self.case_id, self.track = self._sent()

    def _sent(self) -> tuple[str, str]:
        [row] = [row for row in self.scene.rows(select(referral)) if row.state == "sent"]
        self.branch = row.branch_id
        return row.case_id, f"referral-{row.number}"

    def link(self, purpose: str = "answer", **changes: Any) -> str:
        agents = [key for key in self.scene.ids if key.startswith("agent ")]
        bound = {"person_id": self.scene.ids[agents[0]], "case_id": self.case_id, "track": self.track, **changes}
        now = self.scene.clock.now()
        return "/lien/" + self.scene.database.write(lambda db: new_link(db, purpose, now=now, **bound), WORKER)

    def owner_link(self) -> str:
        [case] = self.scene.rows(select(case_file))
        bound = {"entrepreneur_id": case.entrepreneur_id, "case_id": case.id}
        now = self.scene.clock.now()
        made = self.scene.database.write(lambda db: new_link(db, "my_case", now=now, **bound), WORKER)
        return f"/mon-dossier/{made}"

    def browser(self) -> Browser:
        return Browser(self.app)

    def state(self) -> str:
        return next(row.state for row in self.scene.rows(select(referral).where(referral.c.case_id == self.case_id)))

    def lines(self) -> list[str]:
        rows = self.scene.rows(select(journal).where(journal.c.track == self.track).order_by(journal.c.sequence))
        return [row.event for row in rows]

    def later(self, **passed: float) -> None:
        self.scene.clock.set(self.scene.clock.now() + timedelta(**passed))


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_opening_the_link_shows_who_needs_what_and_changes_nothing(desk: Desk) -> None:
    link, before = desk.link(), desk.lines()

    for word in ("", "?reponse=oui", "?reponse=question", "?reponse=non"):
        assert desk.browser().open(link + word).status == 200
    head = desk.browser().client.head(link)

    assert head.status_code == 405
    assert desk.browser().open(link).title.startswith("Pouvez-vous aider")
    assert desk.lines() == before
    assert desk.state() == "sent"


def test_two_touches_accept_with_the_day_of_the_call_and_the_agent_filled_in(desk: Desk) -> None:
    browser = desk.browser().open(desk.link())
    assert "Vous l'appelez avant mardi 9 février" in browser.page

    browser.open(f"{browser.address}?reponse=oui").fill(step="accept")

    assert desk.state() == "accepted"
    assert browser.title.startswith("Vous appelez")
    assert "C'est noté : la demande est à vous." in browser.page
    [row] = desk.scene.rows(select(referral).where(referral.c.case_id == desk.case_id))
    assert row.agent_id in desk.scene.ids.values()
    line = desk.scene.rows(select(journal).where(journal.c.event == "accept"))[0]
    assert (line.via, line.actor_role) == ("mail_link", "operator")


def test_the_same_press_twice_accepts_once(desk: Desk) -> None:
    browser = desk.browser().open(desk.link() + "?reponse=oui")
    form = browser.answer

    browser.fill(step="accept")
    browser.answer = form
    browser.fill(step="accept")

    assert browser.status == 200
    assert desk.lines().count("accept") == 1


def test_an_operator_cannot_decline_without_a_reason(desk: Desk) -> None:
    browser = desk.browser().open(desk.link() + "?reponse=non").fill(step="decline", rather="Initiative")

    assert browser.status == 422
    assert "Choisissez le motif." in browser.page
    assert 'value="Initiative"' in browser.page
    assert desk.state() == "sent"
    assert [row.codes for row in desk.scene.rows(select(refused_attempt))] == [["missing_reason"]]


def test_other_asks_for_a_sentence_and_keeps_the_reason_chosen(desk: Desk) -> None:
    browser = desk.browser().open(desk.link() + "?reponse=non").fill(step="decline", reason="other")
    assert "dites pourquoi, en une phrase" in browser.page
    assert 'value="other" checked' in browser.page

    browser.fill(step="decline", reason="other", text="Nous déménageons.")

    assert desk.state() == "declined"
    assert browser.title == "Merci d'avoir répondu."


def test_a_question_stops_the_clock_and_the_answers_stay_possible(desk: Desk) -> None:
    browser = (
        desk.browser().open(desk.link() + "?reponse=question").fill(step="ask_info", question="A-t-elle un bail ?")
    )

    assert desk.state() == "info_requested"
    assert "votre question attend sa réponse" in browser.page
    assert browser.title.startswith("Pouvez-vous aider")


def test_an_answer_is_undone_from_the_same_link_while_nobody_is_told(desk: Desk) -> None:
    browser = desk.browser().open(desk.link() + "?reponse=oui").fill(step="accept")
    desk.later(minutes=9)
    assert "Personne n'est prévenu avant" in browser.open(browser.address).page

    browser.fill(step="undo_answer")

    assert desk.state() == "sent"
    assert "Votre réponse est annulée." in browser.page


def test_having_called_already_is_one_press_and_two_lines(desk: Desk) -> None:
    browser = desk.browser().open(desk.link() + "?reponse=oui").fill(step="called")

    assert desk.state() == "engaged"
    assert desk.lines()[-2:] == ["accept", "first_contact"]
    assert "Où en est" in browser.title


def test_a_call_without_an_answer_is_noted_as_an_attempt(desk: Desk) -> None:
    browser = desk.browser().open(desk.link() + "?reponse=oui").fill(step="accept")

    browser.fill(step="attempt", result="no_answer")

    assert "L'essai est noté." in browser.page
    assert [
        (row.kind, row.result) for row in desk.scene.rows(select(contact).where(contact.c.track == desk.track))
    ] == [("attempt", "no_answer")]
    assert browser.fill(step="first_contact").title.startswith("Où en est")
    assert browser.fill(step="record_progress", status="on_track").status == 200
    assert desk.lines()[-1] == "record_progress"


def test_a_branch_without_a_named_agent_says_who_calls(desk: Desk) -> None:
    browser = desk.browser().open(desk.link(person_id=None) + "?reponse=oui").fill(step="accept", agent="")
    assert browser.status == 422
    assert "Dites qui appellera" in browser.page

    agent = next(id for key, id in desk.scene.ids.items() if key.startswith("agent "))
    browser.fill(step="accept", agent=agent)

    assert desk.state() == "accepted"


def test_an_agent_of_another_branch_finds_nothing_behind_the_link(desk: Desk) -> None:
    stranger = desk.scene.ids["stranger"]

    browser = desk.browser().open(desk.link(person_id=stranger))

    assert browser.status == 404
    assert "Ce lien ne marche plus." in browser.title


def test_a_link_of_another_purpose_and_a_made_up_one_open_nothing(desk: Desk) -> None:
    assert desk.browser().open("/lien/" + "x" * 32).status == 404
    assert desk.browser().open("/mon-dossier/" + desk.link().removeprefix("/lien/")).status == 404
    assert desk.browser().open("/lien/%00%ff").status == 404


def test_a_link_that_was_revoked_says_so_and_offers_no_other(desk: Desk) -> None:
    link, now = desk.link(), desk.scene.clock.now()
    desk.scene.database.write(lambda db: revoke_links(db, desk.case_id, now=now), WORKER)

    browser = desk.browser().open(link)

    assert browser.status == 410
    assert browser.title == "Il n'y a plus rien à faire ici."
    assert "Demander un nouveau lien" not in browser.page


def test_an_old_link_is_renewed_at_the_address_where_it_went(desk: Desk) -> None:
    link = desk.link()
    desk.later(days=91)
    browser = desk.browser().open(link)

    browser.fill(f"{link}/nouveau")

    [mail] = [row for row in desk.scene.rows(select(message)) if row.key == "new_link"]
    assert mail.facts["purpose"] == "answer"
    assert (mail.case_id, mail.track) == (desk.case_id, desk.track)


# -- what an operator reads afterwards ------------------------------------------------------------------------------------


def test_a_question_stands_with_its_answer_on_the_page_of_the_request(desk: Desk) -> None:
    browser = desk.browser().open(desk.link() + "?reponse=question").fill(step="ask_info", question="Un bail signé ?")
    assert "Un bail signé ?" in browser.page
    assert "Pas encore. Votre délai est arrêté jusque-là." in browser.page

    owner = desk.browser().open(desk.owner_link())
    owner.fill(step="answer_info", answer="Oui, depuis mai.")

    browser.open(browser.address)
    assert browser.page.index("Un bail signé ?") < browser.page.index("Oui, depuis mai.")
    assert "Pas encore." not in browser.page


def test_a_call_that_should_have_been_made_is_asked_for_now(desk: Desk) -> None:
    browser = desk.browser().open(desk.link() + "?reponse=oui").fill(step="accept")
    assert " avant mardi 9 février." in browser.title

    desk.later(days=30)

    assert browser.open(browser.address).title.endswith(" dès maintenant.")


def test_who_declined_no_longer_reads_how_to_reach_the_person(desk: Desk) -> None:
    desk.scene.entrepreneur_has(phone="+33639980099")
    browser = desk.browser().open(desk.link())
    assert "06 39 98 00 99" in browser.page

    browser.open(f"{browser.address}?reponse=non").fill(step="decline", reason="capacity_full")

    assert browser.title == "Merci d'avoir répondu."
    assert "06 39 98 00 99" not in browser.page


def test_an_operator_who_is_late_is_not_told_off_and_may_still_help(desk: Desk) -> None:
    desk.scene.change(update(referral).where(referral.c.case_id == desk.case_id).values(state="expired"))
    browser = desk.browser().open(desk.link())
    assert browser.title == "Le délai de réponse est passé."

    browser.fill(step="revive")

    assert desk.state() == "sent"
    assert browser.title.startswith("Pouvez-vous aider")


def test_a_branch_answers_under_its_own_name_once(desk: Desk) -> None:
    page = desk.browser().open(desk.link(person_id=None)).page
    [name] = re.findall(r"Vous répondez pour ([^.]+)\. Vous pourrez", page)
    assert name.count("Adie") == 1
