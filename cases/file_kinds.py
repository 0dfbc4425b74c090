"""What a file is, by its content and never by its name: papers, photos, sheets; nothing that runs."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file that may be kept: how the web names it, and how its name ends."""

    media_type: str
    extension: str


_PDF: Final = FileKind("application/pdf", "pdf")
_PNG: Final = FileKind("image/png", "png")
_JPEG: Final = FileKind("image/jpeg", "jpg")
_HEIC: Final = FileKind("image/heic", "heic")
_WEBP: Final = FileKind("image/webp", "webp")
_OPEN_DOCUMENTS: Final = {
    b"application/vnd.oasis.opendocument.text": FileKind("application/vnd.oasis.opendocument.text", "odt"),
    b"application/vnd.oasis.opendocument.spreadsheet": FileKind(
        "application/vnd.oasis.opendocument.spreadsheet", "ods"
    ),
}
_OFFICE: Final = {
    "word/document.xml": FileKind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    "xl/workbook.xml": FileKind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
}
ACCEPTED: Final = ("pdf", "jpg", "jpeg", "png", "heic", "heif", "webp", "odt", "ods", "docx", "xlsx")
"""How the names of what may be kept end: what a form proposes to choose among."""
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_HEAD: Final = 1024
"""Where a PDF may begin: readers look that far."""
_PARTS: Final = 5_000
_MIMETYPE: Final = 200
_DAMAGE: Final = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)  # fmt: skip


def kind_of(content: bytes) -> FileKind | None:
    """What a content is; None for what is not kept: unknown, damaged, or holding macros."""
    return next((kind for look in _LOOKS if (kind := look(content)) is not None), None)


def _plain(content: bytes) -> FileKind | None:
    if b"%PDF-" in content[:_HEAD]:
        return _PDF
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _PNG
    return _JPEG if content.startswith(b"\xff\xd8\xff") else None


def _in_boxes(content: bytes) -> FileKind | None:
    """Photos of telephones."""
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return _HEIC
    return _WEBP if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def _archived(content: bytes) -> FileKind | None:
    """Texts and sheets: an archive that says what it is. Nothing of it is unpacked but that word."""
    if not content.startswith(b"PK\x03\x04"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {part.filename for part in archive.infolist()[:_PARTS]}
            if any(name.lower().endswith("vbaproject.bin") or name.startswith("Basic/") for name in names):
                return None
            if "mimetype" in names:
                return _OPEN_DOCUMENTS.get(_said(archive))
            return next((kind for part, kind in _OFFICE.items() if {part, "[Content_Types].xml"} <= names), None)
    except _DAMAGE:
        return None


def _said(archive: zipfile.ZipFile) -> bytes:
    with archive.open("mimetype") as part:
        return part.read(_MIMETYPE).strip()


_LOOKS: Final[tuple[Callable[[bytes], FileKind | None], ...]] = (_plain, _in_boxes, _archived)
