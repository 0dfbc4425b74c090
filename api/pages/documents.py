"""The documents of a case, for who works on it: those that they may read, and one more."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from api.documents import Kept, download, keep_document, sent_file
from api.pages import desk
from api.pages.sentences import whom
from api.pages.shell import PageVisit, done, see_other, to_correct
from api.security import Visit
from cases.documents import DocumentSeen, documents_of
from cases.errors import CasesError, Conflict, NotFound
from cases.file_kinds import ACCEPTED
from cases.files import Files
from cases.identifiers import read_reference
from cases.views.step_sheet import StepAsked, StepSheet, step_of
from engine.model import CASE_TRACK
from engine.sentences import together
from notifications.typography import day_short

router = APIRouter(prefix="/dossiers/{reference}/documents")
Track = Annotated[str, Query(alias="suivi", max_length=40)]


@router.get("")
async def show_documents(request: Request, reference: str, visit: PageVisit, track: Track = CASE_TRACK) -> Response:
    """The documents that one may read, and the form that adds one."""
    return await _documents(request, visit, read_reference(reference), track)


@router.post("")
async def add_document(request: Request, reference: str, visit: PageVisit, files: Kept) -> Response:
    """Add a document to the case, or to one of its tracks."""
    known, sent = read_reference(reference), await request.form()
    track = str(sent.get("suivi") or CASE_TRACK)[:40]
    try:
        await _keep(visit, files, known, track, sent)
    except (NotFound, Conflict):
        raise
    except CasesError as error:
        return await _documents(request, visit, known, track, error)
    return see_other(request, f"/dossiers/{known}/documents", done("Le document est ajouté."))


@router.get("/{identifier}")
async def take_document(reference: str, identifier: str, visit: PageVisit, files: Kept) -> Response:
    """A document, as a file to save."""
    return await download(visit, files, read_reference(reference), identifier)


async def _keep(visit: Visit, files: Files, reference: str, track: str, sent: FormData) -> None:
    """Keep what was sent. Raises NotFound before a byte is kept for a case or a track that is not theirs."""
    await visit.read(lambda db: _asked(db, visit, reference, track))
    file, key = await sent_file(sent), str(sent.get("key") or "")[:64] or None
    await keep_document(visit, files, file, reference=reference, track=track, key=key)


def _asked(db: Connection, visit: Visit, reference: str, track: str) -> StepSheet:
    return step_of(db, visit.identity, StepAsked(reference, "document", track, record=True), now=visit.now)


async def _documents(
    request: Request, visit: Visit, reference: str, track: str, error: CasesError | None = None
) -> Response:
    def read(db: Connection) -> tuple[tuple[DocumentSeen, ...], StepSheet]:
        return documents_of(db, visit.identity, reference), _asked(db, visit, reference, track)

    status = 422 if error else 200
    return await desk.show(request, visit, "documents.html", read, lambda found: _context(*found, error), status=status)


def _context(documents: tuple[DocumentSeen, ...], sheet: StepSheet, error: CasesError | None) -> dict[str, Any]:
    case, zone = f"/dossiers/{sheet.case['reference']}", sheet.facts.calendar.timezone
    return {
        "title": "Documents", "name": sheet.name, "case_href": case, "here": f"{case}/documents", "track": sheet.possible.track,
        "on": whom(sheet.possible.track, sheet.facts), "may_add": sheet.possible.allowed, "errors": to_correct(error) if error else [],
        "accepted": ",".join(("image/*", *(f".{ending}" for ending in ACCEPTED))), "key": secrets.token_urlsafe(12),
        "documents": [_said(one, sheet, case, zone) for one in documents],
    }  # fmt: skip


def _said(one: DocumentSeen, sheet: StepSheet, case: str, zone: str) -> dict[str, str]:
    """A document as the macro `links` takes it: one that was only described leads to the case."""
    about = together((one.name, whom(one.track, sheet.facts), day_short(one.at, zone)), ", ")
    return {
        "label": about,
        "href": f"{case}/documents/{one.id}" if one.path else case,
        "icon": "download" if one.path else "doc",
    }
