"""How the branches near a case stand today: closed or open, who is there, what waits for them, how they answered, whom they know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
    union,
    union_all,
)

from cases.absences import AWAY
from cases.database import ask_everywhere, everywhere
from cases.facts.compiled import fetch
from cases.facts.of_case import closures_of
from cases.tables.case import business, case_file, entrepreneur
from cases.tables.memory import deadline
from cases.tables.operators import branch
from cases.tables.people import absence, person, role_grant
from cases.tables.tracks import referral
from engine.facts import CaseFacts, Referral
from engine.offers import free_places

ASKED, TAKEN = ("sent", "info_requested"), ("accepted",)
"""A referral that waits for the branch's answer, and one that it took: it fills a place until the first call."""
WAITING: Final = (*ASKED, *TAKEN)
"""A referral that waits for the branch: for its answer, or for its first call."""
RECENT, MEASURED = timedelta(days=30), timedelta(days=90)
"""Over how long requests are counted, and over how long answers are measured."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the branches stand, by their id; `known` are the operators that have accompanied this person already."""

    closed: Mapping[str, date]
    agents: Mapping[str, list[Any]]
    waiting: Mapping[str, int]
    recent: Mapping[str, int]
    answers: Mapping[str, tuple[int, int]]
    known: frozenset[str]

    def agent_of(self, branch_id: str) -> tuple[Any, Any]:
        """The agent to ask, and the absent one for whom they stand in: an absent agent is passed over for the substitute.

        A substitute who is absent too is passed over for theirs, and so on.
        """
        agents = self.agents.get(branch_id, [])
        by_id = {row.person_id: row for row in agents}
        for row in agents:
            found, seen = row, {row.person_id}
            while found is not None and found.to_day is not None:
                found = by_id.get(found.substitute_id) if found.substitute_id not in seen else None
                seen |= {found.person_id} if found else set()
            if found is not None:
                return found, (row if found is not row else None)
        return None, None


def standing_of(
    db: Connection, branches: Sequence[str], of_case: Mapping[Any, Any], today: date, now: datetime
) -> Standing:
    """How those branches stand, in three questions. `of_case` tells who is helped: entrepreneur_id, siret, phone."""
    counted: dict[str, dict[str, tuple[int, int]]] = {"waiting": {}, "recent": {}, "answers": {}, "known": {}}
    helped = {name: of_case[name] or None for name in ("entrepreneur_id", "siret", "phone")}
    since = {"recent_since": now - RECENT, "measured_since": now - MEASURED}
    for row in ask_everywhere(db, _COUNTED, {"branches": list(branches), **since, **helped}):
        counted[row.what][row.whose] = (int(row.many), int(row.early))
    first = {what: {own: many for own, (many, _) in found.items()} for what, found in counted.items()}
    return Standing(
        closures_of(db, branches, today), _agents(db, branches, today), first["waiting"], first["recent"], counted["answers"],
        frozenset(counted["known"]),
    )  # fmt: skip


def with_free_places(db: Connection, facts: CaseFacts, *, taking: str | None = None) -> CaseFacts:
    """The facts with the places that are left at each branch whose answer is awaited.

    A request that waits for an answer fills no place: else two requests for one place would each be refused because of the other.
    `taking` is the one that is about to be accepted: it alone is counted, and whoever accepts another one at that branch waits until this is done.
    """
    asked = [track for track in facts.tracks.values() if isinstance(track, Referral) and track.state in ASKED]
    for track in asked if taking is None else [track for track in asked if track.name == taking]:
        here = {"branch": track.branch}
        if taking is not None:
            fetch(db, _ONE_AFTER_THE_OTHER, here)
        with everywhere(db):
            capacity, taken = fetch(db, _PLACES, here)[0]
        facts = facts.with_track(replace(track, free_places=free_places(capacity, taken)))
    return facts


def _agents(db: Connection, branches: Sequence[str], today: date) -> dict[str, list[Any]]:
    """Who works at each branch, the oldest grant first, with the absence in which they are today."""
    found: dict[str, list[Any]] = {}
    for row in db.execute(_AGENTS, {"branches": list(branches), "today": today}):
        found.setdefault(row.branch_id, []).append(row)
    return found


_THESE: Final[BindParameter[Any]] = bindparam("branches", expanding=True)
_AGENTS: Final = (
    select(
        role_grant.c.branch_id, role_grant.c.role, role_grant.c.person_id, person.c.name, absence.c.to_day, absence.c.substitute_id,
    )
    .select_from(role_grant.join(person, person.c.id == role_grant.c.person_id).outerjoin(absence, AWAY))
    .where(role_grant.c.branch_id.in_(_THESE), role_grant.c.ended_at.is_(None), person.c.active)
    .order_by(role_grant.c.role, role_grant.c.id)
)  # fmt: skip


# -- counted over everybody's cases ---------------------------------------------------------------------------------------


def _counted(what: str, whose: Any, many: Any, early: Any = 0) -> Select[Any]:
    return select(
        literal(what, Text).label("what"), whose.label("whose"), cast(many, BigInteger).label("many"), cast(early, BigInteger).label("early"),
    )  # fmt: skip


def _moved_since(name: str) -> tuple[Any, ...]:
    """Of those branches, the referrals that moved since then: an answer moves its referral, so that the older ones need not be read."""
    return referral.c.branch_id.in_(_THESE), referral.c.state_since >= bindparam(name)


def _waiting() -> Select[Any]:
    """Requests that wait, by branch."""
    theirs = (referral.c.branch_id.in_(_THESE), referral.c.state.in_(WAITING))
    return _counted("waiting", referral.c.branch_id, func.count()).where(*theirs).group_by(referral.c.branch_id)


def _recent() -> Select[Any]:
    """Requests received over 30 days, by branch."""
    theirs = (*_moved_since("recent_since"), referral.c.opened_at >= bindparam("recent_since"))
    return _counted("recent", referral.c.branch_id, func.count()).where(*theirs).group_by(referral.c.branch_id)


def _answers() -> Select[Any]:
    """Over 90 days, by branch: answers that were due, and those that came in time. A request that expired while a question waited does not count."""
    theirs = and_(deadline.c.subject_id == referral.c.case_id, deadline.c.track == referral.c.track)
    joined = referral.join(deadline, theirs)
    expired = and_(deadline.c.status == "cancelled", deadline.c.left.is_(None), referral.c.state == "expired")
    in_time = and_(deadline.c.status == "met", deadline.c.ended_at <= deadline.c.due_at)
    ended = (deadline.c.rule == "referral.sent.answer", deadline.c.ended_at >= bindparam("measured_since"))
    return (
        _counted("answers", referral.c.branch_id, func.count(), func.sum(case((in_time, 1), else_=0)))
        .select_from(joined)
        .where(*_moved_since("measured_since"), *ended, (deadline.c.status == "met") | expired)
        .group_by(referral.c.branch_id)
    )


def _known() -> Select[Any]:
    """The operators that have accompanied this person, in this case or in another: the same entrepreneur, SIRET or telephone."""
    shop = case_file.join(business, business.c.id == case_file.c.business_id)
    helped = case_file.join(entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id)
    same = (
        select(case_file.c.id).where(case_file.c.entrepreneur_id == bindparam("entrepreneur_id")),
        select(case_file.c.id).select_from(shop).where(business.c.siret == bindparam("siret")),
        select(case_file.c.id).select_from(helped).where(entrepreneur.c.phone == bindparam("phone")),
    )
    theirs = (referral.c.case_id.in_(union(*same)), referral.c.state.in_(("engaged", "completed")))
    joined = referral.join(branch, branch.c.id == referral.c.branch_id)
    return _counted("known", branch.c.operator_id, literal(1)).select_from(joined).where(*theirs).distinct()


_COUNTED: Final = union_all(_waiting(), _recent(), _answers(), _known())

# -- places of one branch --------------------------------------------------------------------------------------------------

_HERE: Final[BindParameter[Any]] = bindparam("branch")
_ONE_AFTER_THE_OTHER: Final = select(branch.c.id).where(branch.c.id == _HERE).with_for_update(key_share=True)
"""Locked before the count, which would else be that of before whoever was faster."""
_FILLED: Final = select(func.count()).where(referral.c.branch_id == branch.c.id, referral.c.state.in_(TAKEN))
_PLACES: Final = select(branch.c.capacity_per_week, _FILLED.scalar_subquery()).where(branch.c.id == _HERE)
