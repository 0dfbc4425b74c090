"""The machines compiled: which step leaves which state, which rule a deadline follows, their fingerprint and version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from transitions import Machine

from engine.model import NEW, Deadline, Journey, Kind, Role, State, Step
from engine.records import CASE_RECORDS
from engine.states import JOURNEY, TRACKS
from engine.territory import territory
from engine.territory_records import TERRITORY_RECORDS

VERSION: Final = 1
"""The version of the running definition; every line and every stay bears it."""
RENAMES: Final[Mapping[Kind, Mapping[str, str]]] = {}
"""States that have another name since an earlier version, by machine: the old name, and the one that takes its place."""


class _Cursor:
    """What a machine moves: thrown away after one step, so that threads share the machine without a lock."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


@dataclass(frozen=True, slots=True)
class Compiled:
    """One machine, ready to run."""

    journey: Journey
    machine: Machine
    steps: Mapping[tuple[str, str], Step]
    """State and event: the step; `*new*` for creations."""
    events: Mapping[str, Step]
    states: Mapping[str, State]

    def move(self, state: str, event: str) -> str:
        """The state after an event; the same one for an event that moves nothing. Raises MachineError when it does not leave that state."""
        cursor = _Cursor(str(state))
        self.machine.events[event].trigger(cursor)
        return cursor.state


def _compile(journey: Journey) -> Compiled:
    states = {state.code: state for state in journey.states}
    steps = {(NEW, step.event): step for step in journey.creations}
    steps |= {(state.code, step.event): step for state in journey.states for step in state.steps}
    machine = Machine(
        model=None,
        states=[NEW, *(str(code) for code in states)],
        initial=NEW,
        auto_transitions=False,
        send_event=True,
        queued=False,
    )
    for (source, event), step in steps.items():
        machine.add_transition(event, str(source), str(step.to) if step.to else None)
    return Compiled(journey, machine, steps, {step.event: step for step in steps.values()}, states)


MACHINES: Final[Mapping[Kind, Compiled]] = {
    journey.kind: _compile(journey) for journey in (JOURNEY, *TRACKS, territory)
}
OVER: Final[Mapping[Kind, frozenset[str]]] = {
    kind: frozenset(compiled.journey.over) for kind, compiled in MACHINES.items()
}


def _rules() -> Iterator[tuple[str, Deadline]]:
    for kind, compiled in MACHINES.items():
        for state in compiled.journey.states:
            for rule in (*compiled.journey.extra_deadlines, *state.deadlines):
                yield f"{kind}.{state.code}.{rule.rule}", rule


RULES: Final[Mapping[str, Deadline]] = dict(_rules())
"""Every deadline's rule by its name, `machine.state.rule`."""


def rule_of(name: str) -> Deadline:
    """The rule of that name. Raises KeyError when the running definition has none."""
    return RULES[name]


def record_of(kind: Kind, event: str) -> Step | None:
    """The record of that name on a case or its tracks, or on a territory."""
    return (TERRITORY_RECORDS if kind is Kind.TERRITORY else CASE_RECORDS).get(event)


def step_named(kind: Kind, event: str) -> Step | None:
    """The step or the record of that name, whatever the state."""
    return MACHINES[kind].events.get(event) or record_of(kind, event)


def owner_role(name: str) -> Role | None:
    """Who must act on a deadline of that rule."""
    kind, state, _ = name.split(".")
    return rule_of(name).owner or MACHINES[Kind(kind)].states[state].owner


# -- as data --------------------------------------------------------------------------------------------------------------


def as_data() -> dict[str, Any]:
    """The machines as plain data, in the shape of the design's `workflow.json`."""
    return {
        "roles_include": {"manager": ["adviser"], "operator_manager": ["operator"]},
        **{str(kind): journey_as_data(kind) for kind in MACHINES},
    }


def journey_as_data(kind: Kind) -> dict[str, Any]:
    """One machine as plain data: initial, over, states with their deadlines and marks, transitions."""
    journey = MACHINES[kind].journey
    return {
        "initial": str(journey.initial),
        "over": [str(code) for code in journey.over],
        "states": {str(state.code): _state_as_data(state) for state in journey.states},
        "transitions": [_step_as_data(journey, step) for step in MACHINES[kind].events.values()],
    }


def _state_as_data(state: State) -> dict[str, Any]:
    return {
        "french": state.french,
        "owner": state.owner_says or (str(state.owner) if state.owner else None),
        "enters_when": state.enters_when,
        "deadlines": [_deadline_as_data(rule) for rule in state.deadlines],
    }


def _deadline_as_data(rule: Deadline) -> dict[str, Any]:
    marks = [
        {"at": str(m.at), "do": str(m.do), **({"act": m.act} if m.act else {"to": [str(role) for role in m.to]})}
        for m in rule.marks
    ]
    repeat = {"repeat": str(rule.repeat)} if rule.repeat else {}
    return {
        "rule": rule.rule,
        "within": str(rule.within),
        "armed": str(rule.armed),
        "met_by": rule.met_by.words,
        "marks": marks,
        **repeat,
    }


def _step_as_data(journey: Journey, step: Step) -> dict[str, Any]:
    sources = [state for state, event in MACHINES[journey.kind].steps if event == step.event]
    return {
        "event": step.event,
        "from": [str(s) for s in sources],
        "to": str(step.to) if step.to else None,
        "roles": sorted(str(role) for role in step.by),
        "guard": step.guard_says,
        "effect": step.effect_says,
    }


def fingerprint() -> str:
    """The hash of the machines' canonical JSON, without labels: two processes with the same one decide alike."""
    data = as_data()
    for kind in MACHINES:
        for state in data[str(kind)]["states"].values():
            del state["french"]
    return (
        "sha256:"
        + hashlib.sha256(
            json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
        ).hexdigest()
    )
