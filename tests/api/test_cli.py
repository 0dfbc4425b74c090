"""The command line, as somebody types it on a new machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import insert
from typer.testing import CliRunner

from api.cli import app
from api.settings import settings
from cases.database import Scope, connect
from cases.identifiers import new_id
from cases.tables.territories import territory
from tests.cases.conftest import migrated_file

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/quartiers.db"


@pytest.fixture
def made(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database that is up to date already."""
    shutil.copy(migrated_file(tmp_path_factory.getbasetemp()), tmp_path / "quartiers.db")
    return f"sqlite:///{tmp_path}/quartiers.db"


def told(url: str, *words: str) -> Result:
    """A command, in this process."""
    settings.cache_clear()
    try:
        return CliRunner().invoke(app, words, env={"QP_DATABASE_URL": url})
    finally:
        settings.cache_clear()


def qp(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own, as the terminal starts it: what is printed and the exit code go all the way."""
    environment = {**os.environ, "QP_DATABASE_URL": url}
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_command_starts_without_the_pages_nor_the_other_commands() -> None:
    asked = "import sys; from api.cli import Commands; Commands()['workflow']; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    read = set(done.stdout.split())
    assert "api.commands.workflow" in read
    assert not read & {"api.app", "api.commands.demo", "api.commands.serving", "playwright"}


def _a_territory(url: str) -> None:
    database = connect(url)
    row = {
        "slug": "roubaix",
        "name": "Roubaix",
        "kind": "commune",
        "state": "acceleration",
        "state_since": NOW,
        "created_at": NOW,
        "axes": [],
    }
    database.write(lambda db: db.execute(insert(territory).values(id=new_id(NOW), **row)), Scope.worker())
    database.close()


def test_a_new_database_takes_a_sheet_and_its_journals_are_whole(url: str) -> None:
    assert qp(url, "db", "upgrade").returncode == 0
    assert told(url, "db", "check").exit_code == 0
    _a_territory(url)

    done = qp(url, "import", "tests/samples/detections-roubaix.csv", "--territory", "roubaix", "--json")

    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert (report["recorded"], len(report["refused"])) == (203, 19)
    assert told(url, "verify").output.strip() == "204 journals, all whole."


def test_a_token_is_made_for_somebody_who_is_known_only(made: str) -> None:
    stranger = told(made, "token", "add", "claire@example.org")
    added = told(made, "user", "add", "claire@example.org", "Claire Aubert", "admin")
    token = told(made, "token", "add", "claire@example.org")

    assert (stranger.exit_code, added.exit_code, token.exit_code) == (1, 0, 0)
    assert token.stdout.startswith("qp_")


def test_a_file_that_is_not_there_is_said(url: str) -> None:
    done = told(url, "import", "absent.csv", "--territory", "roubaix")

    assert done.exit_code == 2
    assert "absent.csv" in done.stdout


def test_the_machines_are_shown_as_data(url: str) -> None:
    done = told(url, "workflow", "show", "referral", "--format", "json")

    assert json.loads(done.stdout)["initial"] == "draft"


def test_a_new_machine_makes_its_territory_and_its_people_and_works_a_case(made: str) -> None:
    for words in (
        ("reference", "load"),
        ("territory", "add", "roubaix"),
        ("territory", "step", "roubaix", "label", "label_reference=D-2026-1"),
        ("user", "add", "maya@example.org", "Maya Delorme", "manager", "--territory", "roubaix"),
        ("territory", "step", "roubaix", "convention", "signed_on=2026-11-02", "reference=C-1"),
    ):
        done = told(made, *words)
        assert done.exit_code == 0, (words, done.output)
    no_quartier = told(made, "territory", "step", "roubaix", "start_incubation")

    assert told(made, "territory", "list").output.split() == ["roubaix", "labellisation", "Roubaix"]
    assert (no_quartier.exit_code, no_quartier.output.strip()) == (1, "Déclarez au moins un quartier.")
    assert "manager roubaix" in told(made, "user", "list").output


def test_reference_data_is_loaded_once_however_often(made: str) -> None:
    first, second = (json.loads(told(made, "reference", "load", "--json").output) for _ in range(2))

    assert [one["new"] for one in first] == [20, 24, 449]
    assert [(one["new"], one["changed"], one["same"]) for one in second] == [(0, 0, 20), (0, 0, 24), (0, 0, 449)]


def test_the_fourteen_territories_are_known_and_added_by_their_slug_alone(made: str) -> None:
    listed = told(made, "territory", "known").output.splitlines()
    told(made, "reference", "load")

    assert len(listed) == 14
    assert all(told(made, "territory", "add", line.split()[0]).exit_code == 0 for line in listed)
    assert len(told(made, "territory", "list").output.splitlines()) == 14


def test_a_catalogue_of_aids_is_tried_then_imported_and_each_bad_line_told(made: str, tmp_path: Path) -> None:
    file = tmp_path / "aides.json"
    file.write_text(json.dumps([{"name": "Prêt des halles", "axes": "local_trade"}, {"name": ""}]), encoding="utf-8")

    tried = told(made, "aids", "import", str(file), "--dry-run", "--json")
    done = told(made, "aids", "import", str(file))
    again = told(made, "aids", "import", str(file), "--json")

    assert tried.exit_code == done.exit_code == 1
    assert json.loads(tried.output)["dry_run"]
    assert "line 2, name: Le nom de l’aide manque." in done.output
    assert [json.loads(again.output)[name] for name in ("created", "updated", "unchanged")] == [0, 0, 1]
    assert told(made, "aids", "import", str(tmp_path / "none.json")).exit_code == 2


def test_somebody_is_given_a_role_only_where_it_holds(made: str) -> None:
    nowhere = told(made, "user", "add", "a@example.org", "A", "adviser")
    unknown = told(made, "user", "add", "a@example.org", "A", "adviser", "--territory", "atlantis")
    no_branch = told(made, "user", "add", "a@example.org", "A", "operator", "--branch", "Adie")
    relation = told(made, "user", "add", "a@example.org", "A", "entrepreneur")

    assert [done.exit_code for done in (nowhere, unknown, no_branch, relation)] == [1, 1, 1, 1]
    assert "atlantis" in unknown.output
    assert told(made, "user", "list", "--json").output.strip() == "[]"


def test_a_disabled_person_has_no_token_left(made: str) -> None:
    told(made, "user", "add", "claire@example.org", "Claire Aubert", "admin")
    told(made, "token", "add", "claire@example.org")

    assert told(made, "user", "disable", "Claire@example.org").exit_code == 0

    assert "(disabled)" in told(made, "user", "list").output
    assert [one["revoked_at"] is None for one in json.loads(told(made, "token", "list", "--json").output)] == [False]


def test_a_token_is_revoked_by_its_id_once(made: str) -> None:
    told(made, "user", "add", "claire@example.org", "Claire Aubert", "admin")
    told(made, "token", "add", "claire@example.org")
    (token,) = json.loads(told(made, "token", "list", "claire@example.org", "--json").output)

    revoked, again = told(made, "token", "revoke", token["id"]), told(made, "token", "revoke", token["id"])

    assert (revoked.exit_code, again.exit_code) == (0, 1)


def test_figures_and_cases_are_written_as_a_file_or_as_data(made: str, tmp_path: Path) -> None:
    _a_territory(made)

    assert qp(made, "export", "cases").stdout.startswith("\ufeffRéférence;Enseigne;")
    assert told(made, "export", "cases", "--language", "en").stdout.startswith("\ufeffReference;Shop name;")
    assert json.loads(told(made, "export", "cases", "--territory", "roubaix", "--format", "json").stdout) == []
    figures = json.loads(told(made, "export", "indicators", "--territory", "roubaix", "--format", "json").stdout)
    assert figures["Étape et âge"][0]["Total"] == 0
    book = tmp_path / "figures.xlsx"
    written = told(made, "export", "indicators", "--territory", "roubaix", "--format", "xlsx", "--out", str(book))
    assert written.exit_code == 0
    assert book.read_bytes().startswith(b"PK")
    unknown = told(made, "export", "indicators", "--territory", "nowhere")
    assert (unknown.exit_code, unknown.stdout.strip()) == (1, "Ce territoire n’existe pas, ou il n’est pas à vous.")


def test_pictures_without_a_browser_say_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = CliRunner().invoke(app, ["screenshots", str(tmp_path / "pictures")])
    assert done.exit_code == 1
    assert "Chromium is missing" in done.output
