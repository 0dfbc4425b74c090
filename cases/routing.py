"""Routing proposals: computed in the transaction that asks for them, frozen with what they were computed from, chosen from with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from cases.access import Identity, case_row, visible_to
from cases.errors import NotFound
from cases.identifiers import new_id
from cases.journal import plain
from cases.routing_facts import Asked, gather
from cases.tables.case import case_file, need
from cases.tables.routing import routing_proposal
from cases.tables.territories import quartier, territory
from cases.views.sight import sight_of
from engine import routing
from engine.effects import Decision, Route
from engine.facts import Referral
from engine.offers import Eligibility, Offered, Wanted
from engine.routing import RULES_VERSION, Candidate, Proposal
from engine.state_names import CaseState

_OFFERED: Final = tuple(one.name for one in fields(Offered))
_offered = attrgetter(*_OFFERED)


class NoProposal(NotFound):
    """No proposal was computed yet: the case is not qualified, or has no such need."""

    def __init__(self) -> None:
        super().__init__("Aucune proposition n’est établie pour ce besoin : qualifiez d’abord le dossier.")


def asked_by(decision: Decision) -> bool:
    """Whether a decision asks for a proposal: a need is qualified or comes back, an operator says no, an agreement changes."""
    return any(isinstance(effect, Route) for move in decision.moves for effect in move.effects)


def propose(db: Connection, case_id: str, now: datetime) -> None:
    """Compute the proposal of each open need of a qualified case and freeze it; the ones before stay, no longer current."""
    facts = gather(db, case_id, now)
    if facts is None:
        return
    db.execute(update(routing_proposal).where(*_current_of(case_id)).values(current=False))
    rows = [
        _frozen(facts, wanted, routing.propose(wanted, offers, facts.weights))
        | {"id": new_id(now), "case_id": case_id, "computed_at": now}
        for wanted, offers in facts.needs
    ]
    if rows:
        db.execute(insert(routing_proposal), rows)


def _frozen(facts: Asked, wanted: Wanted, proposal: Proposal) -> dict[str, Any]:
    """A proposal as it is kept, with what it is computed from again: an offer that is no candidate changes nothing."""
    inputs = {
        "wanted": plain(asdict(wanted)),
        "offers": [_as_given(one.offered) for one in proposal.candidates],
        "weights": asdict(facts.weights),
    }
    return {
        "need_id": wanted.need, "rules_version": RULES_VERSION, "inputs": inputs, "gap": proposal.gap, "current": True,
        "candidates": [candidate_row(one) for one in proposal.candidates],
    }  # fmt: skip


def _as_given(offered: Offered) -> dict[str, Any]:
    """An offer as it was given to the rules, as JSON keeps it. Of its eligibility, what is absent is open to all, here too."""
    given = dict(zip(_OFFERED, _offered(offered), strict=True)) | {"eligibility": _rules_of(offered.eligibility)}
    return given | {"closed_until": plain(offered.closed_until)} if offered.closed_until else given


@lru_cache(maxsize=1024)
def _rules_of(eligibility: Eligibility) -> Mapping[str, Any]:
    """The rules that an offer has."""
    every = {one.name: (getattr(eligibility, one.name), one.default) for one in fields(eligibility)}
    return {name: value for name, (value, default) in every.items() if value != default}


def candidate_row(found: Candidate) -> dict[str, Any]:
    """A candidate as the JSON interface gives it."""
    own = found.offered
    return {
        "rank": found.rank, "kept": found.kept, "score": found.score, "outside_axis": found.outside_axis,
        "branch": {"id": own.branch, "name": own.branch_name, "operator": own.operator}, "offer": {"id": own.id, "name": own.name, "scope": own.scope},
        "agent": {"id": own.agent, "name": own.agent_name, "instead_of": own.instead_of} if own.agent else None,
        "filters": [{"code": c.code, "passed": c.passed, "to_verify": c.to_verify, "message": c.message} for c in found.checks],
        "criteria": [{"code": p.code, "points": p.points, "max": p.max, "message": p.message} for p in found.parts],
    }  # fmt: skip


def _current_of(case_id: str) -> tuple[Any, ...]:
    return routing_proposal.c.case_id == case_id, routing_proposal.c.current


# -- choosing -------------------------------------------------------------------------------------------------------------


def choose(db: Connection, case_id: str, asked: Referral, payload: Mapping[str, Any], now: datetime) -> str | None:
    """Note on the current proposals which branch was chosen, at which rank, and why when it is another; give the first one's id."""
    mine = (*_current_of(case_id), routing_proposal.c.need_id.in_(asked.needs))
    first = None
    for row in db.execute(select(routing_proposal).where(*mine).order_by(routing_proposal.c.id)).all():
        ranks = [c["rank"] for c in row.candidates if c["kept"] and c["branch"]["id"] == asked.branch]
        chosen = {
            "track": asked.name,
            "branch": asked.branch,
            "rank": min(ranks, default=None),
            "reason": payload.get("reason"),
            "at": now,
        }
        db.execute(update(routing_proposal).where(routing_proposal.c.id == row.id).values(choice=plain(chosen)))
        first = first or row.id
    return first


# -- reading --------------------------------------------------------------------------------------------------------------


def proposals(db: Connection, who: Identity, reference: str) -> list[dict[str, Any]]:
    """The current proposals of a case, one a need, for whoever sees the whole of it. Raises NotFound for the others."""
    row = case_row(db, who, reference)
    if not sight_of(db, who, dict(row)).whole:
        raise NotFound
    joined = routing_proposal.join(need, need.c.id == routing_proposal.c.need_id)
    query = select(routing_proposal).select_from(joined).where(*_current_of(row["id"]))
    rows = db.execute(query.order_by(need.c.created_at, need.c.id)).mappings()
    return [_shown(one) for one in rows]


def proposal(db: Connection, who: Identity, reference: str, need_id: str | None = None) -> dict[str, Any]:
    """The current proposal of one need, of the oldest without `need_id`. Raises NoProposal when none was computed."""
    found = [one for one in proposals(db, who, reference) if need_id in (None, one["need"])]
    if not found:
        raise NoProposal
    return found[0]


def _shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    names = ("id", "computed_at", "current", "rules_version", "gap", "choice", "candidates")
    shown: dict[str, Any] = plain({name: row[name] for name in names} | {"need": row["need_id"]})
    return shown


def gaps(db: Connection, who: Identity) -> list[dict[str, Any]]:
    """The gaps in the offer of one's territories: for each need and quartier, the open cases for which nobody offers anything."""
    joined = (
        routing_proposal.join(need, need.c.id == routing_proposal.c.need_id)
        .join(case_file, case_file.c.id == routing_proposal.c.case_id)
        .outerjoin(territory, territory.c.id == case_file.c.territory_id)
        .outerjoin(quartier, quartier.c.id == case_file.c.quartier_id)
    )
    columns = (
        need.c.subject, need.c.axis, case_file.c.reference, routing_proposal.c.computed_at, territory.c.slug, quartier.c.code,
        quartier.c.name,
    )  # fmt: skip
    open_now = (
        routing_proposal.c.current,
        routing_proposal.c.gap,
        need.c.outcome.is_(None),
        case_file.c.state != CaseState.CLOSED,
    )
    query = select(*columns).select_from(joined).where(*open_now, _in_their_charge(who), visible_to(who))
    grouped: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in db.execute(query.order_by(routing_proposal.c.computed_at, routing_proposal.c.id)):
        known = {"code": row.code, "name": row.name} if row.code else None
        gap = grouped.setdefault(
            (row.slug, row.subject, row.axis, row.code),
            {
                "territory": row.slug,
                "subject": row.subject,
                "axis": row.axis,
                "quartier": known,
                "since": plain(row.computed_at),
                "cases": [],
            },
        )
        gap["cases"].append(row.reference)
    return sorted(grouped.values(), key=lambda gap: (-len(gap["cases"]), gap["since"]))


def _in_their_charge(who: Identity) -> Any:
    """Cases that one follows as a territory does, or as the programme: not those of which one has a track."""
    if who.system:
        return case_file.c.id.is_not(None)
    return case_file.c.territory_id.in_(who.territories()) | case_file.c.territory_id.is_(None)
