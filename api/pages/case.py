"""A case: its page, the forms of its steps and of what is noted on it, its diagram."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from api import forms
from api.pages import correcting, desk
from api.pages.case_beside import DOCUMENTS, document_shown, refused_address
from api.pages.case_view import case_context
from api.pages.qr_code import qr_svg
from api.pages.shell import PageVisit, done, own_address, see_other
from api.pages.step_view import Wanted, reasons_of, step_context
from api.security import Visit
from api.steps import take
from cases.documents import DocumentSeen, documents_on
from cases.errors import CasesError, Conflict, NotFound
from cases.gestures import event_of_a_call
from cases.identifiers import read_reference
from cases.journey import Fired
from cases.journey import Request as StepRequest
from cases.privacy.sensitive import sensitive_in
from cases.tasks import finish
from cases.views.case_sheet import Sheet, sheet_of
from cases.views.drawing import drawn_facts
from cases.views.step_sheet import KINDS, StepSheet, step_of
from engine.definition import step_named
from engine.diagram import live_svg
from engine.model import CASE_TRACK, Input, Kind, Refusal
from engine.sentences import say
from notifications.outgoing import refused_on
from notifications.typography import typo

router = APIRouter(prefix="/dossiers")

Track = Annotated[str, Query(alias="suivi", max_length=40)]
Back = Annotated[str, Query(alias="retour", max_length=200)]


@router.get("/{reference}")
async def show_case(request: Request, reference: str, visit: PageVisit) -> Response:
    """One case: where it stands, what may be done, what is due, what happened."""
    wanted, who, address = read_reference(reference), visit.identity, request.app.state.base_url

    def read(db: Connection) -> tuple[Sheet, tuple[DocumentSeen, ...], list[Mapping[str, Any]]]:
        sheet = sheet_of(db, who, wanted, now=visit.now)
        refused = refused_on(db, sheet.case["id"]) if sheet.sight.whole else []
        return sheet, documents_on(db, who, sheet.case), refused

    def present(found: tuple[Sheet, tuple[DocumentSeen, ...], list[Mapping[str, Any]]]) -> dict[str, Any]:
        sheet, documents, refused = found
        return case_context(sheet, now=visit.now, me=who.person) | {
            "refused": [refused_address(one, sheet) for one in refused],
            "documents": [document_shown(one, sheet) for one in documents[:DOCUMENTS]],
            "more_documents": max(len(documents) - DOCUMENTS, 0),
            "qr": qr_svg(f"{address}/dossiers/{wanted}"),
        }

    return await desk.show(request, visit, "case.html", read, present)


@router.get("/{reference}/parcours.svg")
async def show_diagram(reference: str, visit: PageVisit) -> Response:
    """The case on its machine: where it is, and beside it the tracks that are open."""
    wanted, who = read_reference(reference), visit.identity
    facts = await visit.read(lambda db: drawn_facts(db, who, wanted, now=visit.now))
    return Response(live_svg(facts, tell=typo), media_type="image/svg+xml")


@router.get("/{reference}/actions/{step}")
async def ask_step(
    request: Request, reference: str, step: str, visit: PageVisit, track: Track = CASE_TRACK, back: Back = ""
) -> Response:
    """The form of a step, made from what it asks for; why not, when it is not possible."""
    asked = Wanted(read_reference(reference), step, track, back=_back(back), filled=_filled(request))
    return await _form(request, visit, asked)


@router.get("/{reference}/noter/{step}")
async def ask_record(
    request: Request, reference: str, step: str, visit: PageVisit, track: Track = CASE_TRACK, back: Back = ""
) -> Response:
    """The form of something to note; `appel` is the call that it was."""
    call = request.query_params.get("appel", "")[:40]
    asked = Wanted(read_reference(reference), step, track, True, _back(back), _filled(request), call)
    return await _form(request, visit, asked)


@router.post("/{reference}/actions/{step}")
async def take_step(request: Request, reference: str, step: str, visit: PageVisit) -> Response:
    """Take a step; what is refused shows the form again, with everything that was typed."""
    sent = await request.form()
    return await _take(request, visit, _wanted(reference, step, sent), sent)


@router.post("/{reference}/noter/{step}")
async def note_record(request: Request, reference: str, step: str, visit: PageVisit) -> Response:
    """Note something."""
    sent = await request.form()
    return await _take(request, visit, _wanted(reference, step, sent, record=True), sent)


# -- what they share ------------------------------------------------------------------------------------------------------

DONE: Final = {
    "accept": "C’est noté : la demande est à vous. L’entrepreneur est prévenu dans dix minutes.",
    "decline": "C’est noté. Nous cherchons ailleurs.",
    "ask_info": "Votre question est partie. Le délai s’arrête jusqu’à la réponse.",
    "undo_answer": "Votre réponse est annulée.",
    "send": "La demande est partie.",
    "draft": "La demande est prête. Relisez-la, puis envoyez-la.",
    "first_contact": "C’est noté : vous vous êtes parlé.",
    "attempt": "L’essai est noté. Réessayez à un autre moment, ou autrement.",
    "close": "Le dossier est clos.",
    "hand_over": "Le dossier est confié. Les deux personnes sont prévenues.",
    "nudge": "La relance part avec les rappels du jour, ou du prochain jour ouvré.",
}
"""What is said once it is done; « C’est noté. » for the rest."""
UNDONE_BY: Final = {"accept": "undo_answer", "decline": "undo_answer"}


async def _form(
    request: Request, visit: Visit, wanted: Wanted, sent: FormData | None = None, errors: tuple[Refusal, ...] = (),
    read_until: int | None = None,
) -> Response:  # fmt: skip
    """The form, empty or with what was typed and what is wrong."""
    status = 200 if sent is None else 409 if read_until is not None else 422

    def read(db: Connection) -> StepSheet:
        return step_of(db, visit.identity, wanted, now=visit.now, read_until=read_until)

    def present(sheet: StepSheet) -> dict[str, Any]:
        return step_context(sheet, wanted, now=visit.now, sent=sent, errors=errors)

    return await desk.show(request, visit, "step.html", read, present, status=status)


async def _take(request: Request, visit: Visit, wanted: Wanted, sent: FormData) -> Response:
    """Take what the form says and go on; show the form again when something is missing, or when the case changed meanwhile."""
    asked = _asked(wanted, sent)
    try:
        fired = await take(visit, asked, then=_its_call(visit, wanted, asked))
    except NotFound:
        raise
    except Conflict as conflict:
        return await _form(request, visit, wanted, sent, reasons_of(conflict), read_until=_whole(sent, "seen") or 0)
    except CasesError as error:
        return await _form(request, visit, wanted, sent, reasons_of(error))
    said = done(DONE.get(asked.event, "C’est noté."), _undo(wanted))
    return see_other(request, wanted.after, said, *_sensitive(wanted, asked, fired))


def _wanted(reference: str, event: str, sent: FormData, *, record: bool = False) -> Wanted:
    track = str(sent.get("suivi") or CASE_TRACK)[:40]
    back, call = _back(str(sent.get("retour") or "")), str(sent.get("appel") or "")[:40]
    return Wanted(read_reference(reference), event, track, record, back, call=call)


def _filled(request: Request) -> dict[str, str]:
    """What a link fills in already: the fields of a form that its address names."""
    return {name: value[:200] for name, value in request.query_params.items()}


def _its_call(visit: Visit, wanted: Wanted, asked: StepRequest) -> Callable[[Connection], object] | None:
    """The call that was to be made is done, when they were reached."""
    if not wanted.call or asked.event != "contact":
        return None
    return lambda db: finish(db, visit.identity, wanted.call, now=visit.now)


def _asked(wanted: Wanted, sent: FormData) -> StepRequest:
    """The step as the write path takes it."""
    inputs = inputs_of(wanted.track, wanted.event)
    payload = correcting.changed(sent) if wanted.event == correcting.EVENT else forms.payload(inputs, sent)
    event = event_of_a_call(wanted.event, wanted.track, payload.get("result"))
    if event != wanted.event:
        payload = forms.payload(inputs_of(wanted.track, event), sent)
    return StepRequest(
        wanted.reference, event, wanted.track, payload, version=_whole(sent, "version"), key=str(sent.get("key") or "")[:64] or None,
        on_behalf_of=forms.on_behalf(sent),
    )  # fmt: skip


def inputs_of(track: str, event: str) -> tuple[Input, ...]:
    """What a step asks for. Raises NotFound for a step that there is not."""
    kind = track if track in KINDS else track.rpartition("-")[0]
    step = step_named(Kind(kind), event) if kind in KINDS else None
    if step is None:
        raise NotFound("Cette étape n’existe pas.")
    return step.inputs


def _sensitive(wanted: Wanted, asked: StepRequest, fired: Fired) -> list[dict[str, Any]]:
    """A hint, when a word that was written touches on what the law protects most, with the way to take the words away."""
    written = " ".join(value for value in asked.payload.values() if isinstance(value, str))
    found = sensitive_in(written)
    if found is None or not fired.lines:
        return []
    word, about = found
    text = say(
        "« {word} » touche à la vie privée ({about}) : ne gardez que ce qui sert à l’aider.", word=word, about=about
    )
    line = f"/dossiers/{wanted.reference}/mots/{fired.lines[0]['sequence']}/effacer"
    return [
        done(text, {"label": "Effacer ces mots", "href": line, "method": "post", "fields": {"retour": wanted.after}})
    ]


def _undo(wanted: Wanted) -> dict[str, Any] | None:
    """The way back from an operator's answer, as long as nobody is told."""
    event = UNDONE_BY.get(wanted.event)
    if event is None:
        return None
    fields = {"suivi": wanted.track, "retour": wanted.after}
    return {"label": "Annuler", "href": f"/dossiers/{wanted.reference}/actions/{event}", "method": "post", "fields": fields}  # fmt: skip


def _whole(sent: FormData, name: str) -> int | None:
    written = str(sent.get(name) or "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else None


def _back(address: str) -> str:
    return own_address(address, "")
