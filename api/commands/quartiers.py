"""`qp quartiers`: the contours of the priority neighbourhoods."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from api.commands.doorway import CLOCK, opened_database
from api.commands.file_report import bytes_of, end_with
from cases.database import Scope
from cases.importers.quartiers import Report, import_quartiers

app = typer.Typer(no_args_is_help=True, help="The priority neighbourhoods (QPV).")


@app.callback()
def main() -> None:
    """Give every command its place below `quartiers`."""


@app.command("import")
def import_contours(file: Path, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Import the official contours (GeoJSON, WGS84); again and again if you like. Exit 1 when a feature is refused."""
    content = bytes_of(file)
    with opened_database() as database:
        report = database.write(lambda db: import_quartiers(db, content, now=CLOCK.now()), Scope.worker())
    end_with(dataclasses.asdict(report), report.refused, as_json=as_json, in_lines=lambda: _print_report(report))


def _print_report(report: Report) -> None:
    """The counts, then each refused feature with what to do."""
    counts = f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged"
    print(f"{report.features} features: {counts}, {len(report.refused)} refused")
    for line in report.refused:
        print(f"  feature {line['feature']} ({line['code'] or 'no code'}): {line['reason']}")
