"""The backlog of a territory, for those who lead it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.rest.bodies import Name
from api.rest.shapes import backlog_shape
from api.security import CurrentVisit
from cases.backlog import backlog_of

router = APIRouter(tags=["backlog"])


@router.get("/backlog")
async def show_backlog(visit: CurrentVisit, territory: Annotated[Name | None, Query()] = None) -> dict[str, Any]:
    """Open cases by state and age, broken deadlines by owner; of the first territory that one leads, without `territory`."""
    now = visit.now
    return backlog_shape(await visit.count(lambda db: backlog_of(db, visit.identity, territory, now=now)))
