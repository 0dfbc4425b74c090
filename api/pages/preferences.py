"""Which reminders somebody wants: from the link of a mail, without an account, or signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from api.languages import speak_by_link
from api.pages import desk
from api.pages.opening import SYSTEM, LinkGone
from api.pages.shell import PageVisit, done, page, see_other
from api.work import Work
from cases.languages import Languages, languages_of
from notifications.links import Link, Purpose, find_link, gone_link
from notifications.preferences import SAID, SAID_TO_WHO_IS_HELPED, Category, choose, is_reader, wanted_by

router = APIRouter()
KEPT = "C’est noté. Ce qui vous est demandé ou adressé personnellement continue d’arriver."


@router.get("/preferences/{token}")
async def show_preferences(request: Request, token: str, work: Work) -> Response:
    """What the reader of a mail wants; nothing changes by looking."""
    wanted, entrepreneur = await _read(request, token, work)
    return page(
        request, "preferences_lien.html", helped=entrepreneur, **_context(wanted, request.url.path, helped=entrepreneur)
    )


@router.post("/preferences/{token}")
async def keep_preferences(request: Request, token: str, work: Work) -> Response:
    """Keep what is ticked."""
    sent, now = await request.form(), work.clock.now()
    await _read(request, token, work)
    await work.write(lambda db: _keep(db, reader_of(db, token, now), sent, now), SYSTEM)
    return see_other(request, request.url.path, done(KEPT))


@router.get("/mes-rappels")
async def show_own(request: Request, visit: PageVisit) -> Response:
    """What somebody who is signed in wants."""
    own = f"person:{visit.identity.person}"
    return await desk.show(
        request,
        visit,
        "preferences.html",
        lambda db: wanted_by(db, own),
        lambda wanted: _context(wanted, "/mes-rappels"),
    )


@router.post("/mes-rappels")
async def keep_own(request: Request, visit: PageVisit) -> Response:
    """Keep what is ticked."""
    sent, own = await request.form(), f"person:{visit.identity.person}"
    await visit.write(lambda db: _keep(db, own, sent, visit.now))
    return see_other(request, "/mes-rappels", done(KEPT))


async def _read(request: Request, token: str, work: Work) -> tuple[dict[Category, bool], bool]:
    """What the reader of a mail wants, and whether they are helped; their language is spoken from here on. Raises LinkGone."""
    wanted, helped, languages = await work.read(lambda db: _asked_by(db, token, work.clock.now()), SYSTEM)
    speak_by_link(request, languages, works_here=not helped)
    return wanted, helped


def _asked_by(db: Connection, token: str, now: datetime) -> tuple[dict[Category, bool], bool, Languages]:
    """What the reader of a mail wants, whether they are helped, and the languages that they chose or speak."""
    recipient = reader_of(db, token, now)
    kind, _, own = recipient.partition(":")
    helped = kind == "entrepreneur"
    return (
        wanted_by(db, recipient),
        helped,
        languages_of(db, own if helped else None, own if kind == "person" else None),
    )


def reader_of(db: Connection, token: str, now: datetime) -> str:
    """For whom a link of a mail lets one choose. Raises LinkGone."""
    return str(preferring(db, token, now).data["recipient"])


def preferring(db: Connection, token: str, now: datetime) -> Link:
    """The link of a mail by which its reader chooses. Raises LinkGone for any other, and for one that names no reader."""
    link = find_link(db, token, now)
    if link is None or link.purpose is not Purpose.PREFERENCES:
        gone = None if link else gone_link(db, token, now)
        raise LinkGone(gone if gone and gone.purpose is Purpose.PREFERENCES else None)
    if not is_reader(link.data.get("recipient")):
        raise LinkGone(None)
    return link


def _keep(db: Connection, recipient: str, sent: FormData, now: datetime) -> None:
    ticked = {str(one) for one in sent.getlist("wanted")}
    choose(db, recipient, {category: str(category) in ticked for category in wanted_by(db, recipient)}, now)


def _context(wanted: dict[Category, bool], here: str, *, helped: bool = False) -> dict[str, Any]:
    said = SAID_TO_WHO_IS_HELPED if helped else SAID
    boxes = [
        {"value": str(category), "label": said[category][0], "hint": said[category][1], "checked": choice}
        for category, choice in wanted.items()
    ]
    return {"title": "Mes rappels", "boxes": boxes, "here": here}
