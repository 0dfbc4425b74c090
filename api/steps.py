"""How a door takes a step of a case: in one transaction; a refusal is noted apart, then said."""

from __future__ import annotations

from sqlalchemy import Connection

from api.security import Visit
from cases import journey, records
from cases.errors import Refused
from cases.journey import Fired, Request
from engine.records import CASE_RECORDS


async def take(visit: Visit, *requests: Request) -> Fired:
    """Take steps, or note records, one after the other and all or none; give what the last one did. Raises what `journey.fire` raises."""
    tried = requests[0]

    def unit(db: Connection) -> Fired:
        nonlocal tried
        for tried in requests:
            do = records.record if tried.event in CASE_RECORDS else journey.fire
            fired = do(db, tried, by=visit.identity, now=visit.now)
        return fired

    try:
        return await visit.write(unit)
    except Refused as refused:
        reasons = refused.reasons
        await visit.write(lambda db: journey.note_refusal(db, tried, visit.identity, reasons, visit.now))
        raise
