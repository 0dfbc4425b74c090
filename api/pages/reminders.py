"""Relances: what will leave and why, what left, what could not; and « plus tard » for one's own reminders."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages import desk, rules
from api.pages.dates import by_day
from api.pages.shell import PageVisit, done, own_address, see_other, warned
from cases.errors import Invalid
from cases.facts.of_case import NO_TERRITORY
from cases.identifiers import read_reference
from engine.definition import RULES
from engine.model import Do
from engine.sentences import say, together
from engine.working_days import Calendar
from notifications.languages import said_again
from notifications.snoozing import days_to_choose, snooze_reminders
from notifications.told import Outgoing, Shown, Wanted, outgoing, runs_a_territory
from notifications.typography import day_long, hour
from notifications.upcoming import Coming

router = APIRouter(prefix="/relances")
TABS: Final = {Shown.COMING: "À venir", Shown.SENT: "Parties", Shown.FAILED: "En échec"}
_TITLES: Final = {Do.REMIND: "Rappel", Do.TELL: "Des nouvelles", Do.ESCALATE: "Alerte"}
_LEADS: Final = {
    Shown.COMING: "Ce qui partira si rien n’est fait, et pourquoi",
    Shown.SENT: "Ce qui est parti, et pourquoi",
    Shown.FAILED: "Ce qui n’a pas pu partir",
}
_NOTHING: Final = {
    Shown.COMING: ("Rien à venir", "Aucun courriel ne partira dans les quatorze jours si rien ne change."),
    Shown.SENT: ("Rien n’est parti", "Les courriels envoyés viennent ici."),
    Shown.FAILED: ("Aucun échec", "Tout ce qui devait partir est parti."),
}


@router.get("")
async def show_reminders(request: Request, visit: PageVisit) -> Response:
    """What goes out to the reader, or about the cases of their territory."""
    who, now, wanted = visit.identity, visit.now, _wanted(request)
    choices = runs_a_territory(who)
    return await desk.show(
        request, visit, "reminders.html", lambda db: outgoing(db, who, wanted, now=now),
        lambda found: _context(found, now, who.person, choices=choices),
    )  # fmt: skip


@router.post("/{deadline}/plus-tard")
async def put_off(request: Request, deadline: str, visit: PageVisit) -> Response:
    """Put off the reminders of a deadline that come to the reader."""
    sent = await request.form()
    back, until = own_address(str(sent.get("retour") or ""), "/relances"), _day(str(sent.get("jour") or ""))
    who, now = visit.identity, visit.now
    try:
        leaves = await visit.write(lambda db: snooze_reminders(db, who, deadline, until, now=now))
    except Invalid as error:
        return see_other(request, back, warned(error.said))
    return see_other(request, back, done(say("C’est noté : rien avant le {day}.", day=day_long(leaves.date()))))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


def _wanted(request: Request) -> Wanted:
    asked = request.query_params
    shown = next((one for one in Shown if one == asked.get("vue")), Shown.COMING)
    case = read_reference(asked["dossier"]) if asked.get("dossier") else None
    return Wanted(shown, asked.get("pour") != "territoire" and case is None, case)


# -- what is shown --------------------------------------------------------------------------------------------------------


def _context(found: Outgoing, now: datetime, me: str | None, *, choices: bool) -> dict[str, Any]:
    """Everything that `reminders.html` shows."""
    wanted = found.wanted
    rows = [
        *(_coming(one, found, me, now) for one in found.coming),
        *(_message(one, found, me) for one in found.messages),
    ]
    named = [(day, {**row, "field": f"jour-{place}"}) for place, (day, row) in enumerate(rows)]
    whose = {"Pour moi": True, "Mon territoire": False} if choices and not wanted.case else {}
    lead = (
        say("Dossier {case}", case=found.names.get(wanted.case, wanted.case)) if wanted.case else _LEADS[wanted.shown]
    )
    return {
        "title": "Relances", "lead": lead, "days": by_day(named, NO_TERRITORY.day_of(now)),
        "here": _address(wanted), "nothing": _NOTHING[wanted.shown],
        "tabs": [{"label": label, "href": _address(wanted, shown=shown), "current": shown is wanted.shown} for shown, label in TABS.items()],
        "whose": [{"label": label, "href": _address(wanted, mine=mine), "current": mine is wanted.mine} for label, mine in whose.items()],
    }  # fmt: skip


def _address(wanted: Wanted, *, shown: Shown | None = None, mine: bool | None = None) -> str:
    whose = wanted.mine if mine is None else mine
    asked = {"vue": shown or wanted.shown, "pour": None if whose else "territoire", "dossier": wanted.case}
    kept = {name: value for name, value in asked.items() if value and value != Shown.COMING}
    return f"/relances?{urlencode(kept)}" if kept else "/relances"


def _coming(one: Coming, found: Outgoing, me: str | None, now: datetime) -> tuple[date, dict[str, Any]]:
    """What will leave, on its day: the case it is about, then what, to whom, and why."""
    calendar = Calendar(timezone=one.timezone)
    mine = one.person is not None and one.person == me
    sent = say("{what} à vous", what=_what(one)) if mine else say("{what} à {who}", what=_what(one), who=one.recipient)
    days = days_to_choose(calendar, now) if mine and one.do == Do.REMIND and one.deadline else ()
    named = _named(one.case, found)
    said = (hour(one.at, one.timezone), sent if named else "", _why(one))
    return calendar.day_of(one.at), {
        "title": sent, **named, "text": together(said, " · "),
        "later": f"/relances/{one.deadline}/plus-tard" if days else None,
        "days": [{"value": day.isoformat(), "label": day_long(day)} for day in days],
    }  # fmt: skip


def _what(one: Coming) -> str:
    return _TITLES[Do(one.do)] if one.do else "Courriel"


def _why(one: Coming) -> str:
    """Which deadline sends it, and at which moment of it; or the action that did."""
    if not one.rule or not one.mark:
        return said_again(one.reason)
    return say("Échéance « {label} », {moment}", label=RULES[one.rule].label, moment=rules.moment_said(one.mark))


def _message(row: Any, found: Outgoing, me: str | None) -> tuple[date, dict[str, Any]]:
    """What left, or could not, on its day: its subject, then when, to whom, about which case, and why."""
    at, named = row.sent_at or row.send_at, _named(row.reference, found)
    tried = "" if row.status == "sent" else say("{count} essais", count=row.attempts)
    to = say("à vous") if row.person_id == me else say("à {who}", who=row.to_name)
    said = (hour(at, row.timezone), to, said_again(row.reason or ""), tried)
    about = {"label": named["title"], "href": named["href"]} if named else None
    return at.astimezone(ZoneInfo(row.timezone)).date(), {
        "title": row.subject or "Courriel", "text": together(said, " · "), "about": about,
    }  # fmt: skip


def _named(reference: str | None, found: Outgoing) -> dict[str, str]:
    """The business that it is about, and where it is."""
    if reference is None:
        return {}
    return {"title": found.names.get(reference, reference), "href": f"/dossiers/{reference}"}
