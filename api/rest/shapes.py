"""What a step asks for as a JSON schema, and the figures of a backlog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from cases.backlog import AGES, Backlog
from cases.indicators import Indicators
from engine.definition import MACHINES
from engine.lists import AID_SCOPE, AXIS, LEVER, OUTCOME
from engine.model import Input, InputKind, Kind

_TEXT: Final = {"type": "string"}
_DAY: Final = {"type": "string", "format": "date"}
_MONEY: Final = {
    "type": "object", "required": ["amount", "currency"], "properties": {"amount": _TEXT, "currency": {"enum": ["EUR"]}},
}  # fmt: skip
TYPES: Final[Mapping[InputKind, Mapping[str, Any]]] = {
    InputKind.DAY: _DAY,
    InputKind.FLAG: {"type": "boolean"},
    InputKind.NUMBER: {"type": "integer"},
    InputKind.MONEY: _MONEY,
    InputKind.OUTCOMES: {"type": "object", "additionalProperties": {"enum": list(OUTCOME)}},
    InputKind.SCORE: {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0, "maximum": 4}},
    InputKind.NEEDS: {"type": "array", "items": _TEXT},
    InputKind.TRACKS: {"type": ["array", "string"], "items": _TEXT},
    InputKind.AXES: {"type": "array", "items": {"enum": list(AXIS)}},
    InputKind.LEVERS: {"type": "array", "items": {"enum": list(LEVER)}},
    InputKind.ACTIONS: {
        "type": "array",
        "items": {"type": "object", "required": ["name", "day"], "properties": {"name": _TEXT, "day": _DAY}},
    },
    InputKind.AIDS: {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "aid": _TEXT,
                "amount": _MONEY,
                "scope": {"enum": list(AID_SCOPE)},
                "granted_on": _DAY,
                "de_minimis": {"type": "boolean"},
            },
        },
    },
    InputKind.INDICATORS: {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["name", "value", "source", "on"],
            "properties": {"name": _TEXT, "value": _TEXT, "source": _TEXT, "on": _DAY},
        },
    },
    InputKind.OBJECTIVES: {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["axis", "text"],
            "properties": {"axis": {"enum": list(AXIS)}, "text": _TEXT},
        },
    },
}
"""The JSON type of each kind; everything else is a text: an id, a code, a reference."""


def input_schema(inputs: Iterable[Input]) -> dict[str, Any]:
    """The JSON schema of a step's payload, each field with its French label."""
    asked = list(inputs)
    properties = {
        i.name: {
            **TYPES.get(i.kind, _TEXT),
            "title": i.label,
            **({"enum": list(i.choices)} if i.choices else {}),
        }
        for i in asked
    }
    return {"type": "object", "required": [i.name for i in asked if i.required], "properties": properties}


def backlog_shape(found: Backlog) -> dict[str, Any]:
    """A backlog: cases by state and age in working days, deadlines broken by owner, branches and their load."""
    states = MACHINES[Kind.CASE].states
    grid = [
        {
            "state": state, "label": states[state].french,
            "ages": [{"from": least, "to": most, "cases": number} for (least, most), number in zip(AGES, ages, strict=True)],
        }
        for state, ages in found.grid.items()
    ]  # fmt: skip
    return {
        "territory": {"slug": found.slug, "name": found.name, "phase": found.phase, "timezone": found.calendar.timezone},
        "open": found.total, "stuck": found.stuck, "overdue": found.overdue, "states": grid,
        "broken": [{"role": one.role, "owner": one.owner, "id": one.person, "deadlines": one.cases.count} for one in found.broken],
        "branches": [
            {"name": one.name, "capacity": one.capacity, **{str(figure): number.count for figure, number in one.told.items()}} for one in found.branches
        ],
        "aids": {"amount": f"{found.aids:.2f}", "currency": "EUR"},
    }  # fmt: skip


def indicators_shape(found: Indicators) -> dict[str, Any]:
    """The figures of a territory: its backlog, then delays in working days, declines by reason, needs and gaps."""
    delays = [
        {"delay": str(one.figure), "cases": one.cases.count, "median": one.median, "p90": one.p90, "rule": one.rule, "unit": "working_days"}
        for one in found.delays
    ]  # fmt: skip
    declines = [{"branch": one.name, "reason": why, "cases": number.count} for one in found.backlog.branches for why, number in one.declines.items()]  # fmt: skip
    return backlog_shape(found.backlog) | {
        "delays": delays,
        "declines": declines,
        "axes": [{"axis": axis, "cases": count} for axis, count in found.axes.items()],
        "levers": [{"lever": lever, "cases": count} for lever, count in found.levers.items()],
        "gaps": [{"subject": one.subject, "quartier": one.quartier, "cases": one.cases.count} for one in found.gaps],
    }


def flow_shape(found: Indicators) -> dict[str, Any]:
    """The weeks of a territory, by their first day."""
    calendar = found.backlog.calendar
    weeks = [
        {"from": calendar.day_of(week.monday).isoformat(), "entered": week.entered.count, "left": week.left.count}
        for week in found.weeks
    ]
    return {"territory": {"slug": found.backlog.slug, "timezone": calendar.timezone}, "weeks": weeks}
