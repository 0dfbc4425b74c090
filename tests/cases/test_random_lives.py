"""Thousands of random events through the write path leave journals that tell exactly what is stored."""

from __future__ import annotations

import random

import psycopg
import pytest
from sqlalchemy import Update, update

from bench.lives import live, wrong_in
from cases.database import Database, Scope
from cases.tables.case import case_file
from cases.tables.memory import journal
from tests.cases.lives import Lives
from tests.postgres import PostgresServer

WORKER = Scope.worker()
EVENTS = 200
"""A fiftieth of what `qp bench lives` does on each database."""


def test_replaying_the_journals_of_random_lives_gives_what_is_stored(database: Database) -> None:
    lives = live(database, EVENTS)

    assert lives.done > EVENTS / 3
    assert wrong_in(database) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (update(journal).where(journal.c.sequence == 2).values(event="close"), "line 2 was changed"),
        (update(journal).where(journal.c.sequence == 2).values(to_state="closed"), "line 2 was changed"),
        (update(case_file).values(state="closed"), "case is stored as closed, its lines say detection"),
        (update(case_file).values(open_tracks=9), "open_tracks is 9 on the row, and 0 when it is counted"),
        (update(case_file).values(pending_needs=9), "pending_needs is 9 on the row, and 2 when it is counted"),
        (update(case_file).values(next_due_at=None), "next_due_at is None on the row"),
        (update(case_file).values(head_sequence=1), "the last line is not the one that the row names"),
    ],
    ids=["event", "state in a line", "state", "open tracks", "needs", "due", "head"],
)
def test_what_sql_changes_behind_our_back_is_found(
    database: Database, request: pytest.FixtureRequest, change: Update, found: str
) -> None:
    _a_case_with_two_lines(database)
    assert wrong_in(database) == []

    _behind_our_back(database, change, request)

    assert any(line.startswith(found) for line in wrong_in(database)), wrong_in(database)


def _a_case_with_two_lines(database: Database) -> None:
    lives = Lives(database, random.Random(1))
    lives.begin()
    lives.go_on()
    lives.set_urgent()


def _behind_our_back(database: Database, change: Update, request: pytest.FixtureRequest) -> None:
    """Somebody who holds the database changes a row, the journal's triggers aside."""
    sql = str(change.compile(database.engine, compile_kwargs={"literal_binds": True}))
    if database.dialect == "sqlite":
        database.write(lambda db: db.exec_driver_sql("DROP TRIGGER journal_refuses_update"), WORKER)
        database.write(lambda db: db.exec_driver_sql(sql), WORKER)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with psycopg.connect(server.url("postgres", database.engine.url.database or "")) as db:
        db.execute("SET session_replication_role = replica")
        db.execute(sql)
