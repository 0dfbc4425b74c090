"""`qp serve`: the web application."""

from __future__ import annotations

import uvicorn

from api.app import create_app
from api.settings import settings
from cases.database import connect


def serve(host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve the JSON interface."""
    uvicorn.run(create_app(connect(settings().database_url)), host=host, port=port, log_level="info")
