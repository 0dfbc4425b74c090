"""Column types that hold the same values on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import JSON, DateTime, Dialect, Numeric, Table, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import TypeCompiler
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel


@lru_cache(maxsize=256)
def in_utc(instant: datetime) -> str:
    """An instant as text that sorts: 2027-02-01T17:00:00.000000Z."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


class Id(Text):
    """An identifier: a UUIDv7 in its canonical form, which sorts by age."""


AS_BYTES: Final = "C"
"""The collation of identifiers on PostgreSQL: they are words of no language, and SQLite compares bytes anyway."""


@compiles(Id, "postgresql")
def _identifier(_: Id, __: TypeCompiler, **___: Any) -> str:
    return f'TEXT COLLATE "{AS_BYTES}"'


class Instant(TypeDecorator[datetime]):
    """An instant, aware and in UTC, to the microsecond: TIMESTAMPTZ, or sortable text on SQLite. A naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, which knows no time zone."""
        kind: TypeEngine[Any] = Text() if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Write it in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant has a time zone")
        return in_utc(value) if dialect.name == "sqlite" else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Read it in UTC: nothing else stands between the driver and the row, as pages read instants by the thousand."""
        return _from_text if dialect.name == "sqlite" else _from_driver


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _from_driver(value: datetime | None) -> datetime | None:
    return value if value is None or value.tzinfo is UTC else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """JSON: JSONB on PostgreSQL."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """JSONB where there is one."""
        kind: TypeEngine[Any] = JSONB(none_as_null=True) if dialect.name == "postgresql" else JSON(none_as_null=True)
        return dialect.type_descriptor(kind)


class Written(Json):
    """JSON that is kept as it was written, since no question looks into it: on PostgreSQL, JSON takes half the time of JSONB to store."""

    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """JSON everywhere."""
        return dialect.type_descriptor(JSON(none_as_null=True))


class Amount(TypeDecorator[Decimal]):
    """An amount in euros, to the cent."""

    impl = Numeric(14, 2)
    cache_ok = True


def table_of(model: type[SQLModel]) -> Table:
    """The table of a model, for statements of SQLAlchemy Core."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel adds it to a model that is a table
    return table
