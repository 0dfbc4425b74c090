"""Debian's own servers receive our mails, over TLS; a real client reads them as one conversation; a spam filter finds nothing to say."""

from __future__ import annotations

import asyncio
import base64
import email
import imaplib
import time
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import icalendar
import pytest
from sqlalchemy import Connection, insert

from cases.access import identity_with
from cases.database import Scope
from cases.identifiers import new_id
from cases.journey import Request
from cases.records import record
from cases.tables.memory import outbox
from notifications.mailer import Post, send_due
from notifications.smtp import SmtpCarrier, read_server
from tests.mail_servers import SECONDS, SECRET, MailServersUnavailable, RealServers, real_servers, spam_score
from tests.notifications.scenes import SENDER, Scene

READER = "nadia@example.org"


@pytest.fixture(scope="module")
def servers() -> Iterator[RealServers]:
    """Postfix and Dovecot, started once."""
    try:
        with real_servers() as found:
            yield found
    except MailServersUnavailable as error:
        pytest.skip(str(error))


def send(
    scene: Scene, servers: RealServers, monkeypatch: pytest.MonkeyPatch, options: str = "starttls=required"
) -> int:
    monkeypatch.setenv("SSL_CERT_FILE", str(servers.certificate))
    carrier = SmtpCarrier(read_server(f"smtp://127.0.0.1:{servers.smtp}?{options}"))
    return asyncio.run(send_due(scene.database, scene.clock, Post(carrier, SENDER, "https://quartiers.example")))


def tell_again(scene: Scene) -> None:
    """One more thing to say to the same person about the same case."""
    now = scene.clock.now()
    row = {
        "subject": "case",
        "subject_id": scene.row("")["id"],
        "track": "case",
        "mail_class": "direct",
        "role": "entrepreneur",
    }
    told = {"kind": "still_looking", "facts": {}, "not_before": now, "created_at": now}
    scene.change(insert(outbox).values(id=new_id(now), **row, **told))
    scene.plan()


def inbox(servers: RealServers, count: int) -> tuple[list[bytes], str]:
    """The letters of the reader once there are so many, and how their client arranges them in conversations."""
    for _ in range(SECONDS * 4):
        client = imaplib.IMAP4("127.0.0.1", servers.imap)
        client.login(READER, SECRET)
        client.select("INBOX", readonly=True)
        numbers = client.search(None, "ALL")[1][0].split()
        if len(numbers) >= count:
            letters = [client.fetch(number.decode(), "(RFC822)")[1][0][1] for number in numbers]
            threads = client.thread("REFERENCES", "UTF-8", "ALL")[1][0].decode()
            client.logout()
            return letters, threads
        client.logout()
        time.sleep(0.25)
    raise AssertionError(f"{count} letters did not come")


def test_a_real_client_reads_one_conversation_that_no_filter_finds_strange(
    scene: Scene, servers: RealServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scene.entrepreneur_has(name="Nadia « l’Étoile » Ñandú 🙂", email=READER)
    before = len(inbox(servers, 0)[0])
    scene.plan()
    assert send(scene, servers, monkeypatch) == 2
    scene.clock.set(scene.clock.now() + timedelta(minutes=5))
    tell_again(scene)
    assert send(scene, servers, monkeypatch) == 1

    raw, threads = inbox(servers, before + 2)
    first, second = (_read(letter) for letter in raw[before:])
    assert second["In-Reply-To"] == first["Message-ID"]
    assert f"({before + 1} {before + 2})" in threads
    for letter in (first, second):
        assert letter["To"].addresses[0].display_name == "Nadia « l’Étoile » Ñandú 🙂"
        assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
        html = letter.get_body(("html",))
        assert html is not None
        assert 'style="' in html.get_content()
    for letter in raw[before:]:
        score, rules = spam_score(letter, tmp_path)
        assert score < 2, rules


def test_a_real_client_takes_an_appointment_out_of_the_letter_whole(
    scene: Scene, servers: RealServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server itself cuts the letter into its parts, as a client on a telephone asks it to; the file is read by an agenda's own library."""
    scene.entrepreneur_has(name="Nadia", email=READER)
    before = len(inbox(servers, 0)[0])
    fixes_an_appointment(scene, day="2027-02-09", time="14:30", place="Chez Adie, 12 rue de l’Épeule")
    send(scene, servers, monkeypatch)

    inbox(servers, before + 2)
    numbers = range(before + 1, before + 3)
    [number] = [one for one in numbers if b"CALENDAR" in fetched(servers, one, "BODYSTRUCTURE").upper()]
    assert b'"FILENAME" "RENDEZ-VOUS.ICS"' in fetched(servers, number, "BODYSTRUCTURE").upper()
    [entry] = icalendar.Calendar.from_ical(base64.b64decode(fetched(servers, number, "BODY.PEEK[2]"))).walk("VEVENT")
    assert entry["DTSTART"].dt.isoformat() == "2027-02-09T13:30:00+00:00"
    assert str(entry["LOCATION"]) == "Chez Adie, 12 rue de l’Épeule"


def fixes_an_appointment(scene: Scene, **given: str) -> None:
    """The adviser fixes one with who is helped."""

    def unit(db: Connection) -> None:
        who = identity_with(db, scene.ids["adviser"], via="page")
        assert who
        request = Request(scene.row("")["reference"], "appointment", payload=given)
        record(db, request, by=who, now=scene.clock.now())

    scene.database.write(unit, Scope.worker())
    scene.plan()


def fetched(servers: RealServers, number: int, what: str) -> bytes:
    """What the server gives of one letter."""
    client = imaplib.IMAP4("127.0.0.1", servers.imap)
    client.login(READER, SECRET)
    client.select("INBOX", readonly=True)
    [answer, *_] = client.fetch(str(number), f"({what})")[1]
    client.logout()
    return bytes(answer[-1] if isinstance(answer, tuple) else answer)


def test_without_encryption_this_server_takes_nothing_and_nothing_is_lost(
    scene: Scene, servers: RealServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.plan()
    assert send(scene, servers, monkeypatch, "starttls=off") == 0
    assert {row.status for row in scene.messages()} == {"waiting"}


@pytest.mark.asvs("12.3.2")
def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    scene: Scene, servers: RealServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "nobody.pem").write_text("", encoding="ascii")
    scene.plan()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nobody.pem"))
    carrier = SmtpCarrier(read_server(f"smtp://127.0.0.1:{servers.smtp}?starttls=required"))
    assert asyncio.run(send_due(scene.database, scene.clock, Post(carrier, SENDER, "https://quartiers.example"))) == 0
    assert {row.status for row in scene.messages()} == {"waiting"}


def test_an_address_that_this_server_does_not_serve_is_refused_for_good(
    scene: Scene, servers: RealServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.entrepreneur_has(email="nadia@elsewhere.example")
    scene.plan()
    send(scene, servers, monkeypatch)
    [dead] = scene.messages(status="dead")
    assert dead.last_error.startswith("454") or dead.last_error.startswith("554")


def _read(letter: bytes) -> EmailMessage:
    found = email.message_from_bytes(letter, policy=default)
    assert isinstance(found, EmailMessage)
    return found
