"""The door of the mails that come in: an LMTP or SMTP server that files replies, and says in a sentence why it does not."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Connection

from api.replies import (
    ELSEWHERE,
    ComeBack,
    NotFiled,
    Writer,
    comes_from_elsewhere,
    file_reply,
    files_of,
    is_to_be_filed,
    writer_of,
)
from api.settings import Settings
from cases.access import scope_of
from cases.clock import Clock
from cases.database import Database, Scope
from cases.errors import CasesError
from cases.files import Files
from notifications.replies import Reply, ReplyUnreadable, read_reply
from notifications.replying import token_of

LARGEST: Final = 25_000_000
"""Bytes of a mail, its attachments written in letters."""
SILENCE: Final = 120
"""Seconds after which a connection that says nothing is closed."""
KNOWN: Final = "250 2.1.5 Adresse connue"
TAKEN: Final = "250 2.0.0 Recu"
LATER: Final = "451 4.3.0 Revenez plus tard : rien n'est perdu"
ONE_AT_A_TIME: Final = "452 4.5.3 Un destinataire a la fois"
_KINDS: Final = {"lmtp": LMTP, "smtp": SMTP}

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class ListenUnreadable(CasesError):
    """QP_INBOUND_LISTEN is not `lmtp://host:port` nor `smtp://host:port`, or QP_INBOUND_DOMAIN is missing."""

    def __init__(self) -> None:
        super().__init__("QP_INBOUND_LISTEN s’écrit lmtp://127.0.0.1:8024 ou smtp://…, avec QP_INBOUND_DOMAIN.")


@dataclass(frozen=True, slots=True)
class Door:
    """What takes the replies: the names are those that aiosmtpd calls."""

    database: Database
    clock: Clock
    files: Files
    domain: str

    async def handle_RCPT(self, _: Any, __: Session, envelope: Envelope, address: str, ___: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Whether an address is one of ours: one at a time, so that each reply has an answer of its own."""
        if envelope.rcpt_tos:
            return ONE_AT_A_TIME
        answer = await _answered(self._known(address))
        if answer == KNOWN:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _: Any, __: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """File a reply: what is said with 250 is durable."""
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content or "").encode()
        return await _answered(self._take(envelope.rcpt_tos[0], envelope.mail_from, content))

    async def _known(self, address: str) -> str:
        await self._read(lambda db: writer_of(db, token_of(address, self.domain), self.clock.now()))
        return KNOWN

    async def _take(self, address: str, sender: str | None, content: bytes) -> str:
        writer: Writer = await self._read(lambda db: writer_of(db, token_of(address, self.domain), self.clock.now()))
        reply = await asyncio.to_thread(
            read_reply, content, writer.identity.name, envelope_sender=(sender or "").strip("<> ")
        )
        if not await self._read(lambda db: is_to_be_filed(db, writer, reply, self.clock.now())):
            _log.info("reply_of_a_machine", case=writer.reference, why=reply.automatic or "our own")
            return TAKEN
        if await self._write(lambda db: comes_from_elsewhere(db, writer, reply, self.clock.now()), Scope.worker()):
            raise NotFiled(ELSEWHERE, "550 5.7.1")
        await self._file(writer, reply)
        return TAKEN

    async def _file(self, writer: Writer, reply: Reply) -> None:
        """Keep what came with it, then note it, within what its writer may see and do."""
        fit, left_out = files_of(reply)
        documents = [(one, await asyncio.to_thread(self.files.keep, one.content)) for one in fit]
        await self._write(
            lambda db: file_reply(db, writer, reply, documents, left_out, self.clock.now()), scope_of(writer.identity)
        )

    async def _read(self, unit: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(self.database.read, unit, Scope.worker())

    async def _write(self, unit: Callable[[Connection], T], scope: Scope) -> T:
        return await asyncio.to_thread(self.database.write, unit, scope)


@asynccontextmanager
async def receiving(database: Database, clock: Clock, chosen: Settings) -> AsyncIterator[int | None]:
    """Take replies for as long as this lasts, where the settings say; give the port. Raises ListenUnreadable."""
    if not chosen.inbound_listen:
        yield None
        return
    kind, host, port = read_listen(chosen)
    door, name = Door(database, clock, Files(chosen.files_dir), chosen.inbound_domain), chosen.inbound_domain

    def connected() -> SMTP:
        return kind(door, data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname=name, ident="Reponses", timeout=SILENCE)  # fmt: skip

    server = await asyncio.get_running_loop().create_server(connected, host, port, reuse_port=bool(port))
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()


def read_listen(chosen: Settings) -> tuple[type[SMTP], str, int]:
    """The protocol, the host and the port of `QP_INBOUND_LISTEN`. Raises ListenUnreadable."""
    parts = urlsplit(chosen.inbound_listen)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in _KINDS or not parts.hostname or port is None or not chosen.inbound_domain:
        raise ListenUnreadable
    return _KINDS[parts.scheme], parts.hostname, port


async def _answered(taking: Awaitable[str]) -> str:
    """What is answered: 5xx and a sentence to a reply that will never be filed, 4xx when it may be handed in again."""
    try:
        return await taking
    except NotFiled as error:
        return _said(error.code, error)
    except ReplyUnreadable as error:
        return _said("554 5.6.0", error)
    except ComeBack as error:
        return _said("451 4.7.1", error)
    except Exception as error:  # a worker's loop: whoever hands it in tries again
        _log.error("reply_not_taken", error=type(error).__name__)
        return LATER


def _said(code: str, words: object) -> str:
    """A code and its sentence, in the letters that every mail server repeats."""
    plain = unicodedata.normalize("NFKD", str(words).replace("’", "'")).encode("ascii", "ignore").decode()
    return f"{code} {' '.join(plain.split())[:400]}"
