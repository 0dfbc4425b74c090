"""The programme's phases of a territory: its steps and its records, written as those of a case are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from cases.access import Identity
from cases.database import ask_everywhere, widen_to_case
from cases.errors import Conflict, NotFound, Refused, Unreadable
from cases.facts.of_case import deadlines_of
from cases.identifiers import new_id
from cases.journal import START, Chain, plain
from cases.lengths import keep_length
from cases.tables.case import case_file
from cases.tables.memory import stay
from cases.tables.people import role_grant
from cases.tables.territories import (
    convention,
    diagnostic,
    indicator_snapshot,
    quartier,
    roadmap,
    territory,
    territory_review,
)
from cases.territory_indicators import indicators_at
from cases.writing.applying import Transaction
from engine.decision import decide
from engine.definition import VERSION, step_named
from engine.effects import Decision, Freeze
from engine.facts import Act, Actor, TerritoryFacts
from engine.inputs import read_entered
from engine.lengths import LIMITS
from engine.model import TERRITORY_TRACK, Kind, Role
from engine.state_names import Phase
from engine.working_days import Calendar


@dataclass(frozen=True, slots=True)
class TerritoryRequest:
    """What somebody asks of a territory: a step of its phases, or a record."""

    slug: str
    event: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    version: int | None = None


def fire(db: Connection, request: TerritoryRequest, *, by: Identity, now: datetime) -> tuple[Mapping[str, Any], ...]:
    """Take a step of a territory or note a record of it; give its lines. Raises NotFound, Conflict, Unreadable or Refused; then nothing is written."""
    request = _as_entered(request, by)
    row = db.execute(select(territory).where(territory.c.slug == request.slug).with_for_update()).mappings().first()
    if row is None:
        raise NotFound("Ce territoire n’existe pas.")
    if request.version is not None and request.version != row["version"]:
        raise Conflict({"slug": row["slug"], "version": row["version"], "phase": row["state"]})
    widen_to_case(db, row["id"])
    facts = territory_facts(db, dict(row))
    decision = decide(facts, Act(TERRITORY_TRACK, request.event, _actor(by, row["id"]), now, request.payload))
    if not decision.allowed:
        raise Refused(decision.reasons, TERRITORY_TRACK)
    _keep_record(db, row["id"], row["state"], request, now)
    return _write(db, dict(row), facts, decision, now)


def facts_for(db: Connection, slug: str, *, by: Identity) -> tuple[Mapping[str, Any], TerritoryFacts, Actor]:
    """A territory's row, its facts and what somebody is to it: for asking what is possible. Raises NotFound."""
    row = db.execute(select(territory).where(territory.c.slug == slug)).mappings().first()
    if row is None:
        raise NotFound("Ce territoire n’existe pas.")
    widen_to_case(db, row["id"])
    return dict(row), territory_facts(db, dict(row)), _actor(by, row["id"])


def _as_entered(request: TerritoryRequest, by: Identity) -> TerritoryRequest:
    """The request with what was entered read as its kind. Raises Unreadable. What the system says needs no reading."""
    step = step_named(Kind.TERRITORY, request.event)
    if by.system or step is None:
        return request
    values, wrong = read_entered(step.inputs, request.payload)
    if wrong:
        raise Unreadable(wrong, TERRITORY_TRACK)
    return replace(request, payload=values)


def _actor(by: Identity, territory_id: str) -> Actor:
    if by.system:
        return Actor(Role.SYSTEM, name=by.name, via=by.via)
    order = (Role.MANAGER, Role.ADMIN, Role.ADVISER)
    found = [
        g.role
        for role in order
        for g in by.grants
        if g.role is role and (role is Role.ADMIN or g.territory == territory_id)
    ]
    return Actor(found[0] if found else Role.OBSERVER, by.person, by.name, via=by.via)


def territory_facts(db: Connection, row: Mapping[str, Any]) -> TerritoryFacts:
    """What the memory knows of a territory, as a decision reads it."""
    own = row["id"]

    def count(table: Any, *where: Any) -> int:
        counted = select(func.count()).select_from(table).where(table.c.territory_id == own, *where)
        return int(ask_everywhere(db, counted)[0][0] if table is case_file else db.execute(counted).scalar_one())

    latest = db.execute(select(func.max(roadmap.c.version)).where(roadmap.c.territory_id == own)).scalar()
    return TerritoryFacts(
        slug=row["slug"], calendar=Calendar(row["holidays"], row["timezone"]), phase=row["state"], state=row["state"], deadlines=deadlines_of(db, own),
        quartiers=count(quartier), managers=count(role_grant, role_grant.c.role == "manager", role_grant.c.ended_at.is_(None)),
        convention_signed=count(convention) > 0, diagnostic_published=count(diagnostic) > 0, roadmap_version=int(latest or 0),
        roadmap_at_phase=row["roadmap_at_phase"], axes=tuple(row["axes"] or ()), evaluation_end=row["evaluation_end"],
        limits=LIMITS, report_recorded=count(territory_review, territory_review.c.kind == "report") > 0, open_cases=count(case_file, case_file.c.state != "closed"),
    )  # fmt: skip


def _keep_record(db: Connection, own: str, phase: str, request: TerritoryRequest, now: datetime) -> None:
    """The row of a record: convention, diagnostic, roadmap, review, report."""
    payload = dict(request.payload)
    common = {"id": new_id(now), "territory_id": own, "recorded_at": now}
    match request.event:
        case "convention":
            db.execute(
                insert(convention).values(**common, signed_on=payload["signed_on"], reference=payload["reference"])
            )
        case "diagnostic":
            known = {"indicators": plain(payload.get("indicators") or []), "sources": payload.get("sources")}
            db.execute(insert(diagnostic).values(**common, published_on=payload["published_on"], **known))
        case "roadmap":
            last = db.execute(
                select(func.coalesce(func.max(roadmap.c.version), 0)).where(roadmap.c.territory_id == own)
            ).scalar_one()
            known = {"axes": plain(payload["axes"]), "objectives": plain(payload.get("objectives") or [])}
            db.execute(
                insert(roadmap).values(**common, version=int(last) + 1, approved_on=payload["approved_on"], **known)
            )
        case "deadline_length":
            keep_length(db, own, payload, now)
        case "review" | "report":
            kind = "report" if request.event == "report" else "yearly" if phase == Phase.EXTENDED else "quarterly"
            db.execute(
                insert(territory_review).values(**common, kind=kind, on_day=payload["on_day"], text=payload.get("text"))
            )


def _write(
    db: Connection, row: Mapping[str, Any], facts: TerritoryFacts, decision: Decision, now: datetime
) -> tuple[Mapping[str, Any], ...]:
    chain = Chain("territory", row["id"], row["head_sequence"], row["head_hash"] or START)
    transaction = Transaction(db, "territory", row["id"], now, facts)
    lines = []
    for move in decision.moves:
        lines.append(chain.append(transaction.writes, move, at=now, cause=None))
        for effect in move.effects:
            transaction.apply(effect, chain.sequence)
            if isinstance(effect, Freeze):
                _freeze(db, row, effect.reason, now)
        if move.from_state != move.to_state:
            here = (stay.c.subject_id == row["id"], stay.c.left_at.is_(None))
            db.execute(update(stay).where(*here).values(left_at=now))
            entered = {"track": TERRITORY_TRACK, "state": move.to_state, "entered_at": now, "definition": VERSION}
            db.execute(insert(stay).values(id=new_id(now), subject_id=row["id"], **entered))
    transaction.writes.send()
    changed = decision.facts.state != row["state"]
    values = {
        **transaction.row,
        "state": decision.facts.state,
        "version": row["version"] + 1,
        "head_sequence": chain.sequence,
        "head_hash": chain.head,
    }
    values |= {"state_since": now, "roadmap_at_phase": facts.roadmap_version} if changed else {}
    mine = (territory.c.id == row["id"], territory.c.version == row["version"])
    if db.execute(update(territory).where(*mine).values(**values)).rowcount != 1:
        raise Conflict({"slug": row["slug"]})
    return tuple(lines)


def _freeze(db: Connection, home: Mapping[str, Any], reason: str, now: datetime) -> None:
    """The indicators of that instant, in a dated snapshot that nobody can change: the table takes no other row's place."""
    calendar = Calendar(home["holidays"], home["timezone"])
    data = {"axes": list(home["axes"] or []), **indicators_at(db, home["id"], calendar, now)}
    row = {"territory_id": home["id"], "taken_at": now, "reason": reason, "data": data}
    db.execute(insert(indicator_snapshot).values(id=new_id(now), **row))
