"""Lengths of deadlines that a territory chooses: what they are, what a change would move, and the change itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from cases.database import ask_everywhere
from cases.facts.of_case import armed_of
from cases.identifiers import new_id
from cases.tables.case import business, case_file
from cases.tables.memory import deadline, mark_fired, pending_step
from cases.tables.territories import deadline_length, territory
from engine import clocks
from engine.definition import RULES
from engine.facts import ArmedDeadline, Facts
from engine.lengths import CHANGEABLE, family_of, taken
from engine.model import CASE_TRACK, Mark
from engine.working_days import ONE_DAY, Calendar

AT_ONCE = 500
"""Cases whose deadlines are planned to move, in one statement."""


@dataclass(frozen=True, slots=True)
class Moving:
    """A deadline that runs, and what it would be with another length."""

    case_id: str
    reference: str
    name: str
    running: ArmedDeadline
    moved: ArmedDeadline


@dataclass(frozen=True, slots=True)
class Gone:
    """A mark that would have come yesterday."""

    reference: str
    name: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Preview:
    """What another length would change: dates of deadlines that run, and what would have left yesterday instead of what did."""

    moving: tuple[Moving, ...]
    yesterday: tuple[Gone, ...]
    left_yesterday: int


def lengths_of(db: Connection, territory_id: str) -> dict[str, int]:
    """The lengths that a territory chose, by the rule's family."""
    rows = db.execute(select(deadline_length).where(deadline_length.c.territory_id == territory_id))
    return {row.family: row.value for row in rows}


def preview(db: Connection, territory_id: str, family: str, value: int | None, now: datetime) -> Preview:
    """What would change if the territory gave that length to a rule; None: the programme's."""
    home = db.execute(select(territory).where(territory.c.id == territory_id)).one()
    calendar = Calendar(home.holidays, home.timezone)
    running = _running(db, territory_id, family)
    facts = [_facts(row, calendar, family, value) for row in running]
    today = calendar.day_of(now)
    moving = [
        Moving(row.subject_id, row.reference, row.name, armed, moved)
        for row, known in zip(running, facts, strict=True)
        if (moved := taken(known, armed := armed_of(row), today)) != armed
    ]
    gone = [one for row, known in zip(running, facts, strict=True) for one in _yesterday(row, known, now)]
    return Preview(tuple(moving), tuple(gone), _left_yesterday(db, territory_id, family, calendar, now))


def keep_length(db: Connection, territory_id: str, entered: Mapping[str, Any], now: datetime) -> None:
    """Write the length that a territory chose, or that it takes the programme's again; and plan what runs to move, if asked.

    Each case takes it by itself, in a transaction of its own: one that cannot stops no other.
    """
    family, value = entered["family"], entered.get("value")
    moving = preview(db, territory_id, family, value, now).moving if entered.get("move") else ()
    mine = (deadline_length.c.territory_id == territory_id, deadline_length.c.family == family)
    db.execute(delete(deadline_length).where(*mine))
    if value is not None and value != CHANGEABLE[family].within.value:
        row = {"territory_id": territory_id, "family": family, "value": value, "since": now}
        db.execute(insert(deadline_length).values(**row))
    _plan(db, sorted({one.case_id for one in moving}), family, now)


def _plan(db: Connection, cases: Sequence[str], family: str, now: datetime) -> None:
    for start in range(0, len(cases), AT_ONCE):
        rows = [
            {"id": new_id(now), "subject_id": case, "track": CASE_TRACK, "event": "take_length", "payload": {"family": family}, "at": now}
            for case in cases[start : start + AT_ONCE]
        ]  # fmt: skip
        ask_everywhere(db, insert(pending_step).values(rows).returning(pending_step.c.id))


# -- what runs ------------------------------------------------------------------------------------------------------------


def _running(db: Connection, territory_id: str, family: str) -> list[Any]:
    """Deadlines of a rule that run in a territory, the soonest first, with the case and the name of its business."""
    joined = deadline.join(case_file, case_file.c.id == deadline.c.subject_id).join(
        business, business.c.id == case_file.c.business_id
    )
    columns = (case_file.c.reference, case_file.c.urgent, business.c.name)
    where = (
        deadline.c.territory_id == territory_id,
        deadline.c.rule.in_(rules_of(family)),
        deadline.c.status == "open",
    )
    query = select(deadline, *columns).select_from(joined).where(*where)
    return ask_everywhere(db, query.order_by(deadline.c.due_at, deadline.c.id))


def rules_of(family: str) -> list[str]:
    """The rules of a family, one for each state in which it runs."""
    return [name for name in RULES if family_of(name) == family]


def _facts(row: Any, calendar: Calendar, family: str, value: int | None) -> Facts:
    return Facts(calendar=calendar, urgent=row.urgent, lengths={family: value} if value else {})


def _yesterday(row: Any, facts: Facts, now: datetime) -> list[Gone]:
    """The marks that would have come yesterday if the deadline had had that length from its start."""
    armed, rule = armed_of(row), RULES[row.rule]
    day = facts.calendar.day_of(now) - ONE_DAY
    would = armed if armed.armed_on >= day else taken(facts, armed, armed.armed_on)
    anew = clocks.marked_anew(rule, would, armed.armed_on, facts.calendar)
    return [
        Gone(row.reference, row.name, mark)
        for at, mark in clocks.upcoming(rule, anew, facts.calendar)
        if facts.calendar.day_of(at) == day
    ]


def _left_yesterday(db: Connection, territory_id: str, family: str, calendar: Calendar, now: datetime) -> int:
    """How many marks of the rule came yesterday in that territory."""
    today = calendar.day_of(now)
    since, until = (calendar.at(day, datetime.min.time()) for day in (today - ONE_DAY, today))
    where = (
        deadline.c.territory_id == territory_id,
        deadline.c.rule.in_(rules_of(family)),
        mark_fired.c.at >= since,
        mark_fired.c.at < until,
    )
    joined = mark_fired.join(deadline, deadline.c.id == mark_fired.c.deadline_id)
    counted = select(func.count()).select_from(joined).where(*where)
    return int(ask_everywhere(db, counted)[0][0])
