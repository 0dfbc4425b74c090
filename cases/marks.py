"""Marks of deadlines that come: one by one with all that they bring, or those of many cases at once where they only speak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, bindparam, func, insert, or_, select, update

from cases import programme, records
from cases.access import THE_SYSTEM
from cases.errors import CasesError, Refused
from cases.facts.of_case import NO_TERRITORY, armed_of, deadlines_of, facts_of
from cases.identifiers import new_id
from cases.journey import Request
from cases.programme import TerritoryRequest, territory_facts
from cases.tables.case import case_file
from cases.tables.memory import deadline, mark_fired, outbox, pending_step
from cases.tables.territories import territory
from cases.writing.applying import Transaction, soonest, told_row
from engine import clocks
from engine.definition import rule_of
from engine.effects import Clocked, How, Tell
from engine.facts import Act, ArmedDeadline, CaseFacts, Facts
from engine.marks import Fired, Happened, fire, only_speaks
from engine.working_days import Calendar

_OF: Final[Mapping[str, Table]] = {"case": case_file, "territory": territory}
_SUBJECTS = {table: select(table).where(table.c.id == bindparam("wanted")) for table in _OF.values()}
_NAMES = {
    case_file: select(case_file.c.reference).where(case_file.c.id == bindparam("wanted")),
    territory: select(territory.c.slug).where(territory.c.id == bindparam("wanted")),
}
_CLAIM_ONE = {
    table: select(deadline)
    .select_from(deadline.join(table, table.c.id == deadline.c.subject_id))
    .where(deadline.c.id == bindparam("wanted"), deadline.c.status == "open")
    .with_for_update(skip_locked=True, of=(table, deadline))
    for table in _OF.values()
}
_FIRED = update(deadline).where(
    deadline.c.id == bindparam("known"), deadline.c.next_at == bindparam("was"), deadline.c.status == "open"
)
_UNHARMED: Final = {"attempts": 0, "retry_at": None, "last_error": None}
_SOONEST = update(case_file).where(case_file.c.id == bindparam("known"))

_NOW: Any = bindparam("now")
_NEXT_STEP = (
    select(func.min(pending_step.c.at, type_=pending_step.c.at.type))
    .where(
        pending_step.c.subject_id == case_file.c.id,
        pending_step.c.at <= _NOW,
        or_(pending_step.c.retry_at.is_(None), pending_step.c.retry_at <= _NOW),
    )
    .scalar_subquery()
)
_CLAIM_MANY = (
    select(deadline, territory.c.holidays, territory.c.timezone, _NEXT_STEP.label("next_step"))
    .select_from(
        deadline.join(case_file, case_file.c.id == deadline.c.subject_id).outerjoin(
            territory, territory.c.id == case_file.c.territory_id
        )
    )
    .where(
        deadline.c.subject_id.in_(bindparam("cases", expanding=True)),
        deadline.c.status == "open",
        deadline.c.next_at <= _NOW,
        or_(deadline.c.retry_at.is_(None), deadline.c.retry_at <= _NOW),
    )
    .order_by(deadline.c.subject_id)
    .with_for_update(skip_locked=True, of=(case_file, deadline))
)
"""Every deadline of these cases of which something is due, locked with its case; those that somebody has are left out."""


class MarkTaken(CasesError):
    """Somebody else fired a mark meanwhile: nothing of this try is kept."""


# -- one by one -----------------------------------------------------------------------------------------------------------


def fire_mark(db: Connection, identifier: str, subject: str, now: datetime) -> int:
    """Fire the next mark of a deadline with all that it brings, if its moment has come and nobody else is at it."""
    table = _OF[subject]
    row = db.execute(_CLAIM_ONE[table], {"wanted": identifier}).first()
    if row is None or row.next_at is None or row.next_at > now:
        return 0
    facts = _facts(db, table, row.subject_id, now)
    armed = next(armed for armed in facts.deadlines if armed.id == identifier)
    fired = fire(facts, armed, now)
    known = {"known": identifier, "was": row.next_at, **_UNHARMED}
    if not fired.happened:  # its moment is another one: the calendar changed since it was written
        db.execute(_FIRED, {**known, "next_at": clocks.next_at(rule_of(armed.rule), armed, facts.calendar)})
        return 0
    if db.execute(_FIRED, known).rowcount != 1:
        return 0
    _apply(db, row, facts, fired)
    db.execute(insert(mark_fired), [_mark_row(row, one, now) for one in fired.happened])
    if fired.act is not None:
        take_by_the_system(db, subject, row.subject_id, fired.act)
    return 1


def take_by_the_system(db: Connection, subject: str, subject_id: str, act: Act) -> None:
    """Take a step of a case or a territory if it is possible; what is refused changes nothing."""
    named = db.execute(_NAMES[_OF[subject]], {"wanted": subject_id}).scalar_one()
    savepoint = db.begin_nested()
    try:
        if subject == "territory":
            programme.fire(db, TerritoryRequest(named, act.event, act.payload or {}), by=THE_SYSTEM, now=act.now)
        else:
            records.record(db, Request(named, act.event, act.track, act.payload or {}), by=THE_SYSTEM, now=act.now)
    except Refused:
        savepoint.rollback()
    else:
        savepoint.commit()


def _facts(db: Connection, table: Table, subject_id: str, now: datetime) -> Facts:
    subject = dict(db.execute(_SUBJECTS[table], {"wanted": subject_id}).mappings().one())
    return territory_facts(db, subject) if table is territory else facts_of(db, subject, now.date())


def _apply(db: Connection, row: Row[Any], facts: Facts, fired: Fired) -> None:
    transaction = Transaction(db, row.subject, row.subject_id, row.next_at, facts)
    for effect in fired.effects:
        transaction.apply(effect, 0)
    transaction.writes.send()
    changed = any(isinstance(effect, Clocked) and effect.how is not How.ADVANCED for effect in fired.effects)
    if changed and isinstance(facts, CaseFacts):
        after = replace(facts, deadlines=deadlines_of(db, row.subject_id))
        db.execute(_SOONEST, {"known": row.subject_id, **soonest(after)})


# -- many at once ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Said:
    """What the marks of many cases write: deadlines that went on, marks that fired, what is told."""

    advanced: list[dict[str, Any]] = field(default_factory=list)
    marks: list[dict[str, Any]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class _Running:
    """A deadline while its marks fire: its row, what it is now, and when its next mark comes."""

    row: Row[Any]
    armed: ArmedDeadline
    at: datetime | None

    def as_gone_on(self) -> dict[str, Any]:
        """What is written of it, if it is still as it was read."""
        return {
            "known": self.row.id,
            "was": self.row.next_at,
            "next_mark": self.armed.next_mark,
            "next_at": self.at,
            **_UNHARMED,
        }


def speak(db: Connection, cases: Sequence[str], now: datetime) -> int:
    """Fire every due mark of these cases that only speaks, in the order of its moments; give how many fired.

    In each case it stops before the first thing due that does more, which may end the deadlines behind it. Raises MarkTaken
    when somebody was faster.
    """
    claimed = db.execute(_CLAIM_MANY, {"cases": list(cases), "now": now}).all()
    said = _Said()
    for _, rows in groupby(claimed, key=lambda row: row.subject_id):
        _of_one_case(list(rows), now, said)
    if said.advanced and db.execute(_FIRED, said.advanced).rowcount != len(said.advanced):
        raise MarkTaken
    for table, written in ((mark_fired, said.marks), (outbox, said.told)):
        if written:
            db.execute(insert(table), written)
    return len(said.marks)


def _of_one_case(rows: Sequence[Row[Any]], now: datetime, said: _Said) -> None:
    case = rows[0]
    calendar = Calendar(case.holidays, case.timezone) if case.timezone else NO_TERRITORY
    running, facts = {row.id: _Running(row, armed_of(row), row.next_at) for row in rows}, Facts(calendar=calendar)
    while coming := [one for one in running.values() if one.at is not None and one.at <= now]:
        first = min(coming, key=lambda one: (one.at, one.row.id))
        act_first = case.next_step is not None and case.next_step <= first.at
        if act_first or not only_speaks(first.armed.rule, first.armed.next_mark):
            break
        _one_mark(first, facts, now, said)
    said.advanced += [one.as_gone_on() for one in running.values() if one.at != one.row.next_at]


def _one_mark(running: _Running, facts: Facts, now: datetime, said: _Said) -> None:
    row, at = running.row, running.at
    fired = fire(facts, running.armed, now)
    for effect in fired.effects:
        if isinstance(effect, Tell) and at is not None:
            said.told.append(told_row("case", row.subject_id, effect, 0, at))
        elif isinstance(effect, Clocked):
            running.armed = effect.deadline
    said.marks += [_mark_row(row, one, now) for one in fired.happened]
    running.at = clocks.next_at(rule_of(running.armed.rule), running.armed, facts.calendar)


def _mark_row(row: Row[Any], one: Happened, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(now), "deadline_id": row.id, "subject_id": row.subject_id, "rule": row.rule, "track": row.track, "item": row.item,
        "mark": one.mark, "do": one.do, "act": one.act, "at": one.at, "fired_at": now, "recipients": list(one.to),
    }  # fmt: skip
