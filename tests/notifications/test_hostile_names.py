"""Whatever somebody is called, the letter to them is harmless: one reader, the headers that we wrote, no script, lines that every server takes."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default

import pytest

from notifications.composer import Composed
from notifications.errors import AddressRefused
from notifications.letters import NAME, write_letter
from tests.notifications.mail_server import MailServer
from tests.notifications.scenes import SENDER, Scene

NAMES = {
    "a header more": "Nadia\r\nBcc: everybody@example.org",
    "a line end alone": "Nadia\nX-Evil: 1",
    "a script": "<script>alert(1)</script>",
    "an address": '"Nadia" <other@example.org>, third@example.org',
    "right to left": "نادية بن علي",
    "turned round": "Nadia\u202egnirts\u202c",
    "smiles": "Nadia 🙂👩‍👩‍👧",
    "ten thousand letters": "N" * 10_000,
    "ten thousand accents": "é" * 10_000,
    "nothing but spaces": "   ",
}
HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "References",
    "Reply-To",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
}
ROW = {
    "id": "1",
    "key": "referral_sent",
    "role": "operator",
    "to_name": "Nadia",
    "to_email": "nadia@example.org",
    "mail_class": "direct",
    "message_id": "<1@quartiers.example>",
    "thread_id": "<t@quartiers.example>",
}


def raw_letter(**changes: str) -> bytes:
    composed = Composed("Bonjour", "", "Bonjour.\n", "<p>Bonjour</p>", "Samir", None, "")
    return write_letter({**ROW, **changes}, composed, SENDER, datetime(2027, 2, 2, tzinfo=UTC)).content


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.asvs("1.3.3", "1.3.11")
def test_whatever_a_name_holds_the_letter_is_harmless(scene: Scene, mail_server: MailServer, name: str) -> None:
    scene.entrepreneur_has(name=name)
    scene.plan()
    assert scene.send(mail_server) == 2
    letter = scene.letter(mail_server, "case_logged")
    html = letter.get_body(("html",))
    assert html is not None
    assert set(letter.keys()) <= HEADERS | {"X-Peer", "X-MailFrom", "X-RcptTo"}
    assert [address.addr_spec for address in letter["To"].addresses] == ["nadia@example.org"]
    assert "<script" not in html.get_content()


@pytest.mark.parametrize("name", [*NAMES.values(), "Nadia\x00B", "\ud800"])
def test_its_lines_are_such_as_every_server_takes(name: str) -> None:
    raw = raw_letter(to_name=name)
    assert raw.isascii()
    assert b"\x00" not in raw
    assert max(len(line) for line in raw.split(b"\r\n")) <= 200
    assert b"\n" not in raw.replace(b"\r\n", b"")
    [to] = _read(raw)["To"].addresses
    assert to.addr_spec == "nadia@example.org"
    assert len(to.display_name.replace(" ", "")) <= NAME


def test_a_domain_with_accents_is_written_as_servers_read_it() -> None:
    [to] = _read(raw_letter(to_email="nadia@épicerie.example"))["To"].addresses
    assert to.addr_spec == "nadia@xn--picerie-9xa.example"


@pytest.mark.parametrize(
    "address", ["nadia", "nadia@", "é@example.org", "a b@example.org", "a@b@example.org\r\nBcc: x@example.org", ""]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        raw_letter(to_email=address)


def _read(raw: bytes) -> EmailMessage:
    found = email.message_from_bytes(raw, policy=default)
    assert isinstance(found, EmailMessage)
    return found
