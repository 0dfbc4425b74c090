"""Administration: its places, for whoever has some."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages import desk
from api.pages.administration.allowed import ADMINS, LEADERS, refuse_others
from api.pages.shell import PageVisit, Place

router = APIRouter(prefix="/administration")
PLACES: Final = (
    Place("/administration/personnes", "Personnes, rôles, absences", "users", LEADERS),
    Place("/administration/journal", "Chercher dans le journal", "search", LEADERS),
    Place("/administration/conservation", "Durées de conservation", "clock", LEADERS),
    Place("/administration/dossier", "Ouvrir un dossier avec un motif", "lock", ADMINS),
    Place("/administration/jetons", "Jetons de l’interface", "key", ADMINS),
    Place("/administration/webhooks", "Webhooks : les outils prévenus", "link", ADMINS),
    Place("/administration/machines/case", "Les parcours et leurs étapes", "lanes", LEADERS),
    Place("/administration/courriels", "Les courriels", "mail", LEADERS),
    Place("/administration/messages", "Messages partis et non partis", "bell", LEADERS),
)
"""The pages of administration, and for whom each is."""


@router.get("")
async def show_administration(request: Request, visit: PageVisit) -> Response:
    """What may be administered."""
    refuse_others(visit, LEADERS)
    mine = [place for place in PLACES if any(visit.identity.has(role) for role in place.roles)]
    items = [{"label": place.label, "href": place.href, "icon": place.icon} for place in mine]
    return await desk.show(request, visit, "administration/home.html", lambda _: items, lambda found: {"title": "Administration", "items": found})  # fmt: skip
