"""`fire` beside the same statements in bare SQL, in pairs: on both databases, with 1 and 8 clients, among few and many cases."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from api.migrations.run import upgrade
from bench.bare import play_on_postgresql, play_on_sqlite, script_of
from bench.firing import WARM_UP, fire
from bench.ground import NOW, PER_TERRITORY, Ground, first_case, multiply_on_postgresql, multiply_on_sqlite
from bench.tape import Statement, recorded
from bench.timing import Run, fsync_time, middle_of
from cases import journey
from cases.access import scope_of
from cases.database import connect
from tests.postgres import APPLICATION, PostgresServer, PostgresUrls, shared_server

RESULTS = Path(__file__).parent / "results"
DURABLE = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
}
"""A server that keeps what it says it keeps, with memory for the cases that it works on."""
PAIRS = 5


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the result: the product, the same statements bare, and the share of the bare speed that is kept."""

    database: str
    cases: int
    clients: int
    steps: int
    pairs: int
    product: Run
    bare: Run
    share: float
    growth: float
    """How many times as long a step takes as among the fewest cases."""


Play = Callable[[int, int, int], Run]
"""Plays from that case on so many steps with so many clients."""


def measure(database: str, sizes: Sequence[int], clients: tuple[int, ...], steps: int) -> Iterator[Measure]:
    """Prepare so many cases, for each number of them, then run product and bare in turn, on each ground in turn; each step takes a case of its own."""
    prepared = _on_sqlite if database == "sqlite" else _on_postgresql
    with ExitStack() as grounds:
        folders = {cases: grounds.enter_context(tempfile.TemporaryDirectory()) for cases in sorted(sizes)}
        plays = {cases: grounds.enter_context(prepared(folder, cases)) for cases, folder in folders.items()}
        first = PER_TERRITORY
        for count in clients:
            runs: dict[int, list[tuple[Run, Run]]] = {cases: [] for cases in plays}
            for _ in range(PAIRS):
                for cases, (product, bare) in plays.items():
                    runs[cases].append((product(first, steps, count), bare(first, steps, count)))
                first += steps + 8 * WARM_UP
            fewest = runs[min(runs)]
            for cases, pairs in runs.items():
                ours, theirs = middle_of([ours for ours, _ in pairs]), middle_of([theirs for _, theirs in pairs])
                share = median(a.per_second / b.per_second for a, b in pairs)
                growth = median(few.per_second / a.per_second for (few, _), (a, _) in zip(fewest, pairs, strict=True))
                yield Measure(database, cases, count, steps, PAIRS, ours, theirs, round(share, 3), round(growth, 2))


@contextmanager
def _on_sqlite(folder: str, cases: int) -> Iterator[tuple[Play, Play]]:
    path, bare_path = f"{folder}/cases.db", f"{folder}/bare.db"
    url, ground = ground_in(path, cases)
    shutil.copy(path, bare_path)
    step = _step(url, ground)

    def bare(first: int, steps: int, clients: int) -> Run:
        return play_on_sqlite(
            bare_path, [_moved(step, ground, number) for number in range(first, first + steps)], clients
        )

    yield lambda first, steps, clients: fire(url, ground, first=first, steps=steps, clients=clients), bare


@contextmanager
def _on_postgresql(folder: str, cases: int) -> Iterator[tuple[Play, Play]]:
    with shared_server(Path(folder), **DURABLE) as server:
        ground, template = ground_on(server, cases)
        product, bare_one = server.new_database(template).app_url, server.new_database(template).app_url
        script = script_of(_step(product, ground), ground)

        def bare(first: int, steps: int, clients: int) -> Run:
            return play_on_postgresql(bare_one, script, first=first, steps=steps, clients=clients)

        yield lambda first, steps, clients: fire(product, ground, first=first, steps=steps, clients=clients), bare


def ground_in(path: str, cases: int) -> tuple[str, Ground]:
    """A file with the first case and its copies: how it is reached, and the first case."""
    url = f"sqlite:///{path}"
    upgrade(url)
    ground = first_case(url, cases)
    multiply_on_sqlite(path, ground)
    return url, ground


def ground_on(server: PostgresServer, cases: int) -> tuple[Ground, str]:
    """The first case and the name of the database that holds its copies; nobody is connected to it any more."""
    made = migrated(server)
    ground = first_case(made.app_url, cases)
    name = made.app_url.rsplit("/", 1)[1]
    multiply_on_postgresql(server.url("postgres", name), ground)
    return ground, name


def migrated(server: PostgresServer) -> PostgresUrls:
    """A new database with every table."""
    made = server.new_database()
    upgrade(made.owner_url, APPLICATION)
    return made


def _step(url: str, ground: Ground) -> list[Statement]:
    """What the measured step sends to its database, recorded on the first case."""
    database = connect(url)
    by = ground.identity(0)
    with recorded(database.engine) as tape:
        database.write(lambda db: None, scope_of(by))
        tape.clear()
        database.write(lambda db: journey.fire(db, ground.request(0), by=by, now=NOW), scope_of(by))
        database.close()
    return list(tape)


def _moved(step: list[Statement], ground: Ground, number: int) -> list[Statement]:
    """The same step on the copy of that number."""
    move = ground.mover(number)
    return [(sql, [move(value) if isinstance(value, str) else value for value in values]) for sql, values in step]


def keep(measures: list[Measure], name: str, *, folder: str) -> Path:
    """Write the figures as JSON, with what the disk itself takes."""
    return keep_one(name, {"fsync_ms": fsync_time(folder), "measures": [asdict(one) for one in measures]})


def keep_one(name: str, found: dict[str, Any]) -> Path:
    """Write what was found as JSON, among the results."""
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
