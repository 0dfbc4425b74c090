"""The sweep and a person on one case at the same moment: neither waits for the other while the other waits for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, delete, event, insert, text

from cases.database import Database, PostgreSQL, lock_case
from cases.identifiers import new_id
from cases.sweep import sweep
from cases.tables.memory import pending_step
from tests.cases.conftest import database
from tests.cases.test_stories_in_memory import WORKER
from tests.cases.test_sweep import BEGAN, rows, two_cases

__all__ = ["database"]

_SOMEBODY_WAITS_FOR_ME = text(
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
)
LONGEST = 5.0
"""Seconds that the person waits for the sweep to come."""


@contextmanager
def undone(database: PostgreSQL) -> Iterator[list[Connection]]:
    """The transactions that are undone meanwhile: a unit that the server refused is tried again, and nobody would see it."""
    found: list[Connection] = []
    note = found.append
    event.listen(database.engine, "rollback", note)
    yield found
    event.remove(database.engine, "rollback", note)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_person_who_calls_back_what_the_sweep_is_about_to_do_waits_for_nobody_in_a_circle(database: Database) -> None:
    assert isinstance(database, PostgreSQL)
    case_id, _ = two_cases(database)
    planned = {"id": new_id(BEGAN), "subject_id": case_id, "track": "case", "event": "note", "payload": {}, "at": BEGAN}
    database.write(lambda db: db.execute(insert(pending_step).values(**planned)), WORKER)

    def calls_it_back(db: Connection) -> None:
        lock_case(db, case_id)
        swept = sweeper.submit(sweep, database, BEGAN)
        until = time.monotonic() + LONGEST
        while not swept.done() and not db.scalar(_SOMEBODY_WAITS_FOR_ME) and time.monotonic() < until:
            time.sleep(0.01)
        db.execute(delete(pending_step).where(pending_step.c.id == planned["id"]))

    with undone(database) as rolled_back, ThreadPoolExecutor(1) as sweeper:
        database.write(calls_it_back, WORKER)

    assert rolled_back == []
    assert rows(database, pending_step, pending_step.c.id == planned["id"]) == []
