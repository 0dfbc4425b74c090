"""Open a workbook's archive without trusting it: unpack within bounds, measure the sheets, pack again what was read.

A few kilobytes can unpack to gigabytes, and one far cell makes the reading library reserve every cell before it (the
process is then killed, which no `except` sees). So each part is unpacked and measured here, and the library is given
only what was measured.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from xml.parsers import expat

from cases.importers.errors import (
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_UNCOMPRESSED_BYTES,
    PasswordProtected,
    TooManyColumns,
    TooManyRows,
    WorkbookDamaged,
    WorkbookTooBig,
)

_MAX_PARTS: Final = 2_000
_MAX_ELEMENTS: Final = 3_000_000
_CHUNK: Final = 256 * 1024
_READ_PARTS: Final = (".xml", ".rels")
_PLAIN_PARTS: Final = frozenset({"mimetype"})
_ENCRYPTED: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_DAMAGE: Final = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError, OSError)
_ODS_MANIFEST: Final = "META-INF/manifest.xml"
_ODS_ENCRYPTION: Final = b"encryption-data"
_REFERENCE: Final = re.compile(r"([A-Z]+)([0-9]+)", re.IGNORECASE)
_ODS_CONTENT: Final = frozenset({
    "value-type", "value", "string-value", "boolean-value", "date-value", "time-value", "formula",
})  # fmt: skip


def repack_checked(data: bytes) -> io.BytesIO:
    """The workbook again, uncompressed, holding only the parts that were unpacked and measured here.

    Raises WorkbookDamaged, PasswordProtected, WorkbookTooBig, TooManyRows or TooManyColumns.
    """
    packed = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as checked:
            for part, content in _unpack(archive, _parts_to_read(archive)):
                checked.writestr(part, content)
    except _DAMAGE as error:
        raise WorkbookDamaged from error
    packed.seek(0)
    return packed


def _parts_to_read(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    parts = archive.infolist()
    if len(parts) > _MAX_PARTS:
        raise WorkbookTooBig
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise PasswordProtected
    wanted = {part.filename: part for part in parts if _is_read(part.filename)}
    if any(part.compress_type not in _METHODS for part in wanted.values()):
        raise WorkbookDamaged
    if sum(part.file_size for part in wanted.values()) > MAX_UNCOMPRESSED_BYTES:
        raise WorkbookTooBig
    return sorted(wanted.values(), key=lambda part: part.filename != _ODS_MANIFEST)


def _is_read(name: str) -> bool:
    return name in _PLAIN_PARTS or name.lower().endswith(_READ_PARTS)


def _unpack(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> Iterator[tuple[str, bytes]]:
    """Each part with its content, measured. The manifest comes first: what it says to be encrypted is no XML."""
    elements = _MAX_ELEMENTS
    for part in parts:
        content = _read_in_pieces(archive, part)
        if part.filename == _ODS_MANIFEST and _ODS_ENCRYPTION in content:
            raise PasswordProtected
        if part.filename not in _PLAIN_PARTS:
            elements = _measure(content, elements)
        yield part.filename, content


def _read_in_pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """The bytes of one part, never more than the size it announces. Read at once, a part that lies is unpacked whole first."""
    with archive.open(part) as stream:
        return b"".join(iter(lambda: stream.read(_CHUNK), b""))


def _measure(content: bytes, elements: int) -> int:
    """Walk one XML part; returns how many elements the rest of the workbook may still have."""
    extent = _Extent(elements)
    parser = expat.ParserCreate("utf-8")  # as the reading library does, whatever the part says of itself
    parser.StartElementHandler = extent.opened
    parser.EndElementHandler = extent.closed
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise WorkbookDamaged from error
    return extent.elements_left


def _refuse_doctype(*_: object) -> None:
    """Spreadsheet programs write no DOCTYPE; hostile files do, to define entities that swell."""
    raise WorkbookDamaged


class _Extent:
    """How far the filled cells of a sheet reach, XLSX or ODS; raises as soon as it is too far."""

    def __init__(self, elements: int) -> None:
        self.elements_left = elements
        self._row = self._column = self._row_span = 0
        self._on: dict[str, Callable[[Mapping[str, str]], None]] = {
            "sheetData": self._sheet_begins,
            "row": self._xlsx_row,
            "c": self._xlsx_cell,
            "v": self._cell_is_filled,
            "is": self._cell_is_filled,
            "f": self._cell_is_filled,
            "table": self._sheet_begins,
            "table-row": self._ods_row,
            "table-cell": self._ods_cell,
            "covered-table-cell": self._ods_cell,
            "p": self._cell_is_filled,
        }

    def opened(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self.elements_left -= 1
        if self.elements_left < 0:
            raise WorkbookTooBig
        begins = self._on.get(tag.rpartition(":")[2])
        if begins:
            begins(attributes)

    def closed(self, tag: str) -> None:
        """An element ends; an ODS row may stand for many."""
        if tag.rpartition(":")[2] == "table-row":
            self._row, self._row_span = self._row + self._row_span - 1, 0

    def _sheet_begins(self, _: Mapping[str, str]) -> None:
        self._row = self._column = self._row_span = 0

    def _xlsx_row(self, attributes: Mapping[str, str]) -> None:
        self._row, self._row_span, self._column = _number(attributes.get("r"), self._row + 1), 1, 0

    def _xlsx_cell(self, attributes: Mapping[str, str]) -> None:
        if found := _REFERENCE.fullmatch(attributes.get("r", "")):
            self._column, self._row = _column_number(found[1]), _number(found[2], self._row)
        else:
            self._column += 1

    def _ods_row(self, attributes: Mapping[str, str]) -> None:
        self._row, self._column = self._row + 1, 0
        self._row_span = _number(_local(attributes, "number-rows-repeated"), 1)

    def _ods_cell(self, attributes: Mapping[str, str]) -> None:
        self._column += _number(_local(attributes, "number-columns-repeated"), 1)
        if any(name.rpartition(":")[2] in _ODS_CONTENT for name in attributes):
            self._cell_is_filled(attributes)

    def _cell_is_filled(self, _: Mapping[str, str]) -> None:
        if self._row + self._row_span - 1 > MAX_ROWS + 1:
            raise TooManyRows
        if self._column > MAX_COLUMNS:
            raise TooManyColumns


def _local(attributes: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == name), None)


def _number(text: str | None, otherwise: int) -> int:
    """A count as written; beyond eight digits it is as good as endless."""
    if text is None or not text.strip().isdecimal():
        return otherwise
    return int(text.strip()[:9])


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper()[:4]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
