"""A territory's backlog for those who lead it: cases by state and age, broken deadlines by owner, branches and their load. Never a name of who is helped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from cases.access import Identity
from cases.errors import NotFound
from cases.tables.case import aid_obtained, case_file
from cases.tables.memory import deadline
from cases.tables.operators import branch
from cases.tables.people import person
from cases.tables.territories import territory
from cases.tables.tracks import referral
from cases.views.counted import Counted, Figure, Number, late_deadlines, owner_of_deadline, requests_that
from cases.views.narrowing import before_day, stuck
from engine.definition import MACHINES
from engine.model import Kind, Role
from engine.state_names import ReferralState
from engine.working_days import Calendar

AGES: Final[tuple[tuple[int, int | None], ...]] = ((0, 5), (6, 10), (11, 20), (21, None))
"""Working days in the state: from and to, both included."""
_TOLD: Final = (Figure.WORKING, Figure.WAITING, Figure.ACCEPTED, Figure.DECLINED, Figure.EXPIRED)
_AGGREGATES: Final = frozenset({Role.ADMIN, Role.OBSERVER})


@dataclass(frozen=True, slots=True)
class Broken:
    """Cases with a deadline that is late and has one owner: a role, and a person's or an operator's name."""

    role: str
    owner: str
    person: str | None
    """The id of the adviser."""
    cases: Number


@dataclass(frozen=True, slots=True)
class BranchFigures:
    """What a branch has of this territory's cases, and what it answered."""

    id: str
    name: str
    capacity: int
    """Cases a week that it can take."""
    told: Mapping[Figure, Number]
    declines: Mapping[str, Number]
    """By reason."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """A territory's open cases. `grid` counts them by state and by the four ages."""

    id: str
    slug: str
    name: str
    phase: str
    calendar: Calendar
    lists: bool
    """Whether the reader may open the lists behind the numbers."""
    grid: Mapping[str, tuple[int, ...]]
    stuck: int
    overdue: int
    aids: Decimal
    """Euros obtained since the 1st of January."""
    broken: tuple[Broken, ...] = ()
    branches: tuple[BranchFigures, ...] = ()
    others: tuple[tuple[str, str], ...] = field(default=())
    """The other territories that the reader may open: slug and name."""

    @property
    def total(self) -> int:
        """Open cases."""
        return sum(sum(ages) for ages in self.grid.values())

    @property
    def old(self) -> int:
        """Cases that have been in their state for more than twenty working days."""
        return sum(ages[-1] for ages in self.grid.values())


class _Grid(NamedTuple):
    cells: dict[str, tuple[int, ...]]
    overdue: int
    stuck: int


def backlog_of(db: Connection, who: Identity, slug: str | None, *, now: datetime) -> Backlog:
    """A territory's backlog; without a slug, the first that one may open. Raises NotFound for another's as for none."""
    open_to = _territories(db, who)
    home = next((row for row in open_to if slug in (None, row["slug"])), None)
    if home is None:
        raise NotFound("Ce territoire n’existe pas, ou il n’est pas à vous.")
    calendar = Calendar(home["holidays"], home["timezone"])
    here = and_(case_file.c.territory_id == home["id"], case_file.c.state != "closed")
    grid = _grid(db, here, calendar, now)
    return Backlog(
        id=home["id"], slug=home["slug"], name=home["name"], phase=MACHINES[Kind.TERRITORY].states[home["state"]].french, calendar=calendar,
        lists=home["id"] in who.territories(), grid=grid.cells, stuck=grid.stuck, overdue=grid.overdue,
        aids=_aids(db, home["id"], calendar.day_of(now)), broken=_broken(db, home["id"], now), branches=_branches(db, case_file.c.territory_id == home["id"]),
        others=tuple((row["slug"], row["name"]) for row in open_to if row["id"] != home["id"]),
    )  # fmt: skip


def _territories(db: Connection, who: Identity) -> list[Any]:
    """Those that somebody leads or advises; all of them, numbers only, for the programme."""
    query = select(territory).order_by(territory.c.name)
    if not who.system and not any(grant.role in _AGGREGATES for grant in who.grants):
        query = query.where(territory.c.id.in_(who.territories()))
    return list(db.execute(query).mappings())


def _grid(db: Connection, here: ColumnElement[bool], calendar: Calendar, now: datetime) -> _Grid:
    """One read: each case falls into the first age whose beginning it has reached; some are overdue, of some the manager was alerted."""
    since = [before_day(least, calendar, calendar.day_of(now)) for least, _ in AGES[1:]]
    reached = [(case_file.c.state_since < moment, place) for place, moment in reversed(list(enumerate(since, start=1)))]
    age = case(*reached, else_=0).label("age")
    overdue = func.count().filter(case_file.c.next_due_at < now).label("overdue")
    counts = (func.count().label("number"), overdue, func.count().filter(stuck()).label("stuck"))
    rows = db.execute(select(case_file.c.state, age, *counts).where(here).group_by("state", age)).all()
    counted: dict[str, Counter[int]] = defaultdict(Counter)
    for row in rows:
        counted[row.state][row.age] = row.number
    states = [str(state.code) for state in MACHINES[Kind.CASE].journey.states if state.code != "closed"]
    cells = {state: tuple(counted[state][place] for place in range(len(AGES))) for state in states}
    return _Grid(cells, sum(row.overdue for row in rows), sum(row.stuck for row in rows))


def _aids(db: Connection, home: str, today: date) -> Decimal:
    joined = aid_obtained.join(case_file, case_file.c.id == aid_obtained.c.case_id)
    this_year = aid_obtained.c.at >= datetime(today.year, 1, 1, tzinfo=UTC)
    query = select(func.coalesce(func.sum(aid_obtained.c.amount), 0)).select_from(joined)
    return Decimal(str(db.execute(query.where(case_file.c.territory_id == home, this_year)).scalar_one()))


def _broken(db: Connection, home: str, now: datetime) -> tuple[Broken, ...]:
    """Late deadlines by owner: the referent of an adviser's, the operator of an operator's, the role for the others."""
    owner = (deadline.c.owner_role, person.c.id.label("person"), person.c.name.label("adviser"), branch.c.name.label("branch"))  # fmt: skip
    whose = owner_of_deadline().label("whose")
    query = late_deadlines(now).with_only_columns(
        *owner, whose, func.count(func.distinct(case_file.c.id)).label("number")
    )
    grouped = query.where(deadline.c.territory_id == home).group_by(*owner, branch.c.id)
    rows = [
        Broken(r.owner_role, r.adviser or r.branch or "", r.person, Number(r.number, Counted(Figure.LATE, r.owner_role, r.whose)))
        for r in db.execute(grouped)
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda found: (-found.cases.count, found.owner)))


def _branches(db: Connection, here: ColumnElement[bool]) -> tuple[BranchFigures, ...]:
    """One read: the requests by branch, by what they count for, and by reason."""
    asked = referral.join(case_file, case_file.c.id == referral.c.case_id)
    cases = func.count(func.distinct(referral.c.case_id))
    counts = (cases.filter(requests_that(figure)).label(figure) for figure in _TOLD)
    counted = (
        select(referral.c.branch_id, *counts).select_from(asked).where(here, referral.c.state != ReferralState.DRAFT)
    )
    of_branch = counted.group_by(referral.c.branch_id).subquery()
    query = select(branch.c.id, branch.c.name, branch.c.capacity_per_week, *of_branch.c)
    query = query.join_from(branch, of_branch, of_branch.c.branch_id == branch.c.id)
    rows = db.execute(query.order_by(branch.c.name, branch.c.id)).mappings().all()
    declines = _declines(db, here)
    return tuple(
        BranchFigures(
            row["id"], row["name"], row["capacity_per_week"],
            {figure: Number(row[figure], Counted(figure, row["id"])) for figure in _TOLD},
            {why: Number(count, Counted(Figure.DECLINED, row["id"], why)) for why, count in declines[row["id"]].items()},
        )
        for row in rows
    )  # fmt: skip


def _declines(db: Connection, here: ColumnElement[bool]) -> Mapping[str, dict[str, int]]:
    joined = referral.join(case_file, case_file.c.id == referral.c.case_id)
    why = (referral.c.branch_id, referral.c.closing_reason)
    query = select(*why, func.count(func.distinct(referral.c.case_id)).label("cases")).select_from(joined)
    found: dict[str, dict[str, int]] = defaultdict(dict)
    told = (here, requests_that(Figure.DECLINED), referral.c.closing_reason.is_not(None))
    for row in db.execute(query.where(*told).group_by(*why).order_by(referral.c.closing_reason)):
        found[row.branch_id][row.closing_reason] = row.cases
    return found
