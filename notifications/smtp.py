"""The road to the mail server: several connections, each for many letters, and what the server's answers mean."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from notifications.errors import AddressRefused, Closed, LetterRefused, ServerUnreadable, TryLater
from notifications.letters import Letter, one_line

TIMEOUT: Final = 20.0
"""Seconds that one exchange with the server may last."""
WHOLE: Final = 45.0
"""Seconds that sending one letter may last: less than a lease."""
CONNECTIONS: Final = 10
"""Letters that leave side by side, unless the address says otherwise."""
_AT_MOST: Final = 50
_PORTS: Final = {"smtp": 25, "smtps": 465}
_ADDRESS: Final = frozenset({550, 551, 553})
"""Refusals of RCPT that say that there is no such mailbox, unless their enhanced code says otherwise. Source: RFC 5321, 4.2.3."""
_OF_THE_ADDRESS: Final = re.compile(r"5\.(1\.\d{1,3}|2\.1)\b")
_ENHANCED: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
"""An enhanced code: its subject 1 is the address, 2.1 a mailbox that is disabled. Source: RFC 3463."""
_OF_US: Final = frozenset({421, 530, 535})
"""The server is closing, or wants us to sign in first: no fault of any letter."""


class Carrier(Protocol):
    """What takes letters away, so many at once."""

    lanes: int

    async def open(self) -> None:
        """Be ready to take letters. Raises Closed."""
        ...

    async def carry(self, letter: Letter) -> None:
        """Take one letter. Raises TryLater, LetterRefused, AddressRefused or Closed."""
        ...

    async def rest(self) -> None:
        """Let the connections go until the next letter."""
        ...


@dataclass(frozen=True, slots=True)
class Server:
    """Where the mail server is, and how it is spoken to."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    tls: bool = False
    starttls: bool | None = None
    """True: required; False: never; None: when the server offers it."""
    connections: int = CONNECTIONS


def read_server(url: str) -> Server:
    """The server of an address `smtp://[user:pass@]host[:port][?starttls=required|off][&connections=4]`. Raises ServerUnreadable."""
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    choice, wide = options.get("starttls", ""), options.get("connections", str(CONNECTIONS))
    if parts.scheme not in _PORTS or not parts.hostname or choice not in ("", "required", "off"):
        raise ServerUnreadable
    if not (wide.isascii() and wide.isdigit() and 1 <= int(wide) <= _AT_MOST):
        raise ServerUnreadable
    return Server(
        parts.hostname,
        parts.port or _PORTS[parts.scheme],
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        parts.scheme == "smtps",
        {"required": True, "off": False}.get(choice),
        int(wide),
    )


class _Stale(Exception):
    """The server let go of a connection that was kept, before it had the letter: another connection may take it at once."""


class SmtpCarrier:
    """Connections that are opened as letters come and kept for the next ones; as many as the server lets in."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._idle: list[aiosmtplib.SMTP] = []
        self._busy, self._opening = 0, 0
        self._let_in: int | None = None
        self._freed = asyncio.Event()
        self.lanes = server.connections

    async def open(self) -> None:
        """Connect, unless a connection is there."""
        if not self._idle:
            self._idle.append(await self._connect())

    async def carry(self, letter: Letter) -> None:
        """Send one letter, and say what became of it."""
        try:
            await self._carry(letter, await self._connection())
        except _Stale:
            await self.rest()
            try:
                await self._carry(letter, await self._connection())
            except _Stale as error:
                raise Closed(str(error)) from error

    async def rest(self) -> None:
        """Say goodbye, to those who are still there."""
        idle, self._idle, self._let_in = self._idle, [], None
        await asyncio.gather(*(_part(connection) for connection in idle))

    async def _carry(self, letter: Letter, connection: aiosmtplib.SMTP) -> None:
        self._busy += 1
        keep = False
        try:
            async with asyncio.timeout(WHOLE):
                keep = await _hand_over(connection, letter)
        except (LetterRefused, TryLater):
            keep = await _forget_the_letter(connection)
            raise
        except (SMTPException, OSError) as error:
            raise TryLater(type(error).__name__) from error
        finally:
            self._busy -= 1
            if keep:
                self._idle.append(connection)
            else:
                connection.close()
            self._freed.set()

    async def _connection(self) -> aiosmtplib.SMTP:
        """One that is idle, or a new one; where the server lets no more in, the first that is free again."""
        while True:
            while self._idle:
                connection = self._idle.pop()
                if connection.is_connected:
                    return connection
            self._freed.clear()
            if self._let_in is not None and self._busy + self._opening >= self._let_in:
                await self._freed.wait()
                continue
            try:
                return await self._open_one()
            except Closed:
                if not self._idle and not self._busy and not self._opening:
                    raise
                self._let_in = max(1, self._busy + self._opening)

    async def _open_one(self) -> aiosmtplib.SMTP:
        self._opening += 1
        try:
            return await self._connect()
        finally:
            self._opening -= 1
            self._freed.set()

    async def _connect(self) -> aiosmtplib.SMTP:
        server = self._server
        connection = aiosmtplib.SMTP(
            hostname=server.host, port=server.port, username=server.user, password=server.password, use_tls=server.tls,
            start_tls=server.starttls, timeout=TIMEOUT,
        )  # fmt: skip
        try:
            await connection.connect()
            if connection.is_ehlo_or_helo_needed:
                await connection.ehlo()
        except (SMTPException, OSError) as error:
            connection.close()
            raise Closed(type(error).__name__) from error
        return connection


async def _hand_over(connection: aiosmtplib.SMTP, letter: Letter) -> bool:
    """Give one letter; whether the connection may take another one."""
    try:
        await _say(connection, b"MAIL", f"FROM:<{letter.sender}>")
    except SMTPResponseException as error:
        raise (_Stale if error.code == 421 else Closed)(_said(error)) from error
    except (SMTPException, OSError) as error:
        raise _Stale(type(error).__name__) from error
    try:
        await _say(connection, b"RCPT", f"TO:<{letter.recipient}>")
    except SMTPResponseException as error:
        raise _what_follows(error, of_address=True) from error
    try:
        await connection.data(letter.content)
    except SMTPResponseException as error:
        raise _what_follows(error, of_address=False) from error
    return True


async def _say(connection: aiosmtplib.SMTP, verb: bytes, words: str) -> None:
    """A command with an address that was read before: the library would take it apart again. Raises SMTPResponseException where it is refused."""
    answer = await connection.execute_command(verb, words.encode("ascii"))
    if answer.code // 100 != 2:
        raise SMTPResponseException(answer.code, answer.message)


async def _forget_the_letter(connection: aiosmtplib.SMTP) -> bool:
    """Have the server forget the letter that was refused; whether the connection may take the next one."""
    try:
        await connection.rset()
    except (SMTPException, OSError):
        return False
    return True


async def _part(connection: aiosmtplib.SMTP) -> None:
    try:
        await connection.quit(timeout=1)
    except (SMTPException, OSError):
        connection.close()


def _what_follows(error: SMTPResponseException, *, of_address: bool) -> Exception:
    """5xx is for ever, 4xx for now; of 5xx, those that speak of the mailbox end the address, the others this letter alone."""
    words = _said(error)
    if error.code in _OF_US and error.code != 421:
        return Closed(words)
    if error.code < 500:
        return TryLater(words)
    return AddressRefused(words) if of_address and _is_of_the_address(error) else LetterRefused(words)


def _is_of_the_address(error: SMTPResponseException) -> bool:
    words = error.message or ""
    if _ENHANCED.match(words):
        return _OF_THE_ADDRESS.match(words) is not None
    return error.code in _ADDRESS


def _said(error: SMTPResponseException) -> str:
    return one_line(f"{error.code} {error.message}")[:300]
