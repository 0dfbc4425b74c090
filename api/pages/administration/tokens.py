"""The tokens of the JSON interface: whose they are, and their end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages import desk
from api.pages.administration.allowed import ADMINS, refuse_others
from api.pages.shell import PageVisit, done, see_other
from cases import people
from cases.facts.of_case import NO_TERRITORY
from notifications.typography import day_short

router = APIRouter(prefix="/administration/jetons")


@router.get("")
async def show_tokens(request: Request, visit: PageVisit) -> Response:
    """Every token, those that still open the door first."""
    refuse_others(visit, ADMINS)
    return await desk.show(
        request, visit, "administration/tokens.html", lambda db: people.tokens(db), _context(visit.now)
    )


@router.post("/{identifier}/revoquer")
async def revoke(request: Request, identifier: str, visit: PageVisit) -> Response:
    """Close the door to a token for ever."""
    refuse_others(visit, ADMINS)
    await visit.write(lambda db: people.revoke_token(db, identifier, visit.now))
    return see_other(request, "/administration/jetons", done("Ce jeton n’ouvre plus rien."))


def _context(now: datetime) -> Any:
    def present(found: list[Mapping[str, Any]]) -> dict[str, Any]:
        rows = [_token(one, now) for one in found]
        return {"title": "Jetons de l’interface", "rows": sorted(rows, key=lambda row: not row["open"])}

    return present


def _token(one: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    expired = one["expires_at"] is not None and one["expires_at"] <= now
    where = NO_TERRITORY.timezone
    return {
        "id": one["id"], "name": one["name"], "email": one["email"] or "", "since": day_short(one["created_at"], where),
        "used": day_short(one["used_at"], where) if one["used_at"] else "jamais noté", "open": not expired and one["revoked_at"] is None,
        "state": "révoqué" if one["revoked_at"] else "expiré" if expired else "ouvert",
    }  # fmt: skip
