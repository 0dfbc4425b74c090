"""Steps: what is possible on a case and why not, one step, and the same step on many cases."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi import Request as Call

from api.errors import problem_of, reason, whereabouts
from api.rest.asking import IdempotencyKey, IfMatch
from api.rest.bodies import BulkBody, StepBody
from api.rest.changing import answer_of, done, expected_version, fresh_if_stale
from api.rest.shapes import input_schema
from api.security import CurrentVisit
from api.steps import take
from api.together import Verdict, take_on_each
from cases.identifiers import read_reference
from cases.journey import Fired, Request
from cases.views import reading
from engine.permission import Possible

router = APIRouter(prefix="/cases", tags=["steps"])


@router.get("/{reference}/steps")
async def show_steps(reference: str, visit: CurrentVisit, response: Response) -> dict[str, Any]:
    """Every step of every machine of the case that one sees: the possible ones, and the others with why not."""
    known, now = read_reference(reference), visit.now
    version, found = await visit.read(lambda db: reading.steps_of(db, visit.identity, known, now=now))
    response.headers["ETag"] = f'"{version}"'
    return {"version": version, "items": [_possible(one) for one in found]}


@router.post("/steps")
async def take_step_on_many(
    body: BulkBody, visit: CurrentVisit, call: Call, key: IdempotencyKey = None
) -> dict[str, Any]:
    """The same step on up to 200 cases, each in a transaction of its own: a verdict each, whatever the others'."""

    async def take_one(reference: str) -> Fired:
        request = _asked(reference, body, key, body.version)
        async with fresh_if_stale(visit, request.reference):
            return await take(visit, request)

    return {"items": [_verdict(found, call) for found in await take_on_each(body.cases, take_one)]}


@router.post("/{reference}/steps")
async def take_step(
    reference: str, body: StepBody, visit: CurrentVisit, response: Response, key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> dict[str, Any]:  # fmt: skip
    """Take one step of the case or of a track; with `kind`, create a track."""
    request = _asked(reference, body, key, expected_version(if_match, body.version))
    async with fresh_if_stale(visit, request.reference, if_match):
        fired = await take(visit, request)
    return answer_of(fired, response)


def _asked(reference: str, body: StepBody, key: str | None, version: int | None) -> Request:
    behalf = body.on_behalf_of.model_dump() if body.on_behalf_of else None
    return Request(read_reference(reference), body.step, body.kind or body.track, body.entered(), version, key, behalf)


def _verdict(found: Verdict, call: Call) -> dict[str, Any]:
    if isinstance(found.outcome, Fired):
        return {"reference": found.outcome.reference, "status": 200, **done(found.outcome)}
    problem = problem_of(found.outcome, **whereabouts(call))
    return {"reference": found.reference, "status": problem["status"], "problem": problem}


def _possible(found: Possible) -> dict[str, Any]:
    step = {"track": found.track, "step": found.step, "label": found.label, "to": found.to, "allowed": found.allowed}
    return step | {"reasons": [reason(r, found.track) for r in found.reasons], "input": input_schema(found.inputs)}
