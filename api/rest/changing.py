"""How a change of a case is answered: what is stale comes with the fresh case, what is done with the new version."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Response

from api.errors import Stale
from api.rest.asking import NO_VERSION, version_matched
from api.security import Visit
from cases.errors import Conflict
from cases.journey import Fired
from cases.views import reading


@asynccontextmanager
async def fresh_if_stale(visit: Visit, reference: str, if_match: str | None = None) -> AsyncIterator[None]:
    """Around a change: a stale version is answered with the case as it is now."""
    try:
        yield
    except Conflict:
        current = await visit.read(lambda db: reading.case(db, visit.identity, reference, now=visit.now))
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
