"""The table of ASVS 5.0: read from `requirements.csv` and from the marks that tests bear (`@pytest.mark.asvs("6.3.1")`), never typed."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parent.parent
REQUIREMENTS: Final = Path(__file__).parent / "requirements.csv"
CHAPTERS: Final = {
    1: "Encoding and sanitization", 2: "Validation and business logic", 3: "Web frontend", 4: "API and web service", 5: "Files", 6: "Authentication",
    7: "Sessions", 8: "Authorization", 9: "Self-contained tokens", 10: "OAuth and OIDC", 11: "Cryptography", 12: "Secure communication",
    13: "Configuration", 14: "Data protection", 15: "Secure coding and architecture", 16: "Logging and error handling", 17: "WebRTC",
}  # fmt: skip
NEEDED_AT_LEVEL_2: Final = 0.9
"""Of the requirements of level 2 that apply."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement, in words of our own; why it does not apply here, or why it is not held, when that is so."""

    id: str
    level: int
    wording: str
    not_applicable: str
    not_held: str

    @property
    def chapter(self) -> int:
        """The chapter that it stands in."""
        return int(self.id.partition(".")[0])


@dataclass(frozen=True, slots=True, order=True)
class Marked:
    """A test that bears a mark: its file, from `tests/`, and its name."""

    file: str
    name: str


@cache
def requirements() -> tuple[Requirement, ...]:
    """All of levels 1 and 2, in their order."""
    with REQUIREMENTS.open(encoding="utf-8", newline="") as file:
        return tuple(
            Requirement(**{**row, "level": int(row["level"])}) for row in csv.DictReader(file, delimiter="|")
        )  # fmt: skip


@cache
def held() -> Mapping[str, tuple[Marked, ...]]:
    """By requirement, the tests that say that they hold it."""
    found: dict[str, list[Marked]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for name, named in marks_in(path.read_text(encoding="utf-8")):
            for one in named:
                found.setdefault(one, []).append(Marked(path.relative_to(TESTS).as_posix(), name))
    return {one: tuple(sorted(tests)) for one, tests in found.items()}


def marks_in(source: str) -> Iterator[tuple[str, list[str]]]:
    """Each marked test of a module, with the requirements that it names."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.asvs":
                    yield node.name, [str(ast.literal_eval(one)) for one in mark.args]


def faults(known: tuple[Requirement, ...], tests: Mapping[str, tuple[Marked, ...]]) -> Iterator[str]:
    """What keeps the table from being whole and true."""
    ids = {one.id for one in known}
    yield from (
        f"{name} is marked by {tests[name][0].name}, and is no requirement" for name in sorted(set(tests) - ids)
    )
    for one in known:
        if one.not_held and one.id in tests:
            yield f"{one.id} is said not to be held, and is marked by {tests[one.id][0].name}"
        if one.not_held and one.level == 1:
            yield f"{one.id} is of level 1, and is not held"
        if not (one.not_applicable or one.not_held or one.id in tests):
            yield f"{one.id} has no test, and no reason why not"
    if (share := share_held(known, tests, 2)) < NEEDED_AT_LEVEL_2:
        yield f"{share:.1%} of level 2 is held, less than {NEEDED_AT_LEVEL_2:.0%}"


def share_held(known: tuple[Requirement, ...], tests: Mapping[str, tuple[Marked, ...]], level: int) -> float:
    """How much is held of what applies, of that level alone."""
    applies = [one for one in known if one.level == level and not one.not_applicable]
    return sum(one.id in tests for one in applies) / len(applies)


def summary() -> str:
    """How many are held, do not apply, are not held: by level."""
    lines = [
        "| level | requirements | held by tests | not applicable | not held | held of what applies |",
        "|---|---|---|---|---|---|",
    ]
    for level in (1, 2):
        of_it = [one for one in requirements() if one.level == level]
        without = sum(bool(one.not_applicable) for one in of_it)
        kept = sum(one.id in held() and not one.not_applicable for one in of_it)
        lines.append(
            f"| {level} | {len(of_it)} | {kept} | {without} | {len(of_it) - without - kept} | {share_held(requirements(), held(), level):.1%} |"
        )
    return "\n".join(lines)


def table() -> str:
    """Every requirement with the tests that hold it, chapter by chapter."""
    parts = []
    for chapter, of_it in groupby(requirements(), key=lambda one: one.chapter):
        lines = [f"## V{chapter} {CHAPTERS[chapter]}", "", "| | level | requirement | held by |", "|---|---|---|---|"]
        lines += [f"| {one.id} | {one.level} | {one.wording} | {_by(one)} |" for one in of_it]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _by(one: Requirement) -> str:
    links = [f"[{test.name.removeprefix('test_')}](../../tests/{test.file})" for test in held().get(one.id, ())]
    reasons = []
    if one.not_applicable:
        reasons.append(f"*not applicable:* {one.not_applicable}")
    if one.not_held:
        reasons.append(f"**not held:** {one.not_held}")
    return "<br>".join([*reasons, *links])
