"""« Mon dossier »: the person who is helped knows who calls and by when, says that nobody called, and may stop everything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from cases.access import Identity
from cases.database import Database
from cases.identifiers import new_id
from cases.journey import Request
from cases.records import record
from cases.tables.case import case_file, entrepreneur, survey
from cases.tables.memory import journal, outbox
from cases.tables.people import person
from cases.tables.tracks import mentoring_pair, mentoring_session, referral
from notifications.links import new_link
from tests.api.browser import Browser, application
from tests.cases.conftest import database
from tests.cases.test_stories_in_memory import WORKER
from tests.notifications.scenes import Scene

__all__ = ["database"]


class Shop:
    """The snack bar's owner, with the link of their own case on their phone; Adie was just asked."""

    def __init__(self, database: Database) -> None:
        self.scene = Scene.of_the_snack_bar(database)
        self.app = application(database, self.scene.clock)
        [self.case] = self.scene.rows(select(case_file))
        self.scene.entrepreneur_has(name="Nadia Brahimi")
        self.scene.person_has("adviser", phone="+33639980011")
        self.browser = Browser(self.app)
        self.browser.open(self.link())

    def link(self, purpose: str = "my_case", **changes: Any) -> str:
        bound = {"entrepreneur_id": self.case.entrepreneur_id, "case_id": self.case.id, **changes}
        now, path = self.scene.clock.now(), "mon-dossier" if purpose == "my_case" else "lien"
        return f"/{path}/" + self.scene.database.write(lambda db: new_link(db, purpose, now=now, **bound), WORKER)

    def agent(self) -> str:
        return next(id for key, id in self.scene.ids.items() if key.startswith("agent "))

    def operator(self) -> Browser:
        [row] = self.scene.rows(select(referral))
        track = f"referral-{row.number}"
        return Browser(self.app).open(self.link("answer", entrepreneur_id=None, person_id=self.agent(), track=track))

    def events(self) -> list[str]:
        return [row.event for row in self.scene.rows(select(journal).order_by(journal.c.at, journal.c.sequence))]

    def state(self) -> str:
        return str(self.scene.rows(select(case_file.c.state))[0].state)

    def later(self, **passed: float) -> None:
        self.scene.clock.set(self.scene.clock.now() + timedelta(**passed))


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)


def test_they_read_whose_answer_is_awaited_and_whom_to_call(shop: Shop) -> None:
    assert shop.browser.status == 200
    assert "Bonjour Nadia," in shop.browser.page
    assert shop.browser.title.startswith("Nous attendons la réponse de")
    assert "tel:+33639980011" in shop.browser.page
    assert "Votre demande est notée" in shop.browser.page
    assert "Ne plus partager mes informations" in shop.browser.page
    assert "Tout arrêter" in shop.browser.page


def test_once_an_operator_has_said_yes_they_read_a_name_a_number_and_a_day(shop: Shop) -> None:
    shop.scene.change(
        update(person).where(person.c.id == shop.agent()).values(name="Karim Haddadi", phone="+33639980044")
    )
    shop.operator().open(shop.operator().address + "?reponse=oui").fill(step="accept")
    assert shop.browser.open(shop.link()).title.startswith("Nous attendons"), "an answer may still be undone"
    shop.later(minutes=10)

    shop.browser.open(shop.link())

    assert shop.browser.title == "Karim va vous appeler avant mardi 9 février."
    assert "tel:+33639980044" in shop.browser.page


def test_saying_that_nobody_called_makes_a_call_due_and_is_said_once(shop: Shop) -> None:
    shop.browser.fill(step="nobody_called")

    assert "nobody_called" in shop.events()
    assert "Merci de nous l'avoir dit." in shop.browser.page
    assert shop.browser.title.startswith("Quelqu'un doit vous parler avant")
    assert "Personne ne m'a appelé" not in shop.browser.page


def test_they_answer_an_operators_question_in_their_own_words(shop: Shop) -> None:
    shop.operator().open(shop.operator().address + "?reponse=question").fill(
        step="ask_info", question="Avez-vous un devis ?"
    )
    shop.browser.open(shop.link())
    assert "Avez-vous un devis ?" in shop.browser.page
    assert shop.browser.title.endswith("a une question pour vous.")

    shop.browser.fill(step="answer_info", answer="Oui, de janvier.")

    assert shop.events()[-1] == "answer_info"
    assert shop.browser.title.startswith("Nous attendons la réponse de")


def test_withdrawing_the_consent_asks_once_more_then_closes_the_operators_door(shop: Shop) -> None:
    operator = shop.operator()
    shop.browser.open(f"{shop.browser.address}/partage")
    assert "withdraw_consent" not in shop.events()

    shop.browser.fill(shop.browser.address.removesuffix("/partage"))

    assert "withdraw_consent" in shop.events()
    assert "nous ne partageons plus vos informations" in shop.browser.page
    assert "Je prends en charge" not in operator.open(operator.address).page


def test_they_stop_everything_and_may_ask_again(shop: Shop) -> None:
    home = shop.browser.address
    shop.browser.open(f"{home}/arreter").fill(home)
    assert shop.state() == "closed"
    assert shop.browser.title == "Votre dossier est terminé."

    shop.browser.open(f"{home}/rouvrir").fill(home, reason="Le four est en panne.")

    assert shop.state() == "detection"
    assert shop.events()[-1] == "reopen"


def test_what_is_not_possible_has_no_page_and_a_button_that_is_not_ours_does_nothing(shop: Shop) -> None:
    home, before = shop.browser.address, shop.events()

    assert Browser(shop.app).open(f"{home}/rouvrir").status == 404
    assert Browser(shop.app).open(f"{home}/autre").status == 404
    assert shop.browser.fill(step="hand_over").status == 422
    assert shop.events() == before


def test_nobody_reads_the_case_of_another_entrepreneur(shop: Shop) -> None:
    other = new_id(shop.scene.clock.now())
    shop.scene.change(insert(entrepreneur).values(id=other, name="Autre", language="fr"))

    assert Browser(shop.app).open(shop.link(entrepreneur_id=other)).status == 404


def test_a_survey_keeps_each_answer_at_once(shop: Shop) -> None:
    now = shop.scene.clock.now()
    shop.scene.change(
        insert(survey).values(id=new_id(now), case_id=shop.case.id, track="case", recipient="entrepreneur", sent_at=now)
    )
    browser = Browser(shop.app).open(shop.link("survey", track="case"))
    assert browser.title == "Cela vous a-t-il aidé ?"

    browser.fill(answer="a_little")
    assert shop.scene.rows(select(survey.c.answers))[0].answers == {"helped": "a_little"}
    browser.fill(answer="yes")

    assert browser.title == "Merci."
    assert shop.scene.rows(select(survey.c.answers))[0].answers == {"helped": "a_little", "open": "yes"}


# -- mentors --------------------------------------------------------------------------------------------------------------


class Mentored(Shop):
    """The same, with a mentor proposed."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.mentor, now = self.scene.ids["stranger"], self.scene.clock.now()
        self.scene.change(update(person).where(person.c.id == self.mentor).values(name="Jacques Lemaire"))
        row = {
            "id": new_id(now), "case_id": self.case.id, "number": 1, "state": "proposed", "state_since": now, "opened_at": now,
            "mentor_id": self.mentor, "entrepreneur_paper": False, "reviewed": False,
        }  # fmt: skip
        self.scene.change(insert(mentoring_pair).values(**row))

    def to(self, who: str, purpose: str) -> Browser:
        mentor = {"entrepreneur_id": None, "person_id": self.mentor} if who == "mentor" else {}
        return Browser(self.app).open(self.link(purpose, track="mentoring_pair-1", **mentor))

    def pair(self) -> Any:
        return self.scene.rows(select(mentoring_pair))[0]


@pytest.fixture
def mentored(database: Database) -> Mentored:
    return Mentored(database)


def test_a_survey_of_a_pair_asks_each_of_the_two_what_is_theirs_to_say(mentored: Mentored) -> None:
    request = Request(mentored.case.reference, "survey", "mentoring_pair-1", {"left": True})
    now = mentored.scene.clock.now()
    mentored.scene.database.write(lambda db: record(db, request, by=Identity(system=True), now=now), WORKER)

    mentor = mentored.to("mentor", "survey")
    assert mentor.title == "Ce binôme avec Nadia Brahimi a-t-il été utile ?"
    assert mentor.fill(question="open", answer="yes").status == 422
    mentored.to("mentor", "survey").fill(answer="a_little")
    assert "Votre réponse est gardée." in mentored.to("mentor", "survey").page

    helped = mentored.to("entrepreneur", "survey")
    assert helped.title == "Votre mentor vous a-t-il aidé ?"
    helped.fill(answer="yes").fill(answer="not_yet")
    answers = {row.recipient: row.answers for row in mentored.scene.rows(select(survey))}
    assert answers == {"entrepreneur": {"helped": "yes", "open": "not_yet"}, "mentor": {"helped": "a_little"}}


def test_a_survey_names_the_operator_that_helped(shop: Shop) -> None:
    now = shop.scene.clock.now()
    shop.scene.change(
        insert(survey).values(
            id=new_id(now), case_id=shop.case.id, track="referral-1", recipient="entrepreneur", sent_at=now
        )
    )

    assert Browser(shop.app).open(shop.link("survey", track="referral-1")).title == "L'Adie vous a-t-elle aidé ?"


def test_a_pair_begins_when_both_have_signed_from_their_mails(mentored: Mentored) -> None:
    mentor = mentored.to("mentor", "charter")
    assert mentor.title == "Nadia Brahimi cherche un mentor : vous ?"
    assert mentor.fill(step="sign_charter").title == "Vous avez signé."
    assert mentored.pair().state == "proposed"

    owner = mentored.to("entrepreneur", "charter")
    assert owner.title == "Jacques Lemaire peut devenir votre mentor."
    owner.fill(step="sign_charter")

    assert mentored.pair().state == "active"
    assert owner.title == "Votre binôme avec Jacques Lemaire a commencé."


def test_a_mentor_says_not_this_time_with_a_reason(mentored: Mentored) -> None:
    mentor = mentored.to("mentor", "charter")
    mentor.open(f"{mentor.address}?reponse=non").fill(step="decline_pair")
    assert mentor.status == 422

    mentor.fill(step="decline_pair", reason="not_available")

    assert mentored.pair().state == "declined"


def test_a_mentor_writes_the_log_book_and_the_meeting_is_noted(mentored: Mentored) -> None:
    for who in ("mentor", "entrepreneur"):
        mentored.to(who, "charter").fill(step="sign_charter")
    mentor = mentored.to("mentor", "log_book")
    assert mentor.title == "Où en est Nadia Brahimi ?"
    assert mentor.fill(step="record_progress", text="Elle fixe ses prix.").status == 422
    assert "Elle fixe ses prix." in mentor.page

    mentor.fill(step="record_progress", how="met", met_on="2027-02-01")

    assert "le carnet est à jour" in mentor.page
    assert mentored.pair().progress == "on_track"
    assert [row.day.isoformat() for row in mentored.scene.rows(select(mentoring_session))] == ["2027-02-01"]


@pytest.mark.parametrize(("how", "progress", "meetings"), [("phone", "on_track", 0), ("not_met", "slowed", 0), ("met", "on_track", 1)])  # fmt: skip
def test_a_mentor_says_in_one_word_how_they_were_in_touch(
    mentored: Mentored, how: str, progress: str, meetings: int
) -> None:
    for who in ("mentor", "entrepreneur"):
        mentored.to(who, "charter").fill(step="sign_charter")

    mentored.to("mentor", "log_book").fill(step="record_progress", how=how)

    assert mentored.pair().progress == progress
    assert len(mentored.scene.rows(select(mentoring_session))) == meetings


def test_a_mentor_who_needs_help_is_heard_by_the_adviser(mentored: Mentored) -> None:
    for who in ("mentor", "entrepreneur"):
        mentored.to(who, "charter").fill(step="sign_charter")

    mentor = mentored.to("mentor", "log_book").fill(step="help", text="Elle ne répond plus.")

    assert "vous rappelle" in mentor.page
    assert mentored.pair().progress == "blocked"
    told = mentored.scene.rows(select(outbox).where(outbox.c.kind == "blocked"))
    assert [row.role for row in told] == ["adviser"]
