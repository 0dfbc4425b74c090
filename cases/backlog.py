"""A territory's backlog for those who lead it: cases by state and age, broken deadlines by owner, branches and their load. Never a name of who is helped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, case, func, select

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
# The questions below are made once: to make one anew takes as long as to ask it.
HERE: Final = case_file.c.territory_id == bindparam("home")
"""The condition under which a case is of the territory `home`."""
OPEN_HERE: Final = and_(HERE, case_file.c.state != "closed")


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
    grid = _grid(db, home["id"], calendar, now)
    return Backlog(
        id=home["id"], slug=home["slug"], name=home["name"], phase=MACHINES[Kind.TERRITORY].states[home["state"]].french, calendar=calendar,
        lists=home["id"] in who.territories(), grid=grid.cells, stuck=grid.stuck, overdue=grid.overdue,
        aids=_aids(db, home["id"], calendar.day_of(now)), broken=_broken(db, home["id"], now), branches=_branches(db, home["id"]),
        others=tuple((row["slug"], row["name"]) for row in open_to if row["id"] != home["id"]),
    )  # fmt: skip


def _territories(db: Connection, who: Identity) -> list[Any]:
    """Those that somebody leads or advises; all of them, numbers only, for the programme."""
    query = select(territory).order_by(territory.c.name)
    if not who.system and not any(grant.role in _AGGREGATES for grant in who.grants):
        query = query.where(territory.c.id.in_(who.territories()))
    return list(db.execute(query).mappings())


_AGE: Final = case(
    *((case_file.c.state_since < bindparam(f"age_{place}"), place) for place in range(len(AGES) - 1, 0, -1)), else_=0
).label("age")
"""Each case falls into the first age whose beginning it has reached, the oldest first."""
_GRID: Final = (
    select(
        case_file.c.state,
        _AGE,
        func.count().label("number"),
        func.count().filter(case_file.c.next_due_at < bindparam("now")).label("overdue"),
        func.count().filter(stuck()).label("stuck"),
    )
    .where(OPEN_HERE)
    .group_by("state", _AGE)
)


def _grid(db: Connection, home: str, calendar: Calendar, now: datetime) -> _Grid:
    """One read: the cases by state and age; some are overdue, of some the manager was alerted."""
    today = calendar.day_of(now)
    ages = {f"age_{place}": before_day(AGES[place][0], calendar, today) for place in range(1, len(AGES))}
    rows = db.execute(_GRID, {"home": home, "now": now, **ages}).all()
    counted: dict[str, Counter[int]] = defaultdict(Counter)
    for row in rows:
        counted[row.state][row.age] = row.number
    states = [str(state.code) for state in MACHINES[Kind.CASE].journey.states if state.code != "closed"]
    cells = {state: tuple(counted[state][place] for place in range(len(AGES))) for state in states}
    return _Grid(cells, sum(row.overdue for row in rows), sum(row.stuck for row in rows))


_AIDS: Final = (
    select(func.coalesce(func.sum(aid_obtained.c.amount), 0))
    .select_from(aid_obtained.join(case_file, case_file.c.id == aid_obtained.c.case_id))
    .where(HERE, aid_obtained.c.at >= bindparam("since"))
)


def _aids(db: Connection, home: str, today: date) -> Decimal:
    new_year = datetime(today.year, 1, 1, tzinfo=UTC)
    return Decimal(str(db.execute(_AIDS, {"home": home, "since": new_year}).scalar_one()))


def _by_owner() -> Select[Any]:
    """Late deadlines by owner: the referent of an adviser's, the operator of an operator's, the role for the others."""
    owner = (deadline.c.owner_role, person.c.id.label("person"), person.c.name.label("adviser"), branch.c.name.label("branch"))  # fmt: skip
    cases = func.count(func.distinct(case_file.c.id)).label("number")
    late = late_deadlines(bindparam("now")).with_only_columns(*owner, owner_of_deadline().label("whose"), cases)
    return late.where(deadline.c.territory_id == bindparam("home")).group_by(*owner, branch.c.id)


def _by_branch() -> Select[Any]:
    """The requests by branch, by what they count for."""
    cases = func.count(func.distinct(referral.c.case_id))
    counts = (cases.filter(requests_that(figure)).label(figure) for figure in _TOLD)
    counted = select(referral.c.branch_id, *counts).select_from(_ASKED).where(HERE, referral.c.state != ReferralState.DRAFT)  # fmt: skip
    of_branch = counted.group_by(referral.c.branch_id).subquery()
    query = select(branch.c.id, branch.c.name, branch.c.capacity_per_week, *of_branch.c)
    joined = query.join_from(branch, of_branch, of_branch.c.branch_id == branch.c.id)
    return joined.order_by(branch.c.name, branch.c.id)


def _by_reason() -> Select[Any]:
    """The requests that were declined, by branch and reason."""
    why = (referral.c.branch_id, referral.c.closing_reason)
    cases = func.count(func.distinct(referral.c.case_id)).label("cases")
    told = (HERE, requests_that(Figure.DECLINED), referral.c.closing_reason.is_not(None))
    return select(*why, cases).select_from(_ASKED).where(*told).group_by(*why).order_by(referral.c.closing_reason)


_ASKED: Final = referral.join(case_file, case_file.c.id == referral.c.case_id)
_BY_OWNER, _BY_BRANCH, _BY_REASON = _by_owner(), _by_branch(), _by_reason()


def _broken(db: Connection, home: str, now: datetime) -> tuple[Broken, ...]:
    """Those with the most cases first."""
    rows = [
        Broken(r.owner_role, r.adviser or r.branch or "", r.person, Number(r.number, Counted(Figure.LATE, r.owner_role, r.whose)))
        for r in db.execute(_BY_OWNER, {"home": home, "now": now})
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda found: (-found.cases.count, found.owner)))


def _branches(db: Connection, home: str) -> tuple[BranchFigures, ...]:
    """By name."""
    rows = db.execute(_BY_BRANCH, {"home": home}).mappings().all()
    declines = _declines(db, home)
    return tuple(
        BranchFigures(
            row["id"], row["name"], row["capacity_per_week"],
            {figure: Number(row[figure], Counted(figure, row["id"])) for figure in _TOLD},
            {why: Number(count, Counted(Figure.DECLINED, row["id"], why)) for why, count in declines[row["id"]].items()},
        )
        for row in rows
    )  # fmt: skip


def _declines(db: Connection, home: str) -> Mapping[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in db.execute(_BY_REASON, {"home": home}):
        found[row.branch_id][row.closing_reason] = row.cases
    return found
