"""Migrates a database as its owner, and says where it is not what the code expects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect

from api.migrations import policies, searching, triggers
from api.migrations.target import target

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('qp migrations'))"


def upgrade(owner_url: str, app_role: str = "qp_app") -> None:
    """Bring the database to the newest migration, then lay triggers, policies and grants: all of it, or nothing."""
    with _transaction(owner_url) as db:
        _lift(db)
        command.upgrade(_config(db), "head")
        _lay(db)
        policies.grant(db, app_role)
        searching.grant(db, app_role)


def downgrade(owner_url: str, revision: str) -> None:
    """Go back to a migration (`base` is before the first), keeping triggers and policies on the tables that are left."""
    with _transaction(owner_url) as db:
        _lift(db)
        command.downgrade(_config(db), revision)
        _lay(db)


def check(owner_url: str) -> list[str]:
    """What is not as the code expects, a line each; nothing when all is well.

    Triggers and policies are laid again in a transaction that is given up, and compared: the tables are locked meanwhile.
    """
    with _transaction(owner_url, keep=False) as db:
        context = MigrationContext.configure(db, opts={"compare_type": True, "include_name": _is_known_to_alembic})
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
