"""What a statement is compiled to is kept for the whole process, as a server keeps it: each test has a database of its own, and would compile all again."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import LRUCache

STATEMENTS: Final = 3_000
"""As many are kept as the suite knows."""


class OfAllEngines(LRUCache[Any, Any]):
    """A cache of compiled statements for every engine of one kind that writes JSON alike; by itself SQLAlchemy has one for each engine."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_a_kind(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_of_a_kind(key), value)


def _of_a_kind(key: Any) -> Hashable:
    dialect, *statement = key
    return type(dialect), dialect._json_serializer, *statement


COMPILED: Final = OfAllEngines(STATEMENTS)


def compile_once() -> None:
    """From here on every connection of this process finds what another has compiled."""
    if not event.contains(Engine, "engine_connect", _share):
        event.listen(Engine, "engine_connect", _share)


def _share(connection: Connection) -> None:
    connection.execution_options(compiled_cache=COMPILED)
