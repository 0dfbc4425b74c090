"""The database's promises: what is acknowledged is there, what failed is not, time and identifiers come back as they went."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from cases.database import Database, DatabaseRefused, Scope, connect
from cases.errors import NotFound
from cases.identifiers import ALPHABET, new_id, new_reference, read_reference
from cases.sqlite_writer import NestedWrite, RolledBack
from tests.postgres import PostgresServer

WORKER = Scope.worker()


def _numbers(db: Connection) -> None:
    db.exec_driver_sql("CREATE TABLE number (value INTEGER)")


def test_what_is_acknowledged_is_there_and_what_failed_is_not(tmp_path: object) -> None:
    database = connect(f"sqlite:///{tmp_path}/numbers.db")
    database.write(_numbers, WORKER)
    kept: list[int] = []

    def write_some(start: int) -> None:
        for value in range(start, start + 100):
            try:
                database.write(lambda db, value=value: _one(db, value), WORKER)
            except ValueError:
                continue
            kept.append(value)

    threads = [threading.Thread(target=write_some, args=(n * 1000,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = database.read(lambda db: {row[0] for row in db.exec_driver_sql("SELECT value FROM number")}, WORKER)
    assert found == set(kept)
    assert len(kept) == sum(value % 7 != 0 for n in range(8) for value in range(n * 1000, n * 1000 + 100))
    database.close()


def _one(db: Connection, value: int) -> None:
    db.exec_driver_sql("INSERT INTO number VALUES (?)", (value,))
    if value % 7 == 0:
        raise ValueError(value)


def test_a_full_disk_never_acknowledges_what_it_loses(tmp_path: object) -> None:
    database = connect(f"sqlite:///{tmp_path}/full.db")
    database.write(lambda db: db.exec_driver_sql("CREATE TABLE filler (words TEXT)"), WORKER)
    database.write(lambda db: db.exec_driver_sql("PRAGMA max_page_count = 30"), WORKER)
    kept, failed = 0, 0

    for _ in range(60):
        try:
            database.write(lambda db: db.exec_driver_sql("INSERT INTO filler VALUES (?)", ("x" * 3000,)), WORKER)
        except (OperationalError, RolledBack):
            failed += 1
        else:
            kept += 1

    assert failed
    assert database.read(lambda db: db.exec_driver_sql("SELECT count(*) FROM filler").scalar(), WORKER) == kept
    database.close()


def test_a_write_inside_a_write_is_refused(tmp_path: object) -> None:
    database = connect(f"sqlite:///{tmp_path}/nested.db")

    with pytest.raises(NestedWrite):
        database.write(lambda _: database.write(lambda _: None, WORKER), WORKER)

    database.close()


def test_a_role_above_the_wall_is_refused(postgres_server: PostgresServer) -> None:
    with pytest.raises(DatabaseRefused):
        connect(postgres_server.url("postgres", "postgres"))


def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match=r"read-?only|readonly"):
        database.read(lambda db: db.exec_driver_sql("DELETE FROM outbox"), WORKER)


def test_ids_sort_by_their_age() -> None:
    ids = [new_id(datetime(2027, 1, day, tzinfo=UTC)) for day in range(1, 20)]

    assert ids == sorted(ids)
    assert {identifier[14] for identifier in ids} == {"7"}


def test_a_reference_is_read_however_it_is_typed() -> None:
    for _ in range(200):
        reference = new_reference()
        assert read_reference(reference.lower()) == reference
        assert read_reference(reference.replace("-", " ").replace("0", "O").replace("1", "l")) == reference


def test_one_wrong_letter_is_always_found() -> None:
    reference = new_reference()
    for place in [3, 4, 5, 6, 8, 9, 10, 11]:
        for letter in ALPHABET:
            if letter != reference[place]:
                wrong = reference[:place] + letter + reference[place + 1 :]
                with pytest.raises(NotFound):
                    read_reference(wrong)
