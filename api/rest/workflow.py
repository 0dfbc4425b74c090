"""The machines as data."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from engine.definition import as_data, journey_as_data
from engine.model import Kind

router = APIRouter(prefix="/workflow", tags=["workflow"])


@router.get("")
async def all_machines() -> dict[str, Any]:
    """The five machines: states, deadlines, marks, steps."""
    return as_data()


@router.get("/{machine}")
async def one_machine(machine: Kind) -> dict[str, Any]:
    """One machine."""
    return journey_as_data(machine)
