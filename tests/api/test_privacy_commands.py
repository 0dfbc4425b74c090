"""`qp privacy`: what a person is given, what is erased, what would go, who saw what."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import Result

from cases.database import Database, connect
from tests.api.canary import NAME, SHOP, traces
from tests.api.street import Town
from tests.api.test_cli import told
from tests.cases.conftest import migrated_file

Run = Callable[..., Result]


@pytest.fixture
def town(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The street on the file that the commands open."""
    path = tmp_path / "cases.db"
    path.write_bytes(migrated_file(tmp_path_factory.getbasetemp()).read_bytes())
    database: Database = connect(f"sqlite:///{path}")
    yield Town(database)
    database.close()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A command on that file, while it is open."""
    return partial(told, f"sqlite:///{tmp_path}/cases.db")


def test_somebody_is_found_by_number_given_all_and_erased(town: Town, run: Run, tmp_path: Path) -> None:
    reference = town.logged(name=SHOP, person_name=NAME, phone="06 39 98 76 54")
    file = tmp_path / "hers.zip"

    assert run("privacy", "export", "+33639987654", "--file", str(file)).exit_code == 0
    assert set(zipfile.ZipFile(file).namelist()) == {f"{reference}.json", "a-lire.html"}
    asked = run("privacy", "erase", reference, "--yes")
    assert "Its partners are told first" in asked.stdout
    assert town.case()["state"] == "closed"
    assert traces(town.street.database)


def test_who_is_not_there_is_told_so(town: Town, run: Run) -> None:
    for command in (("export", "nobody@example.org"), ("erase", "QP-0000-0000", "--yes")):
        answer = run("privacy", *command)
        assert answer.exit_code == 1
        assert "Rien n’est gardé sous cette référence" in answer.stdout


def test_who_saw_what_since_then_is_one_command(town: Town, run: Run) -> None:
    reference = town.logged()
    town["laurent"].open(f"/dossiers/{reference}")

    found = json.loads(run("privacy", "seen", "--since", "2026-11-24", "--json").stdout)

    assert {(one["name"], one["how"]) for one in found} >= {("Laurent Delattre", "page"), ("Inès Morvan", "write: log")}
    narrowed = run("privacy", "seen", "--since", "2026-11-24", "--person", "laurent@example.org", "--case", reference)
    assert "1 times, 1 people, 1 cases." in narrowed.stdout
    assert json.loads(run("privacy", "seen", "--since", "2026-11-25", "--json").stdout) == []


def test_a_dry_run_of_the_schedule_changes_nothing(town: Town, run: Run) -> None:
    town.logged()
    before = town.case()
    report = json.loads(run("privacy", "retention", "--dry-run", "--json").stdout)
    assert report["dry_run"] is True
    assert town.case() == before
