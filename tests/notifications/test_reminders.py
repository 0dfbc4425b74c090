"""Reminders do not tire people: dropped when nothing is left to do, several in one mail, at most two a day."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import insert, update

from cases.identifiers import new_id
from cases.journey import Request
from cases.records import record
from cases.tables.memory import deadline, outbox
from notifications.tables import message
from tests.cases.test_stories_in_memory import WORKER
from tests.notifications.mail_server import MailServer, free_port
from tests.notifications.scenes import Scene


def remind(scene: Scene, count: int = 1, *, role: str = "adviser", key: str = "step_taken") -> None:
    """So much news of the reminder class for a role."""
    now = scene.clock.now()
    same = {
        "subject": "case",
        "subject_id": scene.row("")["id"],
        "track": "case",
        "mail_class": "reminder",
        "role": role,
    }
    row = {"kind": key, "facts": {"event": "qualify"}, "not_before": now, "created_at": now, **same}
    rows = [{"id": new_id(now), **row} for _ in range(count)]
    scene.change(insert(outbox).values(rows))
    scene.plan()


def silent_about_the_start(scene: Scene) -> None:
    scene.plan()
    scene.change(update(message).values(status="sent"))


def last(server: MailServer) -> Any:
    return server.letters[-1]


def test_several_reminders_to_one_person_are_one_mail(scene: Scene, mail_server: MailServer) -> None:
    silent_about_the_start(scene)
    remind(scene, 3)
    assert scene.send(mail_server) == 1
    stop = last(mail_server)["List-Unsubscribe"].strip()
    assert re.match(r"<https://quartiers\.example/desabonnement/[\w-]{32}>, <mailto:", stop)
    assert last(mail_server)["List-Unsubscribe-Post"].strip() == "List-Unsubscribe=One-Click"
    (whole,) = scene.messages(kind="digest")
    assert {row.digest_id for row in scene.messages(status="merged")} == {whole.id}


def test_a_digest_that_failed_leaves_again_under_the_same_message_id(scene: Scene, mail_server: MailServer) -> None:
    silent_about_the_start(scene)
    remind(scene, 2)
    mail_server.answers = ["451 later"]
    scene.send(mail_server)
    (whole,) = scene.messages(kind="digest")
    scene.clock.set(scene.at("2027-02-02T11:00"))
    scene.send(mail_server)
    assert [letter["Message-ID"] for letter in mail_server.letters] == [whole.message_id]


def test_nobody_gets_more_than_two_reminders_a_day(scene: Scene, mail_server: MailServer) -> None:
    silent_about_the_start(scene)
    for hour in ("11:00", "12:00", "13:00", "14:00"):
        scene.clock.set(scene.at(f"2027-02-02T{hour}"))
        remind(scene)
        scene.send(mail_server)
    assert len(mail_server.letters) == 2
    scene.clock.set(scene.at("2027-02-03T08:30"))
    scene.send(mail_server)
    assert len(mail_server.letters) == 3
    assert len(scene.messages(status="merged")) == 2


def test_the_budget_is_each_persons_own(scene: Scene, mail_server: MailServer) -> None:
    silent_about_the_start(scene)
    for _ in range(2):
        remind(scene)
        scene.send(mail_server)
    remind(scene, role="manager")
    assert scene.send(mail_server) == 1


def test_news_and_requests_do_not_wait_for_the_budget(scene: Scene, mail_server: MailServer) -> None:
    scene.plan()
    remind(scene, role="entrepreneur", key="survey")
    remind(scene, role="entrepreneur", key="survey")
    assert scene.send(mail_server) == 3


def test_one_broken_reminder_stops_none_of_its_digest(scene: Scene, mail_server: MailServer) -> None:
    silent_about_the_start(scene)
    remind(scene, 2)
    remind(scene, key="no_such_words")
    assert scene.send(mail_server) == 2
    assert [row.status for row in scene.messages(key="no_such_words")] == ["waiting"]


def test_a_server_that_comes_and_goes_does_not_use_up_the_day(scene: Scene, mail_server: MailServer) -> None:
    silent_about_the_start(scene)
    remind(scene)
    away = MailServer(port=free_port())
    mail_server.refuses_us = True
    for server in (away, mail_server, mail_server, mail_server):
        assert scene.send(server) == 0
    mail_server.refuses_us = False
    assert scene.send(mail_server) == 1


def test_a_reminder_is_dropped_when_its_deadline_is_met(scene: Scene, mail_server: MailServer) -> None:
    silent_about_the_start(scene)
    scene.now_is("2027-02-04T08:30")
    (reminder,) = scene.messages(role="operator", status="waiting")
    scene.change(update(deadline).where(deadline.c.id == reminder.deadline_id).values(status="met"))
    assert scene.send(mail_server) == 0
    assert [row.last_error for row in scene.messages(id=reminder.id)] == ["deadline_met"]


def test_a_reminder_leaves_when_nobody_did_anything(scene: Scene, mail_server: MailServer) -> None:
    silent_about_the_start(scene)
    scene.now_is("2027-02-04T08:30")
    assert scene.send(mail_server) == 1
    assert last(mail_server)["To"] == "Adie <antenne@example.org>"


def test_a_reminder_is_dropped_when_its_owner_acted_since_the_last_mark(scene: Scene, mail_server: MailServer) -> None:
    silent_about_the_start(scene)
    scene.now_is("2027-02-04T08:30")
    scene.send(mail_server)
    scene.clock.set(scene.at("2027-02-05T10:00"))
    request = Request(scene.references[""], "note", "referral-1", {"text": "Nous regardons.", "shared": True})
    by = scene.who({"by": "operator", "of": "referral-1"})
    scene.database.write(lambda db: record(db, request, by=by, now=scene.clock.now()), WORKER)
    scene.now_is("2027-02-08T08:30")
    assert scene.send(mail_server) == 0
    assert [row.last_error for row in scene.messages(status="dropped")] == ["owner_acted"]


def test_after_three_silent_days_each_person_gets_one_digest(scene: Scene, mail_server: MailServer) -> None:
    silent_about_the_start(scene)
    scene.now_is("2027-02-09T18:00")
    scene.send(mail_server)
    assert len(mail_server.letters) == len({str(letter["To"]) for letter in mail_server.letters})


def test_a_deadline_that_was_put_back_is_alerted_again_at_its_new_date(scene: Scene) -> None:
    silent_about_the_start(scene)
    scene.now_is("2027-02-09T19:00")
    payload = {
        "deadline": "referral.sent.answer",
        "deadline_on": "referral-1",
        "to_date": "2027-02-16",
        "reason": "congés",
    }
    request, by = Request(scene.references[""], "extend_deadline", payload=payload), scene.who({"by": "adviser"})
    scene.database.write(lambda db: record(db, request, by=by, now=scene.clock.now()), WORKER)

    scene.now_is("2027-02-16T19:00")

    alerts = [
        row
        for row in scene.messages()
        if row.facts.get("rule") == "referral.sent.answer" and row.facts["mark"] == "due"
    ]
    by_day = {(row.to_name, row.facts["due_on"]) for row in alerts}
    assert {day for _, day in by_day} == {"2027-02-09", "2027-02-16"}
    assert len(by_day) == len(alerts)
