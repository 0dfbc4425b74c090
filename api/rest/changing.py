"""How a change of a case is asked for and answered: what was refused is noted, what is stale comes with the fresh case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Response
from sqlalchemy import Connection

from api.errors import Stale
from api.rest.asking import NO_VERSION, version_matched
from api.security import Visit
from cases import journey
from cases.errors import Conflict, Refused, Unreadable
from cases.journey import Fired, Request
from cases.views import reading

Change = Callable[[Connection], Fired]


async def attempt(visit: Visit, request: Request, change: Change, if_match: str | None = None) -> Fired:
    """Do it. A refusal is noted apart, then said; a stale version is answered with the case as it is now."""
    try:
        return await visit.write(change)
    except Unreadable:
        raise
    except Refused as refused:
        reasons = refused.reasons
        await visit.write(lambda db: journey.note_refusal(db, request, visit.identity, reasons, visit.now))
        raise
    except Conflict:
        current = await visit.read(lambda db: reading.case(db, visit.identity, request.reference, now=visit.now))
        matched = version_matched(if_match)
        kind = Stale if matched is not None and matched != current["version"] else Conflict
        raise kind(current) from None


def expected_version(if_match: str | None, said: int | None) -> int | None:
    """The version that somebody read, by `If-Match` or in the body; two that differ are never that of the case."""
    matched = version_matched(if_match)
    if matched is None or said is None:
        return said if matched is None else matched
    return matched if matched == said else NO_VERSION


def answer_of(fired: Fired, response: Response) -> dict[str, Any]:
    """What was done, with the case's new version as its ETag; a replay says so."""
    response.headers["ETag"] = f'"{fired.version}"'
    if fired.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return done(fired)


def done(fired: Fired) -> dict[str, Any]:
    """The case with its new version, and a line for each step that was taken."""
    return {
        "case": {"reference": fired.reference, "version": fired.version},
        "lines": [dict(line) for line in fired.lines],
    }
