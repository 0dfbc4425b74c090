"""A backup is one once it was restored: everything is there again, whole and counted, on both databases; nothing is ever written over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from api.backups import BackupRefused, back_up, restore
from api.migrations.run import check, upgrade
from cases.database import Database, Scope, connect
from cases.tables.case import case_file
from cases.verification import verify_case
from tests.cases.conftest import database
from tests.cases.test_routing import Town
from tests.postgres import APPLICATION, PostgresServer

__all__ = ["database"]


@pytest.fixture(params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[tuple[str, str], tuple[str, str]]:
    """The addresses of a database for its owner and for the application, then of the empty one that it is restored into."""
    if request.param == "sqlite":
        one, other = (f"sqlite:///{tmp_path}/{name}.db" for name in ("one", "other"))
        return (one, one), (other, other)
    server: PostgresServer = request.getfixturevalue("postgres_server")
    made = [server.new_database() for _ in range(2)]
    return (made[0].owner_url, made[0].app_url), (made[1].owner_url, made[1].app_url)


def lived_in(owner_url: str, app_url: str) -> str:
    """A town with one case; give its reference."""
    upgrade(owner_url, APPLICATION)
    found = connect(app_url)
    town = Town(found)
    found.write(town.open, Scope.worker())
    reference = town.log()
    town.ask(reference, "adie")
    town.fire(reference, "send", "referral-1")
    found.close()
    return reference


def cases_of(database: Database) -> list[Any]:
    return database.read(lambda db: db.execute(case_file.select()).mappings().all(), Scope.worker())


def test_what_is_restored_is_what_was_backed_up(places: Any, tmp_path: Path) -> None:
    (owner, app), (new_owner, new_app) = places
    lived_in(owner, app)
    file = tmp_path / "backup"

    back_up(owner, file)
    restore(new_owner, file)

    before, after = connect(app), connect(new_app)
    kept = cases_of(after)
    assert [dict(one) for one in kept] == [dict(one) for one in cases_of(before)] != []
    assert after.read(lambda db: verify_case(db, kept[0]["id"]), Scope.worker()) == []
    assert after.read(lambda db: db.execute(case_file.select()).all(), Scope.nothing()) == [] or app.startswith(
        "sqlite"
    )
    before.close()
    after.close()
    assert check(new_owner) == []
    assert file.stat().st_mode & 0o077 == 0


def test_its_tables_are_counted_so_that_the_first_proposal_is_as_fast_as_the_others(
    places: Any, tmp_path: Path
) -> None:
    (owner, app), (new_owner, _) = places
    lived_in(owner, app)
    back_up(owner, tmp_path / "backup")

    restore(new_owner, tmp_path / "backup")

    asked = "SELECT tbl FROM sqlite_stat1 WHERE tbl = 'case_file'"
    if new_owner.startswith("postgresql"):
        asked = "SELECT relname FROM pg_class WHERE relname = 'case_file' AND reltuples > 0"
    engine = create_engine(new_owner.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as db:
        assert db.execute(text(asked)).scalars().first() == "case_file"
    engine.dispose()


def test_nothing_is_written_over(places: Any, tmp_path: Path) -> None:
    (owner, app), _ = places
    lived_in(owner, app)
    file = tmp_path / "backup"
    back_up(owner, file)

    with pytest.raises(BackupRefused, match="existe déjà"):
        back_up(owner, file)
    with pytest.raises(BackupRefused, match=r"déjà là|n’est pas vide"):
        restore(owner, file)


def test_what_is_no_backup_is_said_and_leaves_nothing(places: Any, tmp_path: Path) -> None:
    _, (owner, _) = places
    other = tmp_path / "letter.txt"
    other.write_text("Bonjour")

    with pytest.raises(BackupRefused, match=r"n’est pas une sauvegarde|pg_restore s’est arrêté"):
        restore(owner, other)
    with pytest.raises(BackupRefused, match="n’est pas un fichier"):
        restore(owner, tmp_path / "nothing")

    assert not (tmp_path / "other.db").exists()
