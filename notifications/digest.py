"""Several reminders for one person become one mail, and nobody gets more than two a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from cases.identifiers import new_id
from engine.model import MailClass
from engine.sentences import say
from engine.working_days import Calendar
from notifications.dropping import Dropped
from notifications.freshness import drop_stale, why_drop
from notifications.letters import message_id_of
from notifications.schedule import A_DAY, next_morning
from notifications.tables import mail_count, message

Row = Mapping[str, Any]
_SAME = (
    "mail_class", "role", "recipient", "person_id", "entrepreneur_id", "to_email", "to_name", "timezone", "holidays",
)  # fmt: skip
"""What a digest has from its parts."""


def first_try(now: datetime) -> ColumnElement[bool]:
    """The reminders that are due and were never tried: they are counted, and gathered, by person."""
    return and_(
        message.c.status == "waiting",
        message.c.mail_class == str(MailClass.REMINDER),
        message.c.kind == "mail",
        message.c.attempts == 0,
        message.c.send_at <= now,
    )


@dataclass(slots=True)
class Days:
    """The local day of each person, held until the transaction ends, and how many reminders each had in it."""

    of: dict[str, date] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)

    def of_these(self, people: Collection[str]) -> ColumnElement[bool]:
        """The rows of the table `mail_count` of these people's days."""
        by_day = defaultdict(list)
        for key in people:
            by_day[self.of[key]].append(key)
        days = (and_(mail_count.c.day == day, mail_count.c.person_key.in_(keys)) for day, keys in by_day.items())
        return or_(*days)


def hold_days(db: Connection, people: Mapping[str, Calendar], now: datetime) -> Days:
    """Hold the day of each of these people, or leave those whom another worker is counting. In one order, so that none waits for ever."""
    held = Days({key: people[key].day_of(now) for key in sorted(people)})
    insert_once = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    rows = [{"person_key": key, "day": day, "sent": 0} for key, day in held.of.items()]
    db.execute(insert_once(mail_count).values(rows).on_conflict_do_nothing())
    mine = select(mail_count).where(held.of_these(held.of)).order_by(mail_count.c.person_key)
    for row in db.execute(mine.with_for_update(skip_locked=True)):
        held.sent[row.person_key] = row.sent
    return held


def gather(db: Connection, rows: Sequence[Row], days: Days, now: datetime, *, domain: str) -> list[str]:
    """What leaves for reminders that are due, still true and all of these people: each itself, or a new digest of all of one person's.

    Nothing leaves for who has had enough for today: it waits for the next working day.
    """
    by_person = defaultdict(list)
    for row in rows:
        by_person[row["recipient"]].append(row)
    too_much = {key for key in by_person if days.sent[key] >= A_DAY}
    for key in too_much:
        _put_off(db, by_person[key], now)
    now_told = {key: found for key, found in by_person.items() if key not in too_much}
    if not now_told:
        return []
    db.execute(update(mail_count).where(days.of_these(now_told)).values(sent=mail_count.c.sent + 1))
    merged = _merge(db, [found for found in now_told.values() if len(found) > 1], now, domain)
    return [found[0]["id"] for found in now_told.values() if len(found) == 1] + merged


def parts_of(db: Connection, digests: Collection[str]) -> dict[str, list[Row]]:
    """The reminders that each of these digests is made of and that are still true, the oldest first."""
    parts = _merged_in(db, digests)
    stale = why_drop(db, parts)
    found: dict[str, list[Row]] = {identifier: [] for identifier in digests}
    for row in parts:
        if row["id"] not in stale:
            found[row["digest_id"]].append(row)
    return found


def drop_empty(db: Connection, digests: Sequence[Row]) -> list[Row]:
    """Drop what is not true any more of digests that leave again, and those of which nothing is left; give the others."""
    left = {row["digest_id"] for row in drop_stale(db, _merged_in(db, [row["id"] for row in digests]))}
    empty = [row["id"] for row in digests if row["id"] not in left]
    if empty:
        nothing = {"status": "dropped", "last_error": Dropped.NOTHING_LEFT}
        db.execute(update(message).where(message.c.id.in_(empty)).values(**nothing))
    return [row for row in digests if row["id"] in left]


def undo(db: Connection, digest_id: str) -> None:
    """Let the parts of a digest leave one by one: it cannot be composed. They counted in the day's reminders already."""
    own = (message.c.digest_id == digest_id, message.c.status == "merged")
    db.execute(update(message).where(*own).values(status="waiting", digest_id=None, attempts=1))


def people_to_remind(db: Connection, condition: ColumnElement[bool], at_most: int) -> dict[str, Calendar]:
    """Those for whom a reminder is due under that condition, those who wait longest first; each with their own calendar."""
    of_person = (
        message.c.recipient,
        func.min(message.c.timezone).label("zone"),
        func.min(message.c.holidays).label("off"),
    )
    waiting = (
        select(*of_person)
        .where(condition)
        .group_by(message.c.recipient)
        .order_by(func.min(message.c.send_at), message.c.recipient)
    )
    return {row.recipient: Calendar(row.off, row.zone) for row in db.execute(waiting.limit(at_most))}


def _merged_in(db: Connection, digests: Collection[str]) -> list[Row]:
    own = (message.c.digest_id.in_(digests), message.c.status == "merged")
    rows = db.execute(select(message).where(*own).order_by(message.c.created_at, message.c.id)).mappings()
    return [dict(row) for row in rows]


def _put_off(db: Connection, rows: Sequence[Row], now: datetime) -> None:
    morning = next_morning(now, Calendar(rows[0]["holidays"], rows[0]["timezone"]))
    db.execute(update(message).where(message.c.id.in_([row["id"] for row in rows])).values(send_at=morning))


def _merge(db: Connection, people: Sequence[Sequence[Row]], now: datetime, domain: str) -> list[str]:
    """Write the digest of each of these people's reminders, with an identity of its own, fixed from now on."""
    made = [_digest_of(parts, now, domain) for parts in people]
    if made:
        db.execute(insert(message), made)
    for row, parts in zip(made, people, strict=True):
        ids = [one["id"] for one in parts]
        db.execute(update(message).where(message.c.id.in_(ids)).values(status="merged", digest_id=row["id"]))
    return [row["id"] for row in made]


def _digest_of(parts: Sequence[Row], now: datetime, domain: str) -> dict[str, Any]:
    identifier = new_id(now)
    return {name: parts[0][name] for name in _SAME} | {
        "id": identifier, "key": "digest", "kind": "digest", "status": "waiting", "send_at": now, "created_at": now, "facts": {"parts": len(parts)},
        "reason": say("{count} rappels réunis", count=len(parts)), "message_id": message_id_of(identifier, domain), "outbox_key": identifier, "attempts": 0,
    }  # fmt: skip
