"""Pages by keys: where a page ended is said by an opaque word that belongs to its list, filters and order included."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Integer, Select, and_, literal, or_

from cases.errors import Invalid
from cases.journal import canonical, hash_of, plain
from cases.tables.columns import Instant
from engine.inputs import LARGEST_NUMBER, is_printable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks of a list: how many, after what; `of` is all that makes it another list."""

    limit: int = 50
    after: str | None = None
    of: Any = None


@dataclass(frozen=True, slots=True)
class Key:
    """A column by which a list is ordered, never null; the last one tells every row from the others."""

    name: str
    column: ColumnElement[Any]
    descending: bool = False


def page_of_rows(
    db: Connection, query: Select[Any], keys: Sequence[Key], asked: Asked
) -> tuple[list[Mapping[Any, Any]], str | None]:
    """A page of a query's rows in the order of the keys, which it selects by their names; and what continues it.

    Raises Invalid when `after` is not of this list.
    """
    if asked.after is not None:
        values = _read(asked, len(keys))
        query = query.where(_beyond(keys, [_typed(key.column, value) for key, value in zip(keys, values, strict=True)]))
    ordered = (key.column.desc() if key.descending else key.column for key in keys)
    rows: list[Mapping[Any, Any]] = list(db.execute(query.order_by(*ordered).limit(asked.limit + 1)).mappings())
    more = len(rows) > asked.limit
    last = [rows[asked.limit - 1][key.name] for key in keys] if more else None
    return rows[: asked.limit], _written(last, asked) if last else None


def page_of_list(items: Sequence[T], key: Callable[[T], Any], asked: Asked) -> tuple[list[T], str | None]:
    """A page of what is all there already, such as the lines of one case, in the order of `key`."""
    ordered = sorted(items, key=key)
    if asked.after is not None:
        beyond = _read(asked, 1)[0]
        ordered = [item for item in ordered if _comes_after(plain(key(item)), beyond)]
    more = len(ordered) > asked.limit
    return ordered[: asked.limit], _written([key(ordered[asked.limit - 1])], asked) if more else None


def _comes_after(key: Any, beyond: Any) -> bool:
    if type(key) is not type(beyond):
        raise _another_list()
    try:
        return bool(key > beyond)
    except TypeError:
        raise _another_list() from None


def _beyond(keys: Sequence[Key], values: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    """Rows that come after these values: beyond in the first key, or the same there and beyond in the others."""
    key, value = keys[0], values[0]
    further = key.column < value if key.descending else key.column > value
    if len(keys) == 1:
        return further
    return or_(further, and_(key.column == value, _beyond(keys[1:], values[1:])))


def _typed(column: ColumnElement[Any], value: Any) -> ColumnElement[Any]:
    """A value of a cursor as its column holds them. Raises Invalid for another kind."""
    if isinstance(column.type, Integer):
        if not isinstance(value, int) or abs(value) > LARGEST_NUMBER:
            raise _another_list()
        return literal(value, column.type)
    if not isinstance(value, str) or not is_printable(value):
        raise _another_list()
    if not isinstance(column.type, Instant):
        return literal(value, column.type)
    try:
        return literal(datetime.fromisoformat(value), column.type)
    except ValueError:
        raise _another_list() from None


# -- the opaque word ------------------------------------------------------------------------------------------------------


def _written(values: Any, asked: Asked) -> str:
    return base64.urlsafe_b64encode(canonical([_list_named(asked), *values])).decode().rstrip("=")


def _read(asked: Asked, count: int) -> list[Any]:
    text = asked.after or ""
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise _another_list() from None
    if not isinstance(found, list) or len(found) != count + 1 or found[0] != _list_named(asked):
        raise _another_list()
    return found[1:]


def _list_named(asked: Asked) -> str:
    return hash_of(canonical(asked.of))[-12:]


def _another_list() -> Invalid:
    return Invalid("Cette suite n’est pas celle de cette liste : reprenez-la à son début.", "after")
