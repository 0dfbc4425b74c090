"""Statements of SQLAlchemy Core, compiled once for a kind of database and then given to its driver itself.

For the write path alone: what SQLAlchemy does again at each execution takes longer there than the database does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from psycopg.types.json import Json, Jsonb
from pydantic_core import to_json
from sqlalchemy import (
    JSON,
    Connection,
    Dialect,
    Executable,
    LargeBinary,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    insert,
    select,
)
from sqlalchemy.exc import DBAPIError

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement as the driver takes it, and how each value becomes the driver's."""

    sql: str
    binds: tuple[tuple[str, Callable[[Any], Any] | None], ...]
    """The names of the values and what makes each the driver's; in their order, for a driver that knows no names."""
    by_name: bool
    known: Mapping[str, Any]
    """What needs not be given: constants of the statement, defaults of its columns."""

    def bound(self, values: Mapping[str, Any]) -> Any:
        """The values as the driver takes them."""
        given = {**self.known, **values}
        if self.by_name:
            return {name: process(given[name]) if process else given[name] for name, process in self.binds}
        return [process(given[name]) if process else given[name] for name, process in self.binds]


def compiled(statement: Executable, names: Names, dialect: Dialect) -> Compiled:
    """A statement that is given these values by name; those that are columns of its table are what it writes.

    A list may be a constant of it, never one of the values: it is written out once.
    """
    found = _COMPILED.get((statement, names, dialect.name))
    if found is None:
        found = _COMPILED[statement, names, dialect.name] = _compile(statement, names, dialect)
    return found


@cache
def rows_as_one(table: Table, names: Names, dialect: Dialect) -> Compiled | None:
    """The statement of PostgreSQL that inserts any number of rows, its value `rows` as `as_json` writes them; None for a table that keeps bytes."""
    columns = [table.c[name] for name in names]
    if any(isinstance(one.type, LargeBinary) for one in columns):
        return None
    typed = (column(one.name, one.type) for one in columns)
    given = func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON)).table_valued(*typed, name="given")
    rows = select(*given.render_derived(with_types=True).c)
    return _compile(insert(table).from_select(names, rows), ("rows",), dialect)


def as_json(rows: list[Mapping[str, Any]]) -> str:
    """Rows as the driver takes them, as that statement takes them."""
    return to_json(rows, fallback=_plainly).decode()


def _plainly(value: Json | Jsonb) -> Any:
    return value.obj


def fetch(db: Connection, statement: Executable, values: Mapping[str, Any]) -> list[Any]:
    """The rows of a question, with the values as the driver gives them."""
    ready = compiled(statement, tuple(values), db.dialect)
    with the_drivers_errors(db):
        rows: list[Any] = driver_of(db).execute(ready.sql, ready.bound(values)).fetchall()
    return rows


def fetch_row(db: Connection, statement: Select[Any], values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The first row of a question about columns, each value as its column reads it; None when there is no row."""
    rows = fetch(db, statement, values)
    if not rows:
        return None
    return {
        name: read(value) if read else value
        for (name, read), value in zip(_reading(statement, db.dialect), rows[0], strict=True)
    }


def driver_of(db: Connection) -> Any:
    """The driver's own connection."""
    return db.connection.driver_connection


@contextmanager
def the_drivers_errors(db: Connection) -> Iterator[None]:
    """Errors of the driver come out as SQLAlchemy's, as from everywhere else."""
    errors = db.dialect.loaded_dbapi.Error
    try:
        yield
    except errors as error:
        raise DBAPIError.instance(None, None, error, errors, dialect=db.dialect) from error


_COMPILED: dict[tuple[Executable, Names, str], Compiled] = {}
"""By the statement itself, the names of its values, and the kind of database."""


def _compile(statement: Any, names: Names, dialect: Dialect) -> Compiled:
    ready: Any = statement.compile(dialect=dialect, column_keys=list(names))
    written = ready.construct_expanded_state(dict.fromkeys(names))
    processors = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect) for bind, name in ready.bind_names.items()
    }
    processors |= written.processors  # of the lists, once they are written out
    constants = {name: value for name, value in written.parameters.items() if name not in names}
    defaults = {column.key: column.default.arg for column in getattr(ready, "insert_prefetch", ())}
    binds = tuple((n, processors.get(n)) for n in written.positiontup or written.parameters)
    return Compiled(written.statement, binds, not ready.positional, constants | defaults)


@cache
def _reading(statement: Select[Any], dialect: Dialect) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    """The columns that a question is about, and what makes each of the driver's values ours."""
    columns = statement.selected_columns
    return tuple((str(c.key), c.type.dialect_impl(dialect).result_processor(dialect, None)) for c in columns)
