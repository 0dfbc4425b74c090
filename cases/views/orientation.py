"""What an adviser reads before asking an operator: who is proposed for a need and why, who else there is, and the person's agreement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from cases import journey
from cases.access import Identity, case_row, visible_to
from cases.errors import NotFound
from cases.orienting import Asking, ToAsk, to_ask
from cases.routing import proposals
from cases.tables.case import business, case_file, consent, entrepreneur, need
from cases.tables.operators import branch
from cases.tables.routing import routing_proposal
from cases.tables.territories import quartier
from cases.tables.tracks import referral, referral_need
from cases.views.choices import Choice, branches_for, subject_label
from engine.facts import CaseFacts
from engine.state_names import CaseState

GIVEN_UP = ("declined", "expired", "discontinued")
"""How a request ends that the next candidate takes over."""
_ASKED = ("draft", "sent", "info_requested", "accepted", "engaged")


@dataclass(frozen=True, slots=True)
class NeedAsked:
    """An open need in words, with its amount in euros and what the person said of it."""

    id: str
    label: str
    detail: str | None
    amount: Any


@dataclass(frozen=True, slots=True)
class Orientation:
    """One need of a case and who could be asked for it. `case`, `business` and `person` are rows; `proposal` is as the JSON interface gives it."""

    case: Mapping[Any, Any]
    business: Mapping[Any, Any]
    person: Mapping[Any, Any]
    quartier: str | None
    facts: CaseFacts
    needs: tuple[NeedAsked, ...]
    chosen: NeedAsked | None
    proposal: Mapping[str, Any] | None
    consent: Mapping[Any, Any] | None
    """Their latest answer to sharing their case."""
    others: tuple[Choice, ...]
    """Branches near the case that the proposal does not keep."""
    asked: tuple[ToAsk, ...] = ()
    """The branches that were chosen, as they would be asked now."""
    own: frozenset[str] = frozenset()
    """The branches for which the reader works too, whichever of their roles they chose to work in."""


@dataclass(frozen=True, slots=True)
class Next:
    """Who comes next for a need whose last request came to nothing, with the candidate as the proposal ranks it."""

    reference: str
    business: str
    need: NeedAsked
    candidate: Mapping[str, Any]
    after: str
    """The branch that was asked before."""
    ended: str
    """How its request ended."""


def orientation_of(
    db: Connection, who: Identity, reference: str, need_id: str | None, branches: tuple[str, ...] | None, *, now: datetime
) -> Orientation:  # fmt: skip
    """Who could be asked for a need, for the oldest one without `need_id`. Raises NotFound for who does not see the whole case.

    `branches` are those that are chosen; by default the first of the proposal.
    """
    found = {one["need"]: one for one in proposals(db, who, reference)}
    row = case_row(db, who, reference)
    facts, _ = journey.facts_on(db, row, by=who, now=now)
    needs = _needs(db, row["id"])
    chosen = next((one for one in needs if need_id in (None, one.id)), None)
    if chosen is None and need_id is not None:
        raise NotFound("Ce besoin n’est pas dans ce dossier, ou il a déjà son issue.")
    proposal = found.get(chosen.id) if chosen else None
    kept = [one["branch"]["id"] for one in (proposal or {}).get("candidates", ()) if one["kept"]]
    wanted = kept[:1] if branches is None else branches
    asking = Asking(reference, chosen.id if chosen else "", tuple(wanted))
    return Orientation(
        row, _row(db, business, row["business_id"]), _row(db, entrepreneur, row["entrepreneur_id"]),
        db.execute(select(quartier.c.name).where(quartier.c.id == row["quartier_id"])).scalar(), facts, needs, chosen, proposal,
        _consent(db, row["id"]), tuple(one for one in branches_for(db, row) if one.value not in kept),
        to_ask(db, asking, by=who, now=now) if chosen else (), who.whole().branches(),
    )  # fmt: skip


def next_for(db: Connection, who: Identity) -> tuple[Next, ...]:
    """The same, in the cases that somebody follows."""
    return () if who.person is None else _next(db, case_file.c.referent_id == who.person, visible_to(who))


def next_ones(db: Connection, case_id: str) -> tuple[Next, ...]:
    """For each open need whose last request came to nothing and for which nobody is asked now: who comes next, when somebody does."""
    return _next(db, case_file.c.id == case_id)


def _next(db: Connection, *which: Any) -> tuple[Next, ...]:
    other, others_need = referral.alias(), referral_need.alias()
    both = other.join(others_need, others_need.c.referral_id == other.c.id)
    asked_now = (
        select(other.c.id).select_from(both).where(others_need.c.need_id == need.c.id, other.c.state.in_(_ASKED))
    )
    current = (routing_proposal.c.need_id == need.c.id) & routing_proposal.c.current
    joined = (
        case_file.join(need, need.c.case_id == case_file.c.id)
        .join(business, business.c.id == case_file.c.business_id)
        .join(referral_need, referral_need.c.need_id == need.c.id)
        .join(referral, referral.c.id == referral_need.c.referral_id)
        .join(branch, branch.c.id == referral.c.branch_id)
        .join(routing_proposal, current)
    )
    columns = (
        case_file.c.reference, business.c.name.label("business"), need.c.id, need.c.subject, need.c.detail, need.c.amount, branch.c.name,
        referral.c.state, routing_proposal.c.candidates,
    )  # fmt: skip
    where = (
        need.c.outcome.is_(None),
        referral.c.state.in_(GIVEN_UP),
        case_file.c.state != CaseState.CLOSED,
        ~asked_now.exists(),
    )
    query = select(*columns).select_from(joined).where(*where, *which)
    last = {row.id: row for row in db.execute(query.order_by(need.c.created_at, need.c.id, referral.c.number))}
    found = ((row, next((one for one in row.candidates if one["kept"]), None)) for row in last.values())
    return tuple(
        Next(row.reference, row.business, _need(row), best, row.name, row.state)
        for row, best in found
        if best is not None
    )


def _needs(db: Connection, case_id: str) -> tuple[NeedAsked, ...]:
    pending = (need.c.case_id == case_id, need.c.outcome.is_(None))
    rows = db.execute(select(need).where(*pending).order_by(need.c.created_at, need.c.id))
    return tuple(_need(row) for row in rows)


def _need(row: Any) -> NeedAsked:
    return NeedAsked(row.id, subject_label(row.subject), row.detail, row.amount)


def _row(db: Connection, table: Any, identifier: str) -> Mapping[Any, Any]:
    return db.execute(select(table).where(table.c.id == identifier)).mappings().one()


def _consent(db: Connection, case_id: str) -> Mapping[Any, Any] | None:
    mine = (consent.c.case_id == case_id, consent.c.purpose == "share")
    latest = select(consent).where(*mine).order_by(consent.c.at.desc(), consent.c.id.desc()).limit(1)
    return db.execute(latest).mappings().first()
