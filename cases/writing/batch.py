"""Writes gathered, then sent in one go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Table, Update, insert
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from cases.facts.compiled import Compiled, as_json, compiled, driver_of, rows_as_one, the_drivers_errors


class Batch:
    """Writes that are done together, in the order in which they were added: on PostgreSQL, in one round trip."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._waiting: list[tuple[Insert | Update | Delete, Compiled, Mapping[str, Any]]] = []

    def add(self, statement: Insert | Update | Delete, values: Mapping[str, Any]) -> None:
        """Do it when the batch is sent. `values` are columns and what they become, and what the statement binds by name."""
        self._waiting.append((statement, compiled(statement, tuple(values), self._db.dialect), values))

    def insert(self, table: Table, row: Mapping[str, Any]) -> None:
        """Insert a row; a column that it does not name takes its default."""
        self.add(_insert_into(table), row)

    def insert_whole(self, table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
        """Insert a row and give it with all its columns: what they become before the batch is sent is what is written."""
        whole = {**_defaults(table), **row}
        self.insert(table, whole)
        return whole

    def send(self) -> int:
        """Do all that waits; give how many rows the last one changed."""
        waiting, self._waiting = self._waiting, []
        with self._in_one_trip() as driver:
            done = [driver.execute(ready.sql, ready.bound(values)) for _, ready, values in waiting]
        return int(done[-1].rowcount) if done else 0

    def send_alike_together(self) -> None:
        """Do all that waits, each statement for all its rows at once, in the order in which each came first.

        For rows that wait on nothing but earlier statements, as those of new cases do: many times as fast. On PostgreSQL, rows that are
        inserted are one statement, which is given them as one JSON text.
        """
        alike: dict[str, tuple[Insert | Update | Delete, list[Any]]] = {}
        for statement, ready, values in self._waiting:
            alike.setdefault(ready.sql, (statement, []))[1].append(ready.bound(values))
        self._waiting = []
        with self._in_one_trip() as driver:
            cursor = driver.cursor()
            for sql, (statement, rows) in alike.items():
                as_one = self._as_one(statement, rows)
                if as_one:
                    cursor.execute(as_one.sql, as_one.bound({"rows": as_json(rows)}))
                else:
                    cursor.executemany(sql, rows)

    def _as_one(self, statement: Insert | Update | Delete, rows: list[Any]) -> Compiled | None:
        """The statement that inserts all these rows at once, where there is one and it is worth it."""
        table, dialect = statement.table, self._db.dialect
        if dialect.name != "postgresql" or len(rows) == 1:
            return None
        plain = isinstance(table, Table) and statement is _insert_into(table)
        return rows_as_one(table, tuple(rows[0]), dialect) if plain else None

    @contextmanager
    def _in_one_trip(self) -> Iterator[Any]:
        driver = driver_of(self._db)
        in_one_trip = driver.pipeline if self._db.dialect.name == "postgresql" else nullcontext
        with the_drivers_errors(self._db), in_one_trip():
            yield driver


@cache
def _insert_into(table: Table) -> Insert:
    return insert(table)


@cache
def _defaults(table: Table) -> Mapping[str, Any]:
    known = {column.key: column.default for column in table.c if column.computed is None}
    return {
        name: default.arg if isinstance(default, ScalarElementColumnDefault) else None
        for name, default in known.items()
    }
