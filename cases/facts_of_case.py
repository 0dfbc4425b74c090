"""What the memory knows of a case, as the facts that a decision reads: a bounded number of reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from cases.tables.case import business, case_file, consent, contact, need
from cases.tables.memory import deadline
from cases.tables.operators import branch, branch_closure, operator
from cases.tables.people import mentor_profile, person, role_grant
from cases.tables.territories import territory
from cases.tables.tracks import mentoring_pair, plan_action, referral, referral_need, transition_plan
from engine.definition import OVER
from engine.facts import Action, ArmedDeadline, CaseFacts, Named, Need, Pair, Plan, Referral, Track
from engine.state_names import Phase
from engine.working_days import Calendar

NO_TERRITORY = Calendar()
"""The calendar of a case that is in no territory: mainland France."""


def facts_of(db: Connection, row: Mapping[str, Any], today: date, named: Iterable[str] = ()) -> CaseFacts:
    """The facts of a case that is locked; `named` are the people whom the step names."""
    home = db.execute(select(territory).where(territory.c.id == row["territory_id"])).mappings().first()
    calendar = Calendar(home["holidays"], home["timezone"]) if home else NO_TERRITORY
    consents = _consents(db, row["id"])
    spoken = _attempts(db, row, calendar)
    return CaseFacts(
        reference=row["reference"], calendar=calendar, phase=home["state"] if home else Phase.ACCELERATION, territory=row["territory_id"],
        state=row["state"], urgent=row["urgent"], on_hold_until=row["hold_until"], hold_days_used=row["hold_days_used"], referent=row["referent_id"],
        entrepreneur=row["entrepreneur_id"], legal_basis=bool(row["legal_basis"]), informed=row["informed_at"] is not None,
        consent_to_share="share" in consents, consent_to_contact="contact" in consents, situation=row["situation"],
        real_contact=row["real_contact_at"] is not None, attempts=spoken, needs=_needs(db, row["id"]), tracks=_tracks(db, row["id"], calendar, today),
        over=OVER, closed_on=calendar.day_of(row["closed_at"]) if row["closed_at"] else None, closed_reason=row["closed_reason"],
        anonymised=row["anonymised_at"] is not None, nobody_called_on=row["nobody_called_on"], surveyed_on=row["surveyed_on"],
        deadlines=deadlines_of(db, row["id"]), people=_people(db, named),
    )  # fmt: skip


def _consents(db: Connection, case_id: str) -> set[str]:
    """The purposes for which the latest answer is yes."""
    rows = db.execute(select(consent).where(consent.c.case_id == case_id).order_by(consent.c.at, consent.c.id))
    latest = {row.purpose: row.given and row.withdrawn_at is None for row in rows}
    return {purpose for purpose, given in latest.items() if given}


def _attempts(db: Connection, row: Mapping[str, Any], calendar: Calendar) -> tuple[tuple[date, str], ...]:
    since = calendar.day_of(row["opened_at"])
    query = select(contact.c.day, contact.c.channel).where(
        contact.c.case_id == row["id"], contact.c.kind == "attempt", contact.c.day >= since
    )
    return tuple((found.day, found.channel) for found in db.execute(query.order_by(contact.c.sequence)))


def _needs(db: Connection, case_id: str) -> tuple[Need, ...]:
    rows = db.execute(select(need).where(need.c.case_id == case_id).order_by(need.c.created_at, need.c.id))
    return tuple(Need(row.id, row.axis, tuple(row.levers or ()), row.outcome) for row in rows)


def deadlines_of(db: Connection, subject_id: str) -> tuple[ArmedDeadline, ...]:
    """Deadlines that run, stand still, or were met by an answer that may still be undone."""
    live = deadline.c.status.in_(("open", "paused")) | deadline.c.undo_of.is_not(None)
    query = select(deadline).where(deadline.c.subject_id == subject_id, live).order_by(deadline.c.id)
    return tuple(armed_of(row) for row in db.execute(query))


def armed_of(row: Row[Any]) -> ArmedDeadline:
    """A row of the table as the engine knows it."""
    return ArmedDeadline(
        track=row.track, rule=row.rule, armed_on=row.armed_on, due_on=row.due_on, unit=row.unit, length=row.length, item=row.item, status=row.status,
        left=row.left, paused_by=frozenset(filter(None, (row.paused_by or "").split(","))), extended=row.extended, missed=row.missed,
        next_mark=row.next_mark, undo_of=row.undo_of, id=row.id,
    )  # fmt: skip


def _people(db: Connection, named: Iterable[str]) -> dict[str, Named]:
    wanted = [name for name in named if name]
    if not wanted:
        return {}
    places: dict[str, set[str]] = defaultdict(set)
    here = (
        role_grant.c.person_id.in_(wanted)
        & role_grant.c.role.in_(("adviser", "manager"))
        & role_grant.c.ended_at.is_(None)
    )
    for row in db.execute(select(role_grant.c.person_id, role_grant.c.territory_id).where(here)):
        places[row.person_id].add(row.territory_id)
    rows = db.execute(select(person).where(person.c.id.in_(wanted)))
    return {row.id: Named(row.id, row.name, row.active, frozenset(places[row.id])) for row in rows}


# -- tracks ---------------------------------------------------------------------------------------------------------------


def _tracks(db: Connection, case_id: str, calendar: Calendar, today: date) -> dict[str, Track]:
    found: list[Track] = [
        *_referrals(db, case_id, calendar, today),
        *_pairs(db, case_id),
        *_plans(db, case_id, calendar),
    ]
    return {track.name: track for track in found}


def referral_rows(where: Any) -> Select[Any]:
    """Referrals with their branch and their operator's name."""
    names = (
        branch.c.name.label("branch_name"),
        branch.c.email.label("branch_email"),
        operator.c.name.label("operator_name"),
    )
    joined = referral.join(branch, branch.c.id == referral.c.branch_id).join(
        operator, operator.c.id == branch.c.operator_id
    )
    return select(referral, *names).select_from(joined).where(where)


def _referrals(db: Connection, case_id: str, calendar: Calendar, today: date) -> list[Track]:
    rows = db.execute(referral_rows(referral.c.case_id == case_id).order_by(referral.c.number)).all()
    if not rows:
        return []
    branches = [row.branch_id for row in rows]
    agents, closed = agents_of(db, branches), closures_of(db, branches, today)
    needs: dict[str, list[str]] = defaultdict(list)
    for link in db.execute(
        select(referral_need)
        .where(referral_need.c.referral_id.in_([row.id for row in rows]))
        .order_by(referral_need.c.need_id)
    ):
        needs[link.referral_id].append(link.need_id)
    return [
        Referral(
            name=f"referral-{row.number}", state=row.state, opened_on=calendar.day_of(row.opened_at), branch=row.branch_id, branch_name=row.branch_name,
            operator_name=row.operator_name, agents=agents[row.branch_id], agent=row.agent_id, needs=tuple(needs[row.id]), targeted=row.targeted,
            exclusive_group=row.exclusive_group, questions=row.questions, answered_at=row.answered_at,
            answered_on=calendar.day_of(row.answered_at) if row.answered_at else None, touched=row.touched, attempts=row.attempts,
            withdrawn_for=row.withdrawn_for, reachable=bool(row.branch_email or agents[row.branch_id]), closed_until=closed.get(row.branch_id),
        )
        for row in rows
    ]  # fmt: skip


def agents_of(db: Connection, branches: Iterable[str]) -> dict[str, frozenset[str]]:
    """Who works at each of these branches."""
    found: dict[str, set[str]] = defaultdict(set)
    joined = role_grant.join(person, person.c.id == role_grant.c.person_id)
    here = role_grant.c.branch_id.in_(list(branches)) & role_grant.c.ended_at.is_(None) & person.c.active
    for row in db.execute(select(role_grant.c.branch_id, role_grant.c.person_id).select_from(joined).where(here)):
        found[row.branch_id].add(row.person_id)
    return defaultdict(frozenset, {name: frozenset(people) for name, people in found.items()})


def closures_of(db: Connection, branches: Iterable[str], today: date) -> dict[str, date]:
    """The last day of the closure in which each branch is today."""
    now = (
        (branch_closure.c.from_day <= today) & (branch_closure.c.to_day >= today) & branch_closure.c.ended_at.is_(None)
    )
    rows = db.execute(
        select(branch_closure.c.branch_id, branch_closure.c.to_day).where(
            branch_closure.c.branch_id.in_(list(branches)), now
        )
    )
    return {row.branch_id: row.to_day for row in rows}


def _pairs(db: Connection, case_id: str) -> list[Track]:
    joined = mentoring_pair.join(person, person.c.id == mentoring_pair.c.mentor_id)
    query = (
        select(mentoring_pair, person.c.name.label("mentor_name"))
        .select_from(joined)
        .where(mentoring_pair.c.case_id == case_id)
    )
    return [
        Pair(
            name=f"mentoring_pair-{row.number}", state=row.state, opened_on=row.opened_at.date(), mentor=row.mentor_id, mentor_name=row.mentor_name,
            began_on=row.began_on, mentor_signed=row.mentor_signed_at is not None, entrepreneur_signed=row.entrepreneur_signed_at is not None,
            reviewed=row.reviewed, paused_until=row.paused_until,
        )
        for row in db.execute(query.order_by(mentoring_pair.c.number))
    ]  # fmt: skip


def _plans(db: Connection, case_id: str, calendar: Calendar) -> list[Track]:
    actions: dict[str, list[Action]] = defaultdict(list)
    for row in db.execute(
        select(plan_action).where(plan_action.c.case_id == case_id).order_by(plan_action.c.day, plan_action.c.id)
    ):
        actions[row.plan_id].append(Action(row.id, row.name, row.day, row.done_on is not None))
    rows = db.execute(
        select(transition_plan).where(transition_plan.c.case_id == case_id).order_by(transition_plan.c.number)
    )
    return [
        Plan(
            name=f"transition_plan-{row.number}", state=row.state, opened_on=calendar.day_of(row.opened_at), lever=row.lever, owner=row.owner_id,
            branch=row.branch_id, score_before=row.score_before, score_after=row.score_after, actions=tuple(actions[row.id]),
        )
        for row in rows
    ]  # fmt: skip


def mentor_room(db: Connection, mentor: str) -> int | None:
    """How many more people a mentor can take; None when nothing was said of it."""
    capacity = db.execute(select(mentor_profile.c.capacity).where(mentor_profile.c.person_id == mentor)).scalar()
    if capacity is None:
        return None
    busy = mentoring_pair.c.mentor_id == mentor, mentoring_pair.c.state.not_in(("ended", "declined"))
    return int(capacity) - int(db.execute(select(func.count()).select_from(mentoring_pair).where(*busy)).scalar_one())


def employer_conflict(db: Connection, mentor: str, business_id: str) -> bool:
    """Whether the mentor works for the very business."""
    employer = db.execute(select(mentor_profile.c.employer).where(mentor_profile.c.person_id == mentor)).scalar()
    name = db.execute(select(business.c.name).where(business.c.id == business_id)).scalar()
    return bool(employer and name and employer.casefold() == name.casefold())


def case_by(db: Connection, where: Any) -> Mapping[str, Any] | None:
    """One case as it is stored."""
    found = db.execute(select(case_file).where(where)).mappings().first()
    return dict(found) if found else None
