"""Documents at the doors: a file that was sent is kept and noted on its case; one that is asked for leaves in a way that runs nowhere."""

from __future__ import annotations

from typing import Annotated, Final, cast
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from api.security import Visit
from api.steps import attempt
from cases.documents import SentFile, add_document, document_of, read_file, request_for
from cases.errors import Invalid, NotFound
from cases.files import Files
from cases.journey import Fired
from engine.model import CASE_TRACK

_ALONE: Final = "default-src 'none'; sandbox"
"""A document that a browser opens all the same runs nothing, and belongs to no site."""


def _files(request: Request) -> Files:
    return cast(Files, request.app.state.files)


Kept = Annotated[Files, Depends(_files)]
"""Where the bytes of documents are."""


async def sent_file(sent: FormData) -> SentFile:
    """The part `file` of a form. Raises Invalid when there is none, or when it is not fit to be kept."""
    part = sent.get("file")
    if not isinstance(part, UploadFile) or not part.filename:
        raise Invalid("Choisissez un fichier.", "file")
    return read_file(await part.read(), part.filename[:300])


async def keep_document(
    visit: Visit, files: Files, file: SentFile, *, reference: str, track: str = CASE_TRACK, key: str | None = None
) -> Fired:
    """Keep a file, then note it: bytes without a line harm nobody, a line without its bytes would. Raises what `take` raises."""
    path = await visit.run(lambda _: files.keep(file.content))
    asked = request_for(file, reference, track, key)
    return await attempt(
        visit, lambda db: add_document(db, asked, path, by=visit.identity, now=visit.now), lambda: asked
    )


async def download(visit: Visit, files: Files, reference: str, identifier: str) -> Response:
    """A document, as a file to save. Raises NotFound for one that the visitor may not read as for none."""
    found = await visit.read(lambda db: document_of(db, visit.identity, reference, identifier))
    try:
        content = await visit.run(lambda _: files.read(found.path or ""))
    except FileNotFoundError:
        raise NotFound("Ce document n’est plus ici : demandez-le à la personne qui l’a ajouté.") from None
    disposition = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
    headers = {"Content-Disposition": disposition, "Content-Security-Policy": _ALONE}
    return Response(content, media_type=found.media_type, headers=headers)
