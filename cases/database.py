"""The database: one transaction around each unit of work, whichever database it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Literal, Protocol, Self, TypeVar

from pydantic_core import to_json
from sqlalchemy import Connection, Engine, Executable, RowMapping, bindparam, create_engine, event, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from cases.errors import CasesError
from cases.sqlite_writer import NestedWrite, SQLiteWriter
from cases.tables.case import case_file

T = TypeVar("T")
Unit = Callable[[Connection], T]
"""What is done in one transaction. It may be done twice, so that it changes nothing but the database."""

_AGAIN: Final = frozenset({"40001", "40P01"})
"""PostgreSQL's codes for a transaction that may be tried once more: serialization failure, deadlock."""
_PRAGMAS: Final = (
    "busy_timeout=5000",
    "journal_mode=WAL",
    "foreign_keys=ON",
    "synchronous=FULL",
    "cache_size=-16000",
    "temp_store=MEMORY",
    "secure_delete=ON",
)
"""The cache in KiB: the 2 MB of SQLite's own hold the indexes of a few thousand cases, and each write would read the others again.
What is temporary stays in memory too: the pages that a savepoint sets aside. What is deleted is overwritten, as Debian's SQLite does unasked."""
_MERGED_AT_ONCE: Final = 500
"""Pages of the index of words that one transaction merges, so that others write meanwhile."""
_LIMITS: Final = {"lock_timeout": "5s", "statement_timeout": "30s", "idle_in_transaction_session_timeout": "60s"}


class DatabaseRefused(CasesError):
    """The database is not as it must be; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a transaction may see: the second wall, held by PostgreSQL's row-level security. By itself, nothing."""

    kind: Literal["nothing", "worker", "person"] = "nothing"
    person: str | None = None
    territories: frozenset[str] = frozenset()
    branches: frozenset[str] = frozenset()
    admin: bool = False
    case: str | None = None
    entrepreneur: str | None = None
    opened: frozenset[str] = frozenset()

    @classmethod
    def nothing(cls) -> Self:
        """Nobody yet: signing in, a page for all."""
        return cls()

    @classmethod
    def worker(cls) -> Self:
        """The system: everything."""
        return cls("worker")

    @classmethod
    def of(
        cls,
        *,
        person: str | None = None,
        territories: Collection[str] = (),
        branches: Collection[str] = (),
        admin: bool = False,
        entrepreneur: str | None = None,
        opened: Collection[str] = (),
    ) -> Self:
        """A person: their territories, their branches, their own pairs; an admin, the cases without a territory and those that they opened
        with a reason; an entrepreneur, their own."""
        return cls(
            "person", person, frozenset(territories), frozenset(branches), admin, entrepreneur=entrepreneur, opened=frozenset(opened)
        )  # fmt: skip

    def on_case(self, case_id: str) -> Self:
        """The same, with the whole of one case: what deciding on it needs."""
        return replace(self, case=case_id)


class Database(Protocol):
    """Where units of work are done. Units do not nest: NestedWrite is raised."""

    dialect: str
    engine: Engine

    def write(self, unit: Unit[T], scope: Scope) -> T:
        """Do a unit in one transaction and commit it: what it gives back is durable."""
        ...

    def read(self, unit: Unit[T], scope: Scope) -> T:
        """Do a unit that only reads, on one unmoving picture of the database where it is SQLite."""
        ...

    def overwrite_deleted(self) -> None:
        """Have what was deleted stay nowhere in the files of SQLite; PostgreSQL's own vacuum sees to its."""
        ...

    def close(self) -> None:
        """Let every connection go."""
        ...


def connect(url: str, *, read_url: str | None = None, pooler: str | None = None) -> Database:
    """The database at that address: `sqlite:///file` or `postgresql://…`.

    On PostgreSQL, `read_url` is a replica for reading, and `pooler="transaction"` says that PgBouncer stands before the server.
    Raises DatabaseRefused for a role that row-level security cannot hold.
    """
    if url.startswith("sqlite"):
        return SQLite(url)
    return PostgreSQL(url, read_url, pooler)


def widen_to_case(db: Connection, *subject_ids: str) -> None:
    """From here on this transaction sees and writes the whole of that one case, and no more of the others.

    Of a case and the one that is kept in its place, when it is a duplicate; of a territory, when its programme moves.
    """
    if db.dialect.name == "postgresql":
        db.execute(_SET_CASE, {"case": ",".join(subject_ids)})


def forget_plans(db: Connection) -> None:
    """Have PostgreSQL plan anew: what it planned for a table that was empty reads the whole of it once it is full."""
    if db.dialect.name == "postgresql":
        db.exec_driver_sql("DISCARD PLANS")


def ask_everywhere(db: Connection, query: Executable, values: Mapping[str, Any] | None = None) -> list[Any]:
    """The rows of a question asked over everybody's cases: how busy a mentor is, an adviser, a territory.

    For what a rule needs: figures, and cases that look alike; who asks is not shown what is out of their sight. A scope that sees nothing stays so.
    """
    with everywhere(db):
        return list(db.execute(query, values or {}).all())


@contextmanager
def everywhere(db: Connection) -> Iterator[None]:
    """What is asked inside is asked over everybody's cases: see `ask_everywhere`. After an error the scope ends with its transaction."""
    widened = db.dialect.name == "postgresql" and db.execute(_FROM_PERSON_TO_ALL).first() is not None
    yield
    if widened:
        db.execute(_BACK_TO_PERSON)


def lock_case(db: Connection, case: str) -> RowMapping | None:
    """The row of a case, by its reference or its id, locked until the end of the transaction; None when there is none in sight."""
    statement = _LOCK_BY_REFERENCE if case.startswith("QP-") else _LOCK_BY_ID
    return db.execute(statement, {"wanted": case}).mappings().one_or_none()


def _json(value: Any) -> str:
    """JSON as it is stored, by a serializer that takes a third of the time of the standard library's."""
    return to_json(value).decode()


class SQLite:
    """One file: one thread writes, readers have connections of their own."""

    dialect = "sqlite"

    def __init__(self, url: str) -> None:
        if make_url(url).database in (None, "", ":memory:"):
            raise DatabaseRefused("Une base SQLite est un fichier : donnez son chemin, comme sqlite:///dossiers.db.")
        self.engine = create_engine(url, hide_parameters=True, json_serializer=_json)
        event.listen(self.engine, "connect", _prepare_sqlite)
        self._writer = SQLiteWriter(self.engine)
        self._readers = create_engine(url, pool_size=8, max_overflow=8, hide_parameters=True)
        event.listen(self._readers, "connect", _prepare_reader)

    def write(self, unit: Unit[T], scope: Scope) -> T:
        """Hand the unit to the writer, and wait until it is committed."""
        return self._writer.write(unit)

    def read(self, unit: Unit[T], scope: Scope) -> T:
        """Do a unit on a connection that only reads."""
        with self._readers.connect() as db:
            db.exec_driver_sql("BEGIN")
            return unit(db)

    def overwrite_deleted(self) -> None:
        """Merge the index of words, which keeps those that were deleted until then; then write the log into the file, and empty it."""
        pages = -_MERGED_AT_ONCE
        while self._writer.write(partial(_merge_words, pages=pages)):
            pages = _MERGED_AT_ONCE
        with self.engine.connect() as db:
            db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Stop the writer, then close."""
        self._writer.close()
        self._readers.dispose()
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _merge_words(db: Connection, *, pages: int) -> bool:
    """Merge some pages of the index of words; whether there may be more. A number below nought begins with every part of it."""
    before = _changes(db)
    db.execute(text("INSERT INTO case_words (case_words, rank) VALUES ('merge', :pages)"), {"pages": pages})
    return _changes(db) - before > 1


def _changes(db: Connection) -> int:
    return int(db.exec_driver_sql("SELECT total_changes()").scalar_one())


def _prepare_reader(connection: Any, record: object) -> None:
    _prepare_sqlite(connection, record)
    connection.execute("PRAGMA query_only=ON")


class PostgreSQL:
    """A server: each unit is a transaction of its own, confined to its scope."""

    dialect = "postgresql"

    def __init__(self, url: str, read_url: str | None = None, pooler: str | None = None) -> None:
        self.engine = _pool(url, pooler)
        self._replica = _pool(read_url, pooler) if read_url else None
        self._readers = (self._replica or self.engine).execution_options(postgresql_readonly=True)
        self._limits = _LIMITS if pooler else {}
        self._writing = threading.local()
        self._refuse_a_role_above_the_wall()

    def write(self, unit: Unit[T], scope: Scope) -> T:
        """Do the unit; once more when the server asks for it."""
        if getattr(self._writing, "now", False):
            raise NestedWrite
        self._writing.now = True
        try:
            return self._in_transaction(self.engine, unit, scope)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _AGAIN:
                raise
            return self._in_transaction(self.engine, unit, scope)
        finally:
            self._writing.now = False

    def read(self, unit: Unit[T], scope: Scope) -> T:
        """Do a unit in a transaction that only reads."""
        return self._in_transaction(self._readers, unit, scope)

    def overwrite_deleted(self) -> None:
        """Nothing to do: autovacuum frees what was deleted."""

    def close(self) -> None:
        """Close the pools."""
        if self._replica:
            self._replica.dispose()
        self.engine.dispose()

    def _in_transaction(self, engine: Engine, unit: Unit[T], scope: Scope) -> T:
        with engine.begin() as db:
            db.execute(_SET_SCOPE_AND_LIMITS if self._limits else _SET_SCOPE, _settings(scope) | self._limits)
            return unit(db)

    def _refuse_a_role_above_the_wall(self) -> None:
        for engine in (self.engine, self._readers):
            with engine.connect() as db:
                above = db.scalar(_ABOVE_THE_WALL)
            if above:
                self.close()
                raise DatabaseRefused(
                    "Ce rôle PostgreSQL passe outre les règles d’accès : donnez un rôle NOSUPERUSER NOBYPASSRLS."
                )


def _pool(url: str, pooler: str | None) -> Engine:
    """A pool of connections. Behind PgBouncer in transaction mode: no prepared statements, and no options at the start of a connection."""
    for name in ("postgres://", "postgresql://"):
        if url.startswith(name):
            url = url.replace(name, "postgresql+psycopg://", 1)
    settings = {"timezone": "UTC", **_LIMITS}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    arguments = {"prepare_threshold": None} if pooler else {"options": options}
    return create_engine(
        url, pool_size=8, max_overflow=8, connect_args=arguments, hide_parameters=True, json_serializer=_json
    )


_ABOVE_THE_WALL = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
_SETTINGS = ("scope", "person", "entrepreneur", "territories", "branches", "admin", "case", "opened")
_SET_SCOPE = text("SELECT " + ", ".join(f"set_config('qp.{name}', :{name}, true)" for name in _SETTINGS))
_SET_SCOPE_AND_LIMITS = text(f"{_SET_SCOPE}, " + ", ".join(f"set_config('{name}', :{name}, true)" for name in _LIMITS))
_FROM_PERSON_TO_ALL = text(
    "SELECT set_config('qp.scope', 'worker', true) WHERE current_setting('qp.scope', true) = 'person'"
)
_BACK_TO_PERSON = text("SELECT set_config('qp.scope', 'person', true)")
_SET_CASE = text("SELECT set_config('qp.case', :case, true)")
_LOCK_BY_ID = select(case_file).where(case_file.c.id == bindparam("wanted")).with_for_update()
_LOCK_BY_REFERENCE = select(case_file).where(case_file.c.reference == bindparam("wanted")).with_for_update()


def _settings(scope: Scope) -> dict[str, str]:
    """The settings that the policies read; lists are joined by commas, nothing is written ''."""
    return {
        "scope": scope.kind,
        "person": scope.person or "",
        "entrepreneur": scope.entrepreneur or "",
        "territories": ",".join(sorted(scope.territories)),
        "branches": ",".join(sorted(scope.branches)),
        "admin": "true" if scope.admin else "",
        "case": scope.case or "",
        "opened": ",".join(sorted(scope.opened)),
    }
