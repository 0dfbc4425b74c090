"""The layers are one straight line: every contract is kept, and a planted violation of each is found."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("engine", "cases", "notifications", "api")
PLANTED = {
    "one straight line of imports": ("engine/working_days.py", "import cases"),
    "the engine is pure": ("engine/working_days.py", "import sqlalchemy"),
    "cases know neither HTTP nor e-mail": ("cases/errors.py", "import fastapi"),
    "notifications know no web page": ("notifications/__init__.py", "import starlette"),
    "states do not import each other": ("engine/states/accompaniment.py", "import engine.states.follow_up"),
    "only the engine drives the state machines": ("cases/errors.py", "import transitions"),
    "only notifications hold the clock's timetable": ("api/cli.py", "import apscheduler"),
}


def test_the_contracts_are_kept() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


def test_every_contract_has_its_planted_violation() -> None:
    written = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert {contract["name"] for contract in written["tool"]["importlinter"]["contracts"]} == set(PLANTED)


def test_every_state_is_held_apart_from_the_others() -> None:
    written = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {contract["name"]: contract for contract in written["tool"]["importlinter"]["contracts"]}
    states = {f"engine.states.{path.stem}" for path in (ROOT / "engine" / "states").glob("[a-z]*")}
    assert set(contracts["states do not import each other"]["modules"]) == states


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_violation_is_found(contract: str, tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    name, line = PLANTED[contract]
    planted = tmp_path / name
    planted.write_text(planted.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")

    done = lint_imports(tmp_path)

    assert done.returncode != 0
    assert f"{contract} BROKEN" in done.stdout


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).parent / "lint-imports"
    return subprocess.run([str(command), "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)
