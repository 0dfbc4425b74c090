"""The machines as data, and drawn."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.rest.fresh import DRAWING, SVG, fresh, fresh_json
from engine.definition import VERSION, as_data, fingerprint, journey_as_data
from engine.diagram import svg
from engine.model import Kind
from notifications.languages import FRENCH, language
from notifications.typography import typo

router = APIRouter(prefix="/workflow", tags=["workflow"])


@router.get("")
async def all_machines(request: Request) -> Response:
    """The five machines: states, deadlines, marks, steps. `Definition` names their version, and the hash of their rules."""
    return _of_definition(fresh_json(request, as_data()))


@router.get("/{machine}")
async def one_machine(machine: Kind, request: Request) -> Response:
    """One machine."""
    return _of_definition(fresh_json(request, journey_as_data(machine)))


@router.get("/{machine}/diagram.svg", response_class=Response, responses=DRAWING)
async def draw_machine(machine: Kind, request: Request) -> Response:
    """One machine, drawn: its states from top to bottom, and the steps between them."""
    return _of_definition(fresh(request, svg(machine, tell=typo).encode(), SVG), language().tag)


def _of_definition(answer: Response, spoken: str = FRENCH.tag) -> Response:
    answer.headers["Content-Language"] = spoken
    answer.headers["Definition"] = f"{VERSION} {fingerprint()}"
    return answer
