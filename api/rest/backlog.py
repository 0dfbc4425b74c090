"""The backlog and the figures of a territory, for those who lead it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.rest.bodies import Name
from api.rest.shapes import backlog_shape, flow_shape, indicators_shape
from api.security import CurrentVisit
from cases.backlog import backlog_of
from cases.indicators import indicators_of

router = APIRouter(tags=["backlog"])
Slug = Annotated[Name | None, Query()]


@router.get("/backlog")
async def show_backlog(visit: CurrentVisit, territory: Slug = None) -> dict[str, Any]:
    """Open cases by state and age, broken deadlines by owner; of the first territory that one leads, without `territory`."""
    now = visit.now
    return backlog_shape(await visit.count(lambda db: backlog_of(db, visit.identity, territory, now=now)))


@router.get("/indicators")
async def show_indicators(visit: CurrentVisit, territory: Slug = None) -> dict[str, Any]:
    """The backlog, then delays (median and nine in ten, in working days, over ninety days), branches, axes, levers and gaps in the offer."""
    now = visit.now
    return indicators_shape(await visit.count(lambda db: indicators_of(db, visit.identity, territory, now=now)))


@router.get("/indicators/flow")
async def show_flow(visit: CurrentVisit, territory: Slug = None) -> dict[str, Any]:
    """Cases that came in and went out, a week each, of the last twelve weeks."""
    now = visit.now
    return flow_shape(await visit.count(lambda db: indicators_of(db, visit.identity, territory, now=now)))
