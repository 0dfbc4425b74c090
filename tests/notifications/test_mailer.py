"""Mails leave through a real SMTP server: at least once, under one Message-ID, and one that fails stops no other."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import insert, select, update

from cases.tables.people import person
from notifications.asking import ask_sign_in
from notifications.dead_letters import give_up, retry
from notifications.letters import one_line
from notifications.links import find_link
from notifications.mailer import send_due
from notifications.schedule import TRIES
from notifications.tables import message, suppression
from notifications.writing import MASK
from tests.cases.test_stories_in_memory import WORKER
from tests.notifications.mail_server import MailServer
from tests.notifications.scenes import Scene, post_to

BRANCH = "antenne@example.org"


def statuses(scene: Scene) -> dict[str, str]:
    return {row.key: row.status for row in scene.messages()}


def later(scene: Scene, **by: int) -> None:
    scene.clock.set(scene.clock.now() + timedelta(**by))


def break_the_words(scene: Scene, key: str) -> None:
    """There is no template for that message any more."""
    scene.change(update(message).where(message.c.key == key).values(key="no_such_words"))


def test_a_mail_leaves_as_a_letter_that_readers_understand(scene: Scene, mail_server: MailServer) -> None:
    scene.plan()
    assert scene.send(mail_server) == 2
    row = scene.messages(key="referral_sent")[0]
    letter = scene.letter(mail_server, "referral_sent")
    assert letter["From"].addresses[0].addr_spec == "bonjour@quartiers.example"
    assert letter["To"] == f"Adie <{BRANCH}>"
    assert letter["Reply-To"] == scene.rows(select(person.c.email).where(person.c.id == scene.ids["adviser"]))[0].email
    assert letter["Message-ID"] == row.message_id
    assert letter["References"].strip() == row.thread_id
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe"] is None
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert (row.status, row.sent_at) == ("sent", scene.clock.now())


def test_many_mails_take_one_connection(scene: Scene, mail_server: MailServer) -> None:
    scene.plan()
    scene.send(mail_server, connections=1)
    assert len(mail_server.letters) == 2
    assert len(mail_server.connections) == 1


def test_letters_leave_side_by_side(scene: Scene, mail_server: MailServer) -> None:
    scene.plan()
    mail_server.seconds = 0.3
    scene.send(mail_server, connections=4)
    assert len(mail_server.letters) == len(mail_server.connections) == 2


def test_the_secret_of_a_link_stands_in_the_letter_alone(scene: Scene, mail_server: MailServer) -> None:
    scene.plan()
    scene.send(mail_server)
    body = scene.letter(mail_server, "referral_sent").get_body(("plain",))
    assert body is not None
    secrets = set(re.findall(r"[\w-]{32,}", body.get_content()))
    opened = [
        scene.database.read(partial(find_link, token=secret, now=scene.clock.now()), WORKER) for secret in secrets
    ]
    assert any(opened)
    (row,) = scene.messages(key="referral_sent")
    assert MASK in row.text
    assert MASK in row.html
    assert not [secret for secret in secrets if secret in f"{row.text} {row.html}"]


def test_a_mail_put_off_by_the_server_leaves_later(scene: Scene, mail_server: MailServer) -> None:
    mail_server.answers = ["451 4.7.1 greylisted, come back"]
    scene.plan()
    assert scene.send(mail_server) == 1
    (waiting,) = scene.messages(status="waiting")
    assert waiting.last_error.startswith("451")
    assert scene.send(mail_server) == 0
    later(scene, minutes=2)
    assert scene.send(mail_server) == 1
    assert set(statuses(scene).values()) == {"sent"}


def test_a_refused_address_gets_nothing_more_and_somebody_is_asked_to_call(
    scene: Scene, mail_server: MailServer
) -> None:
    mail_server.refusals[BRANCH] = "550 5.1.1 no such mailbox"
    scene.plan()
    assert scene.send(mail_server) == 1
    assert statuses(scene) == {"case_logged": "sent", "referral_sent": "dead"}
    assert [row.email for row in scene.rows(select(suppression))] == [BRANCH]
    assert [call.label for call in scene.tasks()] == ["Appeler Adie"]


def test_a_refused_letter_is_dead_but_its_address_lives(scene: Scene, mail_server: MailServer) -> None:
    mail_server.answers = ["554 5.7.1 looks like spam"]
    scene.plan()
    assert scene.send(mail_server) == 1
    assert sorted(statuses(scene).values()) == ["dead", "sent"]
    assert not scene.rows(select(suppression))


def test_what_is_no_address_is_a_dead_letter_at_once(scene: Scene, mail_server: MailServer) -> None:
    scene.entrepreneur_has(email="nadia at example")
    scene.plan()
    assert scene.send(mail_server) == 1
    assert statuses(scene)["case_logged"] == "dead"


@pytest.mark.asvs("16.5.2")
def test_a_server_that_is_away_costs_no_try(scene: Scene) -> None:
    server = MailServer()
    with server.running() as running:
        port = running.port
    scene.plan()
    assert scene.send(server) == 0
    assert {(row.status, row.attempts) for row in scene.messages()} == {("waiting", 0)}
    with server.running(port):
        assert scene.send(server) == 2


def test_a_server_that_refuses_us_makes_no_dead_letter(scene: Scene, mail_server: MailServer) -> None:
    mail_server.refuses_us = True
    scene.plan()
    assert scene.send(mail_server) == 0
    assert set(statuses(scene).values()) == {"waiting"}
    assert not scene.rows(select(suppression))


def test_a_broken_template_stops_no_other_mail(scene: Scene, mail_server: MailServer) -> None:
    scene.plan()
    break_the_words(scene, "case_logged")
    assert scene.send(mail_server) == 1
    assert statuses(scene) == {"no_such_words": "waiting", "referral_sent": "sent"}
    assert scene.messages(key="no_such_words")[0].last_error == "TemplateNotFound"


def test_a_mail_that_always_fails_is_a_dead_letter_that_somebody_may_retry(
    scene: Scene, mail_server: MailServer
) -> None:
    scene.plan()
    break_the_words(scene, "case_logged")
    scene.change(update(message).where(message.c.key == "no_such_words").values(attempts=TRIES - 1))
    scene.send(mail_server)
    (dead,) = scene.messages(status="dead")
    scene.change(update(message).where(message.c.id == dead.id).values(key="case_logged"))
    assert scene.database.write(lambda db: retry(db, dead.id, scene.clock.now()), WORKER)
    assert scene.send(mail_server) == 1
    assert set(statuses(scene).values()) == {"sent"}


def test_a_dead_letter_may_be_given_up(scene: Scene, mail_server: MailServer) -> None:
    mail_server.refusals[BRANCH] = "550 5.1.1 no such mailbox"
    scene.plan()
    scene.send(mail_server)
    (dead,) = scene.messages(status="dead")
    assert scene.database.write(lambda db: give_up(db, dead.id), WORKER)
    assert not scene.database.write(lambda db: give_up(db, dead.id), WORKER)


@pytest.mark.asvs("1.3.11")
def test_a_name_cannot_add_a_header(scene: Scene, mail_server: MailServer) -> None:
    scene.entrepreneur_has(name="Nadia\r\nBcc: everybody@example.org")
    scene.plan()
    scene.send(mail_server)
    assert scene.letter(mail_server, "case_logged")["Bcc"] is None


@pytest.mark.parametrize("control", ["\r\n", "\x00", "\u2028", "\x1b", "\u202e"])
@pytest.mark.asvs("1.3.3", "1.3.11")
def test_controls_never_stand_in_a_header(control: str) -> None:
    assert one_line(f"Nadia{control} B.") == "Nadia B."


def test_what_could_not_leave_by_day_waits_for_the_morning(scene: Scene, mail_server: MailServer) -> None:
    scene.plan()
    scene.clock.set(scene.at("2027-02-02T23:00"))
    assert scene.send(mail_server) == 0
    scene.clock.set(scene.at("2027-02-03T07:00"))
    assert scene.send(mail_server) == 2


def test_an_address_that_died_meanwhile_gets_nothing_and_is_to_be_called(scene: Scene, mail_server: MailServer) -> None:
    scene.plan()
    scene.change(insert(suppression).values(email=BRANCH, reason="550", at=scene.clock.now()))
    assert scene.send(mail_server) == 1
    assert statuses(scene)["referral_sent"] == "task"
    assert [call.label for call in scene.tasks()] == ["Appeler Adie"]


def test_two_workers_never_send_the_same_mail(scene: Scene, mail_server: MailServer) -> None:
    scene.plan()

    async def both() -> list[int]:
        posts = [post_to(mail_server), post_to(mail_server)]
        return await asyncio.gather(*(send_due(scene.database, scene.clock, post) for post in posts))

    assert sum(asyncio.run(both())) == 2
    assert len({letter["Message-ID"] for letter in mail_server.letters}) == len(mail_server.letters) == 2


def test_a_worker_asked_to_stop_finishes_its_letter_and_takes_no_other(scene: Scene, mail_server: MailServer) -> None:
    scene.plan()

    def stop() -> bool:
        return bool(mail_server.letters)

    sent = asyncio.run(send_due(scene.database, scene.clock, post_to(mail_server, 1), stopping=stop))
    assert sent == 1
    assert sorted(statuses(scene).values()) == ["sent", "waiting"]


def test_a_referral_withdrawn_overnight_is_not_announced(scene: Scene, mail_server: MailServer) -> None:
    scene.plan()
    scene.change(update(message).values(send_at=scene.at("2027-02-03T07:00")))
    scene.next_steps(1)
    assert scene.send(mail_server) == 1
    assert statuses(scene)["referral_sent"] == "dropped"


def test_a_mail_that_somebody_asked_for_bears_their_role_and_leaves_under_a_name_of_its_own(
    scene: Scene, mail_server: MailServer
) -> None:
    scene.plan()
    scene.send(mail_server)
    scene.person_has("adviser", email="adviser@example.org")
    scene.database.write(lambda db: ask_sign_in(db, "adviser@example.org", scene.clock.now()), WORKER)
    assert scene.send(mail_server) == 1
    (row,) = scene.messages(key="sign_in")
    assert (row.role, row.recipient) == ("adviser", f"person:{scene.ids['adviser']}")
    assert row.message_id == f"<{row.id}@quartiers.example>" == scene.letter(mail_server, "sign_in")["Message-ID"]
