"""Messages become letters, many in one reading of the database; one that cannot be written stops no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from cases.database import Database, Scope
from notifications import composer, digest
from notifications.errors import LetterRefused
from notifications.letters import Letter, write_letter
from notifications.links import draw_link
from notifications.replying import with_domain
from notifications.said_rows import Rows, rows_for
from notifications.tables import message

MASK: Final = "•••"
"""What stands in the stored words where the letter had a link's secret."""
Row = Mapping[str, Any]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Writing:
    """How letters are written: from which address, with links to where, and when."""

    sender: str
    base_url: str
    now: datetime
    reply_domain: str = ""
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Ready:
    """A letter that may leave once its links are kept, and its words as they are kept: without the secrets of its links."""

    row: Row
    letter: Letter
    kept: Mapping[str, str]
    links: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Unwritten:
    """A message that could not be written, and why."""

    row: Row
    error: Exception


def write_all(database: Database, rows: Sequence[Row], writing: Writing) -> list[Ready | Unwritten]:
    """The letters of leased messages. What breaks the reading itself is tried again, each message by itself."""
    try:
        return database.read(lambda db: _write_together(db, rows, writing), Scope.worker())
    except DBAPIError as error:
        if len(rows) == 1:
            return [Unwritten(rows[0], error)]
        return [found for row in rows for found in write_all(database, (row,), writing)]


def _write_together(db: Connection, rows: Sequence[Row], writing: Writing) -> list[Ready | Unwritten]:
    digests = [row["id"] for row in rows if row["kind"] == "digest"]
    parts = digest.parts_of(db, digests) if digests else {}
    before = _before(db, rows)
    alone = [row for row in rows if row["kind"] != "digest"]
    known = rows_for(db, [*alone, *(part for found in parts.values() for part in found)])
    return [_write(known, row, parts.get(row["id"], []), before.get(_thread(row)), writing) for row in rows]


def _write(known: Rows, row: Row, parts: Sequence[Row], previous: str | None, writing: Writing) -> Ready | Unwritten:
    links: list[Mapping[str, Any]] = []
    secrets: list[str] = []

    def make_link(purpose: str, **opens: Any) -> str:
        secret, link = draw_link(purpose, now=writing.now, key=writing.key, **opens)
        secrets.append(secret)
        links.append(link)
        return secret

    given: dict[str, Any] = {"now": writing.now, "base_url": writing.base_url, "make_link": make_link}
    try:
        is_digest = row["kind"] == "digest"
        composed = (
            composer.compose_digest(known, parts, **given)
            if is_digest
            else composer.compose(known, with_domain(row, writing.reply_domain), **given)
        )
        letter = write_letter(row, composed, writing.sender, writing.now, previous)
    except LetterRefused as error:
        return Unwritten(row, error)
    except Exception as error:  # a worker's loop: one broken template or row stops no other mail
        _log.error("not_written", message=row["id"], error=type(error).__name__)
        return Unwritten(row, error)
    kept = {"subject": composed.subject, "text": composed.text, "html": composed.html}
    for secret in secrets:
        kept = {name: words.replace(secret, MASK) for name, words in kept.items()}
    return Ready(row, letter, kept, links)


def _thread(row: Row) -> tuple[str | None, str]:
    return row["case_id"], row["recipient"]


def _before(db: Connection, rows: Sequence[Row]) -> dict[tuple[str | None, str], str]:
    """The Message-ID of the last letter that left, by its case and its reader."""
    cases = {row["case_id"] for row in rows if row["case_id"]}
    readers = {row["recipient"] for row in rows if row["case_id"]}
    if not cases:
        return {}
    columns = (message.c.case_id, message.c.recipient, message.c.message_id)
    left = (message.c.case_id.in_(cases), message.c.recipient.in_(readers), message.c.status == "sent")
    found = db.execute(select(*columns).where(*left, message.c.message_id.is_not(None)).order_by(message.c.sent_at))
    return {(one.case_id, one.recipient): one.message_id for one in found}
