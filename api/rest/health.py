"""How the application is: alive, ready to serve, and its figures for a monitor."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from api.metrics import Figures
from api.migrations.run import is_newest
from api.rate_limits import asker_of
from api.work import Work
from cases.clock import Clock
from cases.database import Scope
from notifications.clock import worker_is_alive

router = APIRouter()


@router.get("/healthz")
async def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz")
async def ready(work: Work) -> Response:
    """Whether it can serve: the database answers, it is migrated, a worker is at work; 503 and what is missing otherwise."""
    try:
        found = await work.read(lambda db: _found(db, work.clock))
    except SQLAlchemyError:
        found = {"database": False}
    return JSONResponse({"ready": all(found.values()), **found}, 200 if all(found.values()) else 503)


@router.get("/metrics")
async def figures(request: Request, work: Work) -> Response:
    """The figures, in Prometheus' text: to who has the token of the settings; without one, to this machine alone."""
    if not _may_read(request):
        raise HTTPException(404)
    found: Figures = request.app.state.figures
    await work.read(lambda db: found.read(db, work.clock), Scope.worker())
    return PlainTextResponse(found.text(), media_type=CONTENT_TYPE_LATEST)


def _may_read(request: Request) -> bool:
    wanted: str = request.app.state.metrics_token
    if wanted:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), wanted.encode())
    came_by_a_proxy = {"forwarded", "x-forwarded-for", "x-real-ip"} & set(request.headers)
    return asker_of(request) in ("127.0.0.1", "::/64") and not came_by_a_proxy


def _found(db: Connection, clock: Clock) -> dict[str, bool]:
    migrated = is_newest(db)
    return {"database": True, "migrations": migrated, "worker": migrated and worker_is_alive(db, clock)}
