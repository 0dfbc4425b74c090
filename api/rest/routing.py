"""Routing: who is proposed for a case and why, and the gaps in the offer."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.security import CurrentVisit
from cases import routing
from cases.identifiers import read_reference

router = APIRouter(tags=["routing"])


@router.get("/cases/{reference}/routing")
async def show_routing(reference: str, visit: CurrentVisit, need: str | None = None) -> dict[str, Any]:
    """The current proposal for a need, the oldest one without `need`: every candidate with its sentences and its score."""
    known = read_reference(reference)
    return await visit.read(lambda db: routing.proposal(db, visit.identity, known, need))


@router.get("/offer-gaps")
async def offer_gaps(visit: CurrentVisit) -> dict[str, Any]:
    """Needs for which nobody offers anything, by quartier, the most frequent first."""
    return {"items": await visit.read(lambda db: routing.gaps(db, visit.identity)), "next": None}
