"""Small files of every kind that people send, for the tests."""

from __future__ import annotations

import io
import zipfile

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(17)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(9) + b"\xff\xd9"
HEIC = b"\x00\x00\x00\x18ftypheic" + bytes(12)
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8 " + bytes(14)


def docx_file(*, macros: bool = False) -> bytes:
    """A text, as an archive that says what it is; with macros when told."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("[Content_Types].xml", "word/document.xml", *(("word/vbaProject.bin",) if macros else ())):
            archive.writestr(name, b"<a/>")
    return packed.getvalue()
