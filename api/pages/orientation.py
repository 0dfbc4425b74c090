"""Orienter: who is proposed for a need and why, the message that would leave, and the requests sent in one gesture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from api.pages import desk
from api.pages.orientation_view import (
    DRAFT,
    ONESELF,
    READ_AGAIN,
    Seen,
    messages_context,
    orientation_context,
    sent_said,
)
from api.pages.shell import PageVisit, done, see_other, warned
from api.pages.step_view import reasons_of
from api.security import Visit
from api.steps import attempt
from cases.errors import CasesError, Conflict, NotFound
from cases.identifiers import read_reference
from cases.journey import Fired
from cases.journey import Request as StepRequest
from cases.orienting import Asking, ask_operators, take_on_oneself
from cases.views.orientation import orientation_of
from engine.inputs import LONGEST_TEXT
from engine.lists import CHOSEN_FOR
from engine.model import Kind, Refusal
from notifications.previewing import preview_request

router = APIRouter(prefix="/dossiers")
Need = Annotated[str, Query(alias="besoin", max_length=40)]
AT_MOST: Final = 10
"""How many branches may be asked at once."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is shown: a need of a case, the oldest one without `need`; the branches that are chosen, the first proposed one when nobody chose.

    `message` is what the adviser wrote instead of the message that is prepared.
    """

    reference: str
    need: str | None
    branches: tuple[str, ...] | None = None
    message: str = ""


@router.get("/{reference}/orienter")
async def show_orientation(request: Request, reference: str, visit: PageVisit, need: Need = "") -> Response:
    """Every operator that could be asked, kept or put aside, each with its sentences and its points."""
    wanted = Wanted(read_reference(reference), need or None)
    return await desk.show(
        request, visit, "orientation.html", lambda db: _read(db, visit, wanted), lambda seen: orientation_context(seen, now=visit.now)
    )  # fmt: skip


@router.get("/{reference}/orienter/message")
async def show_messages(request: Request, reference: str, visit: PageVisit, need: Need = "") -> Response:
    """What each chosen branch would read, before anything leaves."""
    wanted = Wanted(read_reference(reference), need or None, _branches(request.query_params.getlist("antenne")))
    if not wanted.branches:
        address = f"/dossiers/{wanted.reference}/orienter" + (f"?besoin={need}" if need else "")
        return see_other(request, address, warned("Cochez au moins une antenne."))
    return await _messages(request, visit, wanted)


@router.post("/{reference}/orienter")
async def ask_them(request: Request, reference: str, visit: PageVisit) -> Response:
    """Send the requests, keep them as drafts, or take the need on oneself; what is refused shows the messages again."""
    sent = await request.form()
    asking, gesture = _asking(read_reference(reference), sent), str(sent.get("suite") or "")
    wanted = Wanted(asking.reference, asking.need, asking.branches, asking.message or "")
    if gesture == READ_AGAIN:
        return await _messages(request, visit, wanted, sent)
    try:
        await _ask(visit, asking, oneself=gesture == ONESELF)
    except NotFound:
        raise
    except CasesError as error:
        status = 409 if isinstance(error, Conflict) else 422
        return await _messages(request, visit, wanted, sent, reasons_of(error), status=status)
    return see_other(request, f"/dossiers/{asking.reference}", done(sent_said(len(asking.branches), gesture)))


# -- what they share ------------------------------------------------------------------------------------------------------


def _read(db: Connection, visit: Visit, wanted: Wanted) -> Seen:
    who, now = visit.identity, visit.now
    found = orientation_of(db, who, wanted.reference, wanted.need, wanted.branches, now=now)
    need = found.chosen.id if found.chosen else ""
    previews = (
        preview_request(db, found.case["id"], need, one, written=wanted.message, now=now) for one in found.asked
    )
    return Seen(found, tuple(previews))


async def _messages(
    request: Request, visit: Visit, wanted: Wanted, sent: FormData | None = None, errors: tuple[Refusal, ...] = (), *, status: int = 200
) -> Response:  # fmt: skip
    def present(seen: Seen) -> dict[str, Any]:
        return messages_context(seen, now=visit.now, sent=sent, errors=errors)

    return await desk.show(
        request, visit, "orientation_message.html", lambda db: _read(db, visit, wanted), present, status=status
    )


async def _ask(visit: Visit, asking: Asking, *, oneself: bool) -> Fired:
    tried = StepRequest(asking.reference, "draft", Kind.REFERRAL)

    def unit(db: Connection) -> Fired:
        if oneself:
            return take_on_oneself(db, asking, by=visit.identity, now=visit.now)
        return ask_operators(db, asking, by=visit.identity, now=visit.now)[0]

    return await attempt(visit, unit, lambda: tried)


def _asking(reference: str, sent: FormData) -> Asking:
    """The gesture that the form says."""
    said = [str(sent.get(name) or "").strip()[:200] for name in ("motif", "precision")]
    if sent.get("suite") == ONESELF and not said[0]:
        said[0] = CHOSEN_FOR["oneself"]
    version, branches = str(sent.get("version") or ""), _branches(sent.getlist("antenne"))
    asking = Asking(
        reference, str(sent.get("besoin") or "")[:40], branches, " : ".join(filter(None, said)) or None, _own_words(sent),
        one_is_enough=bool(sent.get("une_seule")), send=sent.get("suite") != DRAFT, key=str(sent.get("key") or "")[:40] or None,
    )  # fmt: skip
    return replace(asking, version=int(version)) if version.isascii() and version.isdigit() else asking


def _own_words(sent: FormData) -> str | None:
    """What the adviser wrote, when it is not what was prepared: facts that change until it leaves are then told as they are."""
    written = "\n".join(str(sent.get("message") or "").splitlines()).strip()[:LONGEST_TEXT]
    return written if written != str(sent.get("prepare") or "").strip() else None


def _branches(given: list[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(one)[:40] for one in given if one))[:AT_MOST]
