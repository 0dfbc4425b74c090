"""What an operator is asked, as they read it before they answer, and what they may answer now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from cases.access import Identity, actor_on, visible_to
from cases.database import widen_to_case
from cases.errors import NotFound
from cases.facts.of_case import facts_of
from cases.orienting import written_to
from cases.standing import with_free_places
from cases.tables.case import business, case_file, contact, entrepreneur, need
from cases.tables.memory import journal, journal_text
from cases.tables.people import person
from cases.tables.territories import quartier, territory
from cases.views.choices import may_be_taken
from engine.decision import decide
from engine.definition import MACHINES
from engine.facts import Act, Actor, CaseFacts, Referral
from engine.model import Kind
from engine.permission import Possible, available
from engine.states.orientation.answers import CALL_BACK
from engine.working_days import Calendar


@dataclass(frozen=True, slots=True)
class AskedNeed:
    """A need that the request is about: its subject (`cases.needs`), what was said of it, its amount in euros."""

    subject: str
    detail: str | None
    amount: float | None


@dataclass(frozen=True, slots=True)
class ToAnswer:
    """One request to a branch, with what the operator needs to answer it. Days are local to the case."""

    reference: str
    track: str
    state: str
    label: str
    """The state, in French."""
    calendar: Calendar
    shop: Mapping[str, Any]
    """The business: name, activity, address_line, city."""
    helped: Mapping[str, Any]
    """The person: name, phone, prefers."""
    adviser: Mapping[str, Any] | None
    """Who follows the case: name, phone."""
    place: str | None
    quartier: str | None
    situation: str
    met_on: date | None
    """The day of the first exchange."""
    needs: tuple[AskedNeed, ...]
    branch: str
    operator: str
    agent: str | None
    """Who calls, by name."""
    agents: tuple[tuple[str, str], ...]
    """Who works at the branch: id and name."""
    answer_by: date | None
    """None when the answer's clock does not run."""
    call_by: date | None
    """The day of the first call: the one that is due, or the one that accepting now would set."""
    undo_until: datetime | None
    """Until when an answer can be undone before anybody is told; None when nothing was answered, or it is later."""
    message: str | None
    """What the adviser wrote in their own words."""
    exchange: tuple[tuple[str, str | None], ...]
    """What was asked back, each with its answer; None while it is awaited."""
    may: Mapping[str, Possible]
    """Each step of this track, possible now or not, with why."""

    def allows(self, step: str) -> bool:
        """Whether a step is possible now, once what it asks for is given."""
        return step in self.may and may_be_taken(self.may[step])

    @property
    def full(self) -> str | None:
        """Why accepting asks for a reason: the branch has no place left this week; None while it has one."""
        reasons = self.may["accept"].reasons if self.allows("accept") else ()
        return next((reason.message for reason in reasons if reason.settled_by == "exceed_reason"), None)


def to_answer(db: Connection, case_id: str, track: str, *, by: Identity, now: datetime) -> ToAnswer:
    """What is asked of this operator on that track. Raises NotFound when it is not theirs."""
    case = db.execute(select(case_file).where(case_file.c.id == case_id, visible_to(by))).mappings().first()
    if case is None:
        raise NotFound
    widen_to_case(db, case_id)
    facts = with_free_places(db, facts_of(db, dict(case), now.date()))
    known = facts.tracks.get(track)
    if not isinstance(known, Referral) or known.branch not in by.branches():
        raise NotFound
    actor = actor_on(by, facts, track)
    may = {found.step: found for found in available(facts, actor, now) if found.track == track}
    agents = _names(db, known.agents | {known.agent or ""})
    return ToAnswer(
        reference=case["reference"], track=track, state=known.state, label=MACHINES[Kind.REFERRAL].states[known.state].french,
        calendar=facts.calendar, needs=_needs(db, known.needs), branch=known.branch_name, operator=known.operator_name,
        agents=tuple((found, agents[found]) for found in sorted(known.agents, key=lambda one: agents[one])),
        agent=agents.get(known.agent or ""), answer_by=_due(facts, track, "answer"),
        call_by=_due(facts, track, "first_contact") or _if_accepted(facts, known, actor, now), undo_until=_undo_until(known, now), may=may,
        message=written_to(db, {(case_id, track)}).get((case_id, track)), exchange=_exchange(db, case_id, track),
        **_around(db, case, facts.calendar),
    )  # fmt: skip


def branch_of(db: Connection, case_id: str, track: str) -> tuple[str, str]:
    """The branch of a referral and its name: who answers by a link sent to no person. Raises NotFound."""
    row = db.execute(select(case_file).where(case_file.c.id == case_id)).mappings().first()
    known = facts_of(db, dict(row), row["opened_at"].date()).tracks.get(track) if row else None
    if not isinstance(known, Referral):
        raise NotFound
    return known.branch, known.branch_name


def _around(db: Connection, case: RowMapping, calendar: Calendar) -> dict[str, Any]:
    """The business, the person, the place and who follows the case."""
    shop = db.execute(select(business).where(business.c.id == case["business_id"])).mappings().one()
    helped = db.execute(select(entrepreneur).where(entrepreneur.c.id == case["entrepreneur_id"])).mappings().one()
    adviser = select(person.c.name, person.c.phone).where(person.c.id == case["referent_id"])
    met = select(func.min(contact.c.day)).where(contact.c.case_id == case["id"], contact.c.kind == "contact")
    return {
        "shop": {name: shop[name] for name in ("name", "activity", "address_line", "city")},
        "helped": {name: helped[name] for name in ("name", "phone", "prefers")},
        "adviser": db.execute(adviser).mappings().first(),
        "place": db.execute(select(territory.c.name).where(territory.c.id == case["territory_id"])).scalar(),
        "quartier": db.execute(select(quartier.c.name).where(quartier.c.id == case["quartier_id"])).scalar(),
        "situation": case["situation"],
        "met_on": db.execute(met).scalar(),
    }


def _needs(db: Connection, wanted: Collection[str]) -> tuple[AskedNeed, ...]:
    rows = db.execute(select(need).where(need.c.id.in_(wanted)).order_by(need.c.created_at, need.c.id))
    return tuple(AskedNeed(row.subject, row.detail, float(row.amount) if row.amount else None) for row in rows)


def _exchange(db: Connection, case_id: str, track: str) -> tuple[tuple[str, str | None], ...]:
    """The questions of a track in their order, each with the answer that followed it; what was erased is absent."""
    same = (journal_text.c.subject_id == journal.c.subject_id) & (journal_text.c.sequence == journal.c.sequence)
    theirs = (
        journal.c.subject_id == case_id,
        journal.c.track == track,
        journal.c.event.in_(("ask_info", "answer_info")),
    )
    lines: Any = select(journal_text.c.words).select_from(journal.join(journal_text, same)).where(*theirs)
    found: list[tuple[str, str | None]] = []
    for line in db.execute(lines.order_by(journal.c.sequence)):
        if line.words.get("question"):
            found.append((line.words["question"], None))
        elif found and line.words.get("answer"):
            found[-1] = (found[-1][0], line.words["answer"])
    return tuple(found)


def _names(db: Connection, wanted: Collection[str]) -> dict[str, str]:
    rows = db.execute(select(person.c.id, person.c.name).where(person.c.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def _due(facts: CaseFacts, track: str, name: str) -> date | None:
    running = (d for d in facts.deadlines if d.track == track and d.name == name and d.status == "open")
    return next((found.due_on for found in running), None)


def _if_accepted(facts: CaseFacts, known: Referral, actor: Actor, now: datetime) -> date | None:
    """The day of the first call, should they accept now: the rules themselves are asked."""
    agent = actor.person or next(iter(sorted(known.agents)), None)
    decision = decide(facts, Act(known.name, "accept", actor, now, {"agent": agent, "exceed_reason": "?"}))
    return _due(decision.facts, known.name, "first_contact") if decision.allowed else None


def _undo_until(known: Referral, now: datetime) -> datetime | None:
    until = known.answered_at + CALL_BACK if known.answered_at else None
    return until if until is not None and now < until else None
