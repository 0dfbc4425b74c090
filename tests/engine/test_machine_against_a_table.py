"""The machines' library against thirty lines that anybody can read: the same moves, the same refusals, on any walk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transitions import MachineError

from engine.definition import MACHINES
from engine.model import NEW, Kind

DESIGN: dict[str, Any] = json.loads((Path(__file__).parent / "workflow.json").read_text(encoding="utf-8"))


def table_of(kind: Kind) -> dict[tuple[str, str], str]:
    """State and event: the next state."""
    return {
        (source, transition["event"]): transition["to"] or source
        for transition in DESIGN[kind]["transitions"]
        for source in transition["from"]
    }


def moved(kind: Kind, state: str, event: str) -> str | None:
    """Where the running machine goes; None when it refuses."""
    try:
        return MACHINES[kind].move(state, event)
    except (MachineError, KeyError):
        return None


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.sampled_from(list(Kind)), st.lists(st.integers(0, 97), max_size=60))
def test_on_any_walk_the_machine_goes_where_the_table_says(kind: Kind, choices: list[int]) -> None:
    table, state = table_of(kind), str(NEW)
    events = [*sorted({event for _, event in table}), "fly"]
    for choice in choices:
        possible = [event for source, event in table if source == state]
        event = possible[choice % len(possible)] if possible and choice % 3 else events[choice % len(events)]
        expected = table.get((state, event))
        assert moved(kind, state, event) == expected
        state = expected or state


@pytest.mark.parametrize("kind", list(Kind))
def test_from_every_state_every_event_goes_where_the_table_says(kind: Kind) -> None:
    table = table_of(kind)
    for state in (NEW, *DESIGN[kind]["states"]):
        for event in {event for _, event in table}:
            assert moved(kind, state, event) == table.get((state, event))
