"""What is due happens: marks of deadlines and steps that the system planned, once each, late rather than never."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Table, bindparam, delete, func, literal, or_, select, update

from cases.database import Database, Scope, lock_case
from cases.identifiers import drawn_below
from cases.marks import fire_mark, speak, take_by_the_system
from cases.tables.memory import deadline, pending_step
from engine import clocks
from engine.definition import rule_of
from engine.facts import SYSTEM, Act, ArmedDeadline, Facts
from engine.marks import only_speaks

PER_PASS: Final = 5_000
"""Deadlines and planned steps that one pass looks at."""
AT_ONCE: Final = 50
"""Cases whose reminders share a transaction: whoever writes on one of them waits for so many at the most."""
LONGEST_WAIT: Final = timedelta(hours=12)
"""Before what failed is tried once more."""
_NOW: Any = bindparam("now")
_DUE_STEPS = (
    select(
        pending_step.c.at, pending_step.c.id, literal("case").label("subject"), pending_step.c.subject_id,
        literal(None).label("rule"), literal(None).label("next_mark"),
    )
    .where(pending_step.c.at <= _NOW, or_(pending_step.c.retry_at.is_(None), pending_step.c.retry_at <= _NOW))
    .order_by(pending_step.c.at, pending_step.c.id)
    .limit(PER_PASS)
)  # fmt: skip
_DUE_DEADLINES = (
    select(
        deadline.c.next_at.label("at"), *(deadline.c[name] for name in ("id", "subject", "subject_id", "rule", "next_mark"))
    )
    .where(
        deadline.c.next_at <= _NOW,
        or_(deadline.c.retry_at.is_(None), deadline.c.retry_at <= _NOW),
        deadline.c.status == "open",
    )
    .order_by(deadline.c.next_at, deadline.c.id)
    .limit(PER_PASS)
)  # fmt: skip
_TAKE_OUT = (
    delete(pending_step)
    .where(pending_step.c.id == bindparam("wanted"), pending_step.c.subject_id == bindparam("of_case"))
    .returning(*pending_step.c)
)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Due:
    """One thing that is due: a mark of a deadline, or a planned step."""

    at: datetime
    table: Table
    id: str
    subject: str
    subject_id: str
    speaks: bool
    """It tells people something and does no more: it may share a transaction with other cases."""


def next_due(database: Database) -> datetime | None:
    """When something happens next by itself; None when nothing is planned."""

    def unit(db: Connection) -> list[datetime]:
        moments = (
            (deadline.c.next_at, (deadline.c.status == "open", deadline.c.retry_at.is_(None))),
            (deadline.c.retry_at, (deadline.c.status == "open",)),
            (pending_step.c.at, (pending_step.c.retry_at.is_(None),)),
            (pending_step.c.retry_at, ()),
        )
        found = [db.execute(select(func.min(at, type_=at.type)).where(*where)).scalar() for at, where in moments]
        return [at for at in found if at is not None]

    return min(database.read(unit, Scope.worker()), default=None)


def sweep(database: Database, now: datetime) -> int:
    """Fire everything that is due; give how many things happened.

    Of each case the first thing is taken first, since it may end the others. Two sweeps never fire the same mark: whoever
    advances it first, by compare-and-set, has fired it. What fails is tried again later, and stops nothing else.
    """
    count = 0
    while due := database.read(partial(_due, now=now), Scope.worker()):
        first = _turned(_first_of_each(due))
        fired = _speak(database, [one for one in first if one.speaks], now)
        fired += sum(_happens(database, one, now) for one in first if not one.speaks)
        if not fired:
            return count
        count += fired
    return count


def _due(db: Connection, now: datetime) -> list[_Due]:
    """What is due, in the order in which it was to happen."""
    found = []
    for table, question in ((pending_step, _DUE_STEPS), (deadline, _DUE_DEADLINES)):
        for row in db.execute(question, {"now": now}):
            speaks = row.subject == "case" and only_speaks(row.rule, row.next_mark)
            found.append(_Due(row.at, table, row.id, row.subject, row.subject_id, speaks))
    return sorted(found, key=lambda one: one.at)


def _first_of_each(due: Sequence[_Due]) -> list[_Due]:
    first: dict[str, _Due] = {}
    for one in due:
        first.setdefault(one.subject_id, one)
    return list(first.values())


def _turned(due: list[_Due]) -> list[_Due]:
    """The same from another place on: several processes that sweep at once begin at different ones."""
    start = drawn_below(len(due))
    return due[start:] + due[:start]


def _speak(database: Database, due: Sequence[_Due], now: datetime) -> int:
    """Remind, tell and alert, so many cases in a transaction. Where one of them cannot, each of them is taken alone."""
    count = 0
    for start in range(0, len(due), AT_ONCE):
        group = due[start : start + AT_ONCE]
        try:
            count += database.write(partial(speak, cases=[one.subject_id for one in group], now=now), Scope.worker())
        except Exception as error:  # a worker's loop: which of them it is comes out when each is taken alone
            _log.warning("not_done_together", cases=len(group), error=type(error).__name__)
            count += sum(_happens(database, one, now) for one in group)
    return count


def _happens(database: Database, one: _Due, now: datetime) -> int:
    """Do one thing, in a transaction of its own; what goes wrong with it is noted, and put off."""
    do = _take_step if one.table is pending_step else _fire
    try:
        return database.write(partial(do, one=one, now=now), Scope.worker())
    except Exception as error:  # a worker's loop: one case that cannot go on never stops the others
        _log.error("not_done", table=one.table.name, id=one.id, error=type(error).__name__)
        put_off = partial(_put_off, table=one.table, identifier=one.id, error=error, now=now)
        database.write(put_off, Scope.worker())
        return 0


def _put_off(db: Connection, table: Table, identifier: str, error: Exception, now: datetime) -> None:
    failed = db.execute(select(table.c.attempts).where(table.c.id == identifier)).scalar() or 0
    wait = min(timedelta(minutes=2 ** min(failed, 10)), LONGEST_WAIT)
    put_off = {"attempts": failed + 1, "retry_at": now + wait, "last_error": type(error).__name__}
    db.execute(update(table).where(table.c.id == identifier).values(**put_off))


def _fire(db: Connection, one: _Due, now: datetime) -> int:
    return fire_mark(db, one.id, one.subject, now)


def _take_step(db: Connection, one: _Due, now: datetime) -> int:
    """Take a planned step at the moment it was planned for, if it is possible then.

    Its case is locked first, as people lock it: else somebody who calls the step back would wait for us, and we for them.
    """
    if lock_case(db, one.subject_id) is None:
        return 0
    row = db.execute(_TAKE_OUT, {"wanted": one.id, "of_case": one.subject_id}).first()
    if row is None:
        return 0
    take_by_the_system(db, "case", row.subject_id, Act(row.track, row.event, SYSTEM, row.at, row.payload or {}))
    return 1


def upcoming(facts: Facts) -> list[tuple[datetime, ArmedDeadline, Any]]:
    """What will happen on a case or a territory if nobody does anything: every mark that is still to come, soonest first."""
    found = [
        (at, d, mark)
        for d in facts.deadlines
        if d.status == "open"
        for at, mark in clocks.upcoming(rule_of(d.rule), d, facts.calendar)
    ]
    return sorted(found, key=lambda entry: entry[0])
