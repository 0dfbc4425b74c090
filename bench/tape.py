"""The statements that a step sends to its database, as its driver gets them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Self

import psycopg
from sqlalchemy import Engine, event

Statement = tuple[str, Any]
"""A statement and the values bound to it."""
BOUNDS: Final = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
"""Words that begin and end; whoever plays a tape says their own."""


@contextmanager
def recorded(engine: Engine) -> Iterator[list[Statement]]:
    """The tape on which every new connection of this engine writes what it is sent."""
    tape: list[Statement] = []

    def keep(sql: Any, values: Any) -> None:
        if not str(sql).startswith(BOUNDS):
            tape.append((str(sql), values))

    def on_sqlite(*connecting: Any) -> None:
        connecting[3]["factory"] = _recording_connection(keep)

    def on_postgresql(driver: Any, _: object) -> None:
        driver.cursor_factory = _recording_cursor(keep)

    name, listener = ("do_connect", on_sqlite) if engine.dialect.name == "sqlite" else ("connect", on_postgresql)
    engine.dispose()
    event.listen(engine, name, listener)
    try:
        yield tape
    finally:
        event.remove(engine, name, listener)
        engine.dispose()


def _recording_connection(keep: Callable[[Any, Any], None]) -> type[sqlite3.Connection]:
    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, values: Any = (), /) -> Self:
            keep(sql, values)
            return super().execute(sql, values)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def execute(self, sql: str, values: Any = (), /) -> Any:
            return self.cursor().execute(sql, values)

    return Connection


def _recording_cursor(keep: Callable[[Any, Any], None]) -> type[psycopg.Cursor[Any]]:
    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            keep(query, params)
            return super().execute(query, params, **options)

    return Cursor
