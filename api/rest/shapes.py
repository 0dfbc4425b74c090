"""What a step asks for, as a JSON schema."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.model import Input, InputKind

TYPES: dict[InputKind, dict[str, Any]] = {
    InputKind.DAY: {"type": "string", "format": "date"},
    InputKind.FLAG: {"type": "boolean"},
    InputKind.NUMBER: {"type": "number"},
    InputKind.OUTCOMES: {"type": "object"},
    InputKind.SCORE: {"type": "object"},
    InputKind.NEEDS: {"type": "array"},
    InputKind.AIDS: {"type": "array"},
    InputKind.ACTIONS: {"type": "array"},
    InputKind.TRACKS: {"type": "array"},
    InputKind.AXES: {"type": "array"},
}


def input_schema(inputs: Iterable[Input]) -> dict[str, Any]:
    """The JSON schema of a step's payload, each field with its French label."""
    asked = list(inputs)
    properties = {
        i.name: {
            **TYPES.get(i.kind, {"type": "string"}),
            "title": i.label,
            **({"enum": list(i.choices)} if i.choices else {}),
        }
        for i in asked
    }
    return {"type": "object", "required": [i.name for i in asked if i.required], "properties": properties}
