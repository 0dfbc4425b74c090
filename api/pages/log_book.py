"""A mentor writes the log book from a mail, in two minutes: four words, what was decided, what comes next; and the review after six months."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from api.pages.answer import options
from api.pages.opening import LinkGone, Opened
from api.pages.shell import done, page, see_other, to_correct
from api.steps import take
from cases.errors import CasesError, Conflict, Invalid, NotFound
from cases.journey import Request as StepRequest
from cases.views.own_case import OwnCase, own_case
from engine.lists import PROGRESS
from engine.state_names import PairState

HOW: Final[Mapping[str, tuple[str, str]]] = {
    "met": ("Nous nous sommes vus", "on_track"),
    "phone": ("Au téléphone", "on_track"),
    "not_met": ("Pas ce mois-ci", "slowed"),
}
"""How they were in touch, in the mentor's words, and what it says of the pair unless the mentor says otherwise."""
WRITE: Final = "record_progress"
HELP: Final = "help"
"""The button « J’ai besoin d’aide »: the pair is blocked, and the adviser is told."""
_FIELDS: Final = ("status", "met_on", "minutes", "text", "next", "private_text", "review")
_MORE: Final = ("status", "next", "met_on", "private_text")
_SAID: Final[Mapping[str, str]] = {
    WRITE: "Merci, le carnet est à jour.",
    HELP: "C’est noté. La personne qui suit le dossier est prévenue, et vous rappelle.",
    "continue_pair": "Le bilan est gardé. Vous continuez ensemble.",
    "end_pair": "Le bilan est gardé, le binôme est terminé. Merci.",
}


async def show(request: Request, opened: Opened) -> Response:
    """The log book's next entry, or the review when its time has come."""
    return _page(request, opened, await read_pair(opened))


async def act(request: Request, opened: Opened) -> Response:
    """Keep the entry; when something is missing, show it again with what to correct."""
    form, found = await request.form(), await read_pair(opened)
    try:
        await take(opened.visit, *_steps(opened, form, found.facts.calendar.day_of(opened.visit.now)))
    except (NotFound, Conflict):
        raise
    except CasesError as error:
        return _page(request, opened, await read_pair(opened), errors=to_correct(error), typed=form)
    return see_other(request, request.url.path, done(_SAID[str(form["step"])]))


async def read_pair(opened: Opened) -> OwnCase:
    """The case of a pair, as its two people read it. Raises LinkGone when it is theirs no more."""
    reference, visit = opened.reference or "", opened.visit
    try:
        found = await visit.read(lambda db: own_case(db, reference, by=visit.identity, now=visit.now))
    except NotFound as error:
        raise LinkGone(None) from error
    if opened.track not in found.facts.tracks:
        raise LinkGone(None)
    return found


def _steps(opened: Opened, form: FormData, today: date) -> tuple[StepRequest, ...]:
    """What to ask of the case: an entry that tells of a meeting notes the meeting too. Raises Invalid for a button that is not ours."""
    pressed = str(form.get("step", ""))
    if pressed not in _SAID:
        raise Invalid("Choisissez une réponse.")
    given = {name: str(form[name]).strip() for name in _FIELDS if str(form.get(name) or "").strip()}
    if pressed in (WRITE, HELP):
        given = _entry(given, str(form.get("how") or ""), today, needs_help=pressed == HELP)
    if pressed == "end_pair":
        given["reason"] = "end_of_term"
    event = WRITE if pressed == HELP else pressed
    reference, track, key = opened.reference or "", opened.track, str(form.get("key") or "")[:64]
    entry = StepRequest(reference, event, track, given, key=key or None)
    if event != WRITE or "met_on" not in given:
        return (entry,)
    met = {"day": given["met_on"], **({"minutes": given["minutes"]} if "minutes" in given else {})}
    return (entry, StepRequest(reference, "session", track, met, key=f"{key}-2" if key else None))


def _entry(given: Mapping[str, str], how: str, today: date, *, needs_help: bool) -> dict[str, str]:
    """An entry whose status is what the mentor said, else what the way of being in touch says. Raises Invalid when nothing says it."""
    if needs_help:
        return {**given, "status": "blocked"}
    if how not in HOW and "status" not in given:
        raise Invalid("Choisissez : vus, au téléphone, ou pas ce mois-ci.", "how")
    if how not in HOW:
        return dict(given)
    usual = {"status": HOW[how][1], **({"met_on": today.isoformat()} if how == "met" else {})}
    return {**usual, **given}


def _page(
    request: Request, opened: Opened, found: OwnCase, *,
    errors: list[dict[str, str | None]] | None = None, typed: Mapping[str, Any] | None = None,
) -> Response:  # fmt: skip
    pair, given = found.facts.tracks[opened.track], dict(typed or {})
    template = "lien/bilan.html" if pair.state == PairState.MID_REVIEW else "lien/carnet.html"
    return page(
        request, template, status=422 if errors else 200, case=found, pair=pair, here=request.url.path, errors=errors or [], typed=given,
        key=secrets.token_urlsafe(12), progress=options(PROGRESS.items(), given.get("status")),
        how=options([(code, words) for code, (words, _) in HOW.items()], given.get("how")), more=any(given.get(name) for name in _MORE),
        due=found.due("logbook", opened.track), today=found.facts.calendar.day_of(opened.visit.now),
    )  # fmt: skip
