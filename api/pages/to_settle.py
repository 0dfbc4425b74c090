"""Who to ask next, calls to make and cases that look alike, as rows of « À faire » and of a case; and what is answered to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages.dates import due_chip
from api.pages.orientation_view import ask_address, short_name
from api.pages.shell import PageVisit, done, own_address, see_other
from cases import look_alikes, tasks
from cases.look_alikes import Doubt
from cases.tasks import Call
from cases.views.orientation import Next
from engine.sentences import lowered, say, together
from notifications.grammar import at
from notifications.languages import language, said_again
from notifications.typography import day_long, phone, phone_uri

router = APIRouter()
_ENDED: Final = {"declined": "a décliné", "expired": "n’a pas répondu", "discontinued": "a interrompu l’accompagnement"}


@router.post("/appels/{identifier}/fait")
async def finish_call(request: Request, identifier: str, visit: PageVisit) -> Response:
    """The call was made."""
    sent = await request.form()
    await visit.write(lambda db: tasks.finish(db, visit.identity, identifier, now=visit.now))
    return see_other(request, own_address(str(sent.get("retour") or "")), done("C’est noté : cet appel est fait."))


@router.post("/doublons/{identifier}/distincts")
async def dismiss_doubt(request: Request, identifier: str, visit: PageVisit) -> Response:
    """The two cases are not the same one."""
    sent = await request.form()
    await visit.write(lambda db: look_alikes.dismiss(db, visit.identity, identifier, now=visit.now))
    return see_other(request, own_address(str(sent.get("retour") or "")), done("C’est noté : ce sont deux dossiers."))


def call_row(call: Call, now: datetime, back: str) -> dict[str, Any]:
    """A call to make, as the macro `task` takes it: whom, what to say, since when; the number, and the two ways to say that it is made."""
    since = say(
        "À appeler depuis {day}, faute d’adresse électronique.",
        day=day_long(call.since, call.calendar.timezone),
    )
    says = call.said_in(language().code)
    actions = [{"label": phone(call.phone), "href": phone_uri(call.phone), "icon": "phone"}] if call.phone else []
    if call.may_be_noted:
        asked = urlencode({"channel": "phone", "appel": call.id, "retour": back})
        actions.append({"label": "Noter l’appel", "href": f"/dossiers/{call.reference}/noter/contact?{asked}"})
    return {
        "due": due_chip(call.due_on, call.calendar, now), "title": together((said_again(call.label), call.name or ""), ", "),
        "href": f"/dossiers/{call.reference}" if call.reference else "/", "reason": say("À dire : « {said} »", said=says[0]) if says else since,
        "lines": says[1:], "detail": since if says else None,
        "actions": [*actions, _post("Appel fait", f"/appels/{call.id}/fait", back)],
    }  # fmt: skip


def doubt_row(doubt: Doubt, back: str) -> dict[str, Any]:
    """Two cases that look alike, as the macro `task` takes them: why, the other one, and the two ways out."""
    kept = urlencode({"reason": "duplicate", "keeps": doubt.other_reference, "end_tracks": "1", "retour": back})
    close = {
        "label": "C’est un doublon",
        "href": f"/dossiers/{doubt.reference}/actions/close?{kept}",
        "spoken": doubt.name,
    }
    return {
        "due": {"kind": "today", "text": "à trancher"}, "title": say("Doublon probable de {other_name}", other_name=doubt.other_name),
        "href": f"/dossiers/{doubt.other_reference}",
        "reason": _alike(doubt),
        "actions": [close, _post("Ce n’est pas un doublon", f"/doublons/{doubt.id}/distincts", back)],
    }  # fmt: skip


def _alike(doubt: Doubt) -> str:
    return say(
        "{name} ({reference}) ressemble à {other} ({other_reference}). {reason}.",
        name=doubt.name,
        reference=doubt.reference,
        other=doubt.other_name,
        other_reference=doubt.other_reference,
        reason=said_again(doubt.reason),
    )


def next_row(found: Next, *, named: bool = False) -> dict[str, Any]:
    """Who comes next after a request that came to nothing, as the macro `task` takes it."""
    best, own, case = found.candidate, found.candidate["branch"], f"/dossiers/{found.reference}"
    about = found.business if named else lowered(found.need.label)
    name = at(short_name(own["name"]))
    reasons = sorted((part for part in best["criteria"] if part["points"]), key=lambda part: -part["points"])[:2]
    return {
        "due": {"kind": "today", "text": "à demander"}, "title": say("Demander {name} : {about}", name=name, about=about),
        "href": f"{case}/orienter?besoin={found.need.id}",
        "reason": say("{after} {ended}. Ensuite : {name}, {score} / 100.", after=found.after, ended=_ENDED[found.ended], name=own['name'], score=best['score']),
        "detail": together(said_again(part["message"]) for part in reasons),
        "actions": [{"label": say("Demander {name}", name=name), "href": ask_address(case, found.need.id, own["id"]), "kind": "go"}],
    }  # fmt: skip


def _post(label: str, address: str, back: str) -> dict[str, Any]:
    return {"label": label, "href": address, "method": "post", "fields": {"retour": back}}
