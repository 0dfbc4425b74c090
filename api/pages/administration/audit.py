"""The journal across cases: by person, event, day and case."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages import desk
from api.pages.administration.allowed import LEADERS, refuse_others
from api.pages.sentences import ROLES, SAID
from api.pages.shell import PageVisit
from cases.errors import CasesError
from cases.facts.of_case import NO_TERRITORY
from cases.identifiers import read_reference
from cases.views.audit import PAGE, Found, Wanted, search
from engine.model import CASE_TRACK
from engine.sentences import capital, say, together
from notifications.languages import shown
from notifications.typography import day_short, hour

router = APIRouter(prefix="/administration/journal")
_FIELDS: Final = ("personne", "evenement", "dossier", "du", "au")


@router.get("")
async def search_journal(request: Request, visit: PageVisit) -> Response:
    """The lines that the address asks for, the latest first."""
    refuse_others(visit, LEADERS)
    typed = {name: request.query_params.get(name, "").strip()[:80] for name in _FIELDS}
    wanted = _wanted(typed, request.query_params.get("avant", ""))
    return await desk.show(
        request, visit, "administration/audit.html", lambda db: search(db, visit.identity, wanted), lambda found: _context(found, typed)
    )  # fmt: skip


def _wanted(typed: dict[str, str], before: str) -> Wanted:
    """What is looked for; what cannot be read narrows nothing."""
    try:
        reference = read_reference(typed["dossier"]) if typed["dossier"] else ""
    except CasesError:
        reference = "-"
    return Wanted(
        typed["personne"], typed["evenement"], reference, _day(typed["du"]), _day(typed["au"]), _instant(before)
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


TRACKS: Final = {
    "referral": ("Demande", "l’opérateur"),
    "mentoring_pair": ("Binôme", say("le mentor")),
    "transition_plan": ("Plan", say("le porteur du plan")),
}
"""A track, and who works on it, where nobody is named."""


def _context(found: list[Found], typed: dict[str, str]) -> dict[str, Any]:
    """Everything that `administration/audit.html` shows."""
    page, given = found[:PAGE], {name: value for name, value in typed.items() if value}
    more = urlencode({**given, "avant": page[-1].at.isoformat()}) if len(found) > PAGE else None
    events = {key.rpartition(".")[2]: _said(key.partition(".")[0], label) for key, label in SAID.items()}
    return {
        "title": "Chercher dans le journal", "typed": typed, "rows": [_row(one) for one in page], "more": f"?{more}" if more else None,
        "events": [{"value": "", "label": "Tous"}] + [{"value": value, "label": label} for value, label in sorted(events.items(), key=lambda e: shown(e[1]))],
    }  # fmt: skip


def _row(one: Found) -> list[dict[str, Any]]:
    kind = CASE_TRACK if one.track == CASE_TRACK else one.track.rpartition("-")[0]
    said = SAID.get(f"{kind}.{one.event}") or SAID.get(one.event) or one.event
    where = NO_TERRITORY.timezone
    return [
        {"text": day_short(one.at, where), "sub": hour(one.at, where)},
        {"text": _said(kind, said), "sub": together((TRACKS[kind][0], one.track.rpartition("-")[2])) if kind in TRACKS else None},
        {"text": one.name or ROLES.get(one.role, one.role), "sub": ROLES.get(one.role, "") if one.name else None},
        {"text": one.reference, "href": f"/dossiers/{one.reference}"},
    ]  # fmt: skip


def _said(kind: str, sentence: str) -> str:
    """A sentence of the history without the name of somebody: of whom it speaks, in general."""
    somebody = TRACKS.get(kind, ("", "quelqu’un"))[1]
    colleague = say("un collègue")
    return capital(say(sentence, whom=somebody, referent=colleague, agent=colleague))
