"""The rules as data are the design's table, word for word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.definition import as_data, fingerprint
from engine.model import Kind

DESIGN = json.loads((Path(__file__).parent / "workflow.json").read_text(encoding="utf-8").replace("’", "'"))
RULES = json.loads(json.dumps(as_data(), ensure_ascii=False).replace("’", "'"))


def transitions(machine: dict[str, Any]) -> dict[str, Any]:
    """The transitions by their event, with roles and sources in one order."""
    return {t["event"]: {**t, "roles": sorted(t["roles"]), "from": sorted(t["from"])} for t in machine["transitions"]}


def test_the_design_and_the_rules_have_the_same_machines() -> None:
    assert list(RULES) == list(DESIGN)
    assert RULES["roles_include"] == DESIGN["roles_include"]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_machine_begins_and_is_over_where_the_design_says(kind: str) -> None:
    assert RULES[kind]["initial"] == DESIGN[kind]["initial"]
    assert sorted(RULES[kind]["over"]) == sorted(DESIGN[kind]["over"])


@pytest.mark.parametrize("kind", list(Kind))
def test_states_owners_deadlines_and_marks_are_those_of_the_design(kind: str) -> None:
    assert list(RULES[kind]["states"]) == list(DESIGN[kind]["states"])
    for code, state in DESIGN[kind]["states"].items():
        assert RULES[kind]["states"][code] == state


@pytest.mark.parametrize("kind", list(Kind))
def test_transitions_are_those_of_the_design(kind: str) -> None:
    assert transitions(RULES[kind]) == transitions(DESIGN[kind])


def test_the_fingerprint_is_the_same_each_time() -> None:
    assert fingerprint() == fingerprint()
    assert fingerprint().startswith("sha256:")
