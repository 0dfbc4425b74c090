"""A database for a test: the same tests run on SQLite and on PostgreSQL, migrated once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

import psycopg
import pytest

from api.migrations.run import upgrade
from cases.database import Database, connect
from tests.once import locked, shared_folder
from tests.postgres import APPLICATION, OWNER, PostgresServer

TEMPLATE = "qp_template"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """An empty database with every table; on PostgreSQL, seen by the application's role."""
    if request.param == "sqlite":
        shutil.copy(migrated_file(tmp_path_factory.getbasetemp()), tmp_path / "cases.db")
        with closing(connect(f"sqlite:///{tmp_path}/cases.db")) as database:
            yield database
        return
    server = request.getfixturevalue("postgres_server")
    urls = server.new_database(migrated_template(server, tmp_path_factory.getbasetemp()))
    with closing(connect(urls.app_url)) as database:
        yield database
    server.drop(urls)


@cache
def migrated_file(base: Path) -> Path:
    """A SQLite file with every table: copied, never opened by a test."""
    path = base / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@cache
def migrated_template(server: PostgresServer, base: Path) -> str:
    """A PostgreSQL database with every table, made by the first process that needs it: copied, never opened by a test."""
    with locked(shared_folder(base), "template"):
        _make_template(server)
    return TEMPLATE


def _make_template(server: PostgresServer) -> None:
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as db:
        if db.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone():
            return
        half_made = f"{TEMPLATE}_half_made"
        db.execute(f"DROP DATABASE IF EXISTS {half_made}")
        db.execute(f"CREATE DATABASE {half_made} OWNER {OWNER}")
        upgrade(server.url(OWNER, half_made), APPLICATION)
        db.execute(f"ALTER DATABASE {half_made} RENAME TO {TEMPLATE}")
