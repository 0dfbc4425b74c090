"""What a mail server may answer, at any moment, and what follows of it: a letter waits, is dead, or goes by another connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from notifications.errors import AddressRefused, Closed, LetterRefused, ServerUnreadable, TryLater
from notifications.letters import Letter
from notifications.smtp import CONNECTIONS, SmtpCarrier, read_server

LETTER = Letter("bonjour@quartiers.example", "nadia@example.org", b"Subject: x\r\n\r\nx\r\n")
CUT = ""
"""The answer of a server that goes without a word."""


@dataclass
class Server:
    """A server whose answer to a command is what the test says, in turn; `250` when it says nothing."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    at_most: int = 100
    heard: list[str] = field(default_factory=list)
    connections: int = 0
    open_now: int = 0
    port: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.open_now >= self.at_most:
            writer.write(b"421 too many connections\r\n")
            writer.close()
            return
        self.connections += 1
        self.open_now += 1
        try:
            writer.write(b"220 here\r\n")
            while line := await reader.readline():
                verb = line.decode().strip()[:4].upper()
                if not await self._answer(verb, reader, writer):
                    break
        finally:
            self.open_now -= 1
            writer.close()

    async def _answer(self, verb: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        self.heard.append(verb)
        said = self._said(verb, "354 go on" if verb == "DATA" else "250 ok")
        if said == CUT:
            return False
        writer.write(f"{said}\r\n".encode())
        if said.startswith("354"):
            await reader.readuntil(b"\r\n.\r\n")
            said = self._said("END", "250 taken")
            if said == CUT:
                return False
            writer.write(f"{said}\r\n".encode())
        return verb != "QUIT"

    def _said(self, verb: str, otherwise: str) -> str:
        turns = self.answers.get(verb, [])
        return turns.pop(0) if turns else otherwise


@asynccontextmanager
async def talking(server: Server, options: str = "starttls=off") -> AsyncIterator[SmtpCarrier]:
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    carrier = SmtpCarrier(read_server(f"smtp://127.0.0.1:{server.port}?{options}"))
    try:
        yield carrier
    finally:
        await carrier.rest()
        listening.close()


def carry(server: Server, *, letters: int = 1, options: str = "starttls=off") -> None:
    async def do() -> None:
        async with talking(server, options) as carrier:
            for _ in range(letters):
                await carrier.carry(LETTER)

    asyncio.run(asyncio.wait_for(do(), 60))


@pytest.mark.parametrize(
    ("verb", "answer", "follows"),
    [
        ("RCPT", "450 4.2.0 greylisted, come back in 300 seconds", TryLater),
        ("RCPT", "452 4.2.2 mailbox full", TryLater),
        ("RCPT", "550 5.1.1 no such mailbox", AddressRefused),
        ("RCPT", "550 no such user here", AddressRefused),
        ("RCPT", "550 5.2.1 mailbox disabled", AddressRefused),
        ("RCPT", "552 5.2.2 mailbox full", LetterRefused),
        ("RCPT", "554 5.7.1 relay access denied", LetterRefused),
        ("RCPT", "530 5.7.0 authentication required", Closed),
        ("DATA", "451 4.3.0 try again", TryLater),
        ("DATA", "554 5.5.1 no valid recipients", LetterRefused),
        ("END", "451 4.7.1 greylisted", TryLater),
        ("END", "550 5.7.1 looks like spam", LetterRefused),
        ("END", "552 5.3.4 too big", LetterRefused),
        ("END", CUT, TryLater),
        ("RCPT", CUT, TryLater),
        ("DATA", CUT, TryLater),
        ("MAIL", "550 5.7.1 we know no such sender", Closed),
    ],
)
def test_what_follows_of_an_answer(verb: str, answer: str, follows: type[Exception]) -> None:
    with pytest.raises(follows) as raised:
        carry(Server({verb: [answer]}))
    assert type(raised.value) is follows


@pytest.mark.parametrize("answer", [CUT, "421 4.4.2 idle for too long"])
def test_a_kept_connection_that_was_let_go_costs_nothing(answer: str) -> None:
    server = Server({"MAIL": ["250 ok", answer]})
    carry(server, letters=2)
    assert server.heard.count("END") == 0
    assert server.connections == 2


def test_a_refused_letter_leaves_the_connection_good_for_the_next() -> None:
    server = Server({"RCPT": ["550 5.1.1 no such mailbox"]})

    async def do() -> None:
        async with talking(server) as carrier:
            with pytest.raises(AddressRefused):
                await carrier.carry(LETTER)
            await carrier.carry(LETTER)

    asyncio.run(do())
    assert server.connections == 1
    assert "RSET" in server.heard


def test_a_server_that_lets_two_in_gets_ten_letters_by_two_connections() -> None:
    server = Server(at_most=2)

    async def do() -> None:
        async with talking(server) as carrier:
            await asyncio.gather(*(carrier.carry(LETTER) for _ in range(10)))

    asyncio.run(asyncio.wait_for(do(), 60))
    assert server.heard.count("DATA") == 10
    assert server.connections == 2


@pytest.mark.asvs("12.3.1")
def test_encryption_that_is_required_and_not_offered_sends_nothing() -> None:
    server = Server()
    with pytest.raises(Closed):
        carry(server, options="starttls=required")
    assert "MAIL" not in server.heard


def test_an_address_says_how_many_connections() -> None:
    assert read_server("smtp://mail.example").connections == CONNECTIONS
    assert read_server("smtp://mail.example?starttls=required&connections=3").connections == 3


@pytest.mark.parametrize("wrong", ["connections=0", "connections=many", "connections=500", "starttls=maybe"])
def test_an_address_that_cannot_be_read_is_refused(wrong: str) -> None:
    with pytest.raises(ServerUnreadable):
        read_server(f"smtp://mail.example?{wrong}")
