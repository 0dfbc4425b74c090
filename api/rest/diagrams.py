"""A case, drawn where it is."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.rest.fresh import DRAWING, SVG, fresh
from api.security import CurrentVisit
from cases.identifiers import read_reference
from cases.views.drawing import drawn_facts
from engine.diagram import live_svg
from notifications.typography import typo

router = APIRouter(prefix="/cases", tags=["cases"])


@router.get("/{reference}/diagram.svg", response_class=Response, responses=DRAWING)
async def draw_case(reference: str, visit: CurrentVisit, request: Request) -> Response:
    """The case on its machine: where it is, and beside it the open tracks that one sees."""
    now, wanted = visit.now, read_reference(reference)
    facts = await visit.read(lambda db: drawn_facts(db, visit.identity, wanted, now=now))
    return fresh(request, live_svg(facts, tell=typo).encode(), SVG)
