"""The road to the mail server: one connection for many letters, and what its answers mean."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from notifications.errors import AddressRefused, Closed, LetterRefused, ServerUnreadable, TryLater

TIMEOUT: Final = 20.0
"""Seconds that one exchange with the server may last."""
WHOLE: Final = 45.0
"""Seconds that sending one letter may last: less than a lease."""
_PORTS: Final = {"smtp": 25, "smtps": 465}


class Carrier(Protocol):
    """What takes letters away."""

    async def open(self) -> None:
        """Be ready to take letters. Raises Closed."""
        ...

    async def carry(self, letter: EmailMessage) -> None:
        """Take one letter. Raises TryLater, LetterRefused, AddressRefused or Closed."""
        ...

    async def rest(self) -> None:
        """Let the connection go until the next letter."""
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


def read_server(url: str) -> Server:
    """The server of an address `smtp://[user:pass@]host[:port][?starttls=required|off]`. Raises ServerUnreadable."""
    parts = urlsplit(url)
    choice = parse_qs(parts.query).get("starttls", [""])[0]
    if parts.scheme not in _PORTS or not parts.hostname or choice not in ("", "required", "off"):
        raise ServerUnreadable
    return Server(
        parts.hostname,
        parts.port or _PORTS[parts.scheme],
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        parts.scheme == "smtps",
        {"required": True, "off": False}.get(choice),
    )


class SmtpCarrier:
    """One connection, opened for the first letter and kept for the next ones."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: aiosmtplib.SMTP | None = None

    async def open(self) -> None:
        """Connect, unless a connection is there."""
        await self._connected()

    async def carry(self, letter: EmailMessage) -> None:
        """Send one letter, and say what became of it."""
        connection = await self._connected()
        try:
            async with asyncio.timeout(WHOLE):
                await connection.send_message(letter)
        except aiosmtplib.SMTPSenderRefused as error:
            await self._renew(connection)
            raise Closed(f"{error.code} {error.message}") from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            await self._renew(connection)
            first = error.recipients[0]
            raise _what_follows(AddressRefused, first.code, first.message) from error
        except aiosmtplib.SMTPResponseException as error:
            await self._renew(connection)
            raise _what_follows(LetterRefused, error.code, error.message) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            await self.rest()
            raise TryLater(type(error).__name__) from error

    async def rest(self) -> None:
        """Say goodbye, if somebody is still there."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            await connection.quit(timeout=1)
        except (aiosmtplib.SMTPException, OSError):
            connection.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._connection is not None and self._connection.is_connected:
            return self._connection
        server = self._server
        connection = aiosmtplib.SMTP(
            hostname=server.host, port=server.port, username=server.user, password=server.password, use_tls=server.tls,
            start_tls=server.starttls, timeout=TIMEOUT,
        )  # fmt: skip
        try:
            await connection.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            connection.close()
            raise Closed(type(error).__name__) from error
        self._connection = connection
        return connection

    async def _renew(self, connection: aiosmtplib.SMTP) -> None:
        """Forget the letter that was refused, so that the next one starts afresh."""
        try:
            await connection.rset()
        except (aiosmtplib.SMTPException, OSError):
            await self.rest()


def _what_follows(refused: type[LetterRefused], code: int, words: str) -> TryLater | LetterRefused:
    """5xx is for ever, 4xx for now."""
    return (refused if code >= 500 else TryLater)(f"{code} {words}")
