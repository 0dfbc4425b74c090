"""A database for a test: the same tests run on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlmodel import SQLModel

import cases.tables
from cases.database import Database, connect
from tests.postgres import APPLICATION

assert cases.tables


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with every table; on PostgreSQL, seen by the application's role."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/cases.db"
        create_tables(url)
    else:
        urls = request.getfixturevalue("postgres_server").new_database()
        url = urls.app_url
        create_tables(urls.owner_url.replace("postgresql://", "postgresql+psycopg://"))
    database = connect(url)
    yield database
    database.close()


def create_tables(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as db:
        SQLModel.metadata.create_all(db)
        if db.dialect.name == "postgresql":
            db.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APPLICATION}")
    engine.dispose()
