"""Whose a message is while it leaves, and what became of it: each answer is a short transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, case, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine.model import MailClass
from engine.working_days import Calendar
from notifications import digest, planner
from notifications.errors import AddressRefused, LetterRefused
from notifications.letters import message_id_of
from notifications.recipients import place_of
from notifications.schedule import TRIES, send_at, try_again_at
from notifications.tables import message, suppression

LEASE: Final = timedelta(seconds=60)
"""How long a message is one worker's: longer than sending one may last."""
AT_ONCE: Final = 50
"""Messages looked at between two looks at what is more pressing."""


def due(db: Connection, now: datetime) -> list[str]:
    """The next messages, the most pressing first: what was asked for, news, then reminders."""
    pressing = case(
        (message.c.mail_class == str(MailClass.REQUESTED), 0),
        (message.c.mail_class == str(MailClass.DIRECT), 1),
        else_=2,
    )
    found = select(message.c.id).where(_ready(now)).order_by(pressing, message.c.send_at, message.c.id).limit(AT_ONCE)
    return list(db.execute(found).scalars())


def take(db: Connection, *, identifier: str, worker: str, domain: str, now: datetime) -> dict[str, Any] | None:
    """Make a message ours for a minute, all its conditions checked again; a reminder may become a digest with others first.

    None when nothing leaves now: it is somebody else's, not true any more, not for this hour, or too much for today.
    """
    row = _free(db, identifier, now)
    if row is None or _not_now(db, row, now) or _nowhere_to_go(db, row, now):
        return None
    if _first_try_of_a_reminder(row):
        chosen = digest.gather(db, row, now, domain=domain)
        row = _free(db, chosen, now) if chosen else None
    elif row["kind"] == "digest":
        row = row if _something_left(db, row) else None
    elif digest.drop_if_stale(db, row):
        row = None
    if row is None:
        return None
    ours = {
        "status": "leased", "leased_until": now + LEASE, "leased_by": worker, "attempts": message.c.attempts + 1,
        "message_id": row["message_id"] or message_id_of(row["id"], domain),
    }  # fmt: skip
    taken = db.execute(update(message).where(message.c.id == row["id"]).values(**ours).returning(*message.c))
    return dict(taken.mappings().one())


def mark_sent(db: Connection, *, row: Mapping[str, Any], kept: Mapping[str, str], now: datetime) -> str:
    """It left; its words are kept, without the secrets of its links."""
    return _end(db, row, status="sent", sent_at=now, last_error=None, **kept)


def give_back(db: Connection, *, row: Mapping[str, Any], now: datetime) -> str:
    """The server was away: the try does not count, but for the first, which counted in the day's reminders."""
    return _end(db, row, status="waiting", attempts=max(1, row["attempts"] - 1))


def postpone(db: Connection, *, row: Mapping[str, Any], error: str, now: datetime, broken: bool = False) -> str:
    """Try again later, less and less often; after the last try it is a dead letter, for somebody to look at.

    A digest that cannot be composed is undone: what is broken in it stops nothing else.
    """
    if broken and row["kind"] == "digest":
        digest.undo(db, row["id"])
        return _end(db, row, status="dropped", last_error=error)
    if row["attempts"] >= TRIES:
        return _end(db, row, status="dead", last_error=error)
    again = send_at(MailClass(row["mail_class"]), try_again_at(now, row["attempts"], row["id"]), _calendar(row))
    return _end(db, row, status="waiting", last_error=error, send_at=again)


def bury(db: Connection, *, row: Mapping[str, Any], refused: LetterRefused, now: datetime) -> str:
    """A dead letter. When it is the address that was refused, nothing is sent there any more, and somebody is asked to call."""
    if isinstance(refused, AddressRefused) and row["to_email"]:
        insert_once = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
        known = insert_once(suppression).values(email=row["to_email"].lower(), reason=str(refused), at=now)
        db.execute(known.on_conflict_do_nothing())
        _ask_to_call(db, row, now)
    return _end(db, row, status="dead", last_error=str(refused))


# -- conditions -------------------------------------------------------------------------------------------------------------


def _ready(now: datetime) -> ColumnElement[bool]:
    waiting = (message.c.status == "waiting") & (message.c.send_at <= now)
    return or_(waiting, (message.c.status == "leased") & (message.c.leased_until <= now))


def _free(db: Connection, identifier: str, now: datetime) -> dict[str, Any] | None:
    """A message that is due and nobody's. A reminder is not locked yet: whoever counts its person's day first gathers it."""
    mine = select(message).where(message.c.id == identifier, _ready(now))
    row = db.execute(mine).mappings().first()
    if row is None or _first_try_of_a_reminder(row):
        return dict(row) if row else None
    locked = db.execute(mine.with_for_update(skip_locked=True)).mappings().first()
    return dict(locked) if locked else None


def _first_try_of_a_reminder(row: Any) -> bool:
    return bool(row["mail_class"] == MailClass.REMINDER and row["kind"] == "mail" and row["attempts"] == 0)


def _not_now(db: Connection, row: Mapping[str, Any], now: datetime) -> bool:
    """Whether it is night there, or no working day, since the message could not leave when it should have."""
    leaves = send_at(MailClass(row["mail_class"]), now, _calendar(row))
    if leaves > now:
        _end(db, row, status="waiting", send_at=leaves)
    return leaves > now


def _nowhere_to_go(db: Connection, row: Mapping[str, Any], now: datetime) -> bool:
    """Whether its address was found to be dead meanwhile: then it is a call to make."""
    if not planner.is_suppressed(db, row["to_email"] or ""):
        return False
    _ask_to_call(db, row, now)
    _end(db, row, status="task", kind="task")
    return True


def _ask_to_call(db: Connection, row: Mapping[str, Any], now: datetime) -> None:
    if row["case_id"] is not None:
        planner.ask_to_call(db, row, place_of(db, "case", row["case_id"]), now)


def _calendar(row: Mapping[str, Any]) -> Calendar:
    return Calendar(row["holidays"], row["timezone"])


def _something_left(db: Connection, whole: Mapping[str, Any]) -> bool:
    """Whether a part of a digest is still true; else it is dropped whole."""
    if digest.parts_of(db, whole["id"]):
        return True
    _end(db, whole, status="dropped", last_error="nothing is left to say")
    return False


def _end(db: Connection, row: Mapping[str, Any], *, status: str, **values: Any) -> str:
    ended = {"status": status, "leased_until": None, "leased_by": None, **values}
    db.execute(update(message).where(message.c.id == row["id"], message.c.status != "sent").values(**ended))
    return status
