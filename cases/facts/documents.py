"""Rows of several tables in one question: each comes back as a JSON document, with the name of what it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from pydantic_core import from_json
from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, Text, func, literal_column, select, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from cases.facts.compiled import fetch
from cases.tables.columns import Json

Document = Mapping[str, Any]
"""A row by the names of its columns; days and instants are text, see `day_in` and `instant_in`."""


class _Document(FunctionElement[Any]):
    """A JSON object of names and columns, in turn, as text."""

    type = Text()
    inherit_cache = True


@compiles(_Document, "postgresql")
def _on_postgresql(element: _Document, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_build_object({compiler.process(element.clauses, **options)})::text"


@compiles(_Document, "sqlite")
def _on_sqlite(element: _Document, compiler: SQLCompiler, **options: Any) -> str:
    parts = [func.json(part) if isinstance(part.type, Json) else part for part in element.clauses]
    return f"json_object({', '.join(compiler.process(part, **options) for part in parts)})"


def documents(name: str, *columns: ColumnElement[Any]) -> Select[Any]:
    """A part of a question: rows of these columns under that name. Its condition is added as to any SELECT."""
    pairs = [part for column in columns for part in (literal_column(f"'{column.key}'"), column)]
    return select(literal_column(f"'{name}'").label("name"), _Document(*pairs).label("document"))


def question(*parts: Select[Any]) -> CompoundSelect[Any]:
    """All the parts as one statement, in no order."""
    return union_all(*parts)


def answer(db: Connection, asked: CompoundSelect[Any], values: Mapping[str, Any]) -> Mapping[str, list[Document]]:
    """The documents of a question, by name; none for a name under which nothing was found."""
    rows = fetch(db, asked, values)
    found: dict[str, list[Document]] = defaultdict(list)
    for (name, _), document in zip(rows, read(text for _, text in rows), strict=True):
        found[name].append(document)
    return found


def read(texts: Iterable[str]) -> list[Document]:
    """The documents that are in these texts: all at once, which takes a fraction of one at a time."""
    found: list[Document] = from_json(f"[{','.join(texts)}]")
    return found


def day_in(text: str | None) -> date | None:
    """A day as a document holds it."""
    return date.fromisoformat(text) if text else None


def instant_in(text: str | None) -> datetime | None:
    """An instant as a document holds it, whatever the time zone of the database's session."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
