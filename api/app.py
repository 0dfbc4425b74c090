"""The application: its doors, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute

from api import csrf, errors, link_limits, pages
from api.encrypted import OverTls
from api.headers import BodyLimit, SafeHeaders, Safety, origin_of
from api.identity_provider import Provider
from api.languages import Spoken
from api.log_lines import Logged
from api.meter import Meter
from api.metrics import Figures, Measured
from api.named import Named
from api.pages import refusals
from api.pages.frame import frame_of
from api.registers.completing import Registers
from api.rest import ROUTERS, health
from api.rest.spoken import SpokenJson
from api.settings import Settings
from api.settings import settings as of_this_process
from api.work import Worker
from cases.clock import Clock, SystemClock
from cases.database import Database
from cases.files import Files


def create_app(
    database: Database, clock: Clock | None = None, *, demo: bool = False, settings: Settings | None = None, unfiltered: bool = False,
) -> FastAPI:  # fmt: skip
    """The application on that database; `clock` is virtual in the demo and the tests. Raises SecretKeyMissing in production.

    `unfiltered` takes the first wall down, for the proof that the database refuses alone: raises ValueError in production.
    """
    chosen = settings or of_this_process()
    if unfiltered and chosen.in_production:
        raise ValueError("the first wall stands in production")
    worker = Worker(database, clock or SystemClock(), unfiltered=unfiltered)
    registers, provider = Registers.of(chosen, worker.clock), Provider.of(chosen, worker.clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await registers.close()
        await provider.close()
        worker.close()

    app = FastAPI(
        title="Quartiers productifs",
        docs_url=None,
        openapi_url="/api/openapi.json",
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.worker = worker
    app.state.registers = registers
    app.state.files = Files(chosen.files_dir)
    app.state.base_url = chosen.base_url.rstrip("/")
    app.state.frame = frame_of(chosen, demo=demo)
    app.state.figures = Figures()
    app.state.meter = Meter()
    app.state.metrics_token = chosen.metrics_token.get_secret_value()
    app.state.provider = provider
    app.state.tool_hosts = chosen.tool_hosts
    app.state.safety = Safety(chosen.in_production, origin_of(chosen.oidc_issuer))
    _add_routes(app, demo=demo)
    errors.add_to(app)
    refusals.add_to(app)
    _add_layers(app, chosen)
    return app


def _add_layers(app: FastAPI, chosen: Settings) -> None:
    """What every request goes through, from the innermost to the outermost."""
    app.add_middleware(Named)
    app.add_middleware(BodyLimit)
    app.add_middleware(Spoken)
    if chosen.in_production:
        app.add_middleware(OverTls, base_url=app.state.base_url)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=chosen.hosts, www_redirect=False)
    app.add_middleware(Logged)
    app.add_middleware(SafeHeaders, safety=app.state.safety)
    app.add_middleware(Measured, figures=app.state.figures)


def _add_routes(app: FastAPI, *, demo: bool) -> None:
    app.state.addresses = frozenset(
        getattr(route, "path", "") for router in _shown(demo=demo) for route in router.routes
    )
    app.router.routes += _doors(demo=demo)
    app.router.routes.append(app.state.frame.assets.route)


def _shown(*, demo: bool) -> tuple[APIRouter, ...]:
    return (*pages.ROUTERS, *(pages.OF_THE_DEMO if demo else ()))


@cache
def _doors(*, demo: bool) -> tuple[BaseRoute, ...]:
    """The routes of every application of this process: what each takes and depends on is worked out once.

    Every page is guarded from forged forms, and what links send is counted, here and once; the mail readers’ own button sends no form, and is counted too.
    """
    doors = APIRouter()
    for router in ROUTERS:
        doors.include_router(router, prefix="/api/v1", responses={**errors.PROBLEMS}, default_response_class=SpokenJson)
    guarded = [Depends(csrf.checked), Depends(link_limits.checked)]
    for router in _shown(demo=demo):
        doors.include_router(router, dependencies=guarded, include_in_schema=False)
    for router in pages.UNGUARDED:
        doors.include_router(router, dependencies=[Depends(link_limits.checked)], include_in_schema=False)
    doors.include_router(health.router, include_in_schema=False)
    return tuple(doors.routes)
