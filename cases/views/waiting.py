"""How much waits for somebody: what the navigation counts, on every page of their desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, func, literal, literal_column, select, true

from cases.access import Identity, visible_to
from cases.facts.of_case import NO_TERRITORY
from cases.tables.case import case_file
from cases.tables.memory import deadline
from cases.tables.tracks import referral
from cases.tasks import count_of_calls
from cases.views.inbox import STATES, Tray
from cases.views.listing import COUNTED
from cases.views.narrowing import stuck
from cases.views.today import DEADLINES, open_to
from engine.clocks import marks_of
from engine.definition import RULES
from engine.model import Do, Role
from engine.state_names import CaseState

AHEAD: Final = timedelta(days=14)
"""How far one looks for what will leave."""
KEPT: Final = 64
"""Identities whose questions a process keeps, some hundred kB each: to make them takes longer than to ask them."""
_REMINDERS: Final = frozenset(
    (name, place) for name, rule in RULES.items() for place, mark in enumerate(marks_of(rule)) if mark.do is Do.REMIND
)
"""Which moments of which rules remind their owner."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the navigation counts for somebody."""

    due: int
    """Their deadlines and calls that are late or due today; for a manager, the stuck cases too."""
    late: int
    cases: int
    """Open cases in their sight, as far as COUNTED."""
    asked: int
    """Requests that wait for an answer of their branches."""
    reminded: int
    """Their open deadlines of which a reminder comes next, within AHEAD."""


def waiting(db: Connection, who: Identity, *, now: datetime) -> Waiting:
    """What waits for somebody, in one question."""
    today = NO_TERRITORY.day_of(now)
    tonight = NO_TERRITORY.at(today, datetime.max.time())
    moments = {"now": now, "tonight": tonight, "ahead": now + AHEAD, "today": today}
    rows = db.execute(_question(who), moments).all()
    rest = rows[0]
    return Waiting(
        due=sum(row.due or 0 for row in rows) + rest.calls + rest.held,
        late=sum(row.late or 0 for row in rows) + rest.late_calls + rest.held,
        cases=rest.cases,
        asked=rest.asked,
        reminded=sum(row.soon for row in rows if (row.rule, row.next_mark) in _REMINDERS),
    )


@lru_cache(maxsize=KEPT)
def _question(who: Identity) -> Select[Any]:
    """Their deadlines by what comes next of each, beside everything else that is counted: a row at least."""
    before = {"due": ("due_at", "tonight"), "late": ("due_at", "now"), "soon": ("next_at", "ahead")}
    counts = (func.count().filter(deadline.c[at] < bindparam(end)).label(name) for name, (at, end) in before.items())
    next_one = (deadline.c.rule, deadline.c.next_mark)
    grouped = select(*next_one, *counts).select_from(DEADLINES).where(*open_to(who)).group_by(*next_one)
    calls = count_of_calls(who, bindparam("today")).subquery("calls")
    counted = (_held(who).label("held"), _in_sight(who).label("cases"), _asked_of(who).label("asked"))
    theirs, rest = grouped.subquery("theirs"), select(*calls.c, *counted).subquery("rest")
    return select(*rest.c, *theirs.c).select_from(rest.outerjoin(theirs, true()))


def _held(who: Identity) -> Any:
    """How many cases are stuck, for their manager."""
    if not who.has(Role.MANAGER):
        return literal(0)
    return select(func.count()).select_from(case_file).where(visible_to(who), stuck()).scalar_subquery()


def _in_sight(who: Identity) -> Any:
    """Their open cases; the end is written out, as a plan that does not know it reckons with every case."""
    theirs = select(case_file.c.id).where(visible_to(who), case_file.c.state != CaseState.CLOSED)
    some = theirs.limit(literal_column(str(COUNTED)))
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


def _asked_of(who: Identity) -> Any:
    if not (branches := who.branches()):
        return literal(0)
    waits = (referral.c.branch_id.in_(branches), referral.c.state.in_(STATES[Tray.TO_ANSWER]))
    return select(func.count()).select_from(referral).where(*waits).scalar_subquery()
