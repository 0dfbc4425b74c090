"""`qp quartiers`: the contours of the priority neighbourhoods."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

from api.commands.doorway import CLOCK, opened_database
from cases.database import Scope
from cases.importers.quartiers import import_quartiers

app = typer.Typer(no_args_is_help=True, help="The priority neighbourhoods (QPV).")


@app.callback()
def main() -> None:
    """Give every command its place below `quartiers`."""


@app.command("import")
def import_contours(file: Path, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Import the official contours (GeoJSON, WGS84); again and again if you like. Exit 1 when a feature is refused."""
    if not file.is_file():
        print(f"There is no file {file}.")
        raise typer.Exit(2)
    content = file.read_bytes()
    with opened_database() as database:
        report = database.write(lambda db: import_quartiers(db, content, now=CLOCK.now()), Scope.worker())
    if as_json:
        print(json.dumps(dataclasses.asdict(report), ensure_ascii=False, indent=1))
    else:
        counts = f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged"
        print(f"{report.features} features: {counts}, {len(report.refused)} refused")
        for line in report.refused:
            print(f"  feature {line['feature']} ({line['code'] or 'no code'}): {line['reason']}")
    raise typer.Exit(1 if report.refused else 0)
