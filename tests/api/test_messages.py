"""What leaves, what could not and what one wants of it, on pages: each sees their own, and a choice is one press."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import insert, select

from cases.database import Database
from cases.identifiers import new_id
from cases.tables.memory import outbox
from cases.tables.people import person, role_grant
from notifications.links import new_link
from notifications.tables import preference, suppression
from tests.api.browser import Browser, application
from tests.cases.conftest import database
from tests.cases.test_stories_in_memory import WORKER
from tests.notifications.conftest import mail_server
from tests.notifications.mail_server import MailServer
from tests.notifications.scenes import Scene

__all__ = ["database", "mail_server"]

HERE = "/administration/messages"
BRANCH = "antenne@example.org"


class Office:
    """The snack bar's referral could not be sent: the branch's address was refused."""

    def __init__(self, database: Database, server: MailServer) -> None:
        self.scene, self.server = Scene.of_the_snack_bar(database), server
        self.app = application(database, self.scene.clock)
        server.refusals[BRANCH] = "550 5.1.1 no such mailbox"
        self.scene.plan()
        self.scene.send(server)
        [dead] = self.scene.messages(status="dead")
        self.dead = dead.id
        self.case = next(iter(self.scene.references.values()))

    def as_(self, name: str) -> Browser:
        """A browser on which that person is signed in, by the link of a mail."""
        now, email = self.scene.clock.now(), f"{name}@example.org"
        self.scene.person_has(name, email=email)
        browser = Browser(self.app)
        token = self.scene.database.write(lambda db: _sign_in(db, self.scene.ids[name], now), WORKER)
        return browser.open(f"/lien/{token}").fill(f"/lien/{token}")

    def admin(self) -> Browser:
        now, own = self.scene.clock.now(), new_id(self.scene.clock.now())
        self.scene.change(insert(person).values(id=own, name="Ada", email="ada@example.org", created_at=now))
        self.scene.change(insert(role_grant).values(id=new_id(now), person_id=own, role="admin", created_at=now))
        self.scene.ids["ada"] = own
        return self.as_("ada")

    def status(self) -> str:
        return str(self.scene.messages(id=self.dead)[0].status)


def _sign_in(db: Any, who: str, now: Any) -> str:
    return new_link(db, "sign_in", now=now, person_id=who)


@pytest.fixture
def office(database: Database, mail_server: MailServer) -> Office:
    return Office(database, mail_server)


def test_a_manager_sees_what_could_not_leave_and_sends_it_again(office: Office) -> None:
    manager = office.as_("manager").open(HERE)
    assert "À Adie" in manager.page
    assert "Le serveur a répondu : 550 5.1.1 no such mailbox" in manager.page
    manager.fill(f"{HERE}/{office.dead}/reprendre")
    assert "Il repart dans la minute." in manager.page
    assert office.status() == "waiting"
    office.server.refusals.clear()
    office.scene.send(office.server)
    assert office.status() == "sent"
    assert "À Adie" in manager.open(f"{HERE}?etat=partis").page


def test_a_letter_may_be_let_be(office: Office) -> None:
    office.as_("manager").open(HERE).fill(f"{HERE}/{office.dead}/laisser")
    assert office.status() == "given_up"


def test_a_refused_address_is_trusted_again_in_one_press(office: Office) -> None:
    manager = office.as_("manager").open(f"{HERE}?etat=adresses")
    assert BRANCH in manager.page
    manager.fill(f"{HERE}/adresses/retablir")
    assert not office.scene.rows(select(suppression))


def test_every_tray_can_be_opened(office: Office) -> None:
    manager = office.as_("manager")
    for tray in ("non-partis", "a-reprendre", "en-attente", "partis", "adresses", "nonsense"):
        assert manager.open(f"{HERE}?etat={tray}").status == 200


def test_the_programme_reads_no_name_of_who_is_helped(office: Office) -> None:
    page = office.admin().open(f"{HERE}?etat=partis").page
    assert "À l'entrepreneur" in page
    assert "Nadia" not in page


def test_who_is_in_charge_of_nothing_finds_no_such_page(office: Office) -> None:
    adviser = office.as_("adviser")
    assert adviser.open(HERE).status == 404
    csrf = re.search(r'name="csrf" value="([^"]+)"', adviser.open("/mes-rappels").answer.text)
    assert csrf is not None
    assert adviser.post(f"{HERE}/{office.dead}/reprendre", {"csrf": csrf[1]}).status == 404
    assert office.status() == "dead"


def test_the_adviser_sees_a_refused_address_on_the_case_and_lifts_it(office: Office) -> None:
    adviser = office.as_("adviser").open(f"/dossiers/{office.case}")
    assert f"{BRANCH} ne reçoit plus nos courriels depuis le" in adviser.page
    adviser.fill(f"{HERE}/adresses/retablir")
    assert adviser.address == f"/dossiers/{office.case}"
    assert "ne reçoit plus nos courriels" not in adviser.page
    assert not office.scene.rows(select(suppression))


# -- which reminders one wants --------------------------------------------------------------------------------------------


def remind(office: Office) -> None:
    """News of the reminder class for the adviser."""
    now = office.scene.clock.now()
    row = {
        "subject": "case",
        "subject_id": office.scene.row("")["id"],
        "track": "case",
        "mail_class": "reminder",
        "role": "adviser",
    }
    told = {"kind": "step_taken", "facts": {"event": "qualify"}, "not_before": now, "created_at": now}
    office.scene.change(insert(outbox).values(id=new_id(now), **row, **told))
    office.scene.plan()


def stop_address(office: Office) -> str:
    office.scene.person_has("adviser", email="adviser@example.org")
    remind(office)
    office.scene.send(office.server)
    letter = office.scene.letter(office.server, "step_taken")
    found = re.search(r"<https://quartiers\.example(/desabonnement/[\w-]+)>", letter["List-Unsubscribe"])
    assert found is not None
    return found[1]


def test_one_press_of_the_mail_reader_stops_this_kind_of_reminder(office: Office) -> None:
    stop = stop_address(office)
    stranger = Browser(office.app).client
    assert stranger.post(stop, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    remind(office)
    assert sorted(row.status for row in office.scene.messages(key="step_taken")) == ["dropped", "sent"]


def test_looking_stops_nothing_and_leads_to_the_choice(office: Office) -> None:
    stop = stop_address(office)
    reader = Browser(office.app).open(stop)
    assert reader.title == "Mes rappels"
    assert not office.scene.rows(select(preference))
    reader.post(reader.address, {"csrf": _csrf(reader), "wanted": "due"})
    chosen = {row.category: row.wanted for row in office.scene.rows(select(preference))}
    assert chosen == {"due": True, "late": False, "news": False, "surveys": False}


def test_a_reminder_that_is_not_wanted_any_more_is_dropped_as_it_leaves(office: Office) -> None:
    stop = stop_address(office)
    remind(office)
    Browser(office.app).client.post(stop, data={"List-Unsubscribe": "One-Click"})
    assert office.scene.send(office.server) == 0
    assert sorted(row.status for row in office.scene.messages(key="step_taken")) == ["dropped", "sent"]


def test_anything_but_the_one_press_is_refused(office: Office) -> None:
    stop = stop_address(office)
    stranger = Browser(office.app).client
    assert stranger.post(stop, data={"List-Unsubscribe": "all"}).status_code == 422
    assert stranger.post("/desabonnement/nonsense", data={"List-Unsubscribe": "One-Click"}).status_code == 404
    assert stranger.get("/preferences/nonsense").status_code == 404
    assert not office.scene.rows(select(preference))


def test_somebody_signed_in_chooses_on_their_own_page(office: Office) -> None:
    adviser = office.as_("adviser").open("/mes-rappels")
    assert "La liste de la semaine" not in adviser.page
    adviser.post("/mes-rappels", {"csrf": _csrf(adviser), "wanted": "news"})
    assert "C'est noté." in adviser.page
    chosen = {row.category for row in office.scene.rows(select(preference)) if row.wanted}
    assert chosen == {"news"}


def test_what_is_asked_for_or_said_directly_cannot_be_stopped(office: Office) -> None:
    adviser = office.as_("adviser").open("/mes-rappels")
    adviser.post("/mes-rappels", {"csrf": _csrf(adviser)})
    now = office.scene.clock.now()
    row = {
        "subject": "case",
        "subject_id": office.scene.row("")["id"],
        "track": "referral-1",
        "mail_class": "direct",
        "role": "adviser",
    }
    office.scene.change(
        insert(outbox).values(id=new_id(now), kind="blocked", facts={}, not_before=now, created_at=now, **row)
    )
    office.scene.plan()
    assert [one.status for one in office.scene.messages(key="blocked")] == ["waiting"]


def _csrf(browser: Browser) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', browser.answer.text)
    assert found is not None
    return found[1]
