"""The timetable: what a worker does again and again, on one screen. What is due stands in the tables; a tick that is lost loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Final

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import Connection, delete
from sqlalchemy.dialects import postgresql, sqlite

from cases.clock import Clock, SystemClock
from cases.database import Database, Scope
from cases.files import Files
from cases.surveys import ask_again
from cases.sweep import sweep
from notifications.asking import answer_all
from notifications.exceptions import tell_exceptions
from notifications.expiring import warn_of_tokens
from notifications.mailer import Post, send_due
from notifications.planner import plan
from notifications.retention import keep_schedule
from notifications.tables import heartbeat
from notifications.webhooks import Teller, deliver_due

EVERY: Final = {
    "sweep": 20,
    "plan": 5,
    "answer": 5,
    "weekly": 60,
    "send": 5,
    "tell": 5,
    "beat": 15,
    "surveys": 600,
    "retention": 600,
    "warn": 3600,
}
"""Seconds between two ticks of each thing that a worker does."""
SILENT: Final = timedelta(minutes=2)
"""A worker that was not heard of for that long is not at work."""
_FORGOTTEN: Final = timedelta(days=1)
_CHOICES: Final = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Around:
    """What a worker reaches beside the database and the mail server: the folder of documents, and the tools that are told."""

    files: Files | None = None
    teller: Teller = field(default_factory=Teller)


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one tick did: marks and steps that happened, messages planned, letters that left."""

    swept: int
    planned: int
    sent: int


async def tick(database: Database, clock: Clock, post: Post) -> Ticked:
    """Do once all that a worker does: what is due happens, is planned, composed and sent. For virtual days too."""
    swept = await asyncio.to_thread(sweep, database, clock.now())
    planned = await asyncio.to_thread(plan, database, clock.now(), domain=post.domain)
    planned += await asyncio.to_thread(tell_exceptions, database, clock.now(), domain=post.domain)
    return Ticked(swept, planned, await send_due(database, clock, post))


async def run(
    database: Database, clock: Clock, post: Post | None, stopping: asyncio.Event, *, name: str, around: Around | None = None
) -> None:  # fmt: skip
    """Work until `stopping` is set, then finish what is under way. Without a post, mails wait."""
    domain, reached = post.domain if post else "localhost", around or Around()
    jobs: dict[str, Callable[[], Awaitable[Any]]] = {
        "sweep": lambda: asyncio.to_thread(sweep, database, clock.now()),
        "plan": lambda: asyncio.to_thread(plan, database, clock.now(), domain=domain),
        "tell": lambda: deliver_due(database, clock, reached.teller, stopping=stopping.is_set),
        "answer": lambda: asyncio.to_thread(answer_all, database, clock.now()),
        "warn": lambda: asyncio.to_thread(warn_of_tokens, database, clock.now()),
        "surveys": lambda: asyncio.to_thread(database.write, partial(ask_again, now=clock.now()), Scope.worker()),
        "weekly": lambda: asyncio.to_thread(tell_exceptions, database, clock.now(), domain=domain),
        "beat": lambda: asyncio.to_thread(beat, database, clock, name),
        "retention": lambda: asyncio.to_thread(keep_schedule, database, clock.now(), reached.files),
    }
    if post is not None:
        jobs["send"] = lambda: send_due(database, clock, post, stopping=stopping.is_set)
    under_way: set[str] = set()
    scheduler = AsyncIOScheduler(timezone="UTC", job_defaults=_CHOICES)
    at_once = SystemClock().now()  # the ticks are the machine's, whatever day it is in the product
    for job, do in jobs.items():
        scheduler.add_job(
            _once, "interval", seconds=EVERY[job], next_run_time=at_once, args=(job, do, under_way, stopping)
        )
    scheduler.start()
    await stopping.wait()
    scheduler.pause()
    while under_way:
        await asyncio.sleep(0.05)
    scheduler.shutdown(wait=False)


async def _once(job: str, do: Callable[[], Awaitable[Any]], under_way: set[str], stopping: asyncio.Event) -> None:
    if stopping.is_set():
        return
    under_way.add(job)
    try:
        await do()
    except Exception as error:  # a worker's loop: the next tick finds the same rows
        _log.error("tick_failed", job=job, error=type(error).__name__)
    finally:
        under_way.discard(job)


def beat(database: Database, clock: Clock, name: str) -> None:
    """Say that this worker is alive, and forget those that have not been for a day."""
    database.write(partial(_beat, clock=clock, name=name), Scope.worker())


def _beat(db: Connection, clock: Clock, name: str) -> None:
    now = clock.now()
    insert_or_not = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    said = insert_or_not(heartbeat).values(name=name, at=now)
    db.execute(said.on_conflict_do_update(index_elements=["name"], set_={"at": now}))
    db.execute(delete(heartbeat).where(heartbeat.c.at < now - _FORGOTTEN))


def worker_is_alive(db: Connection, clock: Clock) -> bool:
    """Whether some worker was heard of lately."""
    last = db.execute(heartbeat.select().order_by(heartbeat.c.at.desc()).limit(1)).first()
    return last is not None and last.at >= clock.now() - SILENT
