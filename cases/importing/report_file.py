"""The report of an import as a table, for a file: a line for each line of the sheet, what became of it, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from cases.spreadsheet import Cell, Table
from cases.tables.case import case_file
from cases.tables.memory import import_line
from engine.sentences import ours, say, together

COLUMNS: Final = ("Ligne", "Résultat", "Dossier", "Comme la ligne", "Colonne", "Valeur", "À faire")
VERDICTS: Final[Mapping[str, str]] = {
    "recorded": "dossier créé", "duplicate": "doublon, rattaché à ce qui existe", "refused": "à corriger",
    "declined_contact": "ne veut pas être contactée, rien n’en est gardé", "blank": say("vide"),
}  # fmt: skip
TO_COME: Final = "dossier à créer"
"""What a dry run says of a line that would be recorded."""


def report_table(db: Connection, file: Mapping[Any, Any]) -> Table:
    """Every line of an import, in order."""
    joined = import_line.outerjoin(case_file, case_file.c.id == import_line.c.case_id)
    query = select(import_line, case_file.c.reference).select_from(joined)
    lines = db.execute(query.where(import_line.c.import_id == file["id"]).order_by(import_line.c.line)).mappings()
    return Table("Rapport", COLUMNS, tuple(_row(line, dry_run=file["dry_run"]) for line in lines))


def _row(line: Mapping[Any, Any], *, dry_run: bool) -> tuple[Cell, ...]:
    verdict = TO_COME if dry_run and line["verdict"] == "recorded" else VERDICTS.get(line["verdict"], line["verdict"])
    return line["line"], ours(verdict), line["reference"], line["of_line"], line["column"], line["value"], _to_do(line)


def _to_do(line: Mapping[Any, Any]) -> str | None:
    """Why a line is refused; of a known case, what the file says otherwise."""
    differences = (line["data"] or {}).get("differences") if line["verdict"] == "duplicate" else None
    if not differences:
        return ours(line["reason"]) if line["reason"] else None
    said = (
        say(
            "{label} : « {file} » dans le fichier, {in_the_case}",
            label=one["label"],
            file=one["file"],
            in_the_case=_in_the_case(one),
        )
        for one in differences
    )
    return together(said, " ; ")


def _in_the_case(difference: Mapping[str, Any]) -> str:
    return (
        say("« {case} » dans le dossier", case=difference["case"])
        if difference["case"]
        else say("rien dans le dossier")
    )
