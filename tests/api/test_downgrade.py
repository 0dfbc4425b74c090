"""`qp db downgrade`: a database goes back to an earlier migration and comes forward again, and nothing is lost without a word."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, inspect
from typer.testing import CliRunner, Result

from api.cli import app
from api.migrations.run import check, downgrade, lost_by_going_back, upgrade
from cases.tables.people import person
from tests.api.test_migrations import owner_url

__all__ = ["owner_url"]
NUMBERS = sorted(path.name[:4] for path in (Path(__file__).parents[2] / "api/migrations/versions").glob("0*.py"))
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def asked(owner_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database at the newest migration, which the commands find by the settings."""
    upgrade(owner_url)
    monkeypatch.setenv("QP_DATABASE_URL", owner_url)
    monkeypatch.setenv("QP_DATABASE_OWNER_URL", owner_url)
    return owner_url


def go_back(*words: str) -> Result:
    return CliRunner().invoke(app, ["db", "downgrade", *words])


def columns_of(url: str, table: str) -> set[str]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    found = {one["name"] for one in inspect(engine).get_columns(table)}
    engine.dispose()
    return found


def somebody_reads_english(url: str) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as db:
        db.execute(insert(person).values(id="ines", name="Inès Morvan", created_at=NOW, reads_in="en"))
    engine.dispose()


def test_each_migration_is_taken_back_and_made_again(owner_url: str) -> None:
    upgrade(owner_url)
    for number in reversed(NUMBERS[:-1]):
        downgrade(owner_url, number)
        upgrade(owner_url)
        assert check(owner_url) == [], number


def test_an_empty_database_goes_back_step_by_step_unasked_and_comes_forward_again(asked: str) -> None:
    for number in reversed(NUMBERS[:-1]):
        assert go_back(number).exit_code == 0, number
    assert "reads_in" not in columns_of(asked, "person")

    upgrade(asked)

    assert check(asked) == []


def test_what_would_be_lost_is_said_and_kept_until_yes_is_said(asked: str) -> None:
    somebody_reads_english(asked)

    said = go_back("0012")

    assert said.exit_code == 1
    assert "person.reads_in: what 1 rows say" in said.output
    assert "qp backup" in said.output
    assert check(asked) == []

    assert go_back("0012", "--yes").exit_code == 0
    assert "reads_in" not in columns_of(asked, "person")
    upgrade(asked)
    assert check(asked) == []


def test_rows_that_would_go_are_counted(asked: str) -> None:
    somebody_reads_english(asked)
    assert "person: 1 of 1 rows" in lost_by_going_back(asked, "base")


@pytest.mark.parametrize("revision", ["9999", "yesterday"])
def test_a_migration_that_never_was_is_told_so(asked: str, revision: str) -> None:
    said = go_back(revision)
    assert said.exit_code == 1
    assert f"« {revision} »" in said.output
    assert NUMBERS[-1] in said.output
    assert check(asked) == []
