"""`qp screenshots`: every screen of the demo as pictures, for eyes."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import typer
import uvicorn

from api.app import create_app
from api.commands.doorway import CLOCK
from api.commands.serving import STOP_WITHIN
from api.demo.catcher import Catcher
from api.demo.chromium import find_chromium
from api.demo.place import How, place_of, prepare
from api.settings import settings
from cases.database import Database
from cases.errors import CasesError

try:
    from api.demo import pictures
except ImportError:  # playwright is of the development environment alone
    pictures = None  # type: ignore[assignment]  # a module, or none


def screenshots(folder: Path) -> None:
    """Write every screen of the demo, light and dark, at 390 and 1,280 pixels, to a folder; the demo is built when it is not there."""
    chromium = find_chromium()
    if pictures is None:
        _stop("Playwright is missing: it comes with the development packages, which ./qp test installs.")
    if chromium is None:
        _stop("Chromium is missing: apt-get install chromium, as root.")
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        place = place_of(settings())
        database, _ = prepare(place, CLOCK.now(), How(f"http://127.0.0.1:{port}"))
    except CasesError as refused:
        _stop(str(refused))
    try:
        print(
            f"{asyncio.run(_pictured(database, Catcher(place.letters), port, chromium, folder))} pictures in {folder}"
        )
    finally:
        database.close()


async def _pictured(database: Database, caught: Catcher, port: int, chromium: str, folder: Path) -> int:
    """Serve the demo as long as its pictures are taken."""
    chosen = settings().model_copy(update={"base_url": f"http://127.0.0.1:{port}"})
    app = create_app(database, demo=True, settings=chosen)
    app.state.catcher = caught
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=STOP_WITHIN
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    try:
        return await pictures.take(f"http://127.0.0.1:{port}", chromium, folder, print)
    finally:
        server.should_exit = True
        await serving


def _stop(why: str) -> NoReturn:
    print(why)
    raise typer.Exit(1)
