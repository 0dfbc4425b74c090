"""What narrows a list of cases: the same words for the list, its board, its export, the JSON interface and the numbers of Pilotage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, exists, func, or_, select

from cases import search
from cases.access import Identity, visible_to
from cases.facts.of_case import NO_TERRITORY
from cases.tables.case import case_file, need
from cases.tables.memory import deadline, mark_fired
from cases.tables.operators import branch, operator
from cases.tables.territories import quartier, territory
from cases.tables.tracks import referral
from cases.views.counted import Counted, condition_of
from engine.definition import RULES
from engine.model import Do, Role
from engine.working_days import Calendar

MINE: Final = "moi"


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What narrows a list: several values of one name are alternatives, different names add up."""

    state: tuple[str, ...] = ()
    territory: tuple[str, ...] = ()
    """Slugs."""
    quartier: tuple[str, ...] = ()
    """Codes."""
    unplaced: str | None = None
    """In no quartier that has a name: `outside` of all, or `unknown`."""
    axis: tuple[str, ...] = ()
    lever: tuple[str, ...] = ()
    referent: tuple[str, ...] = ()
    """People's ids, or `moi`."""
    operator: tuple[str, ...] = ()
    """Slugs of operators that were asked."""
    urgent: bool | None = None
    overdue: bool | None = None
    q: str | None = None
    """A name, a telephone number, a SIRET or a reference."""
    updated_since: datetime | None = None
    in_state_since: datetime | None = None
    """In their state since that instant, or before."""
    open_only: bool = False
    """Without closed cases, unless a state is asked."""
    stuck: bool = False
    """Something is late and its manager was alerted."""
    age: tuple[int, int | None] | None = None
    """Working days in the state: from, and to (None: no end), both included."""
    owner: str | None = None
    """Who must act on an overdue deadline: a role."""
    counted: Counted | None = None
    """The number of Pilotage that the list is behind."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The conditions on `case_file`, sight among them; `near` when no case contains the words, and these come close."""

    conditions: tuple[ColumnElement[bool], ...]
    near: bool = False


def narrow(db: Connection, who: Identity, by: Narrowing, *, now: datetime) -> Narrowed:
    """The cases that one may see, narrowed."""
    found = search.find(db, who, by.q) if by.q else None
    conditions = (
        visible_to(who),
        *_of_the_case(who, by),
        *_of_needs_and_tracks(by),
        *_of_delay(by, now),
        *_of_time(db, by, now),
    )
    if found is None:
        return Narrowed(conditions)
    return Narrowed((*conditions, found.condition), found.near)


@cache
def stuck() -> ColumnElement[bool]:
    """The condition on `case_file` under which its manager was alerted of a deadline that is still open."""
    alerts = or_(*(and_(mark_fired.c.rule == name, mark_fired.c.mark.in_(marks)) for name, marks in _STUCK.items()))
    joined = mark_fired.join(deadline, deadline.c.id == mark_fired.c.deadline_id)
    open_now = (deadline.c.status == "open", mark_fired.c.do == str(Do.ESCALATE))
    theirs = select(mark_fired.c.id).select_from(joined).where(mark_fired.c.subject_id == case_file.c.id)
    return exists(theirs.where(*open_now, alerts).correlate(case_file))


def before_day(days: int, calendar: Calendar, today: date) -> datetime:
    """The instant before which a case entered its state when it has been there for that many working days or more."""
    first = calendar.shift(today + timedelta(days=1), -days)
    return datetime.combine(first, time(), ZoneInfo(calendar.timezone))


def has_need(which: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition on `case_file` under which one of its needs is such."""
    return case_file.c.id.in_(select(need.c.case_id).where(which))


def of_lever(lever: str) -> ColumnElement[bool]:
    """The condition on `need` under which it moves that lever."""
    found: ColumnElement[bool] = cast(need.c.levers, Text).contains(f'"{lever}"', autoescape=True)
    return found


def _alerts_of_managers() -> dict[str, tuple[str, ...]]:
    found = {
        name: tuple(str(m.at) for m in rule.marks if m.do is Do.ESCALATE and Role.MANAGER in m.to)
        for name, rule in RULES.items()
    }
    return {name: marks for name, marks in found.items() if marks}


_STUCK: Final = _alerts_of_managers()


def _of_the_case(who: Identity, by: Narrowing) -> Iterator[ColumnElement[bool]]:
    if by.state:
        yield case_file.c.state.in_(by.state)
    elif by.open_only:
        yield case_file.c.state != "closed"
    if by.territory:
        yield case_file.c.territory_id.in_(select(territory.c.id).where(territory.c.slug.in_(by.territory)))
    if by.quartier:
        yield case_file.c.quartier_id.in_(select(quartier.c.id).where(quartier.c.code.in_(by.quartier)))
    if by.unplaced:
        is_outside = case_file.c.situation == "outside"
        yield case_file.c.quartier_id.is_(None)
        yield is_outside if by.unplaced == "outside" else ~is_outside
    if by.referent:
        yield case_file.c.referent_id.in_([who.person if one == MINE else one for one in by.referent])
    if by.urgent is not None:
        yield case_file.c.urgent.is_(by.urgent)


def _of_needs_and_tracks(by: Narrowing) -> Iterator[ColumnElement[bool]]:
    if by.axis:
        yield has_need(need.c.axis.in_(by.axis))
    if by.lever:
        yield has_need(or_(*map(of_lever, by.lever)))
    if by.operator:
        joined = referral.join(branch, branch.c.id == referral.c.branch_id).join(
            operator, operator.c.id == branch.c.operator_id
        )
        asked = (operator.c.slug.in_(by.operator), referral.c.state != "draft")
        yield case_file.c.id.in_(select(referral.c.case_id).select_from(joined).where(*asked))


def _of_delay(by: Narrowing, now: datetime) -> Iterator[ColumnElement[bool]]:
    if by.overdue is not None:
        late: Any = func.coalesce(case_file.c.next_due_at < now, False)
        yield late if by.overdue else ~late
    if by.stuck:
        yield stuck()
    if by.owner:
        late = (deadline.c.status == "open", deadline.c.due_at < now, deadline.c.owner_role == by.owner)
        yield case_file.c.id.in_(select(deadline.c.subject_id).where(*late))
    if by.counted:
        yield condition_of(by.counted, now)


def _of_time(db: Connection, by: Narrowing, now: datetime) -> Iterator[ColumnElement[bool]]:
    if by.updated_since:
        yield case_file.c.updated_at >= by.updated_since
    if by.in_state_since:
        yield case_file.c.state_since <= by.in_state_since
    if by.age:
        calendar = _calendar_of(db, by.territory)
        today = calendar.day_of(now)
        least, most = by.age
        if least:
            yield case_file.c.state_since < before_day(least, calendar, today)
        if most is not None:
            yield case_file.c.state_since >= before_day(most + 1, calendar, today)


def _calendar_of(db: Connection, slugs: tuple[str, ...]) -> Calendar:
    """The working days of the one territory that is listed."""
    named = select(territory.c.holidays, territory.c.timezone).where(territory.c.slug.in_(slugs))
    row = db.execute(named).first() if len(slugs) == 1 else None
    return Calendar(row.holidays, row.timezone) if row else NO_TERRITORY
