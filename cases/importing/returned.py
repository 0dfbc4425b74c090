"""The refused lines of an import as a sheet: the same columns, the number of each line, and what to correct; to be put right and sent again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

from cases.importing.reports import LineToCorrect

LINE, WRONG = "Ligne du fichier", "À corriger"
_MARK: Final = "\N{BYTE ORDER MARK}"
"""Without it Excel takes UTF-8 for another encoding."""
_STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"[+-]?[\d\s.,()]+")


def refused_sheet(headers: Sequence[str], lines: Iterable[LineToCorrect]) -> bytes:
    """A CSV file as a French spreadsheet program opens it: semicolons, UTF-8 with its mark, no cell that is run as a formula."""
    text = io.StringIO(newline="")
    written = csv.writer(text, delimiter=";", lineterminator="\r\n")
    written.writerow([defused(cell) for cell in (*headers, LINE, WRONG)])
    for line in lines:
        cells = [*line.cells, *[""] * len(headers)][: max(len(headers), len(line.cells))]
        said = " ".join(f"{fault.column} : {fault.reason}" for fault in line.faults)
        written.writerow([defused(cell) for cell in (*cells, str(line.line), said)])
    return (_MARK + text.getvalue()).encode()


def defused(cell: str) -> str:
    """A cell that a spreadsheet program shows and does not run: an apostrophe before what would be a formula. A telephone number is none."""
    if cell.startswith(_STARTS_A_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
