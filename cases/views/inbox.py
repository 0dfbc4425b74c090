"""An operator's inbox: the requests made to their branches, by what became of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, and_, func, select

from cases.access import Identity
from cases.facts.of_case import NO_TERRITORY
from cases.tables.case import business, case_file, entrepreneur, need
from cases.tables.memory import deadline
from cases.tables.operators import branch
from cases.tables.people import person
from cases.tables.territories import quartier, territory
from cases.tables.tracks import referral, referral_need
from engine.model import Role
from engine.state_names import ReferralState
from engine.working_days import Calendar

PAGE: Final = 50


class Tray(StrEnum):
    """The five trays of the inbox."""

    TO_ANSWER = "a-traiter"
    CURRENT = "en-cours"
    CLOSED = "closes"
    DECLINED = "declinees"
    EXPIRED = "expirees"


STATES: Final[Mapping[Tray, tuple[ReferralState, ...]]] = {
    Tray.TO_ANSWER: (ReferralState.SENT, ReferralState.INFO_REQUESTED),
    Tray.CURRENT: (ReferralState.ACCEPTED, ReferralState.ENGAGED),
    Tray.CLOSED: (ReferralState.COMPLETED, ReferralState.DISCONTINUED, ReferralState.WITHDRAWN),
    Tray.DECLINED: (ReferralState.DECLINED,),
    Tray.EXPIRED: (ReferralState.EXPIRED,),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to a branch, as its agents read it. Days are local to the case."""

    id: str
    reference: str
    track: str
    state: str
    state_since: datetime
    name: str
    activity: str | None
    address: str | None
    place: str | None
    situation: str
    person: str | None
    phone: str | None
    sender: str | None
    agent: str | None
    branch_id: str
    branch: str
    calendar: Calendar
    rule: str | None = None
    due_at: datetime | None = None
    due_on: date | None = None
    paused: bool = False
    needs: tuple[tuple[str, str | None], ...] = ()
    """Subject, and what was said of it."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """One tray of an inbox: its requests, how many there are in each; `after` continues the list, the oldest last."""

    tray: Tray
    asked: tuple[Asked, ...]
    counts: Mapping[Tray, int]
    room: int
    """Cases a week that the branches can take."""
    after: str | None = None


def inbox_of(db: Connection, who: Identity, tray: Tray, *, after: str | None = None) -> Inbox:
    """A tray of the requests made to somebody's branches: those that wait the soonest due first, the others the latest first."""
    mine = (referral.c.branch_id.in_(who.branches()), referral.c.state != ReferralState.DRAFT)
    by_state = {
        state: number
        for state, number in db.execute(select(referral.c.state, func.count()).where(*mine).group_by(referral.c.state))
    }
    counts = {tray: sum(by_state.get(state, 0) for state in states) for tray, states in STATES.items()}
    here = [*mine, referral.c.state.in_(STATES[tray])]
    if after:
        here.append(referral.c.id < after)
    found = _asked(db, tuple(here), waits=tray in (Tray.TO_ANSWER, Tray.CURRENT))
    room = select(func.coalesce(func.sum(branch.c.capacity_per_week), 0)).where(branch.c.id.in_(who.branches()))
    more = found[PAGE - 1].id if len(found) > PAGE else None
    return Inbox(tray, tuple(found[:PAGE]), counts, int(db.execute(room).scalar_one()), more)


def _asked(db: Connection, where: tuple[Any, ...], *, waits: bool) -> list[Asked]:
    live = and_(
        deadline.c.subject_id == case_file.c.id,
        deadline.c.track == referral.c.track,
        deadline.c.owner_role == Role.OPERATOR,
        deadline.c.status.in_(("open", "paused")),
    )
    agent = person.alias("agent")
    joined = (
        referral.join(case_file, case_file.c.id == referral.c.case_id)
        .join(branch, branch.c.id == referral.c.branch_id)
        .join(business, business.c.id == case_file.c.business_id)
        .join(entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id)
        .outerjoin(person, person.c.id == case_file.c.referent_id)
        .outerjoin(agent, agent.c.id == referral.c.agent_id)
        .outerjoin(quartier, quartier.c.id == case_file.c.quartier_id)
        .outerjoin(territory, territory.c.id == case_file.c.territory_id)
        .outerjoin(deadline, live)
    )
    columns = (
        referral.c.id, referral.c.branch_id, referral.c.number, referral.c.state, referral.c.state_since, case_file.c.reference, case_file.c.situation,
        business.c.name.label("business_name"), business.c.activity, business.c.address_line, entrepreneur.c.name.label("person_name"),
        entrepreneur.c.phone, person.c.name.label("sender"), agent.c.name.label("agent"), quartier.c.name.label("place"),
        branch.c.name.label("branch_name"), territory.c.holidays, territory.c.timezone, deadline.c.rule, deadline.c.due_at, deadline.c.status,
    )  # fmt: skip
    order = (deadline.c.due_at, referral.c.id.desc()) if waits else (referral.c.id.desc(), deadline.c.due_at)
    query = select(*columns).select_from(joined).where(*where).order_by(*order).limit(PAGE * 4)
    first: dict[str, Any] = {}
    for row in db.execute(query).mappings():
        first.setdefault(row["id"], row)  # of several deadlines, the one that is due first
    rows = [_one(row) for row in list(first.values())[: PAGE + 1]]
    needs = _needs(db, [row.id for row in rows])
    return [replace(row, needs=tuple(needs[row.id])) for row in rows]


def _one(row: Mapping[Any, Any]) -> Asked:
    calendar = Calendar(row["holidays"], row["timezone"]) if row["holidays"] else NO_TERRITORY
    due_at = row["due_at"]
    same = (
        "id",
        "branch_id",
        "reference",
        "state",
        "state_since",
        "activity",
        "place",
        "situation",
        "phone",
        "sender",
        "agent",
        "rule",
        "due_at",
    )
    return Asked(
        **{name: row[name] for name in same}, track=f"referral-{row['number']}", name=row["business_name"], address=row["address_line"],
        person=row["person_name"], branch=row["branch_name"], calendar=calendar, due_on=calendar.day_of(due_at) if due_at else None,
        paused=row["status"] == "paused",
    )  # fmt: skip


def _needs(db: Connection, referrals: list[str]) -> dict[str, list[tuple[str, str | None]]]:
    found: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    joined = referral_need.join(need, need.c.id == referral_need.c.need_id)
    query = select(referral_need.c.referral_id, need.c.subject, need.c.detail).select_from(joined)
    for row in db.execute(query.where(referral_need.c.referral_id.in_(referrals)).order_by(need.c.created_at)):
        found[row.referral_id].append((row.subject, row.detail))
    return found
