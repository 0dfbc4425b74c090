"""Rows that are put into a database together: one statement for those of a table that name the same columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, insert

Row = tuple[Table, Mapping[str, Any]]


def insert_all(db: Connection, rows: Iterable[Row]) -> None:
    """Insert them, the tables in the order in which they come first."""
    alike: dict[tuple[Table, frozenset[str]], list[Mapping[str, Any]]] = {}
    for table, row in rows:
        alike.setdefault((table, frozenset(row)), []).append(row)
    for (table, _), found in alike.items():
        db.execute(insert(table), found)
