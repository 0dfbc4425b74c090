"""« Mon dossier »: the person who is helped reads where it stands, says that nobody called, answers, or stops everything."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from api.documents import Kept, download, keep_document, sent_file
from api.pages import charter, survey
from api.pages.answer import options
from api.pages.opening import SYSTEM, LinkGone, Opened, open_link
from api.pages.own_choices import ASKS, CONSENT, choices_of, may
from api.pages.own_plan import actions_of, may_begin
from api.pages.own_sentences import asks_news, document_said, now_of, path_of, readers_of
from api.pages.shell import done, page, see_other, to_correct
from api.rate_limits import Counted, refuse_too_often
from api.steps import take
from api.work import Work
from cases.errors import CasesError, Conflict, Invalid, NotFound
from cases.file_kinds import ACCEPTED
from cases.files import Files
from cases.journey import Request as StepRequest
from cases.surveys import last_survey
from cases.views.own_case import OwnCase, own_case
from engine.facts import Pair
from engine.lists import NEWS_OF_BUSINESS
from engine.model import CASE_TRACK
from notifications.grammar import first_name
from notifications.links import Purpose

router = APIRouter(prefix="/mon-dossier/{token}")

_SAID: Final[Mapping[str, str]] = {
    "nobody_called": "Merci de nous l’avoir dit. Nous avons prévenu votre conseil et la structure.",
    "answer_info": "Merci, votre réponse est partie.",
    "withdraw_consent": "C’est fait : nous ne partageons plus vos informations.",
    "close": "C’est fait : votre dossier est arrêté.",
    "reopen": "C’est fait : votre dossier est rouvert, quelqu’un va vous appeler.",
    "resume": "C’est fait : votre dossier reprend.",
    CONSENT: "C’est fait : nous pouvons de nouveau demander de l’aide pour vous.",
    "start_action": "Bravo, c’est noté : votre plan a commencé.",
    "news": "Merci. Votre conseil lit votre réponse.",
}
_FIELDS: Final = ("answer", "reason", "how", "text")


@router.get("")
async def show_my_case(request: Request, token: str, work: Work) -> Response:
    """Where it stands, who calls and by when, and what they may say."""
    opened = await _open(request, token, work)
    return await _page(request, opened)


@router.get("/enquete")
async def show_survey(request: Request, token: str, work: Work) -> Response:
    """The next question of the last survey that was sent, or thanks."""
    return await survey.show(request, await _surveyed(request, token, work))


@router.post("/enquete")
async def answer_survey(request: Request, token: str, work: Work) -> Response:
    """Keep one answer, and ask the next question."""
    return await survey.act(request, await _surveyed(request, token, work))


@router.get("/charte")
async def show_charter(request: Request, token: str, work: Work) -> Response:
    """The mentor who is proposed, and what it commits to."""
    return await charter.show(request, await _proposed(request, token, work))


@router.post("/charte")
async def answer_charter(request: Request, token: str, work: Work) -> Response:
    """Sign, or say no."""
    return await charter.act(request, await _proposed(request, token, work))


@router.get("/{word}")
async def ask_again(request: Request, token: str, word: str, work: Work) -> Response:
    """Ask once more before what cannot be undone by a button."""
    opened = await _open(request, token, work)
    found = await _read(opened)
    if word not in ASKS or not may(found, ASKS[word]):
        raise NotFound("Cela n’est pas possible pour l’instant.")
    return _confirm(request, opened, found, word)


@router.post("")
async def press(request: Request, token: str, work: Work) -> Response:
    """Do what the button says, then show the case again."""
    opened, form = await _open(request, token, work), await request.form()
    pressed = str(form.get("step", ""))
    try:
        await take(opened.visit, _step(opened, pressed, form))
    except (NotFound, Conflict):
        raise
    except CasesError as error:
        return await _page(request, opened, errors=to_correct(error), typed=form)
    return see_other(request, request.url.path, done(_SAID[pressed]))


@router.post("/documents")
async def add_document(request: Request, token: str, work: Work, files: Kept) -> Response:
    """Add a document to the case: a photo is enough."""
    opened, form = await _open(request, token, work), await request.form()
    try:
        await _keep(opened, form, files)
    except (NotFound, Conflict):
        raise
    except CasesError as error:
        return await _page(request, opened, errors=to_correct(error), typed=form)
    return see_other(request, f"/mon-dossier/{token}", done("Merci, votre document est ajouté."))


@router.get("/documents/{identifier}")
async def take_document(request: Request, token: str, identifier: str, work: Work, files: Kept) -> Response:
    """A document that they gave, as a file to save."""
    opened = await _open(request, token, work)
    return await download(opened.visit, files, opened.reference or "", identifier)


async def _keep(opened: Opened, form: FormData, files: Files) -> None:
    """Keep what was sent, for whom it was said. Raises TooOften when there are too many: a link is no storehouse."""
    link, visit, file = opened.link.id, opened.visit, await sent_file(form)
    await visit.work.write(lambda db: refuse_too_often(db, Counted.DOCUMENT, link, visit.now), SYSTEM)
    asked, key = str(form.get("track") or CASE_TRACK), str(form.get("key") or "")[:64] or None
    found = await _read(opened)
    track = asked if asked in {track for track, _ in readers_of(found)} else CASE_TRACK
    await keep_document(visit, files, file, reference=opened.reference or "", track=track, key=key)


def _step(opened: Opened, pressed: str, form: FormData) -> StepRequest:
    """What to ask of the case. Raises Invalid for a button that is not ours."""
    if pressed not in _SAID:
        raise Invalid("Choisissez une réponse.")
    given: dict[str, Any] = {name: str(form[name]).strip() for name in _FIELDS if str(form.get(name) or "").strip()}
    if form.get("call_me"):
        given["call_me"] = True
    if pressed == "close":
        given = {"reason": "withdrawn_by_entrepreneur", "end_tracks": True}
    if pressed == CONSENT:
        given = {"purpose": "share", "given": True}
    track = str(form.get("track") or CASE_TRACK)
    return StepRequest(opened.reference or "", pressed, track, given, key=str(form.get("key") or "")[:64] or None)


async def _open(request: Request, token: str, work: Work) -> Opened:
    opened = await open_link(request, token, work)
    if opened.link.purpose is not Purpose.MY_CASE or opened.reference is None:
        raise LinkGone(None)
    return opened


async def _surveyed(request: Request, token: str, work: Work) -> Opened:
    """The same link, on the track of the last survey. Raises NotFound when none was sent."""
    opened = await _open(request, token, work)
    track = await opened.visit.read(lambda db: last_survey(db, opened.case_id))
    if track is None:
        raise NotFound("Aucune enquête ne vous attend.")
    return replace(opened, link=replace(opened.link, track=track))


async def _proposed(request: Request, token: str, work: Work) -> Opened:
    """The same link, on the last pair that was proposed. Raises NotFound when none was."""
    opened = await _open(request, token, work)
    pairs = [track.name for track in (await _read(opened)).facts.tracks.values() if isinstance(track, Pair)]
    if not pairs:
        raise NotFound("Aucun mentor ne vous est proposé.")
    return replace(opened, link=replace(opened.link, track=pairs[-1]))


async def _read(opened: Opened) -> OwnCase:
    reference, visit = opened.reference or "", opened.visit
    try:
        return await visit.read(lambda db: own_case(db, reference, by=visit.identity, now=visit.now))
    except NotFound as error:
        raise LinkGone(None) from error


async def _page(
    request: Request, opened: Opened, *, errors: list[dict[str, str | None]] | None = None,
    typed: Mapping[str, Any] | None = None,
) -> Response:  # fmt: skip
    found, here = await _read(opened), f"/mon-dossier/{opened.token}"
    now = now_of(found, opened.visit.now)
    return page(
        request, "mon_dossier.html", status=422 if errors else 200, case=found, now=now, path=path_of(found), more=choices_of(found, now, here),
        here=here, errors=errors or [], typed=dict(typed or {}), key=secrets.token_urlsafe(12),
        hello=first_name(opened.visit.identity.name), until=opened.link.expires_at, zone=found.facts.calendar.timezone,
        first_name=first_name, bar_title="Mon dossier", bar_place=found.place or "", actions_todo=actions_of(found), begins=may_begin(found),
        readers=options(readers_of(found), (typed or {}).get("track") or CASE_TRACK),
        documents=[document_said(one, found.facts.calendar.timezone, here) for one in found.documents],
        goes=options(NEWS_OF_BUSINESS.items(), (typed or {}).get("how")) if asks_news(found) else [],
        accepted=",".join(("image/*", *(f".{ending}" for ending in ACCEPTED))),
    )  # fmt: skip


def _confirm(request: Request, opened: Opened, found: OwnCase, word: str) -> Response:
    return page(
        request, "mon_dossier_confirmer.html", word=word, step=ASKS[word], case=found, key=secrets.token_urlsafe(12),
        here=f"/mon-dossier/{opened.token}", bar_title="Mon dossier", bar_place=found.place or "",
    )  # fmt: skip
