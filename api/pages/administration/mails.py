"""Every mail that the product writes, as it would be read, with people who do not exist."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages import desk
from api.pages.administration.allowed import LEADERS, refuse_others
from api.pages.sentences import ROLES
from api.pages.shell import PageVisit
from cases.errors import NotFound
from notifications.previews import KEYS, preview, reader_of

router = APIRouter(prefix="/administration/courriels")


@router.get("")
async def show_mails(request: Request, visit: PageVisit) -> Response:
    """Every mail by its subject."""
    refuse_others(visit, LEADERS)
    found = [(key, preview(key, visit.now), ROLES.get(reader_of(key), "")) for key in KEYS]
    rows = [
        [{"text": mail.subject, "href": f"/administration/courriels/{key}"}, {"text": to}] for key, mail, to in found
    ]
    context = {"title": "Les courriels", "rows": rows}
    return await desk.show(request, visit, "administration/mails.html", lambda _: context, dict)


@router.get("/{key}")
async def show_mail(request: Request, key: str, visit: PageVisit) -> Response:
    """One mail: its subject, its words, its form as a text message."""
    refuse_others(visit, LEADERS)
    if key not in KEYS:
        raise NotFound("Ce courriel n’existe pas.")
    mail = preview(key, visit.now)
    context: dict[str, Any] = {"title": mail.subject, "key": key, "mail": mail, "to": ROLES.get(reader_of(key), "")}
    return await desk.show(request, visit, "administration/mail.html", lambda _: context, dict)
