"""Whose a message is while it leaves, and what became of it: each answer is a short transaction, of many messages at once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, not_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine.model import MailClass
from engine.working_days import Calendar
from notifications import digest, planner
from notifications.errors import AddressRefused, LetterRefused
from notifications.freshness import Row, drop_stale
from notifications.letters import message_id_of
from notifications.recipients import place_of
from notifications.schedule import TRIES, send_at, try_again_at
from notifications.tables import message, suppression

LEASE: Final = timedelta(seconds=60)
"""How long a message is one worker's: longer than sending one may last."""
AT_ONCE: Final = 50
"""Messages that are taken at once."""
_LOOKED_AT: Final = 4
"""Among how many more people than are taken each worker chooses its own, so that workers seldom meet."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a worker takes: how many at most, and none for the domains whose lanes are full. `domain`: of the identities of digests."""

    worker: str
    domain: str
    at_most: int = AT_ONCE
    without: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """The messages that are ours for a minute, the most pressing first; `seen`: how many were looked at, whatever became of them."""

    rows: tuple[dict[str, Any], ...]
    seen: int


def is_anything_due(db: Connection, now: datetime) -> bool:
    """Whether there is a message to take."""
    due = or_(_is_free(now), digest.first_try(now))
    return db.execute(select(message.c.id).where(due).limit(1)).first() is not None


def take(db: Connection, *, asked: Asked, now: datetime) -> Taken:
    """Make messages ours for a minute, all their conditions checked again; several reminders to one person become one digest.

    The most pressing first: what was asked for, news, then reminders. Those that are not true any more are dropped, those whose hour it is
    not wait for it, those whose address is dead become calls to make.
    """
    found = _lock_due(db, asked, now)
    ready = [row["id"] for row in _still_good(db, found, now)]
    seen, room = len(found), asked.at_most - len(found)
    if room > 0:
        reminders, chosen = _lock_reminders(db, asked, room, now)
        seen, ready = seen + reminders, ready + chosen
    return Taken(_lease(db, ready, asked, now), seen)


def mark_sent(db: Connection, *, sent: Sequence[tuple[Row, Mapping[str, str]]], now: datetime) -> None:
    """They left; their words are kept, without the secrets of their links."""
    rows = [{"its_id": row["id"], "now": now, **{f"its_{name}": kept[name] for name in _WORDS}} for row, kept in sent]
    db.execute(_SENT, rows)


def give_back(db: Connection, *, row: Row, now: datetime) -> str:
    """The server was away: the try does not count, but for the first, which counted in the day's reminders."""
    return _end(db, row, status="waiting", attempts=max(1, row["attempts"] - 1))


def postpone(db: Connection, *, row: Row, error: str, now: datetime, broken: bool = False) -> str:
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


def bury(db: Connection, *, row: Row, refused: LetterRefused, now: datetime) -> str:
    """A dead letter. When it is the address that was refused, nothing is sent there any more, and somebody is asked to call."""
    if isinstance(refused, AddressRefused) and row["to_email"]:
        insert_once = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
        known = insert_once(suppression).values(email=row["to_email"].lower(), reason=str(refused), at=now)
        db.execute(known.on_conflict_do_nothing())
        _ask_to_call(db, row, now)
    return _end(db, row, status="dead", last_error=str(refused))


# -- taking -----------------------------------------------------------------------------------------------------------------

_PRESSING: Final = case(
    (message.c.mail_class == str(MailClass.REQUESTED), 0),
    (message.c.mail_class == str(MailClass.DIRECT), 1),
    else_=2,
)
_WORDS: Final = ("subject", "text", "html")
_FREE: Final = {"status": "sent", "leased_until": None, "leased_by": None, "last_error": None}
_NAMED: Final = (
    update(message).where(message.c.id == bindparam("its_id")).values(message_id=bindparam("its_message_id"))
)
_SENT: Final = (
    update(message)
    .where(message.c.id == bindparam("its_id"), message.c.status != "sent")
    .values(sent_at=bindparam("now"), **_FREE, **{name: bindparam(f"its_{name}") for name in _WORDS})
)


def _lock_due(db: Connection, asked: Asked, now: datetime) -> list[dict[str, Any]]:
    """What is due and nobody's, but for reminders that were never tried: who counts their person's day has them."""
    free = and_(_is_free(now), not_(digest.first_try(now)), *_elsewhere(asked))
    query = select(message).where(free).order_by(_PRESSING, message.c.send_at, message.c.id).limit(asked.at_most)
    return [dict(row) for row in db.execute(query.with_for_update(skip_locked=True)).mappings()]


def _is_free(now: datetime) -> ColumnElement[bool]:
    waiting = and_(message.c.status == "waiting", message.c.send_at <= now)
    return or_(waiting, and_(message.c.status == "leased", message.c.leased_until <= now))


def _elsewhere(asked: Asked) -> list[ColumnElement[bool]]:
    return [not_(func.lower(message.c.to_email).endswith(f"@{domain}", autoescape=True)) for domain in asked.without]


def _lock_reminders(db: Connection, asked: Asked, room: int, now: datetime) -> tuple[int, list[str]]:
    """The reminders of people whose day nobody else is counting: how many were looked at, and what leaves of them."""
    due = and_(digest.first_try(now), *_elsewhere(asked))
    people = digest.people_to_remind(db, due, room * _LOOKED_AT)
    chosen = sorted(people, key=lambda key: hashlib.sha256(f"{asked.worker} {key}".encode()).digest())[:room]
    if not chosen:
        return 0, []
    days = digest.hold_days(db, {key: people[key] for key in chosen}, now)
    theirs = select(message).where(due, message.c.recipient.in_(days.sent)).order_by(message.c.created_at, message.c.id)
    rows = [dict(row) for row in db.execute(theirs.with_for_update(skip_locked=True)).mappings()]
    return len(rows), digest.gather(db, _still_good(db, rows, now), days, now, domain=asked.domain)


def _lease(db: Connection, ready: Sequence[str], asked: Asked, now: datetime) -> tuple[dict[str, Any], ...]:
    if not ready:
        return ()
    ours = {
        "status": "leased",
        "leased_until": now + LEASE,
        "leased_by": asked.worker,
        "attempts": message.c.attempts + 1,
    }
    taken = update(message).where(message.c.id.in_(ready)).values(**ours).returning(*message.c)
    rows = {row["id"]: dict(row) for row in db.execute(taken).mappings()}
    unnamed = [row for row in rows.values() if row["message_id"] is None]
    for row in unnamed:
        row["message_id"] = message_id_of(row["id"], asked.domain)
    if unnamed:
        db.execute(_NAMED, [{"its_id": row["id"], "its_message_id": row["message_id"]} for row in unnamed])
    return tuple(rows[identifier] for identifier in ready)


# -- conditions -------------------------------------------------------------------------------------------------------------


def _still_good(db: Connection, rows: Sequence[Row], now: datetime) -> Sequence[Row]:
    """Those that may leave now."""
    rows = [row for row in rows if not _not_now(db, row, now)]
    dead = planner.suppressed(db, {row["to_email"] for row in rows if row["to_email"]})
    for row in rows:
        if (row["to_email"] or "").lower() in dead:
            _call_instead(db, row, now)
    rows = [row for row in rows if (row["to_email"] or "").lower() not in dead]
    again = [row for row in rows if row["kind"] == "digest"]
    alone = drop_stale(db, [row for row in rows if row["kind"] != "digest"])
    good = {row["id"] for row in (*alone, *(digest.drop_empty(db, again) if again else ()))}
    return [row for row in rows if row["id"] in good]


def _not_now(db: Connection, row: Row, now: datetime) -> bool:
    """Whether it is night there, or no working day, since the message could not leave when it should have."""
    leaves = send_at(MailClass(row["mail_class"]), now, _calendar(row))
    if leaves > now:
        _end(db, row, status="waiting", send_at=leaves)
    return leaves > now


def _call_instead(db: Connection, row: Row, now: datetime) -> None:
    """Its address was found to be dead meanwhile: it is a call to make."""
    _ask_to_call(db, row, now)
    _end(db, row, status="task", kind="task")


def _ask_to_call(db: Connection, row: Row, now: datetime) -> None:
    if row["case_id"] is not None:
        planner.ask_to_call(db, row, place_of(db, "case", row["case_id"]), now)


def _calendar(row: Row) -> Calendar:
    return Calendar(row["holidays"], row["timezone"])


def _end(db: Connection, row: Row, *, status: str, **values: Any) -> str:
    """What became of a message, unless it left meanwhile, or another worker has it: each lease counts one try more."""
    ended = {"status": status, "leased_until": None, "leased_by": None, **values}
    mine = (message.c.id == row["id"], message.c.status != "sent", message.c.attempts == row["attempts"])
    db.execute(update(message).where(*mine).values(**ended))
    return status
