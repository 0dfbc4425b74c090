"""`qp demo`: the product with believable data, its mails caught, ready to sign in as anybody."""

from __future__ import annotations

import asyncio
import secrets
import sys
import tempfile
import time
import webbrowser
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from pydantic import SecretStr
from rich import progress

from api.app import create_app
from api.commands.doorway import CLOCK
from api.commands.serving import STOP_WITHIN, work_inside
from api.demo.building import Days
from api.demo.cast import PLAYERS
from api.demo.catcher import Catcher
from api.demo.checking import check_the_whole
from api.demo.place import SENDER, How, Place, place_in, place_of, prepare
from api.settings import Settings, settings
from cases.database import Database
from cases.errors import CasesError


def demo(
    host: str = "127.0.0.1",
    port: int = 8000,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin again with new data.")] = False,
    build: Annotated[bool, typer.Option("--build", help="Make the data and stop.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Play one case from end to end, without a server, and stop.")
    ] = False,
) -> None:
    """Build a believable territory if it is not there, then serve it with its worker and its mail catcher."""
    try:
        raise typer.Exit(_check() if check else _demo(host, port, browser=browser, fresh=fresh, only_build=build))
    except CasesError as refused:
        print(refused)
        raise typer.Exit(1) from None


def _check() -> int:
    """The whole, from nothing, in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        database = _built(place_in(Path(folder)), How("http://demo.example", timedelta(0), track=_shown), fresh=False)
        try:
            return asyncio.run(check_the_whole(database, Path(folder), CLOCK.now()))
        finally:
            database.close()


def _demo(host: str, port: int, *, browser: bool, fresh: bool, only_build: bool) -> int:
    address = f"http://{host}:{port}"
    place = place_of(settings())
    database = _built(place, How(address, track=_shown), fresh=fresh)
    if only_build:
        database.close()
        return 0
    chosen = settings().model_copy(
        update={"base_url": address, "mail_from": SENDER, "database_url": place.url, "files_dir": place.files}
    )
    _say_who(address)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(database, place, chosen, (host, port), browser=browser))
    return 0


def _built(place: Place, how: How, *, fresh: bool) -> Database:
    """The demo's database; says what it does, and how long it took."""
    started = time.monotonic()
    database, built = prepare(place, CLOCK.now(), how, fresh=fresh)
    if built is not None:
        seconds = time.monotonic() - started
        print(
            f"{built.played} acts of {len(built.made.people)} people on {built.cases} cases, in {seconds:.0f} s.",
            flush=True,
        )
    return database


def _shown(days: Sequence[Days]) -> Iterable[Days]:
    """A bar on a terminal, one line elsewhere."""
    if sys.stdout.isatty():
        return progress.track(days, "Playing months of work", transient=True)
    print("Playing months of work in a territory …", flush=True)
    return days


def _say_who(address: str) -> None:
    print(f"\nOpen {address}/demo and choose who you are; every mail is at {address}/demo/messagerie\n")
    for player in PLAYERS:
        print(f"  {player.name:<20} {player.role:<17} {player.says}")
    print("\nCtrl-C stops.", flush=True)


async def _serve(database: Database, place: Place, chosen: Settings, at: tuple[str, int], *, browser: bool) -> None:
    """Serve, work and catch mails, all in this process, until it is asked to stop."""
    catcher = Catcher(place.letters)
    if not chosen.smtp_url.get_secret_value():
        chosen = chosen.model_copy(update={"smtp_url": SecretStr(await catcher.listen())})
    chosen = chosen.model_copy(update={"secret_key": SecretStr(secrets.token_urlsafe(32))})
    app = create_app(database, demo=True, settings=chosen)
    app.state.catcher = catcher
    work_inside(app, database, chosen)
    config = uvicorn.Config(app, host=at[0], port=at[1], log_level="warning", timeout_graceful_shutdown=STOP_WITHIN)
    if browser and sys.stdout.isatty():
        asyncio.get_running_loop().call_later(1, _open_browser, f"{chosen.base_url}/demo")
    await uvicorn.Server(config).serve()
    await catcher.close()


def _open_browser(address: str) -> None:
    """Open a browser that has a window; one that would take the terminal is left alone."""
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return
    if type(found) is not webbrowser.GenericBrowser:
        found.open(address)
