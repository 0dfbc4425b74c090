"""Operators, their branches and closures; the aids."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.rest.asking import Identifier, Paged, Slug
from api.rest.bodies import ClosureBody
from api.rest.changing import done
from api.security import CurrentVisit
from cases import branches
from cases.database import Scope
from cases.views import directory

router = APIRouter(tags=["operators"])


@router.get("/operators")
async def list_operators(visit: CurrentVisit, page: Paged) -> dict[str, Any]:
    """The operators of the programme and of the field."""
    return await visit.read(lambda db: directory.operators(db, page.asked("operators")))


@router.get("/operators/{slug}")
async def show_operator(slug: Slug, visit: CurrentVisit) -> dict[str, Any]:
    """One operator: its branches, where each works and what it offers."""
    return await visit.read(lambda db: directory.operator_by(db, slug))


@router.get("/aids")
async def list_aids(visit: CurrentVisit, page: Paged) -> dict[str, Any]:
    """The aids; `to_check` tells those that are stale, or not sure."""
    today = visit.now.date()
    return await visit.read(lambda db: directory.aids(db, page.asked("aids"), today=today))


@router.post("/branches/{branch}/closures", status_code=201)
async def close_branch(branch: Identifier, body: ClosureBody, visit: CurrentVisit) -> dict[str, Any]:
    """Declare that a branch that one keeps is closed for some days: its clocks stand still, wherever it works."""
    first, last, by, now = body.first, body.last, visit.identity, visit.now
    fired = await visit.work.write(
        lambda db: branches.declare_closure(db, branch, first, last, by=by, now=now), Scope.worker()
    )
    return {"branch": branch, "from": first, "to": last, "items": [done(one) for one in fired]}
