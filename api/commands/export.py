"""`qp export`: cases and figures as a file, for a spreadsheet or another tool."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from api.commands.doorway import CLOCK, Spoken, opened_database
from cases.access import THE_SYSTEM
from cases.database import Database, Scope
from cases.export import AT_MOST, table_of_cases, tables_of_indicators
from cases.indicators import indicators_of
from cases.spreadsheet import Table, as_csv, as_data, as_xlsx
from cases.views.listing import every_case
from cases.views.narrowing import Narrowing
from notifications.languages import shown, speaking

app = typer.Typer(no_args_is_help=True, help="Cases and figures, as CSV, XLSX or JSON.")
Format = Annotated[Literal["csv", "xlsx", "json"], typer.Option("--format", help="csv, xlsx or json")]
Out = Annotated[Path | None, typer.Option("--out", help="A file; the standard output unless told.")]
TerritorySlug = Annotated[str, typer.Option("--territory", help="A territory's slug.")]


@app.command("cases")
def export_cases(
    territory: TerritorySlug = "", format: Format = "csv", out: Out = None, language: Spoken = "fr"
) -> None:
    """Write the cases of a territory, or of all of them, closed ones included: ten thousand at most."""
    narrowed, now = Narrowing(territory=(territory,) if territory else ()), CLOCK.now()
    with opened_database() as database:
        rows = database.read(lambda db: every_case(db, THE_SYSTEM, narrowed, now=now, at_most=AT_MOST), Scope.worker())
        _write((table_of_cases(rows, now),), format, out, language)


@app.command("indicators")
def export_indicators(
    territory: TerritorySlug, format: Format = "csv", out: Out = None, language: Spoken = "fr"
) -> None:
    """Write the figures of a territory: the very ones of Pilotage."""
    with opened_database() as database:
        _write(_figures(database, territory, whole=format == "csv"), format, out, language)


def _figures(database: Database, territory: str, *, whole: bool) -> tuple[Table, ...]:
    now = CLOCK.now()
    found = database.read(lambda db: indicators_of(db, THE_SYSTEM, territory, now=now), Scope.worker())
    return tables_of_indicators(found, whole=whole)


def _write(tables: tuple[Table, ...], format: str, out: Path | None, language: str) -> None:
    with speaking(language):
        content = _content([table.said_by(shown) for table in tables], format)
    if out is not None:
        out.write_bytes(content)
    elif format == "xlsx" and sys.stdout.isatty():
        raise typer.BadParameter("A workbook is no text: give --out FILE.")
    else:
        sys.stdout.buffer.write(content)


def _content(tables: Sequence[Table], format: str) -> bytes:
    if format == "csv":
        return as_csv(tables[0])
    if format == "xlsx":
        return as_xlsx(tables)
    said = as_data(tables[0]) if len(tables) == 1 else {table.title: as_data(table) for table in tables}
    return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()
