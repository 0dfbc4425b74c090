"""A territory's figures for those who lead it: its backlog, delays, axes, gaps, flow. Each number is the length of a list."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, func, literal, or_, select, union_all

from cases.access import Identity
from cases.backlog import HERE, OPEN_HERE, Backlog, backlog_of
from cases.tables.case import case_file, need
from cases.tables.routing import routing_proposal
from cases.tables.territories import quartier
from cases.views.counted import PERIOD, Counted, Figure, Number, delays_of
from cases.views.narrowing import of_lever
from engine.definition import RULES
from engine.lists import AXIS, LEVER
from engine.model import Unit
from engine.working_days import Calendar

WEEKS: Final = 12
"""Weeks of the flow."""
MEASURED: Final[Mapping[Figure, str]] = {
    Figure.FIRST_CONTACT: "case.detection.first_contact",
    Figure.ANSWER: "referral.sent.answer",
    Figure.CALL: "referral.accepted.first_contact",
}
"""The delays, and the rule that each is held to."""


@dataclass(frozen=True, slots=True)
class Delay:
    """A delay in working days, of the last ninety days: half of the cases took at most `median`, nine in ten at most `p90`."""

    figure: Figure
    cases: Number
    median: int | None
    p90: int | None
    rule: int | None
    """Working days that the rule gives."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A need that nobody answers for in a quartier."""

    subject: str
    quartier: str | None
    cases: Number


@dataclass(frozen=True, slots=True)
class Week:
    """Cases that came in and went out in a week; `monday` is its first day."""

    monday: datetime
    entered: Number
    left: Number


@dataclass(frozen=True, slots=True)
class Indicators:
    """The figures of a territory."""

    backlog: Backlog
    delays: tuple[Delay, ...]
    axes: Mapping[str, int]
    """Open cases with a need of that axis."""
    levers: Mapping[str, int]
    gaps: tuple[Gap, ...]
    weeks: tuple[Week, ...]


def indicators_of(db: Connection, who: Identity, slug: str | None, *, now: datetime) -> Indicators:
    """The figures of a territory; without a slug, of the first that one may open. Raises NotFound for another's as for none."""
    found = backlog_of(db, who, slug, now=now)
    needs = db.execute(_BY_NEED, {"home": found.id}).mappings().one()
    return Indicators(
        backlog=found,
        delays=_delays(db, found.id, found.calendar, now),
        axes={axis: needs[axis] for axis in AXIS},
        levers={lever: needs[lever] for lever in LEVER},
        gaps=_gaps(db, found.id),
        weeks=_weeks(db, found.id, found.calendar, now),
    )


# -- delays ---------------------------------------------------------------------------------------------------------------


_DELAYS: Final = union_all(
    *(
        delays_of(figure, bindparam("since"), territory=bindparam("home")).add_columns(literal(figure.value))
        for figure in MEASURED
    )
)


def _delays(db: Connection, home: str, calendar: Calendar, now: datetime) -> tuple[Delay, ...]:
    """One read of the three; the days are counted here, as no database knows the territory's holidays."""
    days: dict[str, list[int]] = defaultdict(list)
    cases: dict[str, set[str]] = defaultdict(set)
    for case, began, ended, figure in db.execute(_DELAYS, {"home": home, "since": now - PERIOD}).all():
        days[figure].append(calendar.between(calendar.day_of(began), calendar.day_of(ended)))
        cases[figure].add(case)
    return tuple(_delay(figure, sorted(days[figure]), len(cases[figure])) for figure in MEASURED)


def _delay(figure: Figure, days: list[int], cases: int) -> Delay:
    number = Number(cases, Counted(figure))
    return Delay(figure, number, _share(days, 0.5), _share(days, 0.9), _rule(MEASURED[figure]))


def _share(days: list[int], share: float) -> int | None:
    """The least delay within which that share of the cases stands; None of none."""
    return days[max(0, math.ceil(share * len(days)) - 1)] if days else None


def _rule(name: str) -> int | None:
    rule = RULES.get(name)
    return rule.within.value if rule and rule.within.unit is Unit.WORKING_DAYS else None


# -- needs ----------------------------------------------------------------------------------------------------------------


def _by_need() -> Select[*tuple[Any, ...]]:
    """The open cases of each axis and of each lever, in one row: what its needs say of each case, then how many say it."""
    told = {axis: need.c.axis == axis for axis in AXIS} | {lever: of_lever(lever) for lever in LEVER}
    joined = need.join(case_file, case_file.c.id == need.c.case_id)
    needs = (func.count().filter(condition).label(name) for name, condition in told.items())
    of_case = select(*needs).select_from(joined).where(OPEN_HERE).group_by(need.c.case_id).subquery()
    return select(*(func.count().filter(of_case.c[name] > 0).label(name) for name in told))


def _by_gap() -> Select[Any]:
    """Needs for which the current proposal found nobody, by quartier."""
    joined = (
        routing_proposal.join(need, need.c.id == routing_proposal.c.need_id)
        .join(case_file, case_file.c.id == routing_proposal.c.case_id)
        .outerjoin(quartier, quartier.c.id == case_file.c.quartier_id)
    )
    place = func.coalesce(case_file.c.quartier_id, literal("")).label("place")
    cases = func.count(func.distinct(case_file.c.id)).label("cases")
    query = select(need.c.subject, place, quartier.c.name, cases).select_from(joined)
    told = (OPEN_HERE, routing_proposal.c.gap, routing_proposal.c.current)
    return query.where(*told).group_by(need.c.subject, place, quartier.c.name)


_BY_NEED, _BY_GAP = _by_need(), _by_gap()


def _gaps(db: Connection, home: str) -> tuple[Gap, ...]:
    """The most frequent first."""
    rows = db.execute(_BY_GAP, {"home": home})
    found = [Gap(r.subject, r.name, Number(r.cases, Counted(Figure.GAP, r.subject, r.place))) for r in rows]
    return tuple(sorted(found, key=lambda gap: (-gap.cases.count, gap.subject, gap.quartier or "")))


# -- flow -----------------------------------------------------------------------------------------------------------------


_MOMENTS: Final = (case_file.c.opened_at, case_file.c.closed_at)
_MOVED: Final = select(*_MOMENTS).where(HERE, or_(*(moment >= bindparam("since") for moment in _MOMENTS)))
"""When the cases came in and went out that did one of both since then."""


def _weeks(db: Connection, home: str, calendar: Calendar, now: datetime) -> tuple[Week, ...]:
    today = calendar.day_of(now)
    monday = today - timedelta(days=today.weekday())
    first = [calendar.at(monday - timedelta(weeks=back), time()) for back in range(WEEKS - 1, -2, -1)]
    rows = db.execute(_MOVED, {"home": home, "since": first[0]}).all()
    entered, left = (sorted(row[place] for row in rows if row[place] is not None) for place in (0, 1))
    return tuple(
        Week(begun, _inside(entered, begun, ended, Figure.ENTERED), _inside(left, begun, ended, Figure.LEFT))
        for begun, ended in pairwise(first)
    )


def _inside(moments: list[datetime], begun: datetime, ended: datetime, figure: Figure) -> Number:
    """How many of sorted moments are in a week: its beginning is, its end is not."""
    counted = Counted(figure, str(int(begun.timestamp())), str(int(ended.timestamp())))
    return Number(bisect_left(moments, ended) - bisect_left(moments, begun), counted)
