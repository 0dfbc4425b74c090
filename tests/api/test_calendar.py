"""Appointments land in agendas: by a file in the mail, which moves and cancels the same one, and by a private address that can be revoked."""

from __future__ import annotations

from typing import Any

import icalendar
import pytest
from sqlalchemy import select, update

from api.sign_in import begin_session
from cases.access import identity_with
from cases.database import Database
from cases.journey import Request
from cases.records import record
from cases.tables.appointments import appointment, calendar_feed
from cases.tables.case import case_file, entrepreneur
from cases.tables.people import person
from notifications.preferences import Category, choose
from notifications.tables import message
from tests.api.browser import Browser, application
from tests.api.doors import WORKER, Door, town
from tests.cases.conftest import database
from tests.notifications.mail_server import MailServer
from tests.notifications.scenes import Scene

__all__ = ["database", "town"]

TUESDAY, THURSDAY = "2027-02-09", "2027-02-11"


def events(content: bytes | str) -> list[Any]:
    return list(icalendar.Calendar.from_ical(content).walk("VEVENT"))


class Desk:
    """The snack bar's adviser at her desk, and a mail server for what leaves."""

    def __init__(self, database: Database, server: MailServer) -> None:
        self.scene, self.server = Scene.of_the_snack_bar(database), server
        self.scene.change(update(entrepreneur).values(name="Nadia Brahimi", email="nadia@example.org"))
        own = person.c.id == self.scene.ids["adviser"]
        self.scene.change(update(person).where(own).values(name="Inès Morvan"))
        self.scene.change(update(case_file).values(referent_id=self.scene.ids["adviser"]))
        [self.case] = self.scene.rows(select(case_file))
        self.app = application(database, self.scene.clock)
        self.browser = self.signed_in("adviser")
        self.form = f"/dossiers/{self.case.reference}/noter/appointment"

    def signed_in(self, name: str) -> Browser:
        known, now, browser = self.scene.ids[name], self.scene.clock.now(), Browser(self.app)
        secret = self.scene.database.write(lambda db: begin_session(db, known, now=now), WORKER)
        browser.client.cookies.set("qp_session", secret)
        return browser

    def notes(self, **fields: str) -> Browser:
        return self.browser.open(self.form).fill(**fields)

    def fixes(self, name: str, track: str, **given: Any) -> None:
        """Somebody fixes one on a track."""
        now, request = self.scene.clock.now(), Request(self.case.reference, "appointment", track, given)

        def unit(db: Any) -> None:
            who = identity_with(db, self.scene.ids[name], via="page")
            assert who
            record(db, request, by=who, now=now)

        self.scene.database.write(unit, WORKER)
        self.scene.plan()

    def told(self) -> list[Any]:
        """The messages about appointments."""
        return [row for row in self.scene.messages() if row.key in ("appointment_set", "appointment_cancelled")]

    def only(self) -> Any:
        [row] = self.scene.rows(select(appointment))
        return row

    def letters(self) -> list[Any]:
        """What left about appointments, in order."""
        self.scene.plan()
        self.scene.send(self.server)
        keys = ("appointment_set", "appointment_cancelled")
        found = self.scene.rows(select(message).where(message.c.key.in_(keys)))
        ids = [row.message_id for row in sorted(found, key=lambda row: row.facts["sequence"])]
        return [letter for one in ids for letter in self.server.letters if letter["Message-ID"] == one]


def file_of(letter: Any) -> tuple[str, Any]:
    """What a letter asks of the agenda, and the one event of its file."""
    [part] = [part for part in letter.iter_attachments() if part.get_content_type() == "text/calendar"]
    content = part.get_payload(decode=True)
    [event] = events(content)
    assert part.get_param("method") == str(icalendar.Calendar.from_ical(content)["METHOD"])
    return str(part.get_param("method")), event


@pytest.fixture
def desk(database: Database) -> Any:
    with MailServer().running() as server:
        yield Desk(database, server)


def test_an_appointment_leaves_with_its_file_at_the_local_hour(desk: Desk) -> None:
    desk.notes(day=TUESDAY, time="14:30", place="Chez Adie, 12 rue Neuve")

    [letter] = desk.letters()
    method, event = file_of(letter)
    text = letter.get_body(("plain",)).get_content().replace("\u00a0", " ").replace("\u202f", " ")
    assert method == "PUBLISH"
    assert event["DTSTART"].dt.isoformat() == "2027-02-09T13:30:00+00:00"
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == (
        "Rendez-vous avec Inès Morvan",
        "Chez Adie, 12 rue Neuve",
    )
    assert "mardi 9 février" in text
    assert "14 h 30" in text


def test_moving_and_cancelling_keep_the_same_event_in_the_agenda(desk: Desk) -> None:
    desk.notes(day=TUESDAY, time="14:30")
    first = desk.letters()
    own = desk.only().id
    desk.notes(appointment=own, day=THURSDAY, time="09:00")
    second = desk.letters()[len(first) :]
    desk.notes(appointment=own, cancelled="1")
    third = desk.letters()[len(first) + len(second) :]

    told = [file_of(letter) for letter in (*first, *second, *third)]
    assert [method for method, _ in told] == ["PUBLISH", "PUBLISH", "CANCEL"]
    assert [int(event["SEQUENCE"]) for _, event in told] == [0, 1, 2]
    assert len({str(event["UID"]) for _, event in told}) == 1
    assert [str(event["STATUS"]) for _, event in told] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert told[1][1]["DTSTART"].dt.isoformat() == "2027-02-11T08:00:00+00:00"
    assert "Rendez-vous annulé" in desk.browser.open(f"/dossiers/{desk.case.reference}").page


def test_whoever_the_appointment_is_with_gets_the_same_event_and_who_fixed_it_nothing(desk: Desk) -> None:
    desk.fixes("adviser", "referral-1", day=TUESDAY, time="14:30")

    letters = desk.letters()

    assert sorted(letter["To"].addresses[0].addr_spec for letter in letters) == [
        "antenne@example.org",
        "nadia@example.org",
    ]
    told = {letter["To"].addresses[0].addr_spec: file_of(letter)[1] for letter in letters}
    assert len({str(event["UID"]) for event in told.values()}) == 1
    assert str(told["antenne@example.org"]["SUMMARY"]) == "Rendez-vous avec Nadia B."
    [branchs] = [one for one in letters if one["To"].addresses[0].addr_spec == "antenne@example.org"]
    assert (
        branchs["Subject"].replace("\u00a0", " ").replace("\u202f", " ")
        == "Rendez-vous le mardi 9 février à 14 h 30 : Nadia B."
    )
    assert "List-Unsubscribe" in branchs


def test_a_branch_is_not_told_of_what_one_of_its_own_fixed(desk: Desk) -> None:
    desk.fixes("agent Adie", "referral-1", day=TUESDAY, time="14:30")

    assert [letter["To"].addresses[0].addr_spec for letter in desk.letters()] == ["nadia@example.org"]


def test_an_adviser_is_told_of_what_a_colleague_fixed_for_them(desk: Desk) -> None:
    desk.fixes("Nora", "case", day=TUESDAY)

    advisers = [row for row in desk.told() if row.role == "adviser"]
    assert [row.person_id for row in advisers] == [desk.scene.ids["adviser"]]


def test_who_wants_no_news_gets_no_file_and_who_is_helped_always_does(desk: Desk) -> None:
    reader = f"branch:{desk.scene.ids['branch Adie']}"
    desk.scene.database.write(lambda db: choose(db, reader, {Category.NEWS: False}, desk.scene.clock.now()), WORKER)

    desk.fixes("adviser", "referral-1", day=TUESDAY)

    assert [letter["To"].addresses[0].addr_spec for letter in desk.letters()] == ["nadia@example.org"]
    assert {(row.role, row.status, row.last_error) for row in desk.told()} == {
        ("operator", "dropped", "unwanted"),
        ("entrepreneur", "sent", None),
    }


def test_a_mail_about_a_date_that_moved_meanwhile_does_not_leave(desk: Desk) -> None:
    desk.notes(day=TUESDAY, time="14:30")
    desk.scene.plan()
    desk.notes(appointment=desk.only().id, day=THURSDAY)

    [letter] = desk.letters()

    _, event = file_of(letter)
    assert event["DTSTART"].dt.isoformat() == THURSDAY


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Choisissez le jour du rendez-vous."),
        ({"day": "2027-01-04"}, "Choisissez un jour à venir"),
        ({"day": TUESDAY, "time": "demain"}, "Écrivez l'heure ainsi : 14:30."),
        ({"cancelled": "1"}, "Choisissez le rendez-vous qui est annulé."),
        ({"day": TUESDAY, "appointment": "another"}, "Ce rendez-vous n'existe pas, ou il est déjà annulé."),
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_is_written(desk: Desk, fields: dict[str, str], said: str) -> None:
    desk.notes(**fields)

    assert desk.browser.status == 422
    assert said in desk.browser.page
    assert not desk.scene.rows(select(appointment))


def test_an_appointment_to_come_is_no_meeting_that_took_place(town: dict[str, Door]) -> None:
    reference = town["adviser"].referred("adie")
    adie = town["adie"]
    adie.takes(reference, "accept", "referral-1", agent=adie.ids["adie"])
    adie.takes(reference, "first_contact", "referral-1", channel="phone", result="reached")

    answer = adie.post(
        f"/cases/{reference}/appointments", {"track": "referral-1", "payload": {"day": TUESDAY, "time": "10:00"}}
    )

    assert answer.status_code == 201, answer.json()
    rules = {one["rule"]: one["status"] for one in town["adviser"].get(f"/cases/{reference}/deadlines").json()["items"]}
    assert rules["referral.engaged.first_meeting"] == "open"


# -- the private address ----------------------------------------------------------------------------------------------------


def address_in(browser: Browser) -> str:
    found = browser.page.partition("elle ne sera plus montrée : ")[2].split()[0].partition("<")[0]
    return found.removeprefix("http://quartiers.example")


def test_an_agenda_reads_appointments_and_due_days_and_no_name_of_a_person(desk: Desk) -> None:
    desk.notes(day=TUESDAY, time="14:30", place="À la boutique")
    desk.browser.open("/calendrier").fill("/calendrier")
    address = address_in(desk.browser)

    answer = Browser(desk.app).client.get(address)

    assert answer.headers["content-type"].startswith("text/calendar")
    found = {str(event["UID"]).partition("-")[0]: event for event in events(answer.content)}
    assert str(found["appointment"]["DTSTART"].dt) == "2027-02-09 13:30:00+00:00"
    assert str(found["appointment"]["URL"]).endswith(f"/dossiers/{desk.case.reference}")
    assert found["deadline"]["TRANSP"] == "TRANSPARENT"
    assert "Nadia" not in answer.text
    assert address.rpartition("/")[2].removesuffix(".ics") not in str(desk.scene.rows(select(calendar_feed)))
    assert address not in desk.browser.open("/calendrier").page, "it is shown once"


def test_another_address_takes_the_place_of_the_first_and_a_revoked_one_shows_nothing(desk: Desk) -> None:
    first = address_in(desk.browser.open("/calendrier").fill("/calendrier"))
    second = address_in(desk.browser.fill("/calendrier"))
    client = Browser(desk.app).client
    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)

    desk.browser.open("/calendrier").fill("/calendrier/revoquer")

    assert client.get(second).status_code == 404
    assert client.get("/calendrier/anything.ics").status_code == 404


def test_a_calendar_holds_what_its_owner_may_see_now(desk: Desk) -> None:
    desk.notes(day=TUESDAY, time="14:30")
    address = address_in(desk.browser.open("/calendrier").fill("/calendrier"))
    stranger = desk.signed_in("stranger")
    other = address_in(stranger.open("/calendrier").fill("/calendrier"))
    client = Browser(desk.app).client
    assert events(client.get(other).content) == []
    assert events(client.get(address).content) != []

    desk.scene.change(update(person).where(person.c.id == desk.scene.ids["adviser"]).values(active=False))

    assert client.get(address).status_code == 404
