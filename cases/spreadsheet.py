"""Tables as files for a spreadsheet, CSV and XLSX: as French programs open them, no cell ever run as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

import xlsxwriter

from engine.sentences import Sentence

Cell = str | int | float | Decimal | None
_MARK: Final = "\N{BYTE ORDER MARK}"
"""Without it Excel takes UTF-8 for another encoding."""
_STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"[+-]?[\d\s.,()]+")
_WIDEST: Final = 60
"""Letters of the widest column of a workbook."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its title, its columns, its rows. A cell that is ours is a `Sentence`; the others were typed."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    typed: int = 0
    """How many of its first columns somebody else named."""

    def said_by(self, say: Callable[[object], str]) -> Table:
        """The same, its words of ours said by what knows the reader's language."""
        columns = (*self.columns[: self.typed], *map(say, self.columns[self.typed :]))
        rows = tuple(tuple(say(cell) if isinstance(cell, Sentence) else cell for cell in row) for row in self.rows)
        return replace(self, title=say(self.title), columns=columns, rows=rows)


def as_csv(table: Table) -> bytes:
    """A CSV file: semicolons, UTF-8 with its mark, a comma before the decimals."""
    text = io.StringIO(newline="")
    written = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for row in (table.columns, *table.rows):
        written.writerow([_in_csv(cell) for cell in row])
    return (_MARK + text.getvalue()).encode()


def as_xlsx(tables: Sequence[Table]) -> bytes:
    """A workbook: a sheet for each table, its first line fixed and filtered."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    ) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        for table in tables:
            _add_sheet(book, table, bold)
    return buffer.getvalue()


def as_data(table: Table) -> list[dict[str, Any]]:
    """The rows by the names of their columns, for JSON."""
    return [
        {name: str(cell) if isinstance(cell, Decimal) else cell for name, cell in zip(table.columns, row, strict=True)}
        for row in table.rows
    ]


def defused(cell: str) -> str:
    """A cell that a spreadsheet program shows and does not run: an apostrophe before what would be a formula. A telephone number is none."""
    if cell.startswith(_STARTS_A_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def _in_csv(cell: Cell) -> str:
    if isinstance(cell, float | Decimal):
        return str(cell).replace(".", ",")
    return defused(str(cell)) if cell is not None else ""


def _add_sheet(book: Any, table: Table, bold: Any) -> None:
    sheet = book.add_worksheet(table.title[:31])
    for place, name in enumerate(table.columns):
        longest = max((len(str(row[place] or "")) for row in table.rows), default=0)
        sheet.set_column(place, place, min(_WIDEST, max(len(name), longest) + 2))
        sheet.write_string(0, place, name, bold)
    for line, row in enumerate(table.rows, start=1):
        for place, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(line, place, cell)
            elif cell is not None:
                sheet.write_number(line, place, cell)
    sheet.freeze_panes(1, 1)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
