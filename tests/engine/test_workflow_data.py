"""The machines are those of the design: the same states, owners, deadlines, marks and steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.definition import as_data
from engine.model import Kind

DESIGNED: dict[str, Any] = json.loads(Path(__file__).with_name("workflow.json").read_text(encoding="utf-8"))


def plain(value: Any) -> Any:
    """The same data with one kind of apostrophe."""
    return json.loads(json.dumps(value, ensure_ascii=False).replace("’", "'"))


def by_event(machine: dict[str, Any]) -> dict[str, Any]:
    """The steps of a machine by their event, in no order of sources or roles."""
    return {t["event"]: {**t, "from": sorted(t["from"]), "roles": sorted(t["roles"])} for t in machine["transitions"]}


@pytest.mark.parametrize("kind", list(Kind))
def test_a_machine_is_as_designed(kind: Kind) -> None:
    here, there = plain(as_data())[kind], plain(DESIGNED)[kind]

    assert here["states"] == there["states"]
    assert by_event(here) == by_event(there)
    assert (here["initial"], here["over"]) == (there["initial"], there["over"])


def test_roles_include_each_other_as_designed() -> None:
    assert as_data()["roles_include"] == DESIGNED["roles_include"]
