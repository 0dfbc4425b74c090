"""From a file to its lines: what writing, what delimiter, which sheet, which line is the header.

Lines bear the number that a spreadsheet program shows: the first is 1, blank ones count, and a cell with line breaks
inside is one line.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    load_workbook,
)

from cases.importers.archive import repack_checked
from cases.importers.errors import (
    MAX_BYTES,
    MAX_COLUMNS,
    MAX_ROWS,
    FileEmpty,
    FileTooBig,
    HeaderOnly,
    NotASpreadsheet,
    OldExcelFile,
    PasswordProtected,
    QuoteLeftOpen,
    TooManyColumns,
    TooManyRows,
    UnreadableText,
    WorkbookDamaged,
)

Cell = str | int | float | bool | date | datetime | time | timedelta
"""What a cell holds. A cell of text is already cleaned (see `clean`); an empty one is the empty string."""

_ARCHIVE: Final = b"PK"
_COMPOUND_FILE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE: Final = "EncryptedPackage".encode("utf-16-le")
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS: Final = (";", "\t", ",", "|")
_DECLARED_DELIMITER: Final = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1b]")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\u200b]")
_SURROGATES: Final = re.compile(r"[\ud800-\udfff]")
_SPACES: Final = re.compile(r"[^\S\n]+")
_SAMPLE_LINES: Final = 50
_MOST_CONTROLS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number as the user sees it, its cells but the empty ones at its end, and how many it had."""

    number: int
    cells: tuple[Cell, ...]
    width: int

    @property
    def is_blank(self) -> bool:
        """Whether nothing is written on it."""
        return not self.cells


@dataclass(frozen=True, slots=True)
class Sheet:
    """A header and the lines under it, blank ones included. A workbook has no encoding and no delimiter."""

    encoding: str | None
    delimiter: str | None
    header: Line
    lines: tuple[Line, ...]


def read_sheet(data: bytes) -> Sheet:
    """Read a CSV, XLSX or ODS file. What it is is read in its first bytes, not in its name.

    Raises a subclass of ImportFileRefused, and nothing else.
    """
    if len(data) > MAX_BYTES:
        raise FileTooBig
    if not data.strip(b"\0 \t\r\n"):
        raise FileEmpty
    if data.startswith(_ARCHIVE):
        return _with_header(_workbook_lines(data), encoding=None, delimiter=None)
    if data.startswith(_COMPOUND_FILE):
        raise PasswordProtected if _ENCRYPTED_PACKAGE in data else OldExcelFile
    text, encoding = _decode(data)
    declared, text = _declared_delimiter(text)
    delimiter = declared or _guess_delimiter(text)
    return _with_header(_text_lines(text, delimiter), encoding=encoding, delimiter=delimiter)


def clean(text: str) -> str:
    """The text without what cannot be stored or shown: NUL and other controls, lone surrogates, spaces around."""
    if text.isascii() and text.isprintable() and "  " not in text:  # nearly all are
        return text.strip()
    text = _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)
    return unicodedata.normalize("NFC", _SPACES.sub(" ", text)).strip()


def shown(cell: Cell) -> str:
    """A cell as its author sees it: a number without its « .0 », a date as day/month/year."""
    match cell:
        case bool():
            return "VRAI" if cell else "FAUX"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime():
            return f"{cell:%d/%m}/{cell.year:04d}"
        case date():
            return f"{cell:%d/%m}/{cell.year:04d}"
        case _:
            return str(cell)


def _with_header(lines: Iterable[Line], *, encoding: str | None, delimiter: str | None) -> Sheet:
    """The header is the first line with something on it. Empty lines at the very end are not lines."""
    every = list(lines)
    first = next((place for place, line in enumerate(every) if not line.is_blank), None)
    if first is None:
        raise FileEmpty
    below = every[first + 1 :]
    if len(below) > MAX_ROWS:
        raise TooManyRows
    if all(line.is_blank for line in below):
        raise HeaderOnly
    return Sheet(encoding, delimiter, every[first], tuple(below))


def _workbook_lines(data: bytes) -> Iterator[Line]:
    """The lines of the first visible sheet that has any."""
    try:
        with load_workbook(repack_checked(data)) as workbook:
            for position in _visible_sheets(workbook):
                rows = workbook.get_sheet_by_index(position).to_python(skip_empty_area=False)
                if rows:
                    return iter([_line(number, row) for number, row in enumerate(rows, 1)])
    except PasswordError as error:
        raise PasswordProtected from error
    except CalamineError as error:
        raise (NotASpreadsheet if "detect file format" in str(error) else WorkbookDamaged) from error
    raise FileEmpty


def _visible_sheets(workbook: CalamineWorkbook) -> list[int]:
    return [
        position
        for position, sheet in enumerate(workbook.sheets_metadata)
        if sheet.visible is SheetVisibleEnum.Visible and sheet.typ is SheetTypeEnum.WorkSheet
    ]


def _line(number: int, cells: Iterable[Cell]) -> Line:
    kept = [clean(cell) if isinstance(cell, str) else cell for cell in cells]
    width = len(kept)
    while kept and kept[-1] == "":
        kept.pop()
    if len(kept) > MAX_COLUMNS:
        raise TooManyColumns
    return Line(number, tuple(kept), width)


def _decode(data: bytes) -> tuple[str, str]:
    """The text and its encoding: what its mark says, or UTF-8, or what Excel writes on Windows, or on a Mac."""
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        sample = text[:65_536]
        if len(_CONTROLS.findall(sample)) > len(sample) * _MOST_CONTROLS:
            raise NotASpreadsheet
        return text, encoding
    raise UnreadableText


def _encodings(data: bytes) -> tuple[str, ...]:
    if data.startswith(_UTF8_MARK):
        return ("utf-8-sig",)
    if data.startswith(_UTF16_MARKS):
        return ("utf-16",)
    return ("utf-8", "cp1252", "mac_roman")


def _declared_delimiter(text: str) -> tuple[str | None, str]:
    """Excel's own first line, `sep=;`, which it does not show: the delimiter it names, and the text after it."""
    declared = _DECLARED_DELIMITER.match(text)
    if not declared or declared[1] not in _DELIMITERS:
        return None, text
    return declared[1], text[declared.end() :]


def _guess_delimiter(text: str) -> str:
    """The one by which most lines have the same number of cells, and that gives the most cells."""
    return max(_DELIMITERS, key=lambda delimiter: _evenness(text, delimiter))


def _evenness(text: str, delimiter: str) -> tuple[float, int]:
    widths = []
    try:
        for record in _records(text, delimiter):
            if any(record):
                widths.append(len(record))
            if len(widths) == _SAMPLE_LINES:
                break
    except csv.Error:
        return 0, 0
    usual, lines = Counter(widths).most_common(1)[0] if widths else (0, 0)
    return (round(lines / len(widths), 1), usual) if usual > 1 else (0, 0)


def _text_lines(text: str, delimiter: str) -> Iterator[Line]:
    number, width = 0, 0
    try:
        for number, record in enumerate(_records(text.rstrip("\r\n"), delimiter), 1):
            if number > 2 * MAX_ROWS:
                raise TooManyRows
            line = _line(number, record)
            width = width or len(line.cells)
            _refuse_swallowed_lines(line, delimiter, width)
            yield line
    except csv.Error as error:
        raise QuoteLeftOpen.at(number + 1) from error


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _refuse_swallowed_lines(line: Line, delimiter: str, width: int) -> None:
    """A cell that holds a line break and a whole line's worth of delimiters has swallowed its neighbours."""
    if width < 3:
        return
    for cell in line.cells:
        if isinstance(cell, str) and "\n" in cell and cell.count(delimiter) >= width - 1:
            raise QuoteLeftOpen.at(line.number)
