"""A territory's backlog for those who lead it: cases by state and age, broken deadlines by owner, branches and their load. Never a name of who is helped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Text, and_, case, cast, func, literal, select

from cases.access import Identity
from cases.errors import NotFound
from cases.tables.case import aid_obtained, case_file
from cases.tables.memory import deadline
from cases.tables.operators import branch, operator
from cases.tables.people import person
from cases.tables.territories import territory
from cases.tables.tracks import referral
from cases.views.listing import before_day, stuck
from engine.definition import MACHINES
from engine.model import Kind, Role
from engine.state_names import ReferralState
from engine.working_days import Calendar

AGES: Final[tuple[tuple[int, int | None], ...]] = ((0, 5), (6, 10), (11, 20), (21, None))
"""Working days in the state: from and to, both included."""
WORKING: Final = (ReferralState.ACCEPTED, ReferralState.ENGAGED)
WAITING: Final = (ReferralState.SENT, ReferralState.INFO_REQUESTED)
_AGGREGATES: Final = frozenset({Role.ADMIN, Role.OBSERVER})


@dataclass(frozen=True, slots=True)
class Broken:
    """Deadlines that are late and have one owner: a role, and a person's or an operator's name."""

    role: str
    owner: str
    person: str | None
    """The id of the adviser, for the list of their cases."""
    count: int


@dataclass(frozen=True, slots=True)
class Load:
    """What a branch has of this territory: at work, waiting for its answer, and what it answered in all."""

    branch: str
    working: int
    capacity: int
    """Cases a week that it can take."""
    waiting: int
    accepted: int
    declined: int
    expired: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """A territory's open cases. `grid` counts them by state and by the four ages."""

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
    loads: tuple[Load, ...] = ()
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


def backlog_of(db: Connection, who: Identity, slug: str | None, *, now: datetime) -> Backlog:
    """A territory's backlog; without a slug, the first that one may open. Raises NotFound for another's as for none."""
    open_to = _territories(db, who)
    home = next((row for row in open_to if slug in (None, row["slug"])), None)
    if home is None:
        raise NotFound("Ce territoire n’existe pas, ou il n’est pas à vous.")
    calendar = Calendar(home["holidays"], home["timezone"])
    here = and_(case_file.c.territory_id == home["id"], case_file.c.state != "closed")
    overdue = _count(db, here, case_file.c.next_due_at < now)
    return Backlog(
        slug=home["slug"], name=home["name"], phase=MACHINES[Kind.TERRITORY].states[home["state"]].french, calendar=calendar,
        lists=home["id"] in who.territories(), grid=_grid(db, here, calendar, calendar.day_of(now)), stuck=_count(db, here, stuck()), overdue=overdue,
        aids=_aids(db, home["id"], calendar.day_of(now)), broken=_broken(db, home["id"], now), loads=_loads(db, home["id"]),
        others=tuple((row["slug"], row["name"]) for row in open_to if row["id"] != home["id"]),
    )  # fmt: skip


def _territories(db: Connection, who: Identity) -> list[Any]:
    """Those that somebody leads or advises; all of them, numbers only, for the programme."""
    query = select(territory).order_by(territory.c.name)
    if not any(grant.role in _AGGREGATES for grant in who.grants):
        query = query.where(territory.c.id.in_(who.territories()))
    return list(db.execute(query).mappings())


def _count(db: Connection, *where: ColumnElement[bool]) -> int:
    return int(db.execute(select(func.count()).select_from(case_file).where(*where)).scalar_one())


def _grid(db: Connection, here: ColumnElement[bool], calendar: Calendar, today: date) -> dict[str, tuple[int, ...]]:
    """One read: each case falls into the first age whose beginning it has reached."""
    since = [before_day(least, calendar, today) for least, _ in AGES[1:]]
    reached = [(case_file.c.state_since < moment, place) for place, moment in reversed(list(enumerate(since, start=1)))]
    age = case(*reached, else_=0).label("age")
    counted: dict[str, Counter[int]] = defaultdict(Counter)
    for row in db.execute(
        select(case_file.c.state, age, func.count().label("number")).where(here).group_by("state", age)
    ):
        counted[row.state][row.age] = row.number
    states = [str(state.code) for state in MACHINES[Kind.CASE].journey.states if state.code != "closed"]
    return {state: tuple(counted[state][place] for place in range(len(AGES))) for state in states}


def _aids(db: Connection, home: str, today: date) -> Decimal:
    joined = aid_obtained.join(case_file, case_file.c.id == aid_obtained.c.case_id)
    this_year = aid_obtained.c.at >= datetime(today.year, 1, 1, tzinfo=UTC)
    query = select(func.coalesce(func.sum(aid_obtained.c.amount), 0)).select_from(joined)
    return Decimal(str(db.execute(query.where(case_file.c.territory_id == home, this_year)).scalar_one()))


def _broken(db: Connection, home: str, now: datetime) -> tuple[Broken, ...]:
    """Late deadlines by owner: the referent of an adviser's, the operator of an operator's, the role for the others."""
    track = literal("referral-").concat(cast(referral.c.number, Text))
    not_theirs = deadline.c.owner_role != Role.ADVISER
    joined = (
        deadline.join(case_file, case_file.c.id == deadline.c.subject_id)
        .outerjoin(person, and_(person.c.id == case_file.c.referent_id, deadline.c.owner_role == Role.ADVISER))
        .outerjoin(referral, and_(referral.c.case_id == case_file.c.id, track == deadline.c.track, not_theirs))
        .outerjoin(branch, branch.c.id == referral.c.branch_id)
    )
    late = (
        deadline.c.status == "open", deadline.c.due_at < now, case_file.c.territory_id == home, deadline.c.owner_role != Role.SYSTEM,
        case_file.c.state != "closed",
    )  # fmt: skip
    owner = (
        deadline.c.owner_role,
        person.c.id.label("person"),
        person.c.name.label("adviser"),
        branch.c.name.label("branch"),
    )
    query = select(*owner, func.count(func.distinct(case_file.c.id)).label("number")).select_from(joined).where(*late)
    grouped = query.group_by(deadline.c.owner_role, person.c.id, person.c.name, branch.c.name)
    rows = [Broken(r.owner_role, r.adviser or r.branch or "", r.person, r.number) for r in db.execute(grouped)]
    return tuple(sorted(rows, key=lambda found: (-found.count, found.owner)))


def _loads(db: Connection, home: str) -> tuple[Load, ...]:
    joined = referral.join(case_file, case_file.c.id == referral.c.case_id).join(
        branch, branch.c.id == referral.c.branch_id
    )
    joined = joined.join(operator, operator.c.id == branch.c.operator_id)

    def those(*where: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((and_(*where), 1), else_=0)), 0)

    columns = (
        branch.c.name, branch.c.capacity_per_week, those(referral.c.state.in_(WORKING)).label("working"),
        those(referral.c.state.in_(WAITING)).label("waiting"),
        those(referral.c.answered_at.is_not(None), referral.c.state != ReferralState.DECLINED).label("accepted"),
        those(referral.c.state == ReferralState.DECLINED).label("declined"), those(referral.c.state == ReferralState.EXPIRED).label("expired"),
    )  # fmt: skip
    mine = (case_file.c.territory_id == home, referral.c.state != ReferralState.DRAFT)
    query = (
        select(*columns)
        .select_from(joined)
        .where(*mine)
        .group_by(branch.c.id, branch.c.name, branch.c.capacity_per_week)
    )
    rows = db.execute(query.order_by(branch.c.name))
    return tuple(
        Load(r.name, r.working, r.capacity_per_week, r.waiting, r.accepted, r.declined, r.expired) for r in rows
    )
