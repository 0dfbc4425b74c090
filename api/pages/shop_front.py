"""The photo of a shop front that goes with what is noted in the street: read before anything is logged, kept as the case's first document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import Request
from sqlalchemy import Connection
from starlette.datastructures import FormData, UploadFile

from api.csrf import mark_of, marked
from api.security import Visit
from cases.access import Identity
from cases.documents import SentFile, add_document, read_file, request_for
from cases.errors import Invalid
from cases.file_kinds import kind_of
from cases.files import Files

FIELD: Final = "photo"
KEPT: Final = "photo_kept"
"""The field of a form that is shown again, which bears the photo that came with it."""
_NAME: Final = "vitrine"


@dataclass(frozen=True, slots=True)
class ShopFront:
    """A photo whose bytes are kept: a line on its case is still to be written."""

    file: SentFile
    path: str

    def add_to(self, db: Connection, reference: str, *, by: Identity, now: datetime) -> None:
        """Note it on the case that was just logged, in the same transaction."""
        add_document(db, request_for(self.file, reference), self.path, by=by, now=now)


def mark_for(request: Request, photo: ShopFront | None) -> str:
    """What a form that is shown again bears of its photo; nothing without one."""
    frame = request.app.state.frame
    return mark_of(photo.path, frame.holder(request), frame.key) if photo else ""


async def shop_front_of(request: Request, sent: FormData, visit: Visit, files: Files) -> ShopFront | None:
    """The photo of a form, its bytes kept, or the one that an earlier try kept; None without one. Raises Invalid for what is no photo."""
    part = sent.get(FIELD)
    if not isinstance(part, UploadFile) or not part.filename:
        return await _kept(request, sent, visit, files)
    content = await part.read()
    kind = kind_of(content)
    if kind is None or not kind.media_type.startswith("image/"):
        raise Invalid("Ce fichier n’est pas une photo : reprenez-la, ou retirez-la.", FIELD)
    try:
        file = read_file(content, _NAME)
    except Invalid as too_heavy:
        raise Invalid(str(too_heavy), FIELD) from None
    return ShopFront(file, await visit.run(lambda _: files.keep(content)))


async def _kept(request: Request, sent: FormData, visit: Visit, files: Files) -> ShopFront | None:
    frame = request.app.state.frame
    path = marked(str(sent.get(KEPT) or ""), frame.holder(request), frame.key)
    if path is None:
        return None
    try:
        return ShopFront(read_file(await visit.run(lambda _: files.read(path)), _NAME), path)
    except FileNotFoundError:
        return None
