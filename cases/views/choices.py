"""What the forms of a case offer: for each thing that a step asks for, what may be chosen, and the steps and records themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from cases.access import Identity
from cases.needs import NEED_CHIPS, NEED_KINDS, NeedSubject
from cases.tables.appointments import appointment
from cases.tables.case import case_file, need
from cases.tables.operators import branch, coverage, offer
from cases.tables.people import mentor_profile, person, role_grant
from cases.tables.routing import routing_proposal
from cases.tables.territories import commune, quartier, territory
from engine.definition import record_of, rule_of
from engine.facts import Act, Actor, CaseFacts, Plan, Referral, Situation
from engine.lists import DIMENSIONS, LEVER, SPOKEN
from engine.model import CASE_TRACK, Input, InputKind, Kind, Role
from engine.permission import Possible, refusals
from engine.sentences import capital, say
from engine.states.follow_up import MONTHS_AFTER

NOTED: Final[Mapping[str, tuple[str, ...]]] = {
    Kind.CASE: (
        "contact",
        "attempt",
        "need",
        "note",
        "appointment",
        "meeting",
        "check",
        "consent",
        "aid",
        "document",
        "correct",
        "nudge",
    ),
    Kind.REFERRAL: ("contact", "attempt", "appointment", "meeting", "action_plan", "note", "aid", "document", "nudge"),
    Kind.MENTORING_PAIR: ("session", "appointment", "note", "document", "nudge"),
    Kind.TRANSITION_PLAN: ("score", "action", "note", "aid", "document", "nudge"),
}
"""What people note on a case and on its tracks, the most frequent first."""
AT_TIMES: Final = frozenset({"nudge"})
"""What may be noted at times only: its guards say when."""
AT_MOST: Final = 8
"""Appointments among which one chooses."""
ANSWERED_FOR: Final = frozenset({"ask_info", "accept", "decline", "first_contact"})
"""Steps of a referral that an adviser takes on behalf of the operator, saying who answered and how."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose: its value, its label, a word more."""

    value: str
    label: str
    hint: str | None = None


def possible_records(facts: CaseFacts, actor: Actor, track: str, now: datetime) -> tuple[Possible, ...]:
    """What this person may note on a track now, whatever they will write in it."""
    kind = facts.kind_of(track)
    return tuple(found for event in NOTED[kind] if (found := record_possible(facts, actor, track, event, now)).allowed)


def record_possible(facts: CaseFacts, actor: Actor, track: str, event: str, now: datetime) -> Possible:
    """Whether this person may note that on a track. Raises KeyError for what is not noted there."""
    kind = facts.kind_of(track)
    step = record_of(kind, event)
    if step is None or event not in NOTED[kind]:
        raise KeyError(event)
    at = Situation(facts, Act(track, event, actor, now, payload=None), facts.calendar.day_of(now))
    reasons = refusals(at, step if event in AT_TIMES else replace(step, guards=()))
    return Possible(track, event, step.label, None, step.inputs, reasons)


def may_be_taken(possible: Possible) -> bool:
    """Whether a step is allowed, or every reason against it is lifted by something that its own form asks for."""
    own = {asked.name for asked in possible.inputs}
    return all(reason.settled_by in own for reason in possible.reasons)


def answers_for_an_operator(facts: CaseFacts, actor: Actor, track: str, event: str) -> bool:
    """Whether the form must ask who answered for the operator, and how."""
    return isinstance(facts.tracks.get(track), Referral) and event in ANSWERED_FOR and actor.acts_as(Role.ADVISER)


def choices_for(
    db: Connection, asked: Input, facts: CaseFacts, case: Mapping[Any, Any], track: str, who: Identity
) -> tuple[Choice, ...]:
    """What may be chosen for one thing that a step asks for; nothing for what is typed."""
    if listed := _listed(asked):
        return listed
    known = facts.tracks.get(track)
    match asked.kind:
        case InputKind.AGENT:
            return _people(db, (role_grant.c.branch_id == known.branch,), who) if isinstance(known, Referral) else ()
        case InputKind.REFERENT:
            return _referents(db, case, who)
        case InputKind.MENTOR:
            return _mentors(db, case["territory_id"])
        case InputKind.TERRITORY:
            rows = db.execute(select(territory.c.id, territory.c.name).order_by(territory.c.name))
            return tuple(Choice(row.id, row.name) for row in rows if row.id != case["territory_id"])
        case InputKind.BRANCH:
            return branches_for(db, case)
        case InputKind.TEXT if asked.name == "quartier_code":
            return _quartiers(db, quartier.c.territory_id == case["territory_id"])
        case _:
            return _of_the_case(db, asked, facts, case["id"], track)


def _listed(asked: Input) -> tuple[Choice, ...]:
    """The closed lists, the same for every case."""
    if asked.name == "subject":
        return tuple(Choice(str(kind.subject), kind.label) for kind in NEED_KINDS.values())
    if asked.name == "months":
        return tuple(Choice(str(count), say("{count} mois", count=count)) for count in MONTHS_AFTER)
    if asked.name == "person_language":
        return tuple(Choice(code, capital(name)) for code, name in SPOKEN.items())
    codes = LEVER if asked.kind is InputKind.LEVERS else asked.choices or {}
    return tuple(Choice(code, label) for code, label in codes.items())


def _of_the_case(db: Connection, asked: Input, facts: CaseFacts, case_id: str, track: str) -> tuple[Choice, ...]:
    known = facts.tracks.get(track)
    match asked.kind:
        case InputKind.NEED | InputKind.NEEDS:
            return needs_of(db, case_id)
        case InputKind.OUTCOMES if isinstance(known, Referral):
            return tuple(need for need in needs_of(db, case_id) if need.value in known.needs)
        case InputKind.OUTCOMES:
            return needs_of(db, case_id, pending=True)
        case InputKind.TRACKS:
            open_now = facts.open_tracks(Kind.REFERRAL)
            return tuple(Choice(t.name, t.branch_name) for t in open_now if isinstance(t, Referral))
        case InputKind.DEADLINE:
            return _deadlines(facts, track)
        case InputKind.OFFER:
            return _offers(db, case_id)
        case InputKind.APPOINTMENT:
            return _appointments(db, facts, case_id, track)
        case _:
            return _of_the_plan(asked, known) if isinstance(known, Plan) else ()


def _appointments(db: Connection, facts: CaseFacts, case_id: str, track: str) -> tuple[Choice, ...]:
    """The appointments of the track that are not cancelled, the soonest first."""
    alive = (appointment.c.case_id == case_id, appointment.c.track == track, appointment.c.cancelled_at.is_(None))
    rows = db.execute(select(appointment).where(*alive).order_by(appointment.c.day.desc()).limit(AT_MOST))
    return tuple(
        Choice(
            row.id,
            say("{day:%d/%m/%Y} à {time}" if row.time else "{day:%d/%m/%Y}", day=row.day, time=row.time),
            row.place,
        )
        for row in rows
    )


def _of_the_plan(asked: Input, plan: Plan) -> tuple[Choice, ...]:
    if asked.kind is InputKind.ACTION:
        return tuple(Choice(action.id, action.name) for action in plan.actions if not action.done)
    if asked.kind is InputKind.SCORE:
        return tuple(Choice(code, label) for code, label in DIMENSIONS.get(plan.lever or "", {}).items())
    return ()


# -- people ---------------------------------------------------------------------------------------------------------------


def _people(db: Connection, where: tuple[Any, ...], who: Identity) -> tuple[Choice, ...]:
    """Active people with a grant, oneself first."""
    joined = role_grant.join(person, person.c.id == role_grant.c.person_id)
    active = (role_grant.c.ended_at.is_(None), person.c.active)
    rows = db.execute(select(person.c.id, person.c.name).select_from(joined).where(*where, *active).distinct()).all()
    first = sorted(rows, key=lambda row: (row.id != who.person, row.name))
    return tuple(Choice(row.id, row.name, say("vous") if row.id == who.person else None) for row in first)


def _referents(db: Connection, case: Mapping[Any, Any], who: Identity) -> tuple[Choice, ...]:
    here = (role_grant.c.territory_id == case["territory_id"], role_grant.c.role.in_(("adviser", "manager")))
    return tuple(choice for choice in _people(db, here, who) if choice.value != case["referent_id"])


def _mentors(db: Connection, home: str | None) -> tuple[Choice, ...]:
    joined = role_grant.join(person, person.c.id == role_grant.c.person_id).outerjoin(
        mentor_profile, mentor_profile.c.person_id == person.c.id
    )
    active = (role_grant.c.role == "mentor", role_grant.c.ended_at.is_(None), person.c.active)
    near = or_(mentor_profile.c.territory_id == home, mentor_profile.c.territory_id.is_(None))
    columns = (person.c.id, person.c.name, mentor_profile.c.skills)
    rows = db.execute(select(*columns).select_from(joined).where(*active, near).order_by(person.c.name).distinct())
    return tuple(Choice(row.id, row.name, row.skills) for row in rows)


# -- operators ------------------------------------------------------------------------------------------------------------


def branches_for(db: Connection, case: Mapping[Any, Any]) -> tuple[Choice, ...]:
    """The active branches that cover a case's commune, those that the current proposal keeps first; all of them when none says where it works."""
    ranks = _ranks(db, case["id"])
    active = select(branch.c.id, branch.c.name).where(branch.c.active).order_by(branch.c.name)
    covering = active.where(branch.c.id.in_(_covering(db, case) | set(ranks)))
    near = db.execute(covering).all() or db.execute(active).all()
    ordered = sorted(near, key=lambda row: (ranks.get(row.id, 999), row.name))
    return tuple(Choice(row.id, row.name, "proposée" if row.id in ranks else None) for row in ordered)


def _covering(db: Connection, case: Mapping[Any, Any]) -> set[str]:
    place = db.execute(select(commune).where(commune.c.territory_id == case["territory_id"])).all()
    ways = [
        coverage.c.level == "national",
        and_(coverage.c.level == "territory", coverage.c.code == case["territory_id"]),
    ]
    for level, codes in (
        ("commune", {row.insee for row in place}),
        ("epci", {row.epci for row in place}),
        ("departement", {row.departement for row in place}),
        ("region", {row.region for row in place}),
    ):
        ways.append(and_(coverage.c.level == level, coverage.c.code.in_({code for code in codes if code})))
    return set(db.execute(select(coverage.c.branch_id).where(or_(*ways))).scalars())


def _ranks(db: Connection, case_id: str) -> dict[str, int]:
    """The branches that the current proposals keep, by their rank."""
    current = (routing_proposal.c.case_id == case_id, routing_proposal.c.current)
    found: dict[str, int] = {}
    for candidates in db.execute(select(routing_proposal.c.candidates).where(*current)).scalars():
        for candidate in candidates:
            if candidate.get("kept"):
                own = candidate["branch"]["id"]
                found[own] = min(found.get(own, 999), int(candidate.get("rank") or 998))
    return found


def _offers(db: Connection, case_id: str) -> tuple[Choice, ...]:
    ranked = _ranks(db, case_id)
    joined = offer.join(branch, branch.c.id == offer.c.branch_id)
    query = select(offer.c.id, offer.c.name, branch.c.name.label("branch_name")).select_from(joined)
    rows = db.execute(query.where(offer.c.active, offer.c.branch_id.in_(ranked)).order_by(branch.c.name, offer.c.name))
    return tuple(Choice(row.id, row.name, row.branch_name) for row in rows)


# -- of the case ----------------------------------------------------------------------------------------------------------


def needs_of(db: Connection, case_id: str, *, pending: bool = False) -> tuple[Choice, ...]:
    """The needs of a case, in words; `pending`: only those that have no outcome yet."""
    query = select(need).where(need.c.case_id == case_id).order_by(need.c.created_at, need.c.id)
    rows = db.execute(query.where(need.c.outcome.is_(None)) if pending else query)
    return tuple(Choice(row.id, subject_label(row.subject), row.detail) for row in rows)


def subject_label(subject: str) -> str:
    """A need's subject in words; as it was written when it is none of the list."""
    return NEED_KINDS[NeedSubject(subject)].label if subject in set(NeedSubject) else subject


def subject_in_short(subject: str) -> str:
    """A need's subject for a list: the words of its chip when it has one of its own."""
    own = (chip.label for chip in NEED_CHIPS if [str(s) for s in chip.subjects] == [subject])
    return next(own, subject_label(subject))


def _deadlines(facts: CaseFacts, track: str) -> tuple[Choice, ...]:
    """Open deadlines that were never extended; their value names the track, the rule and the item."""
    open_now = (d for d in facts.deadlines if d.status == "open" and not d.extended and track in (CASE_TRACK, d.track))
    return tuple(
        Choice(f"{d.track} {d.rule} {d.item}".strip(), rule_of(d.rule).label, d.due_on.isoformat())
        for d in sorted(open_now, key=lambda d: d.due_on)
    )


def people_of_territories(db: Connection, who: Identity) -> tuple[Choice, ...]:
    """The advisers and managers of somebody's territories: whose cases a list may be narrowed to."""
    if not who.territories():
        return ()
    roles = role_grant.c.role.in_(("adviser", "manager"))
    return _people(db, (role_grant.c.territory_id.in_(who.territories()), roles), who)


def referents_with_load(db: Connection, who: Identity) -> tuple[Choice, ...]:
    """The same, each with how many open cases they follow: whom several cases may be given to."""
    counted = select(case_file.c.referent_id, func.count()).where(case_file.c.state != "closed")
    loads = {row[0]: row[1] for row in db.execute(counted.group_by(case_file.c.referent_id))}
    return tuple(replace(one, hint=_load(loads.get(one.value, 0))) for one in people_of_territories(db, who))


def quartiers_for(db: Connection, who: Identity) -> tuple[Choice, ...]:
    """The quartiers of somebody's territories, by code."""
    if not who.territories():
        return ()
    return _quartiers(db, quartier.c.territory_id.in_(who.territories()))


def _quartiers(db: Connection, here: ColumnElement[bool]) -> tuple[Choice, ...]:
    rows = db.execute(select(quartier.c.code, quartier.c.name).where(here).order_by(quartier.c.name))
    return tuple(Choice(row.code, row.name or row.code) for row in rows)


def _load(number: int) -> str:
    if number < 2:
        return "1 dossier ouvert" if number else say("aucun dossier ouvert")
    return say("{number} dossiers ouverts", number=number)


def territories_for(db: Connection, who: Identity) -> tuple[Choice, ...]:
    """The territories where somebody may log a business, by slug: their own; all of them for who has none."""
    query = select(territory.c.slug, territory.c.name).order_by(territory.c.name)
    if who.territories():
        query = query.where(territory.c.id.in_(who.territories()))
    return tuple(Choice(row.slug, row.name) for row in db.execute(query))
