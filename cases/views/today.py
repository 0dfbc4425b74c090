"""What somebody has to do now: their own open deadlines that are late, due today or new, and what is stuck for a manager."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from cases import journey
from cases.access import Identity, visible_to
from cases.facts.of_case import NO_TERRITORY
from cases.look_alikes import Doubt, doubts_for
from cases.sweep import upcoming
from cases.tables.case import business, case_file, entrepreneur
from cases.tables.memory import deadline
from cases.tables.territories import territory
from cases.tables.tracks import referral, transition_plan
from cases.tasks import Call, calls_for
from cases.views.listing import CaseRow, list_cases, track_holders
from cases.views.narrowing import Narrowing
from cases.views.orientation import Next, next_for
from engine.model import Mark, Role
from engine.working_days import Calendar

AT_MOST: Final = 100
"""Deadlines that the page reads: who has more starts with the oldest."""
NEXT: Final = 5
"""What is shown of the rest."""
TO_ANSWER: Final = "referral.sent.answer"
"""A request is new to an operator until it is answered."""
DEADLINES: Final = deadline.join(case_file, case_file.c.id == deadline.c.subject_id)


@dataclass(frozen=True, slots=True)
class Todo:
    """One deadline that somebody must meet, on a case that they may see. Days are local."""

    reference: str
    name: str
    person: str | None
    phone: str | None
    track: str
    rule: str
    item: str
    due_at: datetime
    due_on: date
    armed_on: date
    length: int | None
    unit: str
    urgent: bool
    calendar: Calendar
    holder: str | None = None
    """Who works on the track: an operator's or a mentor's name."""


@dataclass(frozen=True, slots=True)
class Today:
    """A person's day, each list in the order of the deadlines; `stuck` is for managers, `calls` where nothing can be written."""

    late: tuple[Todo, ...] = ()
    today: tuple[Todo, ...] = ()
    new: tuple[Todo, ...] = ()
    next: tuple[Todo, ...] = ()
    calls: tuple[Call, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    stuck: tuple[CaseRow, ...] = ()
    more_stuck: bool = False
    next_ones: tuple[Next, ...] = ()
    """Who comes next, in the cases that they follow, after a request that came to nothing."""

    @property
    def first(self) -> Todo | None:
        """What to begin with: the oldest of what is late, else of today, else what is new; nothing where stuck cases come first."""
        if self.stuck:
            return None
        return next(iter((*self.late, *self.today, *self.new, *self.next)), None)

    @property
    def waiting(self) -> int:
        """How many things wait for this person."""
        return len(self.late) + len(self.today) + len(self.new) + len(self.calls)


def today_of(db: Connection, who: Identity, *, now: datetime) -> Today:
    """What somebody has to do now; a manager sees first what is stuck."""
    mine = _todos(db, who)
    late = tuple(todo for todo in mine if todo.due_at < now)
    due = tuple(todo for todo in mine if todo.due_at >= now and todo.due_on <= todo.calendar.day_of(now))
    rest = [todo for todo in mine if todo not in late and todo not in due]
    new = tuple(todo for todo in rest if _is_new(todo, now))
    after = tuple(todo for todo in rest if todo not in new)[:NEXT]
    found = Today(
        late, due, new, after, calls_for(db, who), doubts_for(db, who) if who.has(Role.ADVISER) else (),
        next_ones=next_for(db, who) if who.has(Role.ADVISER) else (),
    )  # fmt: skip
    if not who.has(Role.MANAGER):
        return found
    page = list_cases(db, who, Narrowing(open_only=True, stuck=True), now=now)
    return replace(found, stuck=page.rows, more_stuck=page.after is not None)


def otherwise(db: Connection, who: Identity, todo: Todo, *, now: datetime) -> tuple[datetime, Mark] | None:
    """What happens by itself, and when, if a deadline is not met; None when nothing does."""
    facts, _ = journey.facts_for(db, todo.reference, by=who, now=now)
    own = (todo.track, todo.rule, todo.item)
    return next(((at, mark) for at, d, mark in upcoming(facts) if at > now and (d.track, d.rule, d.item) == own), None)


def _is_new(todo: Todo, now: datetime) -> bool:
    """Begun today or on the last working day before; a request, as long as it is not answered."""
    since = todo.calendar.shift(todo.calendar.day_of(now), -1)
    return todo.rule == TO_ANSWER or todo.armed_on >= since


def _todos(db: Connection, who: Identity) -> list[Todo]:
    joined = (
        DEADLINES.join(business, business.c.id == case_file.c.business_id)
        .join(entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id)
        .outerjoin(territory, territory.c.id == case_file.c.territory_id)
    )
    own = ("track", "rule", "item", "due_at", "due_on", "armed_on", "length", "unit")
    columns = (
        case_file.c.id, case_file.c.reference, case_file.c.urgent, business.c.name.label("business_name"), entrepreneur.c.name.label("person_name"),
        entrepreneur.c.phone, territory.c.holidays, territory.c.timezone, *(deadline.c[name] for name in own),
    )  # fmt: skip
    query = select(*columns).select_from(joined).where(*open_to(who)).order_by(deadline.c.due_at, deadline.c.id)
    rows = db.execute(query.limit(AT_MOST)).mappings().all()
    holders = track_holders(db, [row["id"] for row in rows])
    return [_todo(row, holders.get((row["id"], row["track"]))) for row in rows]


def _todo(row: Any, holder: str | None) -> Todo:
    calendar = Calendar(row["holidays"], row["timezone"]) if row["holidays"] else NO_TERRITORY
    same = ("track", "rule", "item", "due_at", "due_on", "armed_on", "length", "unit", "urgent", "reference", "phone")
    known = {name: row[name] for name in same}
    return Todo(name=row["business_name"], person=row["person_name"], calendar=calendar, holder=holder, **known)


def open_to(who: Identity) -> tuple[ColumnElement[bool], ...]:
    """Open deadlines of cases in sight that this person must meet: their own, and those of nobody at their branches."""
    ways = [deadline.c.owner_id == who.person]
    if branches := who.branches():
        ways += [_of_the_branch(who, branches), _of_a_plan_of_the_branch(branches)]
    return deadline.c.subject == "case", deadline.c.status == "open", visible_to(who), or_(*ways)


def _of_the_branch(who: Identity, branches: frozenset[str]) -> ColumnElement[bool]:
    """The referrals of one's branch that nobody there has taken; a branch's manager has them all."""
    asked = select(referral.c.id).where(referral.c.branch_id.in_(branches), _is_its_track(referral))
    ours = and_(deadline.c.owner_role == Role.OPERATOR, asked.exists())
    return ours if who.has(Role.OPERATOR_MANAGER) else and_(deadline.c.owner_id.is_(None), ours)


def _of_a_plan_of_the_branch(branches: frozenset[str]) -> ColumnElement[bool]:
    named = (transition_plan.c.branch_id.in_(branches), _is_its_track(transition_plan))
    unclaimed = and_(deadline.c.owner_role == Role.OWNER, deadline.c.owner_id.is_(None))
    return and_(unclaimed, select(transition_plan.c.id).where(*named).exists())


def _is_its_track(table: Any) -> ColumnElement[bool]:
    return and_(table.c.case_id == deadline.c.subject_id, table.c.track == deadline.c.track)
