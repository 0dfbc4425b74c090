"""The mail catcher of the demo: a mail server that keeps every letter and sends none; letters are files, so that they outlive the process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from email import message_from_bytes
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from api.pages.demo import CaughtMail
from notifications.letters import Letter

TAKEN: Final = "250 OK"
HOST: Final = "127.0.0.1"


class Catcher:
    """Letters by their order of arrival: those in the folder, then those that come."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._paths = sorted(folder.glob("*.eml"))
        self._mails: list[CaughtMail] = []
        self._server: asyncio.Server | None = None

    def mails(self) -> Sequence[CaughtMail]:
        """Every mail, the oldest first; each is read once, when it is first asked for."""
        self._mails += [_read(path.read_bytes()) for path in self._paths[len(self._mails) :]]
        return self._mails

    def keep(self, letter: bytes) -> None:
        """Keep one more letter."""
        path = self._folder / f"{len(self._paths):06d}.eml"
        path.write_bytes(letter)
        self._paths.append(path)

    # -- as a carrier, for the history that is played without a server -----------------------------------------------------------

    lanes = 1

    async def open(self) -> None:
        """Nothing to open."""

    async def carry(self, letter: Letter) -> None:
        """Take a letter that never went through a server."""
        self.keep(letter.content)

    async def rest(self) -> None:
        """Nothing to let go."""

    # -- as a mail server ---------------------------------------------------------------------------------------------------------

    async def listen(self) -> str:
        """Listen on a free port of this machine; give the address, as in `QP_SMTP_URL`."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="demo.example", enable_SMTPUTF8=True), HOST, 0
        )
        port = self._server.sockets[0].getsockname()[1]
        return f"smtp://{HOST}:{port}?starttls=off"

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802  the name that aiosmtpd calls
        """Take one letter from the wire."""
        self.keep(envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode())
        return TAKEN


def _read(letter: bytes) -> CaughtMail:
    found: Any = message_from_bytes(letter, policy=default)
    plain, html = found.get_body(("plain",)), found.get_body(("html",))
    return CaughtMail(
        at=parsedate_to_datetime(str(found["Date"])),
        to=str(found["To"]),
        sender=str(found["From"]),
        subject=str(found["Subject"]),
        text=plain.get_content() if plain else "",
        html=html.get_content() if html else None,
    )
