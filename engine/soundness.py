"""Proofs on the rules: nothing unreachable, an end from everywhere, somebody and something due wherever a subject lives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from engine.definition import MACHINES, RENAMES, record_of
from engine.model import (
    ENTRY_ARMED,
    NEW,
    Armed,
    Deadline,
    Do,
    Journey,
    Kind,
    Notify,
    Role,
    State,
    Step,
)

REOPENS: Final = frozenset({"reopen", "reopen_follow_up", "revive", "undo_answer"})
"""The only steps that lead out of a state where a subject is over."""
_CAN_RUN: Final = ENTRY_ARMED | {Armed.LAST_TRACK_ENDS, Armed.EACH_ACTION}
"""Ways in which a deadline starts without anybody having to think of it."""
_ANY_STEP: Final = "*"
_SNAKE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def problems(journeys: Iterable[Journey] = (), renames: Mapping[Kind, Mapping[str, str]] = RENAMES) -> tuple[str, ...]:
    """What is wrong with the running machines, one sentence each; empty when they are sound. `journeys` takes their place."""
    running = {kind: compiled.journey for kind, compiled in MACHINES.items()}
    machines = running | {journey.kind: journey for journey in journeys}
    found = [line for journey in machines.values() for line in _of_journey(journey, machines)]
    return (*found, *(line for kind, names in renames.items() for line in _of_renames(machines[kind], names)))


def _of_journey(journey: Journey, machines: Mapping[Kind, Journey]) -> Iterator[str]:
    yield from _of_shape(journey)
    for state in journey.states:
        yield from _of_state(journey, state)
        for rule in (*state.deadlines, *journey.extra_deadlines):
            yield from _of_deadline(f"{journey.kind}.{state.code}.{rule.rule}", rule, journey.kind, machines)
    for step in _steps(journey):
        yield from _of_step(f"{journey.kind}.{step.event}", step)


def _steps(journey: Journey) -> tuple[Step, ...]:
    return (*journey.creations, *(step for state in journey.states for step in state.steps))


# -- where the steps lead -------------------------------------------------------------------------------------------------


def _of_shape(journey: Journey) -> Iterator[str]:
    codes = {str(state.code) for state in journey.states}
    moves = _moves(journey)
    for source, event, target in moves:
        if target not in codes:
            yield f"{journey.kind}.{event} leads from {source} to {target}, which does not exist"
    for code in ({str(journey.initial)} | {str(over) for over in journey.over}) - codes:
        yield f"{journey.kind} names the state {code}, which does not exist"
    if (NEW, str(journey.initial)) not in {(source, target) for source, _, target in moves}:
        yield f"{journey.kind} is not created in its initial state {journey.initial}"
    reached = _reached({NEW}, [(source, target) for source, _, target in moves])
    ending = _reached({str(over) for over in journey.over}, [(target, source) for source, _, target in moves])
    for code in sorted(codes):
        if code not in reached:
            yield f"{journey.kind}.{code} cannot be reached"
        if code not in ending:
            yield f"{journey.kind}.{code} leads to no end"


def _moves(journey: Journey) -> list[tuple[str, str, str]]:
    """Source, event and target of every step that moves."""
    creations = [(NEW, step.event, str(step.to)) for step in journey.creations]
    return creations + [
        (str(state.code), step.event, str(step.to)) for state in journey.states for step in state.steps if step.to
    ]


def _reached(start: set[str], edges: Sequence[tuple[str, str]]) -> set[str]:
    found, waiting = set(start), list(start)
    while waiting:
        here = waiting.pop()
        following = {target for source, target in edges if source == here} - found
        found |= following
        waiting += following
    return found


# -- states ---------------------------------------------------------------------------------------------------------------


def _of_state(journey: Journey, state: State) -> Iterator[str]:
    where = f"{journey.kind}.{state.code}"
    if not state.french.strip():
        yield f"{where} has no French name"
    if state.code in journey.over:
        yield from _of_end(where, state)
        return
    if state.owner is None:
        yield f"{where} is open and nobody owns it"
    if not any(rule.armed in _CAN_RUN for rule in state.deadlines):
        yield f"{where} is open and nothing is ever due in it"
    events = [step.event for step in state.steps]
    for event in sorted({event for event in events if events.count(event) > 1}):
        yield f"{where} has two steps named {event}"


def _of_end(where: str, state: State) -> Iterator[str]:
    if state.owner is not None:
        yield f"{where} is over and still owned by {state.owner}"
    for step in state.steps:
        if step.event not in REOPENS:
            yield f"{where} is over and {step.event} leaves it"


def _of_renames(journey: Journey, names: Mapping[str, str]) -> Iterator[str]:
    codes = {str(state.code) for state in journey.states}
    for old, new in names.items():
        if old in codes:
            yield f"{journey.kind}.{old} is said to be renamed, and still exists"
        if new not in codes:
            yield f"{journey.kind}.{old} is renamed to {new}, which does not exist"


# -- steps ----------------------------------------------------------------------------------------------------------------


def _of_step(where: str, step: Step) -> Iterator[str]:
    if not _SNAKE.fullmatch(step.event):
        yield f"{where} is not written in snake_case"
    if not step.label.strip():
        yield f"{where} has no French label"
    if not step.by:
        yield f"{where} may be taken by nobody"
    yield from (line for role in step.by for line in _of_role(where, role, actor=True))
    for asked in step.inputs:
        if not asked.label.strip() or (asked.required and not asked.missing.strip()):
            yield f"{where} does not say in French what {asked.name} is, or that it is missing"
    yield from (line for told in step.tells for line in _of_message(where, told))


def _of_message(where: str, told: Notify) -> Iterator[str]:
    yield from _of_role(where, told.to)
    if not _SNAKE.fullmatch(told.key):
        yield f"{where} sends {told.key!r}, which is not written in snake_case"


def _of_role(where: str, role: object, *, actor: bool = False) -> Iterator[str]:
    if role not in set(Role):
        yield f"{where} names the role {role}, which does not exist"
    elif actor and role in (Role.OWNER, Role.OBSERVER):
        yield f"{where} is taken by {role}, who never acts"


# -- deadlines ------------------------------------------------------------------------------------------------------------


def _of_deadline(where: str, rule: Deadline, kind: Kind, machines: Mapping[Kind, Journey]) -> Iterator[str]:
    if not _SNAKE.fullmatch(rule.rule):
        yield f"{where} is not written in snake_case"
    if not rule.label.strip() or not rule.todo.strip():
        yield f"{where} does not say in French what is to be done"
    if not rule.marks:
        yield f"{where} has no mark: nothing happens when it passes"
    for mark in rule.marks:
        for role in mark.to:
            yield from _of_role(where, role)
        if mark.do is Do.ACT:
            yield from _of_act(where, mark.event, machines[kind])
        elif not mark.to or not _SNAKE.fullmatch(mark.key):
            yield f"{where} has a mark at {mark.at} that reaches nobody, or whose message {mark.key!r} is not written in snake_case"
    yield from _of_meeting(where, rule, kind, machines)


def _of_meeting(where: str, rule: Deadline, kind: Kind, machines: Mapping[Kind, Journey]) -> Iterator[str]:
    """A deadline is met by steps and records that exist; without either, by the steps that its words name."""
    met = rule.met_by
    for named in sorted(met.steps):
        machine, _, event = named.partition(".")
        if event in (_ANY_STEP, "opens"):
            continue
        if machine not in {str(known) for known in machines} or event not in _events(machines[Kind(machine)]):
            yield f"{where} is met by {named}, which does not exist"
    for record in sorted(met.records):
        if record_of(kind, record) is None:
            yield f"{where} is met by the record {record}, which does not exist"
    if not met.steps and not met.records:
        named_in_words = set(met.words.replace(",", " ").split()) - {"or"}
        unknown = sorted(word for word in named_in_words if word not in _events(machines[kind]))
        if unknown or not named_in_words:
            yield f"{where} is met by « {met.words} », which names no step: {', '.join(unknown) or 'empty'}"


def _of_act(where: str, event: str, journey: Journey) -> Iterator[str]:
    """What the system does by itself exists, is possible from the state where the deadline runs, and is the system's to do."""
    here = where.split(".")[1]
    steps = [step for state in journey.states if state.code == here for step in state.steps if step.event == event]
    done = steps[0] if steps else record_of(journey.kind, event)
    if done is None:
        yield f"{where} does {event!r} by itself, which is no step of that state and no record"
    elif Role.SYSTEM not in done.by:
        yield f"{where} does {event} by itself, which the system may not do"


def _events(journey: Journey) -> frozenset[str]:
    return frozenset(step.event for step in _steps(journey))
