"""Putting a refused line right: its values are written again, or what cannot be read is left out; then it is recorded like the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, select, update

from cases.access import Identity
from cases.database import Database, Scope
from cases.errors import Invalid, NotFound, Unreadable
from cases.importers.columns import Column
from cases.importers.detections import read_row
from cases.importers.results import Fault, ReadLine, Refused
from cases.importers.sheet import clean
from cases.importing.reports import columns_of, import_in_sight, phone_region
from cases.importing.verdicts import Bringer, verdicts_on
from cases.tables.case import case_file
from cases.tables.memory import import_line
from cases.writing.batch import Batch
from engine.model import Refusal

NEEDED: Final = frozenset({"name_missing", "consent_unclear", "cells_shifted"})
"""What a line is not recorded without: a name, a clear answer about being called back, each value in its column."""
_EMPTY: Final = dict.fromkeys(("column", "value", "code", "reason", "data", "of_line", "case_id"))


@dataclass(frozen=True, slots=True)
class LineCorrection:
    """The values put right, by the header of their column; `without`: what still cannot be read is left out."""

    values: Mapping[str, str] = field(default_factory=dict)
    without: bool = False


def correct_line(
    database: Database, who: Identity, file_id: str, line: int, correction: LineCorrection, *, now: datetime
) -> dict[str, Any]:
    """Put a refused line right and record it: its number, its verdict then, and its case.

    Raises NotFound for a line that does not wait for that, Invalid for a column that the file does not have, Unreadable with what is still
    wrong, each reason at its column. Whatever is raised, nothing is kept.
    """
    corrected = partial(_correct, who=who, file_id=file_id, line=line, correction=correction, now=now)
    return database.write(corrected, Scope.worker())


def _correct(
    db: Connection, *, who: Identity, file_id: str, line: int, correction: LineCorrection, now: datetime
) -> dict[str, Any]:
    file = import_in_sight(db, who, file_id)
    row = _waiting(db, file, line)
    columns, cells = columns_of(file), _corrected(row, columns_of(file), correction)
    region, today = phone_region(file["holidays"]), now.date()

    def read(given: list[str]) -> ReadLine:
        return read_row(given, columns, line=line, region=region, today=today)

    found = read(cells)
    if isinstance(found, Refused) and correction.without:
        found = read(_without(cells, found.faults, columns))
    if isinstance(found, Refused):
        raise _still_wrong(found.faults)
    bringer, writes = Bringer.of(who, file["territory_id"], file["slug"]), Batch(db)
    [(_, verdict)] = verdicts_on(db, [found], bringer, now, writes=writes)
    writes.send_alike_together()
    db.execute(update(import_line).where(import_line.c.id == row["id"]).values(_EMPTY | verdict))
    reference = select(case_file.c.reference).where(case_file.c.id == verdict.get("case_id"))
    return {"line": line, "verdict": verdict["verdict"], "case": db.execute(reference).scalar()}


def _waiting(db: Connection, file: Mapping[Any, Any], line: int) -> Mapping[Any, Any]:
    """The refused line of a real import, locked. Raises NotFound when there is none."""
    mine = (import_line.c.import_id == file["id"], import_line.c.line == line, import_line.c.verdict == "refused")
    real = not file["dry_run"] and file["undone_at"] is None
    row = db.execute(select(import_line).where(*mine).with_for_update()).mappings().first() if real else None
    if row is None:
        raise NotFound("Cette ligne n’attend pas de correction dans cet import.")
    return row


def _corrected(row: Mapping[Any, Any], columns: tuple[Column, ...], correction: LineCorrection) -> list[str]:
    """The cells of a line with the values that were written again; what stood beyond the last column goes."""
    if row["code"] == "cells_shifted" and not correction.values:
        raise _still_wrong((Fault(row["column"], row["value"], row["code"], row["reason"]),))
    cells = [*row["data"]["cells"], *[""] * len(columns)][: len(columns)]
    places = {column.header: column.index for column in sorted(columns, key=lambda one: one.field is not None)}
    for header, value in correction.values.items():
        if header not in places:
            raise Invalid("Cette colonne n’est pas dans le fichier : reprenez son en-tête.", header)
        cells[places[header]] = clean(value)
    return cells


def _without(cells: list[str], faults: tuple[Fault, ...], columns: tuple[Column, ...]) -> list[str]:
    """The cells without the values that cannot be read, but for those that a line must have."""
    dropped = {fault.column for fault in faults if fault.code not in NEEDED}
    headers = {column.index: column.header for column in columns if column.field is not None}
    return ["" if headers.get(place) in dropped else cell for place, cell in enumerate(cells)]


def _still_wrong(faults: tuple[Fault, ...]) -> Unreadable:
    return Unreadable([Refusal(fault.code, fault.reason, field=fault.column) for fault in faults])
