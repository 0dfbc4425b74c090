"""A unit that was acknowledged is kept, one that failed is not, and a transaction sees no more than its scope says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError
from sqlmodel import SQLModel

import notifications.tables
from cases.database import Database, DatabaseRefused, Scope, connect, lock_case, widen_to_case
from cases.sqlite_writer import NestedWrite, RolledBack, TransactionTaken, WriterClosed
from cases.tables.case import business, case_file, entrepreneur
from tests.postgres import PostgresServer

assert notifications.tables

WORKER = Scope.worker()
NOON = datetime(2027, 2, 2, 12, tzinfo=UTC)
kept = Table("kept", MetaData(), Column("number", Integer, primary_key=True), Column("weight", LargeBinary))


class OwnError(Exception):
    """What a unit raises by itself."""


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    database = connect(f"sqlite:///{tmp_path}/units.db")
    database.write(lambda db: kept.create(db), WORKER)
    yield database
    database.close()


def keep(number: int, weight: int = 0, *, fails: bool = False, hides: bool = False) -> Callable[[Connection], int]:
    """A unit that inserts a row; then raises, or hides what the database says."""

    def unit(db: Connection) -> int:
        try:
            db.execute(insert(kept), {"number": number, "weight": bytes(weight)})
        except OperationalError:
            if not hides:
                raise
        if fails:
            raise OwnError(number)
        return number

    return unit


def numbers(database: Database) -> set[int]:
    return database.read(lambda db: set(db.scalars(select(kept.c.number))), WORKER)


def acknowledged(database: Database, units: list[Callable[[Connection], int]], threads: int = 8) -> list[int]:
    """What was acknowledged of units done by several threads; each failure is one of those that are meant."""

    def attempt(unit: Callable[[Connection], int]) -> int | None:
        try:
            return database.write(unit, WORKER)
        except (OwnError, RolledBack):
            return None

    with ThreadPoolExecutor(threads) as pool:
        return [number for number in pool.map(attempt, units) if number is not None]


def test_units_of_eight_threads_are_kept_when_acknowledged_and_absent_when_they_failed(sqlite: Database) -> None:
    fails = [number % 7 == 0 for number in range(800)]

    answers = acknowledged(sqlite, [keep(number, fails=fails[number]) for number in range(800)])

    assert sorted(answers) == [number for number in range(800) if not fails[number]]
    assert numbers(sqlite) == set(answers)


def test_units_that_wait_together_share_a_commit(sqlite: Database) -> None:
    said: list[str] = []
    sqlite.write(lambda db: _driver(db).set_trace_callback(said.append), WORKER)

    acknowledged(sqlite, [keep(number) for number in range(800)])

    assert numbers(sqlite) == set(range(800))
    assert 0 < said.count("COMMIT") < 400


def _driver(db: Connection) -> Any:
    return db.connection.driver_connection


@pytest.mark.parametrize("hides", [False, True], ids=["the unit raises", "the unit hides it"])
@pytest.mark.asvs("16.5.3")
def test_a_full_disk_never_acknowledges_a_lost_unit(sqlite: Database, hides: bool) -> None:
    sqlite.write(lambda db: db.exec_driver_sql("PRAGMA max_page_count = 60").scalar(), WORKER)

    answers = acknowledged(sqlite, [keep(number, weight=3000, hides=hides) for number in range(200)])

    assert 0 < len(answers) < 200
    assert numbers(sqlite) == set(answers)
    sqlite.write(lambda db: db.exec_driver_sql("PRAGMA max_page_count = 100000").scalar(), WORKER)
    assert sqlite.write(keep(1000, weight=3000), WORKER) == 1000


@pytest.mark.asvs("2.3.3", "16.5.3")
def test_an_error_belongs_to_its_caller_and_undoes_its_own_unit_only(sqlite: Database) -> None:
    with pytest.raises(OwnError, match="2"):
        sqlite.write(keep(2, fails=True), WORKER)
    sqlite.write(keep(3), WORKER)

    assert numbers(sqlite) == {3}


def test_a_write_inside_a_write_is_refused(database: Database) -> None:
    def outer(db: Connection) -> None:
        database.write(lambda inner: None, WORKER)

    with pytest.raises(NestedWrite):
        database.write(outer, WORKER)
    assert database.write(lambda db: 1, WORKER) == 1


@pytest.mark.parametrize("end", [Connection.commit, Connection.rollback], ids=["commit", "rollback"])
def test_a_unit_cannot_end_the_transaction_that_it_shares(sqlite: Database, end: Callable[[Connection], None]) -> None:
    def unit(db: Connection) -> None:
        keep(1)(db)
        end(db)

    with pytest.raises(TransactionTaken):
        sqlite.write(unit, WORKER)
    sqlite.write(keep(2), WORKER)
    assert numbers(sqlite) == {2}


def test_a_unit_may_try_something_in_a_savepoint_of_its_own(sqlite: Database) -> None:
    def unit(db: Connection) -> None:
        keep(1)(db)
        with pytest.raises(OwnError), db.begin_nested():
            keep(2, fails=True)(db)

    sqlite.write(unit, WORKER)
    assert numbers(sqlite) == {1}


def test_a_read_changes_nothing(database: Database) -> None:
    with pytest.raises(DBAPIError):
        database.read(lambda db: db.execute(insert(business), {"id": "b", "name": "Épicerie"}), WORKER)
    database.write(lambda db: db.execute(insert(business), {"id": "b", "name": "Épicerie"}), WORKER)
    assert database.read(lambda db: db.scalar(select(business.c.name)), WORKER) == "Épicerie"


def test_a_read_on_sqlite_sees_one_unmoving_picture(sqlite: Database) -> None:
    def twice(db: Connection) -> list[int | None]:
        count = select(func.count()).select_from(kept)
        first = db.scalar(count)
        sqlite.write(keep(1), WORKER)
        return [first, db.scalar(count)]

    assert sqlite.read(twice, WORKER) == [0, 0]
    assert numbers(sqlite) == {1}


def test_a_closed_database_says_that_it_is_closed(sqlite: Database) -> None:
    sqlite.close()

    with pytest.raises(WriterClosed):
        sqlite.write(keep(1), WORKER)


def test_a_file_that_cannot_be_opened_is_told_to_the_caller(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path}/absent/units.db")

    for _ in range(2):
        with pytest.raises(OperationalError, match="unable to open"):
            database.write(keep(1), WORKER)


def test_a_base_without_a_file_is_refused() -> None:
    with pytest.raises(DatabaseRefused, match="fichier"):
        connect("sqlite://")


def test_sqlite_writes_through_to_the_disk(sqlite: Database) -> None:
    def pragmas(db: Connection) -> list[Any]:
        names = ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        return [db.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    assert sqlite.write(pragmas, WORKER) == sqlite.read(pragmas, WORKER) == ["wal", 1, 2, 5000]


def add_case(db: Connection) -> None:
    db.execute(insert(business), {"id": "b", "name": "Épicerie"})
    db.execute(insert(entrepreneur), {"id": "e"})
    instants = dict.fromkeys(("state_since", "opened_at", "logged_at", "updated_at"), NOON)
    row = {"id": "c", "reference": "QP-0000-0000", "state": "detection", "business_id": "b", "entrepreneur_id": "e"}
    db.execute(insert(case_file), row | instants)


def test_a_case_is_locked_by_its_reference_or_its_id(database: Database) -> None:
    database.write(add_case, WORKER)

    def unit(db: Connection) -> list[str | None]:
        widen_to_case(db, "c")
        found = [lock_case(db, wanted) for wanted in ("QP-0000-0000", "c", "QP-1111-1111", "d")]
        if database.dialect == "postgresql":
            with database.engine.connect() as other:
                other.execute(text("SELECT set_config('qp.scope', 'worker', true)"))
                with pytest.raises(DBAPIError, match="could not obtain lock"):
                    other.execute(select(case_file.c.id).with_for_update(nowait=True))
        return [row["id"] if row else None for row in found]

    assert database.write(unit, WORKER) == ["c", "c", None, None]


def test_an_instant_comes_back_the_same_in_utc_and_sorts(database: Database) -> None:
    database.write(add_case, WORKER)
    paris = datetime(2027, 2, 2, 13, 0, 0, 5, tzinfo=timezone(timedelta(hours=1)))
    database.write(lambda db: db.execute(case_file.update().values(next_due_at=paris)), WORKER)

    after_noon = select(case_file.c.next_due_at).where(case_file.c.next_due_at > NOON)
    found = database.read(lambda db: db.scalar(after_noon), WORKER)

    assert found == paris
    assert found.tzinfo is UTC
    assert database.read(lambda db: db.scalar(select(case_file.c.informed_at)), WORKER) is None


def test_an_instant_without_a_time_zone_is_refused(database: Database) -> None:
    naive = NOON.replace(tzinfo=None)

    with pytest.raises(StatementError, match="time zone"):
        database.write(lambda db: db.execute(case_file.update().values(next_due_at=naive)), WORKER)


def test_every_foreign_key_has_an_index() -> None:
    def led_by_an_index(table: Table) -> set[str]:
        lists = [*(i.columns for i in table.indexes), *(c.columns for c in table.constraints if hasattr(c, "columns"))]
        unique = [columns.keys()[0] for columns in lists if len(columns) and not _is_foreign(table, columns)]
        return {table.c[name].name for name in unique}

    without = [
        f"{table.name}.{key.parent.name}"
        for table in SQLModel.metadata.sorted_tables
        for key in table.foreign_keys
        if key.parent.name not in led_by_an_index(table)
    ]
    assert without == []


def _is_foreign(table: Table, columns: Any) -> bool:
    return any(constraint.columns is columns for constraint in table.foreign_key_constraints)


SETTINGS = text(
    "SELECT current_setting('qp.scope'), current_setting('qp.person'), current_setting('qp.territories'),"
    " current_setting('qp.branches'), current_setting('qp.admin'), current_setting('qp.case')"
)


@pytest.mark.postgres
def test_a_scope_holds_for_its_own_transaction_only(postgres_server: PostgresServer) -> None:
    database = connect(postgres_server.new_database().app_url)
    scope = Scope.of(person="p", territories={"b", "a"}, branches={"x"}, admin=True).on_case("c")

    def unit(db: Connection) -> tuple[Any, ...]:
        return tuple(db.execute(SETTINGS).one())

    assert database.write(unit, scope) == ("person", "p", "a,b", "x", "true", "c")
    assert database.read(unit, Scope.nothing()) == ("nothing", "", "", "", "", "")
    with database.engine.connect() as db:
        assert tuple(db.execute(SETTINGS).one()) == ("",) * 6
    database.close()


@pytest.mark.postgres
@pytest.mark.parametrize("pooler", [None, "transaction"])
@pytest.mark.asvs("15.2.2")
def test_a_transaction_has_its_time_limits(postgres_server: PostgresServer, pooler: str | None) -> None:
    database = connect(postgres_server.new_database().app_url, pooler=pooler)
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")

    limits = database.write(lambda db: [db.exec_driver_sql(f"SHOW {name}").scalar() for name in names], WORKER)

    assert limits == ["5s", "30s", "1min"]
    database.close()


@pytest.mark.postgres
@pytest.mark.parametrize(("code", "times"), [("40001", 2), ("40P01", 2), ("23505", 1)])
def test_a_unit_is_tried_once_more_when_the_server_asks(postgres_server: PostgresServer, code: str, times: int) -> None:
    database = connect(postgres_server.new_database().app_url)
    tries: list[int] = []

    def unit(db: Connection) -> None:
        tries.append(1)
        db.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$")

    with pytest.raises(DBAPIError):
        database.write(unit, WORKER)
    assert len(tries) == times
    database.close()


@pytest.mark.postgres
@pytest.mark.asvs("13.2.2")
def test_a_role_above_the_wall_is_refused(postgres_server: PostgresServer) -> None:
    with pytest.raises(DatabaseRefused, match="NOBYPASSRLS"):
        connect(postgres_server.url("postgres", "postgres"))
    with pytest.raises(DatabaseRefused, match="NOBYPASSRLS"):
        connect(postgres_server.new_database().app_url, read_url=postgres_server.url("postgres", "postgres"))
