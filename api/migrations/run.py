"""Migrates a database as its owner, and says where it is not what the code expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, column, create_engine, event, func, inspect, select, table
from sqlalchemy.types import TypeEngine

from api.migrations import policies, searching, triggers
from api.migrations.target import target
from cases.errors import CasesError
from cases.tables.columns import AS_BYTES, Id

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('qp migrations'))"


class NoSuchMigration(CasesError):
    """A database is asked to go back to a migration that it never had."""

    def __init__(self, revision: str, current: str | None) -> None:
        said = f"La base est à la migration {current}" if current else "La base n’a reçu aucune migration"
        super().__init__(f"{said} : il n’y en a pas d’antérieure nommée « {revision} ». Donnez son numéro, ou base.")


def upgrade(owner_url: str, app_role: str = "qp_app") -> None:
    """Bring the database to the newest migration, then lay triggers, policies and grants: all of it, or nothing."""
    with _transaction(owner_url) as db:
        _lift(db)
        command.upgrade(_config(db), "head")
        _lay(db)
        policies.grant(db, app_role)
        searching.grant(db, app_role)


def downgrade(owner_url: str, revision: str) -> None:
    """Go back to a migration (`base` is before the first), keeping triggers and policies on the tables that are left. Raises NoSuchMigration."""
    with _transaction(owner_url) as db:
        _go_back(db, revision)
        _lay(db)


def lost_by_going_back(owner_url: str, revision: str) -> list[str]:
    """What is held now and would be no more, a line each: it is tried, in a transaction that is given up. Raises NoSuchMigration."""
    with _transaction(owner_url, keep=False) as db:
        _lift(db)
        before = _held(db)
        _go_back(db, revision)
        after = _held(db)
    return [line for table in sorted(before) for line in _lost(table, before[table], after.get(table))]


def check(owner_url: str) -> list[str]:
    """What is not as the code expects, a line each; nothing when all is well.

    Triggers and policies are laid again in a transaction that is given up, and compared: the tables are locked meanwhile.
    """
    with _transaction(owner_url, keep=False) as db:
        context = MigrationContext.configure(db, opts={"compare_type": _is_other, "include_name": _is_known_to_alembic})
        differences = [f"table: {difference}" for difference in compare_metadata(context, target())]
        before = triggers.laid(db) | policies.laid(db)
        _lay(db)
        after = triggers.laid(db) | policies.laid(db)
    missing = [f"missing: {line}" for line in sorted(after - before)]
    return differences + missing + [f"unexpected: {line}" for line in sorted(before - after)]


def is_newest(db: Connection) -> bool:
    """Whether the database has had every migration of this version of the product."""
    return (
        MigrationContext.configure(db).get_current_revision()
        == ScriptDirectory.from_config(_config(db)).get_current_head()
    )


def _go_back(db: Connection, revision: str) -> None:
    before = MigrationContext.configure(db).get_current_revision()
    _lift(db)
    try:
        command.downgrade(_config(db), revision)
    except (CommandError, RevisionError):
        raise NoSuchMigration(revision, before) from None


def _held(db: Connection) -> dict[str, dict[str, int]]:
    """How many rows each table has (under ""), and how many of them say something in each column."""
    found = {}
    for name in inspect(db).get_table_names():
        if _is_known_to_alembic(name) and name != "alembic_version":
            columns = [one["name"] for one in inspect(db).get_columns(name)]
            counted = table(name, *(column(one) for one in columns))
            row = db.execute(select(func.count(), *(func.count(one) for one in counted.c)).select_from(counted)).one()
            found[name] = dict(zip(("", *columns), row, strict=True))
    return found


def _lost(name: str, before: Mapping[str, int], after: Mapping[str, int] | None) -> Iterator[str]:
    rows = before[""] - (after[""] if after else 0)
    if rows > 0:
        yield f"{name}: {rows} of {before['']} rows"
    for one in before.keys() - after.keys() if after else ():
        if before[one]:
            yield f"{name}.{one}: what {before[one]} rows say"


def _is_other(
    context: MigrationContext, _: object, __: object, there: TypeEngine[Any], ours: TypeEngine[Any]
) -> bool | None:
    """Whether a column is of another type than ours; None: as Alembic says, which does not look at how identifiers are compared."""
    if isinstance(ours, Id) and context.dialect.name == "postgresql":
        return getattr(there, "collation", None) != AS_BYTES or None
    return None


def _is_known_to_alembic(name: str | None, *_: object) -> bool:
    return not (name or "").startswith(searching.OF_THE_INDEX)


def _lift(db: Connection) -> None:
    tables = set(inspect(db).get_table_names())
    policies.lift(db, tables)
    triggers.lift(db, tables)
    searching.lift(db, tables)


def _lay(db: Connection) -> None:
    tables = set(inspect(db).get_table_names())
    triggers.lay(db, tables)
    if "case_file" in tables:
        policies.lay(db, tables)
        searching.lay(db, tables)


def _config(db: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = db
    return config


@contextmanager
def _transaction(url: str, *, keep: bool = True) -> Iterator[Connection]:
    engine = _engine(url)
    try:
        with engine.connect() as db, db.begin() as transaction:
            if db.dialect.name == "postgresql":
                db.exec_driver_sql(_ONE_AT_A_TIME)
            yield db
            if not keep:
                transaction.rollback()
    finally:
        engine.dispose()


def _engine(url: str) -> Engine:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", lambda db: db.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _leave_transactions_to_us(connection: Any, _: object) -> None:
    connection.isolation_level = None
