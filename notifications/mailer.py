"""Messages leave: leased, composed, sent outside of any transaction, then marked; at least once, always under the same Message-ID."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from functools import partial
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import Connection

from cases.clock import Clock
from cases.database import Database, Scope
from notifications import composer, digest, lease
from notifications.errors import Closed, LetterRefused, TryLater
from notifications.letters import domain_of, write_letter
from notifications.links import new_link
from notifications.replying import with_domain
from notifications.smtp import Carrier

MASK: Final = "•••"
"""What stands in the stored words where the letter had a link's secret."""

T = TypeVar("T")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Post:
    """How mails leave: who carries them, from which address, with links to where."""

    carrier: Carrier
    sender: str
    base_url: str
    worker: str = "worker"
    reply_domain: str = ""
    """The domain at which a mail can be answered; empty when nobody listens there."""
    key: str = field(default="", repr=False)
    """Signs the codes to sign in: that of the forms."""

    @property
    def domain(self) -> str:
        """The domain of the messages' identities."""
        return domain_of(self.sender)


async def send_due(
    database: Database, clock: Clock, post: Post, *, stopping: Callable[[], bool] = lambda: False
) -> int:
    """Send everything that is due, one message at a time; give how many letters left. `stopping` is asked between two letters.

    Any number of workers may send at once. A message that fails stops no other; a server that is away stops them all, until later.
    """
    sent, seen = 0, list[str]()
    try:
        while (due := await _due(database, clock)) and due != seen:
            await post.carrier.open()
            for identifier in due:
                if stopping():
                    return sent
                sent += await _send(database, clock, post, identifier) == "sent"
            seen = due
    except Closed as error:
        _log.warning("mail_server_away", error=str(error))
    finally:
        await post.carrier.rest()
    return sent


async def _due(database: Database, clock: Clock) -> list[str]:
    return await asyncio.to_thread(database.read, partial(lease.due, now=clock.now()), Scope.worker())


async def _send(database: Database, clock: Clock, post: Post, identifier: str) -> str | None:
    """Send one message; say what became of it, None when it was not ours to send."""

    async def write(unit: Callable[..., T], **given: Any) -> T:
        return await asyncio.to_thread(database.write, partial(unit, now=clock.now(), **given), Scope.worker())

    row = await write(lease.take, identifier=identifier, worker=post.worker, domain=post.domain)
    if row is None:
        return None
    try:
        written = await write(_write, row=row, post=post)
        await post.carrier.carry(written.letter)
    except Closed:
        await write(lease.give_back, row=row)
        raise
    except LetterRefused as error:
        return await write(lease.bury, row=row, refused=error)
    except TryLater as error:
        return await write(lease.postpone, row=row, error=str(error))
    except Exception as error:  # a worker's loop: one broken template or row stops no other mail
        _log.error("not_sent", message=row["id"], error=type(error).__name__)
        return await write(lease.postpone, row=row, error=type(error).__name__, broken=True)
    return await write(lease.mark_sent, row=row, kept=written.kept)


# -- the letter -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """A letter, and its words as they are kept: without the secrets of its links."""

    letter: EmailMessage
    kept: Mapping[str, str]


def _write(db: Connection, *, row: dict[str, Any], post: Post, now: datetime) -> Written:
    """Compose a leased message, with links of its own."""
    secrets: list[str] = []

    def make_link(purpose: str, **opens: Any) -> str:
        secrets.append(new_link(db, purpose, now=now, key=post.key, **opens))
        return secrets[-1]

    given: dict[str, Any] = {"now": now, "base_url": post.base_url, "make_link": make_link}
    composed = _compose(db, row, given, post.reply_domain)
    kept = {"subject": composed.subject, "text": composed.text, "html": composed.html}
    for secret in secrets:
        kept = {name: words.replace(secret, MASK) for name, words in kept.items()}
    return Written(write_letter(row, composed, post.sender, now), kept)


def _compose(db: Connection, row: Mapping[str, Any], given: Mapping[str, Any], reply_domain: str) -> composer.Composed:
    if row["kind"] == "digest":
        return composer.compose_digest(db, digest.parts_of(db, row["id"]), **given)
    return composer.compose(db, with_domain(row, reply_domain), **given)
