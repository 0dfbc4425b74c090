"""Cases: log one, read it, take its steps, note what happened."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from api.errors import reason
from api.rest.bodies import CaseBody, RecordBody, StepBody
from api.rest.shapes import input_schema
from api.security import CurrentVisit, Visit
from cases import intake, journey, reading, records
from cases.errors import NotFound, Refused
from cases.identifiers import read_reference
from cases.journey import Fired, Request
from engine.permission import Possible, available

router = APIRouter(prefix="/cases", tags=["cases"])

Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)]
RECORDS = {
    "contacts": "contact", "attempts": "attempt", "needs": "need", "notes": "note", "meetings": "meeting", "sessions": "session", "scores": "score",
    "action-plans": "action_plan", "actions": "action", "checks": "check", "documents": "document", "consents": "consent", "aids": "aid",
}  # fmt: skip


@router.post("", status_code=201)
async def log_case(body: CaseBody, visit: CurrentVisit) -> dict[str, Any]:
    """Log a detected business or person: never refused for its place, its SIRET or a duplicate."""
    logged = await visit.write(lambda db: intake.log_case(db, body.detection(), by=visit.identity, now=visit.now))
    return {
        "case": _head(logged.fired),
        "lines": list(logged.fired.lines),
        "possible_duplicates": list(logged.possible_duplicates),
    }


@router.get("")
async def list_cases(
    visit: CurrentVisit, state: Annotated[list[str] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50, after: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The cases that one may see, the most recently logged last; `after` continues a list."""
    return await visit.read(lambda db: reading.cases(db, visit.identity, states=state or [], limit=limit, after=after))


@router.get("/{reference}")
async def show_case(reference: str, visit: CurrentVisit, response: Response) -> dict[str, Any]:
    """One case, with its needs, its tracks and what is due next."""
    found = await visit.read(lambda db: reading.case(db, visit.identity, read_reference(reference)))
    response.headers["ETag"] = f'"{found["version"]}"'
    return found


@router.get("/{reference}/steps")
async def show_steps(reference: str, visit: CurrentVisit) -> dict[str, Any]:
    """Every step of every machine of the case: the possible ones, and the others with why not."""
    now = visit.now
    facts, actor = await visit.read(
        lambda db: journey.facts_for(db, read_reference(reference), by=visit.identity, now=now)
    )
    return {"items": [_possible(found) for found in available(facts, actor, now)]}


@router.post("/{reference}/steps")
async def take_step(
    reference: str, body: StepBody, visit: CurrentVisit, response: Response, key: Key = None
) -> dict[str, Any]:
    """Take one step of the case or of a track; with `kind`, create a track."""
    request = Request(
        read_reference(reference),
        body.step,
        body.kind or body.track,
        body.entered(),
        body.version,
        key,
        body.on_behalf_of,
    )
    return _answer(await _fire(visit, request), response)


@router.get("/{reference}/journal")
async def show_journal(reference: str, visit: CurrentVisit) -> dict[str, Any]:
    """The case's lines, the oldest first, with the words that stand beside them."""
    return {
        "items": await visit.read(lambda db: reading.journal_of(db, visit.identity, read_reference(reference))),
        "next": None,
    }


@router.get("/{reference}/deadlines")
async def show_deadlines(reference: str, visit: CurrentVisit) -> dict[str, Any]:
    """The case's deadlines, with the rule that set each and the marks that have fired."""
    return {
        "items": await visit.read(lambda db: reading.deadlines_shown(db, visit.identity, read_reference(reference))),
        "next": None,
    }


@router.post("/{reference}/{collection}", status_code=201)
async def note_record(
    reference: str,
    collection: str,
    body: RecordBody,
    visit: CurrentVisit,
    response: Response,
    key: Key = None,
) -> dict[str, Any]:
    """Note something: a contact, a need, a meeting …"""
    if collection not in RECORDS:
        raise NotFound("Cette adresse n’existe pas.")
    request = Request(
        read_reference(reference), RECORDS[collection], body.track, body.payload, None, key, body.on_behalf_of, body.day
    )
    return _answer(await _fire(visit, request, record=True), response)


async def _fire(visit: Visit, request: Request, *, record: bool = False) -> Fired:
    """Do it; a refusal is noted apart, then said."""
    do = records.record if record else journey.fire
    try:
        return await visit.write(lambda db: do(db, request, by=visit.identity, now=visit.now))
    except Refused as refused:
        reasons = refused.reasons
        await visit.write(lambda db: journey.note_refusal(db, request, visit.identity, reasons, visit.now))
        raise


def _answer(fired: Fired, response: Response) -> dict[str, Any]:
    response.headers["ETag"] = f'"{fired.version}"'
    if fired.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return {"case": _head(fired), "track": fired.track, "lines": [dict(line) for line in fired.lines]}


def _head(fired: Fired) -> dict[str, Any]:
    return {"reference": fired.reference, "version": fired.version}


def _possible(found: Possible) -> dict[str, Any]:
    step = {"track": found.track, "step": found.step, "label": found.label, "to": found.to, "allowed": found.allowed}
    return step | {"input": input_schema(found.inputs), "reasons": [reason(r) for r in found.reasons]}
