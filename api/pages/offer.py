"""L'offre, for who steers a territory: the needs that nobody serves, by quartier, and how advisers choose among the operators proposed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.pages import desk
from api.pages.orientation_view import CRITERIA
from api.pages.shell import PageVisit
from cases.errors import NotFound
from cases.routing import gaps
from cases.views.choices import subject_label
from cases.views.choosing import Choices, choices_of
from engine.lists import AXIS
from engine.model import Role
from notifications.typography import day_short

router = APIRouter(prefix="/pilotage")
CASES_SHOWN: Final = 5


@router.get("/offre")
async def show_offer(request: Request, visit: PageVisit) -> Response:
    """The gaps in the offer of one's territories, need by quartier, and why advisers asked somebody else than the first."""
    who = visit.identity
    if not (who.has(Role.MANAGER) or who.has(Role.ADVISER)):
        raise NotFound("Cette page est celle des territoires.")

    def read(db: Connection) -> tuple[list[dict[str, Any]], Choices]:
        return gaps(db, who), choices_of(db, who, now=visit.now)

    return await desk.show(request, visit, "offer.html", read, lambda found: offer_context(*found))


def offer_context(found: list[dict[str, Any]], choices: Choices) -> dict[str, Any]:
    """Everything that `offer.html` shows."""
    return {
        "title": "L’offre", "gaps": [_gap(one) for one in found],
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


def _gap(one: Mapping[str, Any]) -> dict[str, Any]:
    place = one["quartier"]["name"] if one["quartier"] else "quartier à préciser"
    count = len(one["cases"])
    since = day_short(datetime.fromisoformat(one["since"]), "Europe/Paris", year=True)
    waiting = "un dossier attend" if count == 1 else f"{count} dossiers attendent"
    return {
        "need": subject_label(one["subject"]), "place": place, "text": f"{AXIS.get(one['axis'] or '', 'axe à préciser')} · {waiting}, depuis le {since}",
        "cases": [{"label": reference, "href": f"/dossiers/{reference}/orienter"} for reference in one["cases"][:CASES_SHOWN]],
        "more": max(0, count - CASES_SHOWN),
    }  # fmt: skip
