"""How a door takes a step of a case: in one transaction; a refusal is noted apart, then said."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from api.security import Visit
from cases import journey, records
from cases.errors import Refused, Unreadable
from cases.journey import Fired, Request
from engine.records import CASE_RECORDS


async def take(visit: Visit, *requests: Request, then: Callable[[Connection], object] | None = None) -> Fired:
    """Take steps, or note records, one after the other and all or none; give what the last one did. Raises what `journey.fire` raises.

    `then` is done in the same transaction, once they are taken.
    """
    tried = requests[0]

    def unit(db: Connection) -> Fired:
        nonlocal tried
        for tried in requests:
            do = records.record if tried.event in CASE_RECORDS else journey.fire
            fired = do(db, tried, by=visit.identity, now=visit.now)
        if then is not None:
            then(db)
        return fired

    return await attempt(visit, unit, lambda: tried)


async def attempt(visit: Visit, unit: Callable[[Connection], Fired], tried: Callable[[], Request]) -> Fired:
    """Do a unit. When it is refused, the request that was being tried is noted; not when it could not be read."""
    try:
        return await visit.write(unit)
    except Unreadable:
        raise
    except Refused as refused:
        reasons, request = refused.reasons, tried()
        await visit.write(lambda db: journey.note_refusal(db, request, visit.identity, reasons, visit.now))
        raise
