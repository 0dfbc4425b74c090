"""Signed links of the mails: a page shows, only its button acts; what it is depends on what the link is for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection, select
from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse, Response

from api.pages import answer, charter, log_book, survey
from api.pages.entering import enter
from api.pages.opening import SYSTEM, LinkGone, Opened, open_link
from api.pages.shell import page, see_other
from api.rate_limits import LIMITS, Counted, count
from api.security import note_once
from api.work import Work
from cases.privacy.looks import How
from cases.tables.people import person
from notifications.asking import ask_new_link, ask_sign_in
from notifications.links import Gone, Link, Purpose, gone_link, use_link

router = APIRouter()

Door = Callable[[Request, Opened], Awaitable[Response]]


@router.get("/lien/{token}")
async def show_link(request: Request, token: str, work: Work) -> Response:
    """Show what the link is for; nothing is done, and nothing is used up."""
    opened = await open_link(request, token, work)
    answer = await _SHOW[opened.link.purpose](request, opened)
    if opened.reference:
        answer.background = BackgroundTask(note_once, opened.visit, {opened.reference}, _how(request))
    return answer


@router.post("/lien/{token}")
async def act_by_link(request: Request, token: str, work: Work) -> Response:
    """Do what the button says."""
    opened = await open_link(request, token, work)
    return await _ACT[opened.link.purpose](request, opened)


@router.post("/lien/{token}/nouveau")
async def ask_for_a_new_link(request: Request, token: str, work: Work) -> Response:
    """Send a new link in place of one that is gone, to the address where the first one went and nowhere else."""
    now = work.clock.now()
    await work.write(lambda db: _send_again(db, gone_link(db, token, now), now), SYSTEM)
    return see_other(request, f"/lien/{token}/envoye")


@router.get("/lien/{token}/envoye")
async def show_asked_again(request: Request, token: str, work: Work) -> Response:
    """Say that a mail has left, whatever the link was; in the language of whom it was for."""
    with suppress(LinkGone):
        await open_link(request, token, work)
    return page(request, "lien/envoye.html")


def _how(request: Request) -> How:
    """Whether somebody pressed the link, as far as a browser says it: what reads mails for their reader does not say so (W3C, Fetch Metadata)."""
    said = request.headers
    pressed = said.get("sec-fetch-user") == "?1" and "prefetch" not in said.get("sec-purpose", "")
    return How.LINK if pressed else How.LINK_UNSURE


def _send_again(db: Connection, gone: Link | None, now: datetime) -> None:
    if gone is None or gone.gone is Gone.REVOKED:
        return
    if count(db, Counted.NEW_LINK, gone.id, now) > LIMITS[Counted.NEW_LINK].most:
        return
    if gone.purpose in (Purpose.SIGN_IN, Purpose.INVITATION):
        email = db.execute(select(person.c.email).where(person.c.id == gone.person_id)).scalar()
        ask_sign_in(db, email or "", now, next_page=str(gone.data.get("next_page", "/")))
    else:
        ask_new_link(db, gone, now)


def show_gone(request: Request, error: LinkGone) -> Response:
    """A link that opens nothing: why, and what to do."""
    gone, here = error.link, f"/lien/{request.path_params.get('token', '')}"
    renewed = gone is not None and gone.gone is not Gone.REVOKED
    return page(request, "lien/perdu.html", status=404 if gone is None else 410, gone=gone, renewed=renewed, here=here)


# -- signing in -----------------------------------------------------------------------------------------------------------


async def _show_entrance(request: Request, opened: Opened) -> Response:
    return page(request, "lien/entrer.html", name=opened.visit.identity.name, here=request.url.path)


async def _enter(request: Request, opened: Opened) -> Response:
    now = opened.visit.now
    link = await opened.visit.work.write(lambda db: use_link(db, opened.token, now), SYSTEM)
    if link is None or link.person_id is None:
        raise LinkGone(link)
    return await enter(request, opened.visit.work, link.person_id, str(link.data.get("next_page", "/")))


async def _to_preferences(_: Request, opened: Opened) -> Response:
    return RedirectResponse(f"/preferences/{opened.token}", 303)


async def _to_my_case(_: Request, opened: Opened) -> Response:
    return RedirectResponse(f"/mon-dossier/{opened.token}", 303)


async def _no_page(_: Request, __: Opened) -> Response:
    raise LinkGone(None)


_SHOW: Final[Mapping[Purpose, Door]] = {
    Purpose.SIGN_IN: _show_entrance,
    Purpose.INVITATION: _show_entrance,
    Purpose.ANSWER: answer.show,
    Purpose.MY_CASE: _to_my_case,
    Purpose.SURVEY: survey.show,
    Purpose.LOG_BOOK: log_book.show,
    Purpose.CHARTER: charter.show,
    Purpose.REPLY: _no_page,
    Purpose.PREFERENCES: _to_preferences,
}
_ACT: Final[Mapping[Purpose, Door]] = {
    Purpose.SIGN_IN: _enter,
    Purpose.INVITATION: _enter,
    Purpose.ANSWER: answer.act,
    Purpose.MY_CASE: _to_my_case,
    Purpose.SURVEY: survey.act,
    Purpose.LOG_BOOK: log_book.act,
    Purpose.CHARTER: charter.act,
    Purpose.REPLY: _no_page,
    Purpose.PREFERENCES: _to_preferences,
}
