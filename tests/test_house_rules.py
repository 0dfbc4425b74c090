"""The house style, held by tests: sizes, names, first lines, the one clock, no address of a registry, no path of a machine."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("engine", "cases", "notifications", "api")
FORBIDDEN_NAMES = {"utils", "helpers", "manager", "service", "common", "misc"}
FILE_LINES, FUNCTION_LINES = 400, 50
CLOCK = "cases/clock.py"
REGISTRY = re.compile(
    "|".join(
        (
            "py" + r"pi\.org",
            "pythonhosted" + r"\.org",
            "npm" + r"js\.(org|com)",
            "--" + "(extra-)?index-url",
            "--" + "find-links",
        )
    )
)
MACHINE_PATH = re.compile(
    r"(?<![\w.])/(" + "|".join(("wo" + "rk", "ro" + "ot", "ho" + "me/[a-z]+", "tm" + "p/bash")) + r")/"
)


def product_files() -> list[Path]:
    return [
        p
        for package in PACKAGES
        for p in sorted((ROOT / package).rglob("*.py"))
        if "migrations/versions" not in p.as_posix()
    ]


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def functions_too_long(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES
        ):
            yield node.name


def clock_readings(source: str) -> Iterator[int]:
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("now", "utcnow", "today")
        ):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in ("datetime", "date"):
                yield node.lineno


def broad_excepts(source: str) -> Iterator[int]:
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        broad = isinstance(node, ast.ExceptHandler) and (
            node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException"))
        )
        if broad and "worker's loop" not in lines[node.lineno - 1]:
            yield node.lineno


@pytest.mark.parametrize("path", product_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_keeps_the_house_rules(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= FILE_LINES
    assert not list(functions_too_long(source))
    assert path.stem not in FORBIDDEN_NAMES
    assert ast.get_docstring(ast.parse(source)), "a module opens with one line that says what it is for"
    assert path.as_posix().endswith(CLOCK) or not list(clock_readings(source)), "the time is read in the clock alone"
    assert not list(broad_excepts(source))


def test_the_rules_find_what_they_forbid() -> None:
    assert list(functions_too_long("def f():\n" + "    x = 1\n" * FUNCTION_LINES)) == ["f"]
    assert list(clock_readings("datetime.now()"))
    assert list(broad_excepts("try:\n    pass\nexcept Exception:\n    pass"))
    assert REGISTRY.search("https://" + "py" + "pi.org/simple")
    assert MACHINE_PATH.search("see /wo" + "rk/main")


def test_no_file_names_a_registry_or_a_machine() -> None:
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [str(path.relative_to(ROOT)) for rule in (REGISTRY, MACHINE_PATH) if rule.search(text)]
    assert not found


def test_templates_hold_no_script_and_no_style_of_their_own() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", re.IGNORECASE)
    pages = [p for p in (ROOT / "api" / "templates").rglob("*.html")]
    assert not [str(p) for p in pages if inline.search(p.read_text(encoding="utf-8"))]
    assert inline.search('<p onclick="x">')
