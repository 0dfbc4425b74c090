"""Choix des opérateurs, for who steers a territory: how often the first proposed is asked, and why somebody else is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages import desk
from api.pages.orientation_view import CRITERIA
from api.pages.shell import PageVisit
from cases.errors import NotFound
from cases.views.choosing import Choices, choices_of

router = APIRouter(prefix="/pilotage")


@router.get("/choix")
async def show_choices(request: Request, visit: PageVisit) -> Response:
    """How advisers choose among the operators that are proposed: what the weights are judged on."""
    who = visit.identity
    if not who.territories():
        raise NotFound("Cette page est celle des territoires.")
    return await desk.show(
        request, visit, "choosing.html", lambda db: choices_of(db, who, now=visit.now), choices_context
    )


def choices_context(choices: Choices) -> dict[str, Any]:
    """Everything that `choosing.html` shows."""
    return {
        "title": "Choix des opérateurs",
        "keys": [
            {"value": str(choices.first), "label": "fois, le premier proposé"}, {"value": str(choices.another), "label": "fois, un autre proposé"},
            {"value": str(choices.outside), "label": "fois, quelqu’un d’autre"},
        ] if choices.total else [],
        "reasons": [[{"text": label}, {"text": str(count)}] for label, count in _most_first(choices.reasons)],
        "reason_columns": [{"label": "Pourquoi un autre"}, {"label": "Fois", "right": True, "fold": "end"}],
        "criteria": [
            [{"text": label}, {"text": str(choices.better.get(code, 0))}, {"text": str(choices.worse.get(code, 0))}] for code, label in CRITERIA.items()
        ] if choices.better or choices.worse else [],
        "criteria_columns": [{"label": "Critère"}, *({"label": label, "right": True, "fold": "label"} for label in ("Le choisi était mieux", "Moins bien"))],
    }  # fmt: skip


def _most_first(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
