"""The button « se désabonner » of mail readers: one press, which the reader's provider sends by itself, without our page. Source: RFC 8058."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from api.pages.opening import SYSTEM, LinkGone
from api.pages.preferences import preferring
from api.work import Work
from cases.errors import Invalid
from notifications.preferences import Category, choose

router = APIRouter(prefix="/desabonnement")
"""Not guarded by a form's token: there is no form. The token of the address says for whom, and it opens nothing else."""
ONE_CLICK = ("List-Unsubscribe", "One-Click")


@router.get("/{token}")
async def show(token: str) -> Response:
    """Somebody followed the address by hand: the page where one chooses. Nothing changes by looking."""
    return RedirectResponse(f"/preferences/{token}", 303)


@router.post("/{token}")
async def stop(request: Request, token: str, work: Work) -> Response:
    """Stop this kind of mail for its reader. Raises Invalid for a body that is not the one press."""
    sent, now = await request.form(), work.clock.now()
    if sent.get(ONE_CLICK[0]) != ONE_CLICK[1]:
        raise Invalid("Ce bouton n’attend que « List-Unsubscribe=One-Click ».")
    await work.write(lambda db: _stop(db, token, now), SYSTEM)
    return PlainTextResponse("C’est noté : vous ne recevrez plus ces rappels.")


def _stop(db: Connection, token: str, now: datetime) -> None:
    """Keep that none of these comes any more. Raises LinkGone for a link that names no reader, or nothing to stop."""
    link = preferring(db, token, now)
    refused = {one: False for one in Category if one in link.data.get("categories", ())}
    if not refused:
        raise LinkGone(None)
    choose(db, str(link.data["recipient"]), refused, now)
