"""My calendar: a private address for one's own agenda, made and revoked here; and what an agenda reads there."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.calendar_feeds import feed_made_on, make_feed, reader_of, revoke_feed
from api.pages import desk
from api.pages.dates import by_day
from api.pages.shell import PageVisit, done, see_other
from api.security import Visit
from api.work import Work
from cases.database import Scope
from cases.errors import NotFound
from cases.facts.of_case import NO_TERRITORY
from cases.views.agenda import Entry, agenda_of
from engine.sentences import say, together
from notifications.calendars import feed
from notifications.typography import hour

router = APIRouter(prefix="/calendrier")


@router.get("")
async def show_calendar(request: Request, visit: PageVisit) -> Response:
    """What stands in it, and whether it has an address."""
    who, today = visit.identity, NO_TERRITORY.day_of(visit.now)
    return await desk.show(
        request, visit, "calendar.html", lambda db: (feed_made_on(db, who), agenda_of(db, who, today=today)),
        lambda found: {
            "title": "Mon agenda", "made_on": found[0], "zone": NO_TERRITORY.timezone,
            "days": by_day((_row(one) for one in found[1] if one.day >= today and not one.cancelled), today),
        },
    )  # fmt: skip


def _row(entry: Entry) -> tuple[date, dict[str, Any]]:
    """An entry under its day, as the macro `days` takes it."""
    at = hour(time.fromisoformat(entry.time)) if entry.time else ""
    return entry.day, {"title": entry.title, "href": entry.path, "text": together((at, entry.place or ""), " · ")}


@router.post("")
async def make(request: Request, visit: PageVisit) -> Response:
    """Make an address, shown once; the one before serves no more."""
    token = await visit.write(lambda db: make_feed(db, visit.identity, visit.now))
    address = f"{request.app.state.base_url}/calendrier/{token}.ics"
    return see_other(
        request,
        "/calendrier",
        done(say("Copiez cette adresse dans votre agenda, elle ne sera plus montrée : {address}", address=address)),
    )


@router.post("/revoquer")
async def revoke(request: Request, visit: PageVisit) -> Response:
    """Let the address serve no more."""
    await visit.write(lambda db: revoke_feed(db, visit.identity))
    return see_other(request, "/calendrier", done("C’est fait : cette adresse ne montre plus rien."))


@router.get("/{token}.ics")
async def read_calendar(request: Request, token: str, work: Work) -> Response:
    """What an agenda reads: it signs in by its address alone."""
    who = await work.read(lambda db: reader_of(db, token), Scope.worker())
    if who is None:
        raise NotFound("Ce calendrier n’existe pas, ou son adresse a été révoquée.")
    visit = Visit(who, work, work.clock.now())
    today = NO_TERRITORY.day_of(visit.now)
    entries = await visit.read(lambda db: agenda_of(db, who, today=today))
    product, base_url = request.app.state.frame.product["name"], request.app.state.base_url
    content = feed(entries, name=product, base_url=base_url, now=visit.now)
    return Response(
        content, media_type="text/calendar", headers={"Content-Disposition": 'inline; filename="agenda.ics"'}
    )
