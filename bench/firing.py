"""The product's own write path under clients: threads on SQLite, whose one writer they share; processes of threads on PostgreSQL."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from bench.ground import NOW, Ground
from bench.timing import Run, run_of
from cases import journey
from cases.access import scope_of
from cases.database import Database, connect

WARM_UP = 25
"""Steps that a process takes before it is measured, so that what is built once is built."""


def fire(url: str, ground: Ground, *, first: int, steps: int, clients: int) -> Run:
    """Take the step on so many cases from that one on; each client takes its own part, one step after the other."""
    processes = 1 if url.startswith("sqlite") else min(clients, os.cpu_count() or 1)
    each = steps // clients
    parts = [range(first + client * each, first + (client + 1) * each) for client in range(clients)]
    mine = [parts[process::processes] for process in range(processes)]
    warm = [
        range(first + steps + process * WARM_UP, first + steps + (process + 1) * WARM_UP)
        for process in range(processes)
    ]
    together = multiprocessing.get_context("spawn")
    with together.Manager() as manager:
        line = manager.Barrier(processes)
        with ProcessPoolExecutor(processes, mp_context=together) as pool:
            done = list(pool.map(partial(_fire_parts, url, ground, line), warm, mine))
    seconds = max(end for _, end, _ in done) - min(start for start, _, _ in done)
    return run_of(seconds, [one for _, _, took in done for one in took])


def _fire_parts(
    url: str, ground: Ground, line: threading.Barrier, warm: range, parts: Sequence[range]
) -> tuple[float, float, list[float]]:
    """In one process: when it began and ended, and what each step took, in seconds."""
    database = connect(url)
    took: list[float] = []
    _fire_part(database, ground, warm, [])
    gc.freeze()  # as `qp serve` and `qp worker` do
    threads = [threading.Thread(target=_fire_part, args=(database, ground, part, took)) for part in parts]
    line.wait()
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = time.monotonic()
    database.close()
    return started, ended, took


def _fire_part(database: Database, ground: Ground, part: range, took: list[float]) -> None:
    for number in part:
        by = ground.identity(number)
        unit = partial(journey.fire, request=ground.request(number), by=by, now=NOW)
        started = time.perf_counter()
        database.write(unit, scope_of(by))
        took.append(time.perf_counter() - started)
