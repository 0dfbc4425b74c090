"""What a new track begins with: the row that is written and the facts that its guards read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from cases import routing
from cases.errors import Unreadable
from cases.facts.of_case import agents_of, closures_of, employer_conflict, mentor_room
from cases.identifiers import new_id
from cases.tables.case import need
from cases.tables.operators import branch, offer, operator
from cases.tables.people import person
from cases.tables.routing import routing_proposal
from cases.tables.tracks import plan_action, referral, referral_need, transition_plan
from cases.writing.applying import TRACK_TABLES
from engine.facts import Action, Actor, CaseFacts, Pair, Plan, Referral, Track
from engine.model import NEW, Kind, Refusal


def begin(
    db: Connection, kind: str, case: Mapping[str, Any], payload: Mapping[str, Any], actor: Actor, now: datetime
) -> Track:
    """A track that is about to be created, with its number in the case. Raises Unreadable for what it names and nobody knows."""
    table = TRACK_TABLES[kind]
    last = db.execute(
        select(func.coalesce(func.max(table.c.number), 0)).where(table.c.case_id == case["id"])
    ).scalar_one()
    name = f"{kind}-{int(last) + 1}"
    if kind == Kind.REFERRAL:
        return _referral(db, name, case, payload, now.date())
    if kind == Kind.MENTORING_PAIR:
        return _pair(db, name, case, payload)
    if payload.get("branch") and not db.execute(select(branch.c.id).where(branch.c.id == payload["branch"])).first():
        raise _unknown("branch", "Cette antenne n’existe pas : choisissez-la dans l’annuaire.", "branch")
    return Plan(
        name=name,
        lever=payload.get("lever"),
        branch=payload.get("branch") or actor.branch,
        owner=None if payload.get("branch") else actor.person,
    )


def _referral(db: Connection, name: str, case: Mapping[str, Any], payload: Mapping[str, Any], today: date) -> Track:
    asked = str(payload.get("branch") or "")
    joined = branch.join(operator, operator.c.id == branch.c.operator_id)
    query = (
        select(branch.c.name, branch.c.email, operator.c.name.label("operator_name"))
        .select_from(joined)
        .where(branch.c.id == asked)
    )
    row = db.execute(query).first()
    if row is None:
        raise _unknown("branch", "Cette antenne n’existe pas : choisissez-la dans l’annuaire.", "branch")
    agents = agents_of(db, [asked])[asked]
    targeted = _targeted(db, payload.get("offer")) or bool(payload.get("targeted"))
    return Referral(
        name=name, branch=asked, branch_name=row.name, operator_name=row.operator_name, agents=agents, needs=_needs(db, case["id"], payload.get("needs") or []),
        targeted=targeted, kept_by_routing=_kept(db, case["id"], asked), exclusive_group=None, reachable=bool(row.email or agents),
        closed_until=closures_of(db, [asked], today).get(asked),
    )  # fmt: skip


def _unknown(what: str, message: str, field: str) -> Unreadable:
    return Unreadable((Refusal(f"unknown_{what}", message, field=field),))


def _needs(db: Connection, case_id: str, wanted: list[str]) -> tuple[str, ...]:
    """The needs that it is about. Raises Unreadable for one that is not of this case."""
    known = set(db.execute(select(need.c.id).where(need.c.case_id == case_id)).scalars())
    if not known.issuperset(wanted):
        raise _unknown("need", "Ce besoin n’est pas dans ce dossier : choisissez-le dans la liste.", "needs")
    return tuple(dict.fromkeys(wanted))


def _targeted(db: Connection, offer_id: Any) -> bool:
    if not offer_id:
        return False
    scope = db.execute(select(offer.c.scope).where(offer.c.id == str(offer_id))).scalar()
    if scope is None:
        raise _unknown("offer", "Cette offre n’existe pas : choisissez-la dans la liste.", "offer")
    return bool(scope == "qpv")


def _kept(db: Connection, case_id: str, asked: str) -> bool:
    """Whether the current proposal kept an offer of that branch."""
    current = (routing_proposal.c.case_id == case_id, routing_proposal.c.current)
    rows = db.execute(select(routing_proposal.c.candidates).where(*current)).scalars()
    return any(found.get("kept") and found["branch"]["id"] == asked for candidates in rows for found in candidates)


def _pair(db: Connection, name: str, case: Mapping[str, Any], payload: Mapping[str, Any]) -> Track:
    mentor = str(payload.get("mentor") or "")
    known = db.execute(select(person.c.name).where(person.c.id == mentor, person.c.active)).scalar()
    if known is None:
        raise _unknown("mentor", "Ce mentor n’est pas connu : choisissez-le dans la liste.", "mentor")
    conflict = employer_conflict(db, mentor, case["business_id"])
    return Pair(name=name, mentor=mentor, mentor_name=known, free_places=mentor_room(db, mentor), conflict=conflict)


def write_track(db: Connection, track: Track, case_id: str, payload: Mapping[str, Any], now: datetime) -> None:
    """The row of a track that begins."""
    row: dict[str, Any] = {
        "id": new_id(now),
        "case_id": case_id,
        "number": track.number,
        "state": NEW,
        "state_since": now,
        "opened_at": now,
    }
    if isinstance(track, Referral):
        group = _group(db, case_id, payload.get("exclusive_with") or [], row["id"])
        row |= {
            "branch_id": track.branch,
            "offer_id": payload.get("offer"),
            "targeted": track.targeted,
            "exclusive_group": group,
            "choice_reason": payload.get("reason"),
            "proposal_id": routing.choose(db, case_id, track, payload, now),
        }
    elif isinstance(track, Pair):
        row |= {"mentor_id": track.mentor}
    elif isinstance(track, Plan):
        row |= {"lever": track.lever, "branch_id": track.branch, "owner_id": track.owner}
    db.execute(insert(TRACK_TABLES[track.kind]).values(**row))
    for need_id in getattr(track, "needs", ()):
        db.execute(insert(referral_need).values(referral_id=row["id"], need_id=need_id))


def _group(db: Connection, case_id: str, others: list[str], own: str) -> str | None:
    """The group of referrals of which a single answer is enough."""
    if not others:
        return None
    numbers = [int(number) for name in others if re.fullmatch(r"\d{1,4}", number := name.removeprefix("referral-"))]
    mine = (referral.c.case_id == case_id, referral.c.number.in_(numbers))
    group = (
        db.execute(select(referral.c.exclusive_group).where(*mine, referral.c.exclusive_group.is_not(None))).scalar()
        or own
    )
    db.execute(update(referral).where(*mine).values(exclusive_group=group))
    return group


def with_actions(
    db: Connection, facts: CaseFacts, track: str, case_id: str, payload: Mapping[str, Any], now: datetime
) -> CaseFacts:
    """The facts with the actions of a plan that is being validated, once they are written."""
    plan = facts.tracks[track]
    if not isinstance(plan, Plan) or plan.actions:
        return facts
    plan_id = db.execute(
        select(transition_plan.c.id).where(
            transition_plan.c.case_id == case_id, transition_plan.c.number == plan.number
        )
    ).scalar_one()
    actions = []
    for entered in payload.get("actions") or []:
        if not (entered.get("name") and entered.get("day")):
            raise _unknown("action", "Chaque action a un nom et une date (AAAA-MM-JJ).", "actions")
        action = Action(new_id(now), entered["name"], entered["day"])
        db.execute(
            insert(plan_action).values(id=action.id, plan_id=plan_id, case_id=case_id, name=action.name, day=action.day)
        )
        actions.append(action)
    return facts.with_track(replace(plan, actions=tuple(actions)))
