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
CLOCK = ROOT / "cases" / "clock.py"
READINGS = {"datetime": {"now", "utcnow", "today"}, "date": {"today"}, "time": {"time", "time_ns"}}
REGISTRY = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|--(extra-)?index-url|--find[-]links")
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|root|home/[a-z]+|tmp/bash)/")
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


def product_files() -> list[Path]:
    found = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return [path for path in found if "migrations/versions" not in path.as_posix()]


def product_templates() -> list[Path]:
    """The pages; an e-mail has its styles inside, since mail readers drop the others."""
    found = [path for kind in ("html", "jinja", "j2") for path in (ROOT / "api").rglob(f"*.{kind}")]
    return sorted(path for path in found if "vendor" not in path.parts)


def project_files() -> list[Path]:
    """Every file that is in the project or about to be: tracked, or new and not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.splitlines() if (path := ROOT / name).is_file()]


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions_too_long(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{node.name} ({lines} lines)"


def clock_readings(tree: ast.Module) -> Iterator[int]:
    """Where the time of day is read: datetime.now(), datetime.datetime.now(), date.today(), time.time()."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value).rpartition(".")[2]
            if node.func.attr in READINGS.get(owner, ()):
                yield node.lineno


def broad_excepts(source: str) -> Iterator[int]:
    """Where every error is caught without being, says a comment on that line, a worker's loop."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler) and "worker's loop" not in lines[node.lineno - 1]:
            caught = re.findall(r"\w+", ast.unparse(node.type)) if node.type else ["BaseException"]
            if {"Exception", "BaseException"} & set(caught):
                yield node.lineno


def first_line(tree: ast.Module) -> str:
    """What the module says it is for: its docstring's first line, when that is a paragraph of its own."""
    text = (ast.get_docstring(tree) or "").splitlines()
    return text[0] if text and (len(text) == 1 or not text[1]) else ""


def forbidden_words_of(path: Path) -> set[str]:
    return FORBIDDEN_NAMES & {Path(part).stem for part in path.relative_to(ROOT).parts}


@pytest.mark.parametrize("path", product_files(), ids=shown)
def test_a_module_keeps_the_house_rules(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert len(source.splitlines()) <= FILE_LINES
    assert not list(functions_too_long(tree))
    assert not forbidden_words_of(path)
    assert first_line(tree), "a module opens with one line that says what it is for"
    assert path == CLOCK or not list(clock_readings(tree)), "the time is read in cases/clock.py alone"
    assert not list(broad_excepts(source))


@pytest.mark.parametrize("path", product_templates(), ids=shown)
@pytest.mark.asvs("1.2.3")
def test_a_page_holds_no_script_and_no_style_of_its_own(path: Path) -> None:
    assert not INLINE.findall(path.read_text(encoding="utf-8"))


def test_no_file_names_a_registry_or_a_machine() -> None:
    found = []
    for path in project_files():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        found += [f"{shown(path)}: {hit.group()}" for rule in (REGISTRY, MACHINE_PATH) if (hit := rule.search(text))]
    assert not found


def test_the_launcher_keeps_the_house_rules() -> None:
    source = (ROOT / "qp").read_text(encoding="utf-8")
    assert first_line(ast.parse(source))
    assert not list(functions_too_long(ast.parse(source)))
    assert len(source.splitlines()) <= FILE_LINES


def test_every_decision_record_names_a_test_that_enforces_it() -> None:
    records = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert records
    for record in records:
        enforced = record.read_text(encoding="utf-8").partition("**Enforced by**")[2]
        named = re.findall(r"tests/[\w/]+(?:\.py)?", enforced)
        assert named, shown(record)
        assert not [name for name in named if not (ROOT / name).exists()], shown(record)


@pytest.mark.parametrize(
    ("rule", "planted"),
    [
        (functions_too_long, "def f():\n" + "    x = 1\n" * FUNCTION_LINES),
        (clock_readings, "datetime.now()"),
        (clock_readings, "import datetime\ndatetime.datetime.now(datetime.UTC)"),
        (clock_readings, "date.today()"),
        (clock_readings, "time.time()"),
    ],
)
def test_a_rule_on_code_finds_what_it_forbids(rule: object, planted: str) -> None:
    assert callable(rule)
    assert list(rule(ast.parse(planted)))


@pytest.mark.parametrize("caught", ["", " Exception", " BaseException as error", " (ValueError, Exception)"])
def test_a_broad_except_is_found(caught: str) -> None:
    assert list(broad_excepts(f"try:\n    pass\nexcept{caught}:\n    pass"))


def test_what_is_allowed_is_let_through() -> None:
    assert not list(functions_too_long(ast.parse("def f():\n" + "    x = 1\n" * (FUNCTION_LINES - 1))))
    assert not list(clock_readings(ast.parse("clock.now()\ntime.monotonic()")))
    assert not list(broad_excepts("try:\n    pass\nexcept Exception:  # a worker's loop\n    pass"))
    assert not INLINE.search('<script src="/static/app.js"></script><a data-style="x">on</a>')


@pytest.mark.parametrize(
    "planted", ['<p onclick="x">', "<script>x</script>", '<p style="x">', "<style>", '<a href="javascript:x">']
)
def test_a_script_or_a_style_in_a_page_is_found(planted: str) -> None:
    assert INLINE.search(planted)


def test_a_name_that_says_nothing_is_found() -> None:
    assert forbidden_words_of(ROOT / "cases" / "utils.py")
    assert forbidden_words_of(ROOT / "api" / "common" / "pages.py")


def test_a_module_without_its_line_is_found() -> None:
    assert not first_line(ast.parse("x = 1"))
    assert not first_line(ast.parse('"""Two lines\nin one breath."""'))


def test_an_address_of_a_registry_or_of_a_machine_is_found() -> None:
    registry, option, folder = ".".join(("pypi", "org")), "-".join(("--index", "url")), "work"
    assert REGISTRY.search(f"https://{registry}/simple")
    assert REGISTRY.search(f"{option}=x")
    assert MACHINE_PATH.search(f"see /{folder}/main")
