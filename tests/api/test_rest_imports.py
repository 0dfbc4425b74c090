"""Imports in the JSON interface and on the command line: tried, undone, a refused line put right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.doors import Door, town
from tests.api.test_cli import told
from tests.cases.conftest import database

__all__ = ["database", "town"]

SHEET = "Enseigne;Téléphone;Besoin\nSnack du Pile;06 39 98 00 11;trésorerie\nCoiffure Awa;téléphone;vitrine\n".encode()


def _import(door: Door, query: str = "") -> dict[str, Any]:
    answer = door.ask("POST", f"/imports?territory=roubaix{query}", content=SHEET)
    assert answer.status_code == 201, answer.json()
    found: dict[str, Any] = answer.json()
    return found


def test_a_dry_run_makes_no_case_and_its_report_is_read_again(town: dict[str, Door]) -> None:
    adviser = town["adviser"]

    report = _import(adviser, "&dry_run=true")

    assert (report["dry_run"], report["recorded"], len(report["refused"])) == (True, 1, 1)
    assert adviser.get(f"/imports/{report['id']}").json() == report
    assert not adviser.get("/cases").json()["items"]


def test_an_import_is_undone_and_may_be_done_again(town: dict[str, Door]) -> None:
    adviser = town["adviser"]
    report = _import(adviser)

    answer = adviser.post(f"/imports/{report['id']}/undo", None)

    assert answer.status_code == 200, answer.json()
    assert (answer.json()["status"], answer.json()["undone"]["closed"]) == ("undone", 1)
    assert adviser.get("/cases").json()["items"][0]["state"] == "closed"
    assert _import(adviser)["recorded"] == 1


def test_a_refused_line_is_put_right(town: dict[str, Door]) -> None:
    adviser = town["adviser"]
    line = f"/imports/{_import(adviser)['id']}/lines/3"

    wrong = adviser.patch(line, {"values": {"Téléphone": "06"}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid")
    assert "téléphone" in wrong.json()["detail"]
    kept = adviser.patch(line, {"values": {"Téléphone": "06 39 98 00 12"}})

    assert (kept.status_code, kept.json()["verdict"]) == (200, "recorded")
    assert adviser.get(f"/cases/{kept.json()['case']}").json()["person"]["phone"] == "+33639980012"
    assert adviser.patch(line, {"without": True}).status_code == 404


def test_a_refused_line_is_recorded_without_its_value(town: dict[str, Door]) -> None:
    adviser = town["adviser"]

    kept = adviser.patch(f"/imports/{_import(adviser)['id']}/lines/3", {"without": True})

    assert kept.json()["verdict"] == "recorded"


@pytest.mark.parametrize("who", ["stranger", "adie", "mentor"])
def test_another_territory_s_import_is_not_there(town: dict[str, Door], who: str) -> None:
    identifier = _import(town["adviser"])["id"]

    assert town[who].post(f"/imports/{identifier}/undo", None).status_code == 404
    assert town[who].patch(f"/imports/{identifier}/lines/3", {"without": True}).status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_command_tries_then_imports(town: dict[str, Door], tmp_path: Path) -> None:
    file = tmp_path / "tournee.csv"
    file.write_bytes(SHEET)
    adviser = town["adviser"]
    url = str(adviser.database.engine.url)

    tried = told(url, "import", str(file), "--territory", "roubaix", "--dry-run")
    assert (tried.exit_code, "1 to record" in tried.stdout) == (1, True), tried.stdout
    assert not adviser.get("/cases").json()["items"]
    done = told(url, "import", str(file), "--territory", "roubaix", "--json")

    assert (done.exit_code, json.loads(done.stdout)["recorded"]) == (1, 1)
    assert len(adviser.get("/cases").json()["items"]) == 1
