"""Territories, their quartiers, and the programme's phases."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.rest.asking import Paged, PageQuery, Slug
from api.rest.bodies import Name, TerritoryStepBody
from api.security import CurrentVisit
from cases import programme
from cases.programme import TerritoryRequest
from cases.views import directory

router = APIRouter(tags=["territories"])


class QuartierQuery(PageQuery):
    """Quartiers, of one territory or of all."""

    territory: Name | None = None


@router.get("/territories")
async def list_territories(visit: CurrentVisit, page: Paged) -> dict[str, Any]:
    """Every territory, with its phase."""
    return await visit.read(lambda db: directory.territories(db, page.asked("territories")))


@router.get("/territories/{slug}")
async def show_territory(slug: Slug, visit: CurrentVisit) -> dict[str, Any]:
    """One territory: its communes, its convention, its diagnostic, its roadmap."""
    return await visit.read(lambda db: directory.territory_by(db, slug))


@router.post("/territories/{slug}/steps")
async def take_step(slug: Slug, body: TerritoryStepBody, visit: CurrentVisit) -> dict[str, Any]:
    """Take a step of the territory's journey, or note a record of it."""
    request = TerritoryRequest(slug, body.step, body.payload, body.version)
    lines = await visit.write(lambda db: programme.fire(db, request, by=visit.identity, now=visit.now))
    shown = await visit.read(lambda db: directory.territory_by(db, slug))
    return {
        "territory": {name: shown[name] for name in ("slug", "phase", "version")},
        "lines": [dict(line) for line in lines],
    }


@router.get("/quartiers")
async def list_quartiers(visit: CurrentVisit, query: Annotated[QuartierQuery, Query()]) -> dict[str, Any]:
    """The priority neighbourhoods, by their code; one row for each commune."""
    slug, asked = query.territory, query.asked("quartiers", query.territory)
    return await visit.read(lambda db: directory.quartiers(db, asked, slug=slug))
