"""How fast one process fires what is due: two deadlines of each case, with the reminders and alerts of a week."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg

from api.migrations.run import upgrade
from bench.ground import NOW, first_case, multiply_on_postgresql, multiply_on_sqlite
from bench.write_path import migrated
from cases.database import connect
from cases.sweep import sweep
from tests.postgres import PostgresServer, shared_server

DUE = NOW + timedelta(days=7, hours=10)
"""By then an operator was reminded twice and is late, and an entrepreneur is to be told: four marks of two deadlines."""
_MARKS = "SELECT count(*) FROM mark_fired"
_TWICE = "SELECT count(*) FROM (SELECT 1 FROM mark_fired GROUP BY deadline_id, mark, at HAVING count(*) > 1) AS twice"
_ON = {"sqlite": "?", "postgresql": "%s"}
_DUE = "SELECT count(*) FROM deadline WHERE status = 'open' AND next_at <= {}"


@dataclass(frozen=True, slots=True)
class Pass:
    """One sweep: deadlines that were due, marks that fired, and those that fired twice or not at all."""

    database: str
    due: int
    marks: int
    twice: int
    left: int
    seconds: float
    cpu_seconds: float
    """Seconds of a processor that the sweep itself took: what is left when nothing else uses the machine."""
    due_per_second: float


def sweep_alone(kind: str, cases: int) -> Pass:
    """On a database of that kind with so many cases, made for it: one process fires all that is due."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sqlite":
            return _on_sqlite(folder, cases)
        with shared_server(Path(folder)) as server:
            return sweep_on_server(server, cases)


def _on_sqlite(folder: str, cases: int) -> Pass:
    path = f"{folder}/cases.db"
    upgrade(f"sqlite:///{path}")
    multiply_on_sqlite(path, first_case(f"sqlite:///{path}", cases))
    with sqlite3.connect(path) as db:
        return _swept("sqlite", f"sqlite:///{path}", db)


def sweep_on_server(server: PostgresServer, cases: int) -> Pass:
    """The same, on a server that runs already."""
    urls = migrated(server)
    superuser = server.url("postgres", urls.app_url.rsplit("/", 1)[1])
    multiply_on_postgresql(superuser, first_case(urls.app_url, cases))
    with psycopg.connect(superuser, autocommit=True) as db:
        return _swept("postgresql", urls.app_url, db)


def _swept(kind: str, url: str, db: sqlite3.Connection | psycopg.Connection[tuple[int]]) -> Pass:
    def count(question: str, *values: str) -> int:
        return int(db.execute(question.format(_ON[kind]), values).fetchone()[0])

    until = DUE.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    due, database = count(_DUE, until), connect(url)
    started, worked = time.monotonic(), time.process_time()
    sweep(database, DUE)
    seconds, work = time.monotonic() - started, time.process_time() - worked
    database.close()
    return Pass(
        kind, due, count(_MARKS), count(_TWICE), count(_DUE, until), round(seconds, 2), round(work, 2), round(due / seconds, 1)
    )  # fmt: skip
