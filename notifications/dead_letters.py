"""What waits, what left and what could not: the list, and what somebody decides on a dead letter."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from notifications.tables import message, suppression

SHOWN = ("id", "status", "key", "mail_class", "to_name", "send_at", "sent_at", "attempts", "last_error", "reason")
"""What the list tells of a message: not its words, nor its address."""


def list_messages(db: Connection, *, status: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """The latest messages, of one status where it is given."""
    found = select(*(message.c[name] for name in SHOWN)).order_by(message.c.id.desc()).limit(limit)
    if status is not None:
        found = found.where(message.c.status == status)
    return [dict(row) for row in db.execute(found).mappings()]


def retry(db: Connection, identifier: str, now: datetime) -> bool:
    """Send a dead letter again, and trust its address again; false when it is not one."""
    dead = (message.c.id == identifier, message.c.status == "dead")
    again = update(message).where(*dead).values(status="waiting", send_at=now, attempts=1, last_error=None)
    row = db.execute(again.returning(message.c.to_email)).first()
    if row is None:
        return False
    lift(db, row.to_email or "")
    return True


def give_up(db: Connection, identifier: str) -> bool:
    """Let a dead letter be; false when it is not one."""
    dead = (message.c.id == identifier, message.c.status == "dead")
    return db.execute(update(message).where(*dead).values(status="given_up")).rowcount == 1


def lift(db: Connection, email: str) -> bool:
    """Trust an address again, of which a server had said that nobody has it; false when none did."""
    return db.execute(delete(suppression).where(suppression.c.email == email.lower())).rowcount == 1
