"""The launcher, as a new user meets it on a fresh machine."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest
import typer

from api.cli import app
from tests.mail_servers import PROGRAMS
from tests.software_bill import bill, packages

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
SKIPPING = """
import pytest

def test_that_has_what_it_needs():
    pass

def test_that_lacks_a_server():
    pytest.skip("no server")
"""


def launch(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(folder / "qp"), *words], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def launcher() -> ModuleType:
    return loaded(ROOT)


def loaded(project: Path) -> ModuleType:
    """The launcher of a project, as a module."""
    loader = SourceFileLoader("launcher", str(project / "qp"))
    spec = spec_from_loader("launcher", loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def fresh_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the launcher, locks without packages, and a command line that repeats its words."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "qp", folder)
    (folder / "api").mkdir()
    (folder / "api" / "cli.py").write_text("import os, sys\nprint(*sys.argv[1:], os.getcwd())\nsys.exit(7)\n")
    for lock in LOCKS:
        (folder / lock).write_text("# nothing\n")
    return folder


def test_without_a_word_it_says_what_it_can_do() -> None:
    done = launch(ROOT)
    assert done.returncode == 0
    for verb in ("demo", "test", "check"):
        assert f"  {verb} " in done.stdout


def test_it_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse((ROOT / "qp").read_text(encoding="utf-8"))
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def test_it_can_be_started_as_it_is() -> None:
    assert os.access(ROOT / "qp", os.X_OK)
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_an_old_python_is_told_what_is_needed(launcher: ModuleType) -> None:
    assert "needs Python 3.11 or newer" in launcher.python_is_too_old()


def test_another_word_goes_to_the_command_line_with_its_exit_code(fresh_project: Path) -> None:
    done = launch(fresh_project, "workflow", "show", "--format", "json")

    assert done.stdout.split() == ["workflow", "show", "--format", "json", str(fresh_project.resolve())]
    assert done.returncode == 7


def test_packages_are_installed_again_only_when_the_lock_changed(fresh_project: Path) -> None:
    launch(fresh_project, "doctor")
    again = launch(fresh_project, "doctor")
    (fresh_project / "requirements.lock").write_text("# still nothing\n")
    changed = launch(fresh_project, "doctor")

    assert "Installing" not in again.stderr
    assert "Installing the packages of requirements.lock" in changed.stderr


def test_what_has_no_hash_is_not_installed(fresh_project: Path) -> None:
    (fresh_project / "package").mkdir()
    (fresh_project / "package" / "pyproject.toml").write_text('[project]\nname = "package"\nversion = "1"\n')
    (fresh_project / "requirements.lock").write_text("./package\n")
    done = launch(fresh_project, "doctor")

    assert done.returncode == 1
    assert "verify hashes" in done.stderr
    assert "could not be installed" in done.stderr


def test_one_line_says_which_tests_are_skipped_and_how_to_have_them_run(launcher: ModuleType) -> None:
    said = launcher.skipped_without(["postgresql", "chromium"])
    assert "\n" not in said
    assert "on PostgreSQL and in a browser" in said
    assert said.endswith("sudo apt-get install postgresql chromium")


def test_the_mail_servers_are_named_once_and_installed_by_their_packages(launcher: ModuleType) -> None:
    said = launcher.skipped_without(["postfix", "dovecot-imapd", "spamassassin"])
    assert said.count("with real mail servers") == 1
    assert said.endswith("sudo apt-get install postfix dovecot-imapd spamassassin")
    assert launcher.MAIL_PROGRAMS == PROGRAMS


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--require-all",), 1)])
def test_a_skip_is_a_failure_when_all_is_required(options: tuple[str, ...], code: int, tmp_path: Path) -> None:
    (tmp_path / "test_skipping.py").write_text(SKIPPING)
    done = pytest_on(tmp_path, *options)
    assert done.returncode == code, done.stdout


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--require-all",), 2)])
def test_so_is_a_whole_module_that_is_skipped(options: tuple[str, ...], code: int, tmp_path: Path) -> None:
    (tmp_path / "test_there.py").write_text("def test_that_runs():\n    pass\n")
    (tmp_path / "test_skipping.py").write_text("import pytest\npytest.importorskip('a_package_that_nobody_has')\n")
    done = pytest_on(tmp_path, *options)
    assert done.returncode == code, done.stdout


def test_every_check_of_the_product_is_a_stage_of_qp_check(launcher: ModuleType) -> None:
    """`db check` and `workflow check`, as soon as the command line has them."""
    run_by_check = " ".join(command for _, command in launcher.STAGES)
    groups = getattr(typer.main.get_command(app), "commands", {})
    assert groups
    offered = [name for name, group in groups.items() if "check" in getattr(group, "commands", {})]
    assert not [name for name in offered if f"-m api.cli {name} check" not in run_by_check]


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.asvs("15.1.2")
def test_every_package_of_a_lock_has_its_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    packages = text.replace("\\\n", "").strip().splitlines()
    assert len(packages) > 50
    assert all("==" in line and "--hash=sha256:" in line for line in packages)
    assert "://" not in text


def test_the_development_lock_holds_the_very_packages_of_the_other() -> None:
    runtime, development = ({line.split()[0] for line in lock_lines(lock)} for lock in LOCKS)
    assert runtime <= development


def lock_lines(lock: str) -> list[str]:
    return [line for line in (ROOT / lock).read_text(encoding="utf-8").splitlines() if "==" in line]


def pytest_on(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of a folder with this suite's own options."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    where = ["-c", os.devnull, "--rootdir", str(folder), str(folder)]
    return subprocess.run([*command, *where, *options], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("said", "code", "verdict"),
    [
        ({"dependencies": [{"name": "h11", "version": "1", "vulns": []}]}, 0, "ok: 1 of 1"),
        ({"dependencies": [{"name": "h11", "version": "1", "vulns": [{"id": "PYSEC-1"}]}]}, 1, "h11 1: PYSEC-1"),
        ({"dependencies": [{"name": "h11", "skip_reason": "not found"}]}, 3, "NOT DONE: 0 of 1"),
        (None, 3, "NOT DONE: 0 of 0"),
    ],
)
@pytest.mark.asvs("15.2.1")
def test_the_audit_says_ok_only_of_what_it_looked_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str],
    said: object, code: int, verdict: str,
) -> None:  # fmt: skip
    shutil.copy(ROOT / "qp", tmp_path)
    tool = tmp_path / ".venv" / "bin" / "pip-audit"
    tool.parent.mkdir(parents=True)
    tool.write_text(f"#!/bin/sh\necho '{json.dumps(said) if said else 'no network'}'\n")
    tool.chmod(0o755)

    assert loaded(tmp_path).audit() == code

    assert verdict in capsys.readouterr().out


@pytest.mark.asvs("15.1.2")
def test_the_bill_names_every_package_of_the_lock_with_its_licence() -> None:
    named = {one["name"]: one for one in json.loads(bill())["components"]}

    assert set(named) == {one.name for one in packages()}
    assert named["fastapi"]["licenses"][0]["license"]["id"] == "MIT"
    assert [one.name for one in packages() if one.everywhere and not one.licence] == []
