"""The JSON interface is what its description says, for whoever asks: `qp bench contract`, in small."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer

from bench.contract import ask_as_everybody, ask_each


def test_generated_requests_are_answered_as_described_and_none_without_a_token(tmp_path: Path) -> None:
    found = ask_as_everybody(str(tmp_path), 1, ("adviser", "mentor", "api_client"))

    assert found.cases >= 90
    assert found.server_errors == 0
    assert not found.failures, found.shown
    assert found.statuses[200] > 10


def test_a_route_that_fails_or_lets_anybody_in_would_be_found() -> None:
    app = FastAPI(openapi_url="/api/openapi.json")

    @app.get("/open")
    async def let_in(_: Annotated[Any, Depends(HTTPBearer(auto_error=False))]) -> dict[str, str]:
        return {}

    @app.get("/broken", responses={500: {}})
    async def fail() -> None:
        raise ZeroDivisionError

    found = ask_each(Answering(app), {"anybody": "token"}, 4)

    assert found.server_errors
    assert found.failures["IgnoredAuth"]


class Answering:
    """An application whose faults are answers, as a server gives them."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        with suppress(ZeroDivisionError):
            await self.app(scope, receive, send)
