"""From a canvassing sheet to detections: for each line, what it says, or why it is not recorded.

Of one line, in this order: nothing on it → blank; the person declined to be contacted → only counted; a value that
cannot be read → refused, with every fault; the same business as an earlier line that is recorded (the rule is in
`cases.duplicates`) → linked to that line; else → a detection. So a refused line is never the original of another, and
nothing is kept of a person who said no.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import Final, TypeVar

from cases.duplicates import Fingerprint, Likeness, MatchKey, fold, match_keys, same
from cases.importers.columns import Column, Field, columns_as_said, guess_columns
from cases.importers.errors import MAX_BYTES, FileTooBig, HeaderOnly, NobodyNamed
from cases.importers.results import (
    Blank,
    DeclinedContact,
    Detection,
    DetectionFile,
    Duplicate,
    Fault,
    ReadLine,
    Refused,
    Remark,
    Row,
)
from cases.importers.sheet import Cell, Line, Sheet, clean, read_sheet, shown
from cases.importers.values import (
    REASONS,
    Consent,
    ValueRefused,
    read_activity,
    read_consent,
    read_date,
    read_email,
    read_phone,
    read_postcode,
    read_siret,
    read_text,
)
from cases.needs import read_needs

T = TypeVar("T")


_HEADER_AMONG: Final = 10
_SAMPLED: Final = 20
_NAMES: Final = (Field.NAME, Field.PERSON, Field.GIVEN_NAME)
_SHORT_TEXT: Final = 200
_ADDRESS: Final = 300
_LONG_TEXT: Final = 2_000
_SHOWN_VALUE: Final = 200
_LOST_LETTER: Final = re.compile(r"\w\?\w|\N{REPLACEMENT CHARACTER}")
_POSTCODE_AND_CITY: Final = re.compile(r"(\d{5})[\s,-]+(\D.*)")
_MOST_CANDIDATES: Final = 50
REMARKS: Final = {
    "letter_lost": "Une lettre de ce nom a été perdue par le tableur : corrigez-la dans le dossier.",
    "postcode_unreadable": "Ce code postal n’a pas cinq chiffres : il n’est pas repris.",
    "no_channel": "Ni téléphone ni adresse électronique : il faudra repasser sur place.",
}
"""Every remark, by its code."""


def read_detections(
    source: bytes | str | Path, filename: str, *, region: str, today: date, fields: Sequence[Field | None] | None = None
) -> DetectionFile:
    """Read a whole sheet: CSV, XLSX or ODS, its bytes or where they are.

    `region` is the territory's telephone region (« FR », « RE » …); `today` its local day; `fields` what each column holds, guessed from
    the headers unless told. Raises ImportFileRefused.
    """
    data = source if isinstance(source, bytes) else _bytes_at(Path(source))
    sheet = _with_its_header(read_sheet(data))
    headers = _headers(sheet.header)
    columns = guess_columns(headers) if fields is None else columns_as_said(headers, fields)
    if not any(column.field in _NAMES for column in columns):
        raise NobodyNamed
    seen = _Seen()
    rows = tuple(seen.linked(_read_line(line, sheet, columns, region=region, today=today)) for line in sheet.lines)
    return DetectionFile(
        filename=filename, sha256=hashlib.sha256(data).hexdigest(), encoding=sheet.encoding, delimiter=sheet.delimiter,
        header_line=sheet.header.number, columns=columns, rows=rows,
    )  # fmt: skip


def sample_values(data: bytes) -> tuple[str, ...]:
    """For each column of a sheet, a value from near the top, empty where there is none: what tells what the column holds."""
    sheet = _with_its_header(read_sheet(data))
    near = [line.cells for line in sheet.lines[:_SAMPLED]]
    found = ((shown(cells[place]) for cells in near if place < len(cells)) for place in range(len(sheet.header.cells)))
    return tuple(next((value for value in values if value), "")[:_SHOWN_VALUE] for values in found)


def read_row(cells: Sequence[Cell], columns: Sequence[Column], *, line: int, region: str, today: date) -> ReadLine:
    """Read the cells of one line, of a file or put right by hand. Duplicates are not searched."""
    row = _Row(cells, columns)
    if row.is_blank:
        return Blank(line)
    consent = row.take(Field.CONSENT, read_consent, Consent.NOT_NOTED)
    if consent is Consent.DECLINED:
        return DeclinedContact(line)
    detection = _detection(row, line=line, consent=consent, region=region, today=today)
    if not (fold(detection.name) or fold(detection.person)) and not row.has_fault(*_NAMES):
        row.refuse(next(name for name in _NAMES if row.has(name)), "name_missing")
    return Refused(line, row.sorted_faults(), row.as_written()) if row.faults else detection


def _bytes_at(path: Path) -> bytes:
    """The content of a file. Raises FileTooBig before reading it all, or OSError if it cannot be opened."""
    with path.open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise FileTooBig
    return data


def _headers(line: Line) -> list[str]:
    return [shown(cell) for cell in line.cells]


def _with_its_header(sheet: Sheet) -> Sheet:
    """People write titles above: the header is the line near the top that names the most fields, a name among them."""
    filled = ((place, line) for place, line in enumerate(chain((sheet.header,), sheet.lines)) if not line.is_blank)
    fields = {place: _fields_named(line) for place, line in islice(filled, _HEADER_AMONG)}
    naming = [place for place, found in fields.items() if not found.isdisjoint(_NAMES)]
    if not naming:
        raise NobodyNamed
    place = max(naming, key=lambda place: (len(fields[place]), -place))
    if place == 0:
        return sheet
    header, below = sheet.lines[place - 1], sheet.lines[place:]
    if all(line.is_blank for line in below):
        raise HeaderOnly
    return Sheet(sheet.encoding, sheet.delimiter, header, below)


def _fields_named(line: Line) -> set[Field]:
    return {column.field for column in guess_columns(_headers(line)) if column.field}


def _read_line(line: Line, sheet: Sheet, columns: tuple[Column, ...], *, region: str, today: date) -> ReadLine:
    read = read_row(line.cells, columns, line=line.number, region=region, today=today)
    shifted = line.cells[sheet.header.width :]
    if not shifted or isinstance(read, Blank | DeclinedContact):
        return read
    value = " ".join(shown(cell) for cell in shifted)[:_SHOWN_VALUE]
    fault = Fault(columns[-1].header, value, "cells_shifted", REASONS["cells_shifted"])
    return Refused(line.number, (fault,), tuple(shown(cell) for cell in line.cells))


def _detection(row: _Row, *, line: int, consent: Consent, region: str, today: date) -> Detection:
    """Everything that the line says; what cannot be read is noted as a fault of the row."""
    activity = read_activity(row.text(Field.ACTIVITY))
    postcode, city = row.take(Field.POSTCODE, read_postcode, None), row.text(Field.CITY)
    if in_city := _POSTCODE_AND_CITY.fullmatch(city):
        postcode, city = postcode or in_city[1], in_city[2]
    phone = row.take(Field.PHONE, lambda cell: read_phone(cell, region=region), None)
    other_phone = row.take(Field.OTHER_PHONE, lambda cell: read_phone(cell, region=region), None)
    email = row.take(Field.EMAIL, read_email, None)
    return Detection(
        line=line,
        name=row.text(Field.NAME),
        person=" ".join(part for part in (row.text(Field.GIVEN_NAME), row.text(Field.PERSON)) if part),
        phone=phone or other_phone,
        other_phone=other_phone if phone else None,
        email=email,
        address=row.text(Field.ADDRESS, _ADDRESS),
        postcode=postcode,
        city=city,
        siret=row.take(Field.SIRET, read_siret, None),
        naf=read_activity(row.text(Field.NAF)).naf or activity.naf,
        activity=activity.words,
        needs=read_needs(row.text(Field.NEED, _LONG_TEXT)),
        visited_on=row.take(Field.VISITED_ON, lambda cell: read_date(cell, today=today), None),
        seen_by=row.text(Field.SEEN_BY),
        consent=consent,
        consent_words=row.text(Field.CONSENT),
        note=row.text(Field.NOTE, _LONG_TEXT),
        remarks=tuple(_remarks(row, postcode=postcode, reachable=bool(phone or other_phone or email))),
    )


def _remarks(row: _Row, *, postcode: str | None, reachable: bool) -> Iterable[Remark]:
    for name in _NAMES:
        if _LOST_LETTER.search(row.written(name)):
            yield row.remark(name, "letter_lost")
    if row.written(Field.POSTCODE) and not postcode:
        yield row.remark(Field.POSTCODE, "postcode_unreadable")
    if not reachable:
        channel = next((channel for channel in (Field.PHONE, Field.OTHER_PHONE, Field.EMAIL) if row.has(channel)), None)
        yield row.remark(channel, "no_channel")


class _Row:
    """The cells of one line by their field, and the faults found in them so far."""

    def __init__(self, cells: Sequence[Cell], columns: Sequence[Column]) -> None:
        self._cells = [clean(cell) if isinstance(cell, str) else cell for cell in cells]
        self._columns = {column.field: column for column in columns if column.field}
        self.faults: list[tuple[int, Fault]] = []

    @property
    def is_blank(self) -> bool:
        """Whether nothing is written in a known column."""
        return not any(self.written(known) for known in self._columns)

    def has(self, known: Field) -> bool:
        """Whether the sheet has a column for this."""
        return known in self._columns

    def written(self, known: Field) -> str:
        """What is written there, empty without such a column."""
        return shown(self._cell(known))

    def as_written(self) -> tuple[str, ...]:
        """All cells, known or not, as their author sees them."""
        return tuple(shown(cell) for cell in self._cells)

    def text(self, known: Field, at_most: int = _SHORT_TEXT) -> str:
        """The words there; too long a text is a fault."""
        return self.take(known, lambda cell: read_text(cell, at_most=at_most), "")

    def take(self, known: Field, reader: Callable[[Cell], T], otherwise: T) -> T:
        """The value there, or `otherwise` without such a column or if it cannot be read, which is then a fault."""
        if known not in self._columns:
            return otherwise
        if len(self.written(known)) > _LONG_TEXT:
            self.refuse(known, "text_too_long")
            return otherwise
        try:
            return reader(self._cell(known))
        except ValueRefused as refusal:
            self.refuse(known, refusal.code)
            return otherwise

    def refuse(self, known: Field, code: str) -> None:
        """Note a fault. The first of a column is enough."""
        if not self.has_fault(known):
            column = self._columns[known]
            fault = Fault(column.header, self.written(known)[:_SHOWN_VALUE], code, REASONS[code])
            self.faults.append((column.index, fault))

    def has_fault(self, *fields: Field) -> bool:
        """Whether one of these columns has a fault."""
        places = {self._columns[known].index for known in fields if known in self._columns}
        return any(place in places for place, _ in self.faults)

    def sorted_faults(self) -> tuple[Fault, ...]:
        """The faults from left to right."""
        return tuple(fault for _, fault in sorted(self.faults, key=lambda placed: placed[0]))

    def remark(self, known: Field | None, code: str) -> Remark:
        """A remark on what is written in a column, or on the whole line."""
        header = self._columns[known].header if known else ""
        return Remark(header, self.written(known)[:_SHOWN_VALUE] if known else "", code, REMARKS[code])

    def _cell(self, known: Field) -> Cell:
        column = self._columns.get(known)
        return self._cells[column.index] if column and column.index < len(self._cells) else ""


@dataclass(slots=True)
class _Seen:
    """The lines recorded so far, found again by their keys; of those that share a key, the first fifty are compared."""

    _by_key: dict[MatchKey, list[tuple[int, Fingerprint]]] = field(default_factory=dict)

    def linked(self, read: ReadLine) -> Row:
        """The same line, or a Duplicate of the earlier one that it repeats."""
        if not isinstance(read, Detection):
            return read
        mark = read.fingerprint
        earlier = self._earlier(mark)
        self._remember(mark, earlier[0] if earlier else read.line)
        return Duplicate(read.line, *earlier, read) if earlier else read

    def _earlier(self, mark: Fingerprint) -> tuple[int, Likeness] | None:
        """The most alike, and of those the first."""
        candidates = {found for key in match_keys(mark) for found in self._by_key.get(key, ())}
        compared = ((line, same(mark, candidate)) for line, candidate in candidates)
        alike = (pair for pair in compared if pair[1].is_same)
        return min(alike, key=lambda pair: (-pair[1].score, pair[0]), default=None)

    def _remember(self, mark: Fingerprint, line: int) -> None:
        for key in match_keys(mark):
            known = self._by_key.setdefault(key, [])
            if len(known) < _MOST_CANDIDATES:
                known.append((line, mark))
