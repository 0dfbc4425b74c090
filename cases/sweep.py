"""What is due happens: marks of deadlines and steps that the system planned, once each, late rather than never."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Table, delete, func, insert, or_, select, update

from cases import programme, records
from cases.access import THE_SYSTEM
from cases.database import Database, Scope, lock_case
from cases.errors import Refused
from cases.facts.of_case import deadlines_of, facts_of
from cases.identifiers import new_id
from cases.journey import Request
from cases.programme import TerritoryRequest, territory_facts
from cases.tables.case import case_file
from cases.tables.memory import deadline, mark_fired, pending_step
from cases.tables.territories import territory
from cases.writing.applying import Transaction, soonest
from engine import clocks
from engine.definition import rule_of
from engine.effects import Clocked, How
from engine.facts import SYSTEM, Act, ArmedDeadline, CaseFacts, Facts
from engine.marks import Fired, Happened, fire

PER_PASS: Final = 500
"""Deadlines and planned steps that one pass looks at."""
LONGEST_WAIT: Final = timedelta(hours=12)
"""Before what failed is tried once more."""
_OF: Final[Mapping[str, Table]] = {"case": case_file, "territory": territory}
_log = structlog.get_logger(__name__)


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
    """Fire everything that is due, each thing in a transaction of its own; give how many happened.

    Two sweeps never fire the same mark: whoever advances it first, by compare-and-set, has fired it. What fails is tried again
    later, and stops nothing else.
    """
    count = 0
    while due := database.read(partial(_due, now=now), Scope.worker()):
        fired = sum(_happens(database, table, identifier, now) for table, identifier in due)
        if not fired:
            return count
        count += fired
    return count


def _due(db: Connection, now: datetime) -> list[tuple[Table, str]]:
    """What is due, in the order in which it was to happen."""
    found = []
    for order, (table, at) in enumerate(((pending_step, pending_step.c.at), (deadline, deadline.c.next_at))):
        due = (at <= now, or_(table.c.retry_at.is_(None), table.c.retry_at <= now))
        running = (deadline.c.status == "open",) if table is deadline else ()
        rows = db.execute(select(at, table.c.id).where(*due, *running).order_by(at).limit(PER_PASS))
        found += [(row[0], order, row[1], table) for row in rows]
    return [(table, identifier) for _, _, identifier, table in sorted(found, key=lambda one: one[:3])]


def _happens(database: Database, table: Table, identifier: str, now: datetime) -> int:
    """Do one thing, in a transaction of its own; what goes wrong with it is noted, and put off."""
    do = _fire_mark if table is deadline else _take_step
    try:
        return database.write(partial(do, identifier=identifier, now=now), Scope.worker())
    except Exception as error:  # a worker's loop: one case that cannot go on never stops the others
        _log.error("not_done", table=table.name, id=identifier, error=type(error).__name__)
        database.write(partial(_put_off, table=table, identifier=identifier, error=error, now=now), Scope.worker())
        return 0


def _put_off(db: Connection, table: Table, identifier: str, error: Exception, now: datetime) -> None:
    failed = db.execute(select(table.c.attempts).where(table.c.id == identifier)).scalar() or 0
    wait = min(timedelta(minutes=2 ** min(failed, 10)), LONGEST_WAIT)
    put_off = {"attempts": failed + 1, "retry_at": now + wait, "last_error": type(error).__name__}
    db.execute(update(table).where(table.c.id == identifier).values(**put_off))


# -- what the system does by itself ---------------------------------------------------------------------------------------


def _take_step(db: Connection, identifier: str, now: datetime) -> int:
    """Take a planned step at the moment it was planned for, if it is possible then.

    Its case is locked first, as people lock it: else somebody who calls the step back would wait for us, and we for them.
    """
    subject_id = db.execute(select(pending_step.c.subject_id).where(pending_step.c.id == identifier)).scalar()
    if subject_id is None or lock_case(db, subject_id) is None:
        return 0
    mine = (pending_step.c.id == identifier, pending_step.c.subject_id == subject_id)
    row = db.execute(delete(pending_step).where(*mine).returning(*pending_step.c)).first()
    if row is None:
        return 0
    _by_the_system(db, "case", row.subject_id, Act(row.track, row.event, SYSTEM, row.at, row.payload or {}))
    return 1


def _by_the_system(db: Connection, subject: str, subject_id: str, act: Act) -> None:
    """Take the step if it is possible; what is refused changes nothing."""
    table = _OF[subject]
    name = table.c.slug if table is territory else table.c.reference
    named = db.execute(select(name).where(table.c.id == subject_id)).scalar_one()
    savepoint = db.begin_nested()
    try:
        if table is territory:
            programme.fire(db, TerritoryRequest(named, act.event, act.payload or {}), by=THE_SYSTEM, now=act.now)
        else:
            records.record(db, Request(named, act.event, act.track, act.payload or {}), by=THE_SYSTEM, now=act.now)
    except Refused:
        savepoint.rollback()
    else:
        savepoint.commit()


# -- marks ----------------------------------------------------------------------------------------------------------------


def _fire_mark(db: Connection, identifier: str, now: datetime) -> int:
    """Fire the next mark of a deadline, if its moment has come and nobody else is at it."""
    row = _claim(db, identifier)
    if row is None or row.next_at is None or row.next_at > now:
        return 0
    facts = _facts(db, row, now)
    fired = fire(facts, next(armed for armed in facts.deadlines if armed.id == identifier), now)
    mine = (deadline.c.id == identifier, deadline.c.next_at == row.next_at, deadline.c.status == "open")
    done = update(deadline).where(*mine).values(attempts=0, retry_at=None, last_error=None)
    if db.execute(done).rowcount != 1:
        return 0
    _apply(db, row, facts, fired)
    _remember(db, row, fired.happened, now)
    if fired.act is not None:
        _by_the_system(db, row.subject, row.subject_id, fired.act)
    return 1


def _claim(db: Connection, identifier: str) -> Any:
    """The deadline, locked with its case or its territory; None when somebody has either."""
    subject = db.execute(select(deadline.c.subject).where(deadline.c.id == identifier)).scalar()
    if subject is None:
        return None
    table = _OF[subject]
    both = deadline.join(table, table.c.id == deadline.c.subject_id)
    here = (deadline.c.id == identifier, deadline.c.status == "open")
    locked = select(deadline).select_from(both).where(*here)
    return db.execute(locked.with_for_update(skip_locked=True, of=(table, deadline))).first()


def _facts(db: Connection, row: Any, now: datetime) -> Facts:
    table = _OF[row.subject]
    subject = db.execute(select(table).where(table.c.id == row.subject_id)).mappings().one()
    return territory_facts(db, dict(subject)) if table is territory else facts_of(db, dict(subject), now.date())


def _apply(db: Connection, row: Any, facts: Facts, fired: Fired) -> None:
    transaction = Transaction(db, row.subject, row.subject_id, row.next_at, facts)
    for effect in fired.effects:
        transaction.apply(effect, 0)
    transaction.writes.send()
    changed = any(isinstance(effect, Clocked) and effect.how is not How.ADVANCED for effect in fired.effects)
    if changed and isinstance(facts, CaseFacts):
        after = replace(facts, deadlines=deadlines_of(db, row.subject_id))
        db.execute(update(case_file).where(case_file.c.id == row.subject_id).values(**soonest(after)))


def _remember(db: Connection, row: Any, happened: Iterable[Happened], now: datetime) -> None:
    for one in happened:
        line = {
            "rule": row.rule,
            "track": row.track,
            "item": row.item,
            "mark": one.mark,
            "do": one.do,
            "act": one.act,
            "at": one.at,
            "fired_at": now,
        }
        db.execute(
            insert(mark_fired).values(
                id=new_id(now), deadline_id=row.id, subject_id=row.subject_id, recipients=list(one.to), **line
            )
        )


def upcoming(facts: Facts) -> list[tuple[datetime, ArmedDeadline, Any]]:
    """What will happen on a case or a territory if nobody does anything: every mark that is still to come, soonest first."""
    found = [
        (at, d, mark)
        for d in facts.deadlines
        if d.status == "open"
        for at, mark in clocks.upcoming(rule_of(d.rule), d, facts.calendar)
    ]
    return sorted(found, key=lambda entry: entry[0])
