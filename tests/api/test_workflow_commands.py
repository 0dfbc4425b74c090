"""`qp workflow` and `qp migrate-cases`, as somebody types them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import Result
from sqlalchemy import update
from typer.testing import CliRunner

from api.cli import app
from api.settings import settings
from cases.database import Scope, connect
from cases.tables.memory import definition
from engine.definition import as_data
from engine.diagram import mermaid, mermaid_of
from engine.model import Kind
from tests.cases.conftest import migrated_file

Typed = Callable[..., Result]


@pytest.fixture
def qp(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Typed]:
    """The command line on a database that has its tables, and has not started yet."""
    shutil.copy(migrated_file(tmp_path_factory.getbasetemp()), tmp_path / "cases.db")
    monkeypatch.setenv("QP_DATABASE_URL", f"sqlite:///{tmp_path}/cases.db")
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(app, words)
    settings.cache_clear()


def test_the_machines_are_sound(qp: Typed) -> None:
    done = qp("workflow", "check")

    assert (done.exit_code, done.output) == (0, "sound\n")


def test_a_machine_is_shown_in_each_format(qp: Typed) -> None:
    shown = {form: qp("workflow", "show", "referral", "--format", form).output for form in ("json", "mermaid", "svg")}

    assert json.loads(shown["json"]) == as_data()["referral"]
    assert shown["mermaid"] == mermaid(Kind.REFERRAL)
    assert ElementTree.fromstring(shown["svg"]).get("role") == "img"
    assert "met by send or withdraw" in qp("workflow", "show", "referral").output


def test_a_machine_is_shown_in_english_under_the_same_codes(qp: Typed) -> None:
    for form in ("table", "mermaid", "svg"):
        drawn = qp("workflow", "show", "case", "--format", form, "--language", "en").output
        assert "Mentoring" in drawn
        assert "Mentorat" not in drawn
    assert (
        qp("workflow", "show", "case", "--format", "json", "--language", "en").output
        == qp("workflow", "show", "case", "--format", "json").output
    )


def test_a_version_that_ran_is_shown_from_the_database(qp: Typed) -> None:
    qp("db", "upgrade")
    kept = qp("workflow", "show", "--version", "1", "--format", "json")
    drawn = qp("workflow", "show", "case", "--version", "1", "--format", "mermaid")
    unknown = qp("workflow", "show", "--version", "7")

    assert json.loads(kept.output) == as_data()
    assert drawn.output == mermaid_of(as_data()["case"])
    assert (unknown.exit_code, "définition 7" in unknown.output) == (1, True)


def test_a_drawing_is_of_one_machine_as_it_runs(qp: Typed) -> None:
    assert qp("workflow", "show", "--format", "svg").exit_code == 2
    assert qp("workflow", "show", "case", "--format", "svg", "--version", "1").exit_code == 2


@pytest.mark.parametrize("words", [("db", "upgrade"), ("serve",), ("migrate-cases", "--apply")])
def test_rules_that_changed_without_a_new_number_start_nothing(qp: Typed, words: tuple[str, ...]) -> None:
    qp("db", "upgrade")
    database = connect(settings().database_url)
    database.write(lambda db: db.execute(update(definition).values(fingerprint="sha256:other")), Scope.worker())
    database.close()

    done = qp(*words)

    assert (done.exit_code, "nouveau numéro" in done.output) == (1, True)


def test_a_server_on_a_database_without_tables_says_what_to_do(qp: Typed, tmp_path: Path) -> None:
    (tmp_path / "cases.db").unlink()

    done = qp("serve")

    assert (done.exit_code, "qp db upgrade" in done.output) == (1, True)


def test_what_would_be_renamed_is_said_before_it_is_done(qp: Typed) -> None:
    assert qp("migrate-cases").output == "0 to rename.\n"
    assert qp("migrate-cases", "--apply").output == "0 renamed.\n"
