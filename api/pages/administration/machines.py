"""The machines: each drawn, and its steps in a table."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages import desk
from api.pages.administration.allowed import LEADERS, refuse_others
from api.pages.sentences import ROLES
from api.pages.shell import PageVisit
from cases.errors import NotFound
from engine.definition import MACHINES, VERSION, fingerprint
from engine.diagram import svg
from engine.model import Kind
from engine.sentences import together
from notifications.typography import typo

router = APIRouter(prefix="/administration/machines/{machine}")


@router.get("")
async def show_machine(request: Request, machine: str, visit: PageVisit) -> Response:
    """One machine: its diagram, its steps, who takes them."""
    refuse_others(visit, LEADERS)
    kind = _kind(machine)
    return await desk.show(request, visit, "administration/machine.html", lambda _: kind, _context)


@router.get("/schema.svg")
async def draw_machine(machine: str, visit: PageVisit) -> Response:
    """The diagram alone."""
    refuse_others(visit, LEADERS)
    return Response(svg(_kind(machine), tell=typo), media_type="image/svg+xml")


def _kind(machine: str) -> Kind:
    if machine not in set(Kind):
        raise NotFound("Cette machine n’existe pas.")
    return Kind(machine)


def _context(kind: Kind) -> dict[str, Any]:
    """Everything that `administration/machine.html` shows."""
    compiled = MACHINES[kind]
    return {
        "title": compiled.journey.french, "here": f"/administration/machines/{kind}", "version": VERSION, "fingerprint": fingerprint()[7:19],
        "tabs": [{"label": MACHINES[one].journey.french, "href": f"/administration/machines/{one}", "current": one is kind} for one in Kind],
        "rows": [_step(kind, event) for event in compiled.events],
    }  # fmt: skip


def _step(kind: Kind, event: str) -> list[dict[str, Any]]:
    compiled = MACHINES[kind]
    step = compiled.events[event]
    sources = [
        compiled.states[state].french for state, name in compiled.steps if name == event and state in compiled.states
    ]
    to = compiled.states[str(step.to)].french if step.to and str(step.to) in compiled.states else "–"
    return [
        {"text": step.label, "code": event}, {"text": together(sources, ", ") or "à créer"}, {"text": to},
        {"text": together(sorted(ROLES.get(role, str(role)) for role in step.by), ", ")},
    ]  # fmt: skip
