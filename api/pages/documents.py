"""The documents of a case, for who works on it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.documents import Kept, download
from api.pages.shell import PageVisit
from cases.identifiers import read_reference

router = APIRouter(prefix="/dossiers/{reference}/documents")


@router.get("/{identifier}")
async def take_document(reference: str, identifier: str, visit: PageVisit, files: Kept) -> Response:
    """A document, as a file to save."""
    return await download(visit, files, read_reference(reference), identifier)
