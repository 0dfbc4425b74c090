"""The refused lines of an import as a sheet: the same columns, the number of each line, and what to correct; to be put right and sent again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cases.importing.reports import LineToCorrect
from cases.spreadsheet import Table, as_csv

LINE, WRONG = "Ligne du fichier", "À corriger"


def refused_sheet(headers: Sequence[str], lines: Iterable[LineToCorrect]) -> bytes:
    """A CSV file as a French spreadsheet program opens it, no cell of which is run as a formula."""
    rows = []
    for line in lines:
        cells = [*line.cells, *[""] * len(headers)][: max(len(headers), len(line.cells))]
        said = " ".join(f"{fault.column} : {fault.reason}" for fault in line.faults)
        rows.append((*cells, str(line.line), said))
    return as_csv(Table(WRONG, (*headers, LINE, WRONG), tuple(rows)))
