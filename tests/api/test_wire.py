"""What comes over the wire is one request or none: a server of our own is spoken to letter by letter, by the protocol and against it."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from cases.clock import FixedClock
from cases.database import Database
from tests.api.browser import application
from tests.api.street import NOW
from tests.browser.serving import served
from tests.cases.conftest import database

__all__ = ["database"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""None of this depends on which database it is."""
SMUGGLED = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


def said(address: str, *lines: bytes, body: bytes = b"") -> list[int]:
    """The statuses that are answered to these very bytes."""
    where = urlsplit(address)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=5) as wire:
        wire.sendall(b"\r\n".join((*lines, b"Connection: close", b"", b"")) + body)
        wire.shutdown(socket.SHUT_WR)
        heard = b"".join(iter(lambda: wire.recv(65_536), b""))
    return [int(part[:3]) for part in heard.split(b"HTTP/1.1 ")[1:]]


POST = (b"POST /connexion HTTP/1.1", b"Host: x", b"Content-Type: application/x-www-form-urlencoded")


@pytest.mark.asvs("4.2.1")
def test_one_message_is_one_request_however_its_length_is_said(database: Database) -> None:
    with served(lambda settings: application(database, FixedClock(NOW), settings=settings)) as address:
        assert said(address, *POST, b"Content-Length: 0") == [403]
        assert said(address, b"GET /healthz HTTP/1.1", b"Host: x") == [200]
        chunked = b"0\r\n\r\n"
        for lines, body in (
            ((b"Content-Length: 4", b"Content-Length: 40"), b"a=b&" + SMUGGLED),
            ((b"Content-Length: 4", b"Transfer-Encoding: xchunked"), b"a=b&" + SMUGGLED),
            ((b"Transfer-Encoding: chunked, identity",), chunked + SMUGGLED),
            ((b"Transfer-Encoding : chunked",), chunked + SMUGGLED),
            ((b"Content-Length: +4",), b"a=b&" + SMUGGLED),
            ((b"Content-Length: 0x4",), b"a=b&" + SMUGGLED),
        ):
            answers = said(address, *POST, *lines, body=body)
            assert len(answers) <= 1, (lines, answers)
            assert 200 not in answers, (lines, answers)
        both = said(address, *POST, b"Content-Length: 5", b"Transfer-Encoding: chunked", body=chunked + SMUGGLED)
        assert both in ([400], [403]), "the chunks count, the announced length does not, and the connection ends there"
