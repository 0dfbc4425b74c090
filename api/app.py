"""The application: its doors, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api import errors
from api.rest import ROUTERS
from api.work import Worker
from cases.clock import Clock, SystemClock
from cases.database import Database


def create_app(database: Database, clock: Clock | None = None) -> FastAPI:
    """The application on that database; `clock` is virtual in the demo and the tests."""
    worker = Worker(database, clock or SystemClock())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        worker.close()

    app = FastAPI(
        title="Quartiers productifs",
        docs_url="/api/docs",
        openapi_url="/api/openapi.json",
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.worker = worker
    errors.add_to(app)
    for router in ROUTERS:
        app.include_router(router, prefix="/api/v1")
    app.add_api_route("/healthz", _alive, include_in_schema=False)
    return app


async def _alive() -> dict[str, str]:
    return {"status": "alive"}
