"""The command line, as somebody types it on a new machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from cases.database import Scope, connect
from cases.identifiers import new_id
from cases.tables.territories import territory

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/quartiers.db"


def qp(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QP_DATABASE_URL": url}
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_new_database_takes_a_sheet_and_its_journals_are_whole(url: str) -> None:
    assert qp(url, "db", "upgrade").returncode == 0
    assert qp(url, "db", "check").returncode == 0
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

    done = qp(url, "import", "tests/samples/detections-roubaix.csv", "--territory", "roubaix", "--json")

    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert (report["recorded"], len(report["refused"])) == (203, 19)
    assert qp(url, "verify").stdout.strip() == "203 journals, all whole."


def test_a_token_is_made_for_somebody_who_is_known_only(url: str) -> None:
    qp(url, "db", "upgrade")

    stranger = qp(url, "token", "add", "claire@example.org")
    added = qp(url, "user", "add", "claire@example.org", "Claire Aubert", "admin")
    made = qp(url, "token", "add", "claire@example.org")

    assert (stranger.returncode, added.returncode, made.returncode) == (1, 0, 0)
    assert made.stdout.startswith("qp_")


def test_a_file_that_is_not_there_is_said(url: str) -> None:
    done = qp(url, "import", "absent.csv", "--territory", "roubaix")

    assert done.returncode == 2
    assert "absent.csv" in done.stdout


def test_the_machines_are_shown_as_data(url: str) -> None:
    done = qp(url, "workflow", "show", "referral", "--format", "json")

    assert json.loads(done.stdout)["initial"] == "draft"
