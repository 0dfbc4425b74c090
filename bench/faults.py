"""What must hold when processes die: four sweep the same deadlines, one is killed, and people write meanwhile."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

import psycopg

from bench.ground import NOW, Ground, first_case, multiply_on_postgresql, reference_of
from bench.write_path import migrated
from cases import records
from cases.access import scope_of
from cases.database import Database, connect
from cases.errors import CasesError
from cases.journey import Request
from cases.sweep import sweep
from tests.postgres import PostgresServer, shared_server

LATER = NOW + timedelta(days=14)
"""By then every deadline of the ground is due, with several of its marks."""
PROCESSES, PEOPLE = 4, 2
_ONE_MARK_TWICE = (
    "SELECT count(*) FROM (SELECT 1 FROM mark_fired GROUP BY deadline_id, mark, at HAVING count(*) > 1) AS twice"
)
_LEFT = "SELECT count(*) FROM deadline WHERE status = 'open' AND next_at <= %s"
_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True, slots=True)
class Swept:
    """What came of it: marks that fired, and those that fired twice or never; steps that people took; deadlocks of the server."""

    due: int
    marks: int
    twice: int
    left: int
    steps: int
    deadlocks: int
    seconds: float

    @property
    def held(self) -> bool:
        """Whether each mark fired, once, without a deadlock."""
        return not (self.twice or self.left or self.deadlocks)


def sweep_by_four(folder: str, cases: int) -> Swept:
    """On a server of its own: two deadlines a case are due, four processes sweep them, one is killed half-way."""
    with shared_server(Path(folder)) as server:
        return sweep_on(server, cases)


def sweep_on(server: PostgresServer, cases: int) -> Swept:
    """The same, on a server that runs already."""
    urls = migrated(server)
    ground = first_case(urls.app_url, cases)
    superuser = server.url("postgres", urls.app_url.rsplit("/", 1)[1])
    multiply_on_postgresql(superuser, ground)
    due = _count(superuser, _LEFT, LATER)
    started = time.monotonic()
    steps = _sweep_while_people_write(urls.app_url, superuser, ground)
    seconds = round(time.monotonic() - started, 1)
    marks = _count(superuser, "SELECT count(*) FROM mark_fired")
    twice, left = _count(superuser, _ONE_MARK_TWICE), _count(superuser, _LEFT, LATER)
    return Swept(due, marks, twice, left, steps, _count(superuser, _DEADLOCKS), seconds)


def _sweep_while_people_write(url: str, superuser: str, ground: Ground) -> int:
    """Give how many steps people took."""
    together = multiprocessing.get_context("spawn")
    sweepers = [together.Process(target=_sweep, args=(url,)) for _ in range(PROCESSES)]
    over, taken = threading.Event(), list[int]()
    database = connect(url)
    people = [threading.Thread(target=_write, args=(database, ground, over, taken, seed)) for seed in range(PEOPLE)]
    for sweeper in sweepers:
        sweeper.start()
    for person in people:
        person.start()
    _kill_half_way(sweepers[0], superuser, ground.cases)
    for sweeper in sweepers:
        sweeper.join()
    over.set()
    for person in people:
        person.join()
    sweep(database, LATER)
    database.close()
    if [sweeper.exitcode for sweeper in sweepers[1:]] != [0] * (PROCESSES - 1):
        raise SweeperFailed
    return sum(taken)


class SweeperFailed(Exception):
    """A sweep that nobody killed stopped by itself."""


def _sweep(url: str) -> None:
    database = connect(url)
    sweep(database, LATER)
    database.close()


def _kill_half_way(sweeper: BaseProcess, superuser: str, marks: int) -> None:
    """End that process at once as soon as so many marks have fired: about half of them."""
    while sweeper.is_alive() and _count(superuser, "SELECT count(*) FROM mark_fired") < marks:
        time.sleep(0.02)
    sweeper.kill()


def _write(database: Database, ground: Ground, over: threading.Event, taken: list[int], seed: int) -> None:
    """Somebody works on cases at random: its clocks hurry, or no longer do, and notes are taken."""
    chance, done = random.Random(seed), 0
    while not over.is_set():
        number = chance.randrange(1, ground.cases)
        event, given = chance.choice(_STEPS)
        request, by = Request(reference_of(number), event, payload=given), ground.adviser_of(number)
        try:
            database.write(partial(records.record, request=request, by=by, now=NOW), scope_of(by))
            done += 1
        except CasesError:
            continue
    taken.append(done)


_STEPS: tuple[tuple[str, dict[str, object]], ...] = (
    ("set_urgent", {"reason": "bail qui finit"}),
    ("set_urgent", {"reason": "bail prolongé", "lift": True}),
    ("note", {"text": "vu ce matin"}),
)


def _count(url: str, question: str, *values: object) -> int:
    with psycopg.connect(url) as db:
        found = db.execute(question, values).fetchone()
    return int(found[0]) if found else 0
