"""`qp aids`: the catalogue of aids is kept current by files."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from api.commands.doorway import CLOCK, opened_database
from api.commands.file_report import bytes_of, end_with
from cases.database import Scope
from cases.facts.of_case import NO_TERRITORY
from cases.importers.aids import Report, import_aids

app = typer.Typer(no_args_is_help=True, help="The catalogue of aids.")


@app.callback()
def main() -> None:
    """Give every command its place below `aids`."""


@app.command("import")
def import_catalogue(
    file: Path,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="The same report, and nothing is changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Import aids (CSV, XLSX, ODS, JSON) with the columns of Aides-territoires; again and again if you like. Exit 1 when a line is refused."""
    content, now = bytes_of(file), CLOCK.now()
    today = NO_TERRITORY.day_of(now)
    with opened_database() as database:
        report = database.write(
            lambda db: import_aids(db, content, now=now, today=today, dry_run=dry_run), Scope.worker()
        )
    said = {**dataclasses.asdict(report), "dry_run": dry_run}
    end_with(said, report.refused, as_json=as_json, in_lines=lambda: _print_report(report, dry_run=dry_run))


def _print_report(report: Report, *, dry_run: bool) -> None:
    """The counts, then each refused line with what to do."""
    counts = f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged, {report.aside} not for businesses"
    print(f"{report.lines} lines{' (dry run)' if dry_run else ''}: {counts}, {len(report.refused)} refused")
    for line in report.refused:
        print(f"  line {line['line']}, {line['column']}: {line['reason']}")
