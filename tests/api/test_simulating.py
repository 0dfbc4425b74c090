"""`qp simulate`: whoever changes a rule sees what a year of cases comes to with it, and nothing of theirs is touched."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from api.cli import app
from api.commands.simulating import figures_of
from api.demo.place import place_in
from cases.database import Scope, connect
from cases.lives import ONE_OF_EACH
from cases.spreadsheet import as_data
from cases.tables.case import case_file
from cases.tables.memory import mark_fired

TUESDAY = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
A_FEW = ONE_OF_EACH[::6]


def test_the_same_rules_and_the_same_day_give_the_same_figures(tmp_path: Path) -> None:
    first, second = (figures_of(tmp_path / name, TUESDAY, A_FEW) for name in ("first", "second"))
    assert first == second
    assert figures_of(tmp_path / "later", datetime(2027, 6, 29, 16, 0, tzinfo=UTC), A_FEW) != first


def test_the_figures_are_those_of_what_was_lived(tmp_path: Path) -> None:
    told = {table.title: as_data(table) for table in figures_of(tmp_path, TUESDAY, A_FEW)}
    database = connect(place_in(tmp_path).url)
    try:
        states = database.read(lambda db: db.execute(select(case_file.c.state)).scalars().all(), Scope.worker())
        marks = database.read(lambda db: db.execute(select(mark_fired.c.rule)).scalars().all(), Scope.worker())
    finally:
        database.close()
    assert sum(row["Total"] for row in told["Étape et âge"]) == len([one for one in states if one != "closed"]) > 0
    done = {row.pop("Règle"): sum(row.values()) for row in told["Ce que chaque règle a fait d’elle-même"]}
    assert done == {rule: marks.count(rule) for rule in marks} != {}
    assert {row["Courriel"] for row in told["Ce que chaque courriel est devenu"]} >= {"case_logged", "referral_sent"}


def test_a_year_is_told_in_either_language_and_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ["simulate", "--quick", "--on", "2026-11-24"]
    plain = CliRunner().invoke(app, asked)
    data = CliRunner().invoke(app, [*asked, "--json", "--language", "en"])
    assert (plain.exit_code, data.exit_code) == (0, 0), plain.output + data.output
    assert "  referral.sent.answer: Rappels" in plain.stdout
    rules = {row["Rule"]: row for row in json.loads(data.stdout)["What each rule did by itself"]}
    assert rules["referral.sent.answer"]["Reminders"] > 0
    assert list(tmp_path.iterdir()) == []
