"""The refused lines of an import as a sheet: the same columns, the number of each line, and what to correct; to be put right and sent again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cases.importing.reports import LineToCorrect
from cases.spreadsheet import Table
from engine.sentences import ours, say, together

LINE, WRONG = "Ligne du fichier", "À corriger"


def refused_sheet(headers: Sequence[str], lines: Iterable[LineToCorrect]) -> Table:
    """The sheet: its own headers first, so that it is read as it was."""
    rows = []
    for line in lines:
        cells = [*line.cells, *[""] * len(headers)][: max(len(headers), len(line.cells))]
        said = together(say("{label} : {value}", label=fault.column, value=ours(fault.reason)) for fault in line.faults)
        rows.append((*cells, str(line.line), said))
    return Table(WRONG, (*headers, LINE, WRONG), tuple(rows), typed=len(headers))
