"""The database: one transaction around each unit of work, whichever database it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from cases.errors import CasesError
from cases.sqlite_writer import SQLiteWriter

T = TypeVar("T")
Unit = Callable[[Connection], T]

_AGAIN = frozenset({"40001", "40P01"})
"""PostgreSQL's codes for a transaction that may be tried once more: serialization failure, deadlock."""
_LIMITS = "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"


class DatabaseRefused(CasesError):
    """The database is not as it must be; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a transaction may see: the second wall, held by PostgreSQL's row-level security."""

    kind: str = "nothing"
    person: str = ""
    territories: frozenset[str] = frozenset()
    branches: frozenset[str] = frozenset()
    case: str = ""

    @classmethod
    def worker(cls) -> Self:
        """The system: everything."""
        return cls("worker")

    @classmethod
    def of(
        cls, *, person: str = "", territories: frozenset[str] = frozenset(), branches: frozenset[str] = frozenset()
    ) -> Self:
        """A person: their territories, their branches, their own pairs."""
        return cls("person", person, territories, branches)

    def on_case(self, case_id: str) -> Self:
        """The same, with the whole of one case: what deciding on it needs."""
        return replace(self, case=case_id)


class Database(Protocol):
    """Where units of work are done."""

    dialect: str

    def write(self, unit: Unit[T], scope: Scope) -> T:
        """Do a unit in one transaction and commit it: what it gives back is durable."""
        ...

    def read(self, unit: Unit[T], scope: Scope) -> T:
        """Do a unit that only reads."""
        ...

    def close(self) -> None:
        """Let every connection go."""
        ...


def connect(url: str) -> Database:
    """The database at that address: `sqlite:///file` or `postgresql://…`. Raises DatabaseRefused for a role that row-level security cannot hold."""
    if url.startswith("sqlite"):
        return SQLite(url)
    return PostgreSQL(url)


def widen_to_case(db: Connection, case_id: str) -> None:
    """From here on this transaction sees the whole of that one case, and no more of the others."""
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT set_config('qp.case', :case, true)"), {"case": case_id})


class SQLite:
    """One file: one thread writes, readers have connections of their own."""

    dialect = "sqlite"

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)
        event.listen(self._engine, "connect", _prepare_sqlite)
        self._writer = SQLiteWriter(self._engine)

    def write(self, unit: Unit[T], scope: Scope) -> T:
        """Hand the unit to the writer, and wait until it is committed."""
        return self._writer.write(unit)

    def read(self, unit: Unit[T], scope: Scope) -> T:
        """Do a unit on a connection that only reads."""
        with self._engine.connect() as db:
            db.exec_driver_sql("PRAGMA query_only = ON")
            try:
                return unit(db)
            finally:
                db.rollback()
                db.exec_driver_sql("PRAGMA query_only = OFF")

    def close(self) -> None:
        """Stop the writer, then close."""
        self._writer.close()
        self._engine.dispose()


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=5000", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


class PostgreSQL:
    """A server: each unit is a transaction of its own, confined to its scope."""

    dialect = "postgresql"

    def __init__(self, url: str) -> None:
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        self._engine: Engine = create_engine(url, pool_size=8, max_overflow=8, connect_args={"options": _LIMITS})
        self._refuse_a_role_above_the_wall()

    def write(self, unit: Unit[T], scope: Scope) -> T:
        """Do the unit; once more when the server asks for it."""
        try:
            return self._in_transaction(unit, scope)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _AGAIN:
                raise
            return self._in_transaction(unit, scope)

    def read(self, unit: Unit[T], scope: Scope) -> T:
        """Do a unit in a transaction that only reads."""
        return self._in_transaction(unit, scope, "SET TRANSACTION READ ONLY")

    def close(self) -> None:
        """Close the pool."""
        self._engine.dispose()

    def _in_transaction(self, unit: Unit[T], scope: Scope, first: str | None = None) -> T:
        with self._engine.begin() as db:
            if first:
                db.exec_driver_sql(first)
            db.execute(_SET_SCOPE, _settings(scope))
            return unit(db)

    def _refuse_a_role_above_the_wall(self) -> None:
        with self._engine.connect() as db:
            above = db.exec_driver_sql(
                "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
            ).scalar()
        if above:
            self._engine.dispose()
            raise DatabaseRefused(
                "Ce rôle PostgreSQL passe outre les règles d’accès : donnez un rôle NOSUPERUSER NOBYPASSRLS."
            )


_SET_SCOPE = text(
    "SELECT set_config('qp.scope', :kind, true), set_config('qp.person', :person, true), set_config('qp.territories', :territories, true),"
    " set_config('qp.branches', :branches, true), set_config('qp.case', :case, true)"
)


def _settings(scope: Scope) -> dict[str, str]:
    lists = {"territories": ",".join(sorted(scope.territories)), "branches": ",".join(sorted(scope.branches))}
    return {"kind": scope.kind, "person": scope.person, "case": scope.case, **lists}
