"""Territories and the programme's phases."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.rest.bodies import TerritoryStepBody
from api.security import CurrentIdentity
from api.work import Work
from cases import programme, reading
from cases.programme import TerritoryRequest

router = APIRouter(prefix="/territories", tags=["territories"])


@router.get("")
async def territories(work: Work, _: CurrentIdentity) -> dict[str, Any]:
    """Every territory, with its phase."""
    return {"items": await work.read(reading.territories), "next": None}


@router.post("/{slug}/steps")
async def take_step(slug: str, body: TerritoryStepBody, work: Work, identity: CurrentIdentity) -> dict[str, Any]:
    """Take a step of the territory's journey, or note a record of it."""
    request = TerritoryRequest(slug, body.step, body.payload, body.version)
    lines = await work.write(lambda db: programme.fire(db, request, by=identity, now=work.clock.now()))
    return {"lines": list(lines)}
