"""What is due happens: marks of deadlines and steps that the system planned, once each, late rather than never."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from cases import records
from cases.access import THE_SYSTEM
from cases.applying import Transaction
from cases.database import Database, Scope
from cases.errors import Refused
from cases.facts_of_case import armed_of, facts_of
from cases.identifiers import new_id
from cases.journey import Request
from cases.tables.case import case_file
from cases.tables.memory import deadline, mark_fired, pending_step
from engine import clocks
from engine.definition import rule_of
from engine.facts import ArmedDeadline, CaseFacts
from engine.marks import Fired, Happened, fire

PER_PASS = 500
"""Deadlines and planned steps that one pass looks at."""


def next_due(database: Database) -> datetime | None:
    """When something happens next by itself; None when nothing is planned."""

    def unit(db: Connection) -> list[datetime]:
        marks = db.execute(
            select(func.min(deadline.c.next_at, type_=deadline.c.next_at.type)).where(
                deadline.c.status == "open", deadline.c.subject == "case"
            )
        )
        steps = db.execute(select(func.min(pending_step.c.at, type_=pending_step.c.at.type)))
        return [found for found in (marks.scalar(), steps.scalar()) if found is not None]

    return min(database.read(unit, Scope.worker()), default=None)


def sweep(database: Database, now: datetime) -> int:
    """Fire everything that is due, each thing in a transaction of its own; give how many happened.

    Two sweeps never fire the same mark: whoever advances it first, by compare-and-set, has fired it.
    """
    count = 0
    while due := database.read(lambda db: _due(db, now), Scope.worker()):
        fired = sum(database.write(_unit(kind, identifier, now), Scope.worker()) for kind, identifier in due)
        if not fired:
            return count
        count += fired
    return count


def _due(db: Connection, now: datetime) -> list[tuple[str, str]]:
    """What is due, in the order in which it was to happen."""
    open_now = (deadline.c.status == "open", deadline.c.subject == "case", deadline.c.next_at <= now)
    marks = db.execute(
        select(deadline.c.next_at, deadline.c.id).where(*open_now).order_by(deadline.c.next_at).limit(PER_PASS)
    )
    steps = db.execute(
        select(pending_step.c.at, pending_step.c.id)
        .where(pending_step.c.at <= now)
        .order_by(pending_step.c.at)
        .limit(PER_PASS)
    )
    found = [(row[0], 1, "mark", row[1]) for row in marks] + [(row[0], 0, "step", row[1]) for row in steps]
    return [(kind, identifier) for _, _, kind, identifier in sorted(found)]


def _unit(kind: str, identifier: str, now: datetime) -> Any:
    def unit(db: Connection) -> int:
        return _take_step(db, identifier) if kind == "step" else _fire_mark(db, identifier, now)

    return unit


def _take_step(db: Connection, identifier: str) -> int:
    """Take a planned step at the moment it was planned for, if it is possible then."""
    row = db.execute(delete(pending_step).where(pending_step.c.id == identifier).returning(*pending_step.c)).first()
    if row is None:
        return 0
    _by_the_system(db, row.subject_id, row.track, row.event, row.payload or {}, row.at)
    return 1


def _by_the_system(db: Connection, case_id: str, track: str, event: str, payload: Any, at: datetime) -> None:
    reference = db.execute(select(case_file.c.reference).where(case_file.c.id == case_id)).scalar_one()
    savepoint = db.begin_nested()
    try:
        records.record(db, Request(reference, event, track, payload), by=THE_SYSTEM, now=at)
    except Refused:
        savepoint.rollback()
    else:
        savepoint.commit()


def _fire_mark(db: Connection, identifier: str, now: datetime) -> int:
    row = db.execute(
        select(deadline)
        .where(deadline.c.id == identifier, deadline.c.status == "open")
        .with_for_update(skip_locked=True)
    ).first()
    if row is None or row.next_at is None or row.next_at > now:
        return 0
    case = db.execute(select(case_file).where(case_file.c.id == row.subject_id).with_for_update()).mappings().one()
    facts, armed = facts_of(db, dict(case), now.date()), armed_of(row)
    fired = fire(facts, armed, now)
    mine = (deadline.c.id == identifier, deadline.c.next_at == row.next_at, deadline.c.status == "open")
    if db.execute(update(deadline).where(*mine).values(attempts=deadline.c.attempts + 1)).rowcount != 1:
        return 0
    _apply(db, row.subject_id, facts, fired, row.next_at)
    _remember(db, row, fired.happened, now)
    if fired.act is not None:
        _by_the_system(db, row.subject_id, fired.act.track, fired.act.event, fired.act.payload, fired.act.now)
    return 1


def _apply(db: Connection, case_id: str, facts: CaseFacts, fired: Fired, at: datetime) -> None:
    transaction = Transaction(db, "case", case_id, at, facts)
    for effect in fired.effects:
        transaction.apply(effect, 0)


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


def upcoming(facts: CaseFacts) -> list[tuple[datetime, ArmedDeadline, Any]]:
    """What will happen on a case if nobody does anything: every mark that is still to come, soonest first."""
    found = [
        (at, d, mark)
        for d in facts.deadlines
        if d.status == "open"
        for at, mark in clocks.upcoming(rule_of(d.rule), d, facts.calendar)
    ]
    return sorted(found, key=lambda entry: entry[0])
