"""Cases: log one, list them, read one, put its facts right."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from api.errors import VersionNeeded
from api.rest.asking import CasesPaged, IdempotencyKey, IfMatch, version_matched
from api.rest.bodies import CaseBody, CorrectionBody
from api.rest.changing import answer_of, fresh_if_stale
from api.security import CurrentVisit
from api.steps import attempt
from cases import corrections, intake
from cases.identifiers import read_reference
from cases.journey import Fired, Request
from cases.views import collection, reading

router = APIRouter(prefix="/cases", tags=["cases"])


@router.post("", status_code=201)
async def log_case(
    body: CaseBody, visit: CurrentVisit, response: Response, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Log a detected business or person: never refused for its place, its SIRET or a duplicate."""
    seen, now = body.detection(), visit.now
    logged = await visit.write(lambda db: intake.log_case(db, seen, by=visit.identity, now=now, key=key))
    response.headers["Location"] = f"/api/v1/cases/{logged.fired.reference}"
    return answer_of(logged.fired, response) | {"possible_duplicates": list(logged.possible_duplicates)}


@router.get("")
async def list_cases(visit: CurrentVisit, query: CasesPaged) -> dict[str, Any]:
    """The cases that one may see. A filter that is repeated takes any of its values; `after` continues the very same list."""
    narrowed, page, order, now = query.narrowing(), query.page(), query.order(), visit.now
    return await visit.read(lambda db: collection.cases(db, visit.identity, narrowed, page, order=order, now=now))


@router.get("/{reference}")
async def show_case(reference: str, visit: CurrentVisit, response: Response) -> dict[str, Any]:
    """One case, with its needs, its tracks and what is due next."""
    known, now = read_reference(reference), visit.now
    found = await visit.read(lambda db: reading.case(db, visit.identity, known, now=now))
    response.headers["ETag"] = f'"{found["version"]}"'
    return found


@router.patch("/{reference}")
async def correct_case(
    reference: str, body: CorrectionBody, visit: CurrentVisit, response: Response, if_match: IfMatch = None
) -> dict[str, Any]:
    """Put facts right, for who read the case: the business, the person, the quartier. A state is never corrected."""
    version = version_matched(if_match)
    if version is None:
        raise VersionNeeded
    request, given, now = Request(read_reference(reference), "correct"), body.correction(), visit.now

    def unit(db: Connection) -> Fired:
        return corrections.correct(db, request.reference, given, version=version, by=visit.identity, now=now)

    async with fresh_if_stale(visit, request.reference, if_match):
        await attempt(visit, unit, lambda: request)
    return await show_case(reference, visit, response)
