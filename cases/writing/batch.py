"""Writes gathered, then sent in one go."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from functools import cache
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Table, Update, insert
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from cases.facts.compiled import compiled, driver_of, the_drivers_errors


class Batch:
    """Writes that are done together, in the order in which they were added: on PostgreSQL, in one round trip."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._waiting: list[tuple[str, Any]] = []

    def add(self, statement: Insert | Update | Delete, values: Mapping[str, Any]) -> None:
        """Do it when the batch is sent. `values` are columns and what they become, and what the statement binds by name."""
        ready = compiled(statement, tuple(values), self._db.dialect)
        self._waiting.append((ready.sql, ready.bound(values)))

    def insert(self, table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
        """Insert a row; give it whole: a column that it does not name takes its default."""
        self.add(_insert_into(table), row)
        return {**_defaults(table), **row}

    def send(self) -> int:
        """Do all that waits; give how many rows the last one changed."""
        waiting, self._waiting = self._waiting, []
        driver = driver_of(self._db)
        in_one_trip = driver.pipeline if self._db.dialect.name == "postgresql" else nullcontext
        with the_drivers_errors(self._db), in_one_trip():
            done = [driver.execute(sql, values) for sql, values in waiting]
        return int(done[-1].rowcount) if done else 0


@cache
def _insert_into(table: Table) -> Insert:
    return insert(table)


@cache
def _defaults(table: Table) -> Mapping[str, Any]:
    known = {column.key: column.default for column in table.c}
    return {
        name: default.arg if isinstance(default, ScalarElementColumnDefault) else None
        for name, default in known.items()
    }
