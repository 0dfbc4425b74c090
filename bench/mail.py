"""How fast mails leave: one worker, thousands of messages that are due, a mail server that takes them at once or thinks before each answer."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, update

from api.migrations.run import upgrade
from bench.ground import NOW, first_case, multiply_on_postgresql, multiply_on_sqlite
from bench.sink import running_sink
from bench.write_path import DURABLE, migrated
from cases.database import Database, Scope, connect
from notifications.mailer import Post, send_due
from notifications.planner import plan
from notifications.smtp import CONNECTIONS, SmtpCarrier, read_server
from notifications.tables import message
from tests.postgres import shared_server

SENDER = "Quartiers productifs <bonjour@quartiers.example>"
THINKS = 0.010
"""Seconds before each answer of the slow server."""
DOMAINS = 50
ALONE, TOGETHER, TIMES, GROWTH = 200, 300, 5, 1.2
"""The bars: mails a second of one process and of two (docs/adr/0029), times the rate of one connection, and how much more memory at the most than
after a fifth of the mails."""
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class RunningClock:
    """A clock that begins on a working morning and goes on from there."""

    began: float
    at: datetime = NOW
    speed: float = 1
    """How many seconds pass there in one of ours."""

    def now(self) -> datetime:
        """What time it is there."""
        return self.at + timedelta(seconds=(time.monotonic() - self.began) * self.speed)


@dataclass(frozen=True, slots=True)
class Sent:
    """One run: how many letters left and arrived, each once; how fast; the memory of the worker after a fifth, and at its most after that."""

    database: str
    workers: int
    connections: int
    server_thinks: float
    sent: int
    arrived: int
    repeated: int
    seconds: float
    per_second: float
    cpu_milliseconds_a_mail: float
    """Of the workers alone, all their threads: what a mail costs where the machine does something else too."""
    megabytes_at_first: float
    megabytes_at_most: float


def measure(database: str, mails: int, few: int) -> Iterator[Sent]:
    """On that database: all of these mails at once, by one worker and by two; then fewer of them to a server that thinks, by many connections and by one."""
    with tempfile.TemporaryDirectory() as folder, due_messages(database, folder, 2 * (mails + few)) as url:
        put_off(url, mails)
        yield _run(database, url, CONNECTIONS, 0)
        bring_back(url, mails)
        yield _run(database, url, CONNECTIONS, 0, workers=2)
        for connections in (CONNECTIONS, 1):
            bring_back(url, few)
            yield _run(database, url, connections, THINKS)


def held(runs: Sequence[Sent]) -> bool:
    """Whether the bars are met: fast enough, several connections worth their name, memory flat, each mail once."""
    alone, together, many, one = runs
    return (
        alone.per_second >= ALONE
        and together.per_second >= TOGETHER
        and many.per_second >= TIMES * one.per_second
        and alone.megabytes_at_most <= GROWTH * alone.megabytes_at_first
        and all(run.arrived == run.sent and not run.repeated for run in runs)
    )


def summary(runs: Sequence[Sent]) -> dict[str, Any]:
    """The runs as they are kept, and how many times one connection's rate the many give."""
    *_, many, one = runs
    return {
        "runs": [asdict(run) for run in runs],
        "times_one_connection": round(many.per_second / one.per_second, 1),
        "held": held(runs),
    }


def _run(database: str, url: str, connections: int, thinks: float, workers: int = 1) -> Sent:
    together = multiprocessing.get_context("spawn")
    with running_sink(thinks) as sink, ProcessPoolExecutor(workers, mp_context=together) as pool:
        names = [f"worker {number}" for number in range(workers)]
        each = list(pool.map(work, [url] * workers, [sink.url(connections)] * workers, names))
        arrived = sink.taken()
    sent, seconds = sum(one.sent for one in each), max(one.ended for one in each) - min(one.began for one in each)
    cpu, memory = sum(one.cpu for one in each), each[0].memory
    first = memory[len(memory) // 5]
    return Sent(
        database, workers, connections, thinks, sent, len(arrived), len(arrived) - len(set(arrived)), round(seconds, 2), round(sent / seconds, 1),
        round(1000 * cpu / max(1, sent), 2), first,
        max(memory[len(memory) // 5 :]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Worked:
    """What one worker did: letters that left; when it began and ended, by the machine's clock; seconds of computing; its memory meanwhile, in megabytes."""

    sent: int
    began: float
    ended: float
    cpu: float
    memory: list[float]


def work(url: str, smtp_url: str, name: str = "worker") -> Worked:
    """One worker, in this process, until nothing is due."""
    database, clock = connect(url), RunningClock(time.monotonic())
    over, memory = threading.Event(), list[float]()
    watching = threading.Thread(target=_watch, args=(over, memory))
    watching.start()
    post = Post(SmtpCarrier(read_server(smtp_url)), SENDER, "https://quartiers.example", name)
    began, computed = time.monotonic(), time.process_time()
    sent = asyncio.run(send_due(database, clock, post))
    ended, cpu = time.monotonic(), time.process_time() - computed
    over.set()
    watching.join()
    database.close()
    return Worked(sent, began, ended, cpu, memory)


def _watch(over: threading.Event, memory: list[float]) -> None:
    while True:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        memory.append(round(pages * os.sysconf("SC_PAGE_SIZE") / _MEGABYTE, 1))
        if over.wait(0.1):
            return


# -- what is due ----------------------------------------------------------------------------------------------------------


@contextmanager
def due_messages(database: str, folder: str, count: int) -> Iterator[str]:
    """The address of a database in which so many messages are due: two a case, to its entrepreneur and to its operator."""
    cases = max(2, (count + 1) // 2)
    if database == "sqlite":
        url = f"sqlite:///{folder}/mail.db"
        upgrade(url)
        multiply_on_sqlite(f"{folder}/mail.db", first_case(url, cases))
        _plan(url)
        yield url
        return
    with shared_server(Path(folder), **DURABLE) as server:
        urls = migrated(server)
        multiply_on_postgresql(server.url("postgres", urls.app_url.rsplit("/", 1)[1]), first_case(urls.app_url, cases))
        _plan(urls.app_url)
        yield urls.app_url


def _plan(url: str) -> None:
    def unit(database: Database) -> None:
        plan(database, NOW, domain="quartiers.example")
        database.write(_spread, Scope.worker())

    _with(url, unit)


def _spread(db: Connection) -> None:
    """Give each its own address, in many domains; operators have more than one case, so that a message has its own reader."""
    identifiers = db.execute(select(message.c.id).order_by(message.c.id)).scalars().all()
    for number, identifier in enumerate(identifiers):
        email = f"someone{number}@domain{number % DOMAINS}.example"
        db.execute(update(message).where(message.c.id == identifier).values(to_email=email, send_at=NOW))


def put_off(url: str, kept: int) -> None:
    """Leave so many messages due, and have the others wait for a year."""

    def unit(db: Connection) -> None:
        due = select(message.c.id).where(message.c.status == "waiting").order_by(message.c.id)
        others = db.execute(due.offset(kept)).scalars().all()
        db.execute(update(message).where(message.c.id.in_(others)).values(send_at=NOW + timedelta(days=365)))

    _with(url, lambda database: database.write(unit, Scope.worker()))


def bring_back(url: str, count: int) -> None:
    """Have so many of those that wait for a year be due."""

    def unit(db: Connection) -> None:
        waiting = select(message.c.id).where(message.c.status == "waiting").order_by(message.c.id).limit(count)
        db.execute(update(message).where(message.c.id.in_(db.execute(waiting).scalars().all())).values(send_at=NOW))

    _with(url, lambda database: database.write(unit, Scope.worker()))


def _with(url: str, do: Callable[[Database], None]) -> None:
    database = connect(url)
    try:
        do(database)
    finally:
        database.close()
