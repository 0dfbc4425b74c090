"""Several reminders for one person become one mail, and nobody gets more than two a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from cases.identifiers import new_id
from engine.model import MailClass
from engine.working_days import Calendar
from notifications.freshness import why_drop
from notifications.letters import message_id_of
from notifications.schedule import A_DAY, next_morning
from notifications.tables import mail_count, message


def gather(db: Connection, row: Mapping[str, Any], now: datetime, *, domain: str) -> str | None:
    """What leaves for a reminder that is due: itself, or a new digest with all that waits for the same person.

    None when nothing leaves now: nothing is true any more, or the person has had enough for today.
    """
    calendar = Calendar(row["holidays"], row["timezone"])
    count = _count_of_today(db, row["recipient"], calendar, now)
    fresh = [one for one in _waiting_for(db, row["recipient"], now) if not drop_if_stale(db, one)]
    if not fresh:
        return None
    if count >= A_DAY:
        later = message.c.id.in_([one["id"] for one in fresh])
        db.execute(update(message).where(later).values(send_at=next_morning(now, calendar)))
        return None
    today = (mail_count.c.person_key == row["recipient"], mail_count.c.day == calendar.day_of(now))
    db.execute(update(mail_count).where(*today).values(sent=mail_count.c.sent + 1))
    return str(fresh[0]["id"]) if len(fresh) == 1 else _merge(db, fresh, now, domain)


def parts_of(db: Connection, digest_id: str) -> list[dict[str, Any]]:
    """The reminders that a digest is made of and that are still true, the oldest first."""
    own = select(message).where(message.c.digest_id == digest_id, message.c.status == "merged")
    rows = db.execute(own.order_by(message.c.created_at, message.c.id)).mappings().all()
    return [dict(row) for row in rows if not drop_if_stale(db, dict(row))]


def undo(db: Connection, digest_id: str) -> None:
    """Let the parts of a digest leave one by one: it cannot be composed. They counted in the day's reminders already."""
    own = (message.c.digest_id == digest_id, message.c.status == "merged")
    db.execute(update(message).where(*own).values(status="waiting", digest_id=None, attempts=1))


def drop_if_stale(db: Connection, row: Mapping[str, Any]) -> bool:
    """Drop a message that is not true any more, and say so."""
    reason = why_drop(db, row)
    if reason is None:
        return False
    db.execute(update(message).where(message.c.id == row["id"]).values(status="dropped", last_error=reason))
    return True


def _count_of_today(db: Connection, recipient: str, calendar: Calendar, now: datetime) -> int:
    """How many reminders somebody had today; whoever counts second waits for the first."""
    insert_once = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    today = calendar.day_of(now)
    db.execute(insert_once(mail_count).values(person_key=recipient, day=today, sent=0).on_conflict_do_nothing())
    mine = (mail_count.c.person_key == recipient, mail_count.c.day == today)
    return int(db.execute(select(mail_count.c.sent).where(*mine).with_for_update()).scalar_one())


def _waiting_for(db: Connection, recipient: str, now: datetime) -> list[dict[str, Any]]:
    due = (
        message.c.recipient == recipient,
        message.c.status == "waiting",
        message.c.mail_class == str(MailClass.REMINDER),
        message.c.kind == "mail",
        message.c.attempts == 0,
        message.c.send_at <= now,
    )
    found = select(message).where(*due).order_by(message.c.created_at, message.c.id).with_for_update(skip_locked=True)
    return [dict(row) for row in db.execute(found).mappings()]


def _merge(db: Connection, parts: list[dict[str, Any]], now: datetime, domain: str) -> str:
    """Write the digest of these reminders, with an identity of its own, fixed from now on."""
    first, identifier = parts[0], new_id(now)
    same = (
        "mail_class",
        "role",
        "recipient",
        "person_id",
        "entrepreneur_id",
        "to_email",
        "to_name",
        "timezone",
        "holidays",
    )
    ids = [one["id"] for one in parts]
    row = {name: first[name] for name in same} | {
        "id": identifier, "key": "digest", "kind": "digest", "status": "waiting", "send_at": now, "created_at": now, "facts": {"parts": len(ids)},
        "reason": f"{len(ids)} rappels réunis", "message_id": message_id_of(identifier, domain), "thread_id": None, "outbox_key": identifier,
    }  # fmt: skip
    db.execute(insert(message).values(**row))
    db.execute(update(message).where(message.c.id.in_(ids)).values(status="merged", digest_id=identifier))
    return identifier
