"""`qp serve` and `qp worker`: the web application, and what happens by itself."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import wait
from typing import Annotated, Any

import typer
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.commands.doorway import CLOCK, running_database
from api.log_lines import write_lines
from api.receiving import read_listen, receiving
from api.settings import Settings, settings, with_kept_key
from cases.database import Database
from cases.files import Files
from notifications import clock
from notifications.mailer import Post
from notifications.smtp import SmtpCarrier, read_server
from notifications.webhooks import Teller

MOST = 16
"""Processes of one worker."""
STOP_WITHIN = 25
"""Seconds that requests and letters under way have to finish when the process is asked to stop."""


def serve(host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve the pages and the JSON interface; on SQLite, do the worker's part too."""
    with running_database() as database:
        write_lines(settings().log_format)
        chosen = with_kept_key(settings())
        app = create_app(database, settings=chosen)
        if database.dialect == "sqlite":
            work_inside(app, database, chosen)
        uvicorn.run(
            app, host=host, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=STOP_WITHIN,
            proxy_headers=True, forwarded_allow_ips=chosen.proxies, server_header=False,
        )  # fmt: skip


def worker(
    processes: Annotated[int, typer.Option(min=1, max=MOST, help="How many work side by side: as many as cores.")] = 1,
) -> None:
    """Do what happens by itself: deadlines, messages, mails. As many as one likes on one PostgreSQL."""
    if processes > 1:
        raise typer.Exit(_side_by_side(processes))
    _work()


def _work() -> None:
    with running_database() as database:
        write_lines(settings().log_format)
        asyncio.run(_until_stopped(database))


def _side_by_side(count: int) -> int:
    """Have so many processes work until this one is asked to stop; when one ends by itself, all do. The exit code: 1 when nobody asked."""
    together = multiprocessing.get_context("spawn")
    workers = [together.Process(target=_work) for _ in range(count)]
    asked = False

    def stop(*_: object) -> None:
        nonlocal asked
        asked = True
        for one in workers:
            if one.is_alive():
                one.terminate()

    for one in workers:
        one.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    wait([one.sentinel for one in workers])
    by_itself = not asked
    stop()
    for one in workers:
        one.join()
    return 1 if by_itself else 0


def post_of(chosen: Settings) -> Post | None:
    """How mails leave with these settings; None without a mail server: then they wait. Raises ServerUnreadable."""
    url = chosen.smtp_url.get_secret_value()
    if not url:
        return None
    carrier, key = SmtpCarrier(read_server(url)), chosen.secret_key.get_secret_value()
    where = {"reply_domain": chosen.inbound_domain, "key": key}
    return Post(carrier, chosen.mail_from, chosen.base_url, worker=_name(), **where)


def _around(chosen: Settings) -> clock.Around:
    return clock.Around(Files(chosen.files_dir), Teller(hosts=chosen.tool_hosts))


def _name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


async def _until_stopped(database: Database) -> None:
    stopping = asyncio.Event()
    for asked in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(asked, stopping.set)
    async with receiving(database, CLOCK, settings()):
        chosen = with_kept_key(settings())
        await clock.run(database, CLOCK, post_of(chosen), stopping, name=_name(), around=_around(chosen))


def work_inside(app: FastAPI, database: Database, chosen: Settings) -> None:
    """Work for as long as the application lives, and finish before it lets the database go. Raises what cannot be read of the settings."""
    post = post_of(chosen)
    if chosen.inbound_listen:
        read_listen(chosen)
    lives = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(of: Any) -> AsyncIterator[Any]:
        async with lives(of) as state, receiving(database, CLOCK, chosen):
            stopping = asyncio.Event()
            at_work = asyncio.create_task(
                clock.run(database, CLOCK, post, stopping, name=_name(), around=_around(chosen))
            )
            try:
                yield state
            finally:
                stopping.set()
                await at_work

    app.router.lifespan_context = lifespan
