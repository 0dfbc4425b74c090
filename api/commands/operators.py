"""`qp operators`: the directory by file, in and out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.doorway import CLOCK, opened_database
from api.commands.file_report import bytes_of, end_with
from cases.access import THE_SYSTEM
from cases.database import Scope
from cases.directory.files import FORMATS, write_file
from cases.directory.held import read_directory
from cases.directory.importing import import_directory

app = typer.Typer(no_args_is_help=True, help="The directory: operators, branches, offers, closures, absences.")


@app.command("import")
def import_file(
    file: Path,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="The same report, and nothing is written.")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Bring the directory up to a file (CSV, XLSX, ODS, JSON): all of it, or nothing and exit 1 when a line is refused."""
    content, now = bytes_of(file), CLOCK.now()
    with opened_database() as database:
        report = database.write(
            lambda db: import_directory(db, content, by=THE_SYSTEM, now=now, dry_run=dry_run), Scope.worker()
        )
    end_with(report, report["refused"], as_json=as_json, in_lines=lambda: _print_report(report))


@app.command("export")
def export(
    file: Path,
    form: Annotated[str, typer.Option("--format", help="csv, xlsx or json; by default as the file is named.")] = "",
) -> None:
    """Write the whole directory into a file, which `qp operators import` reads again."""
    form = form or file.suffix.removeprefix(".")
    if form not in FORMATS:
        print(f"The directory is written as {', '.join(FORMATS)}.")
        raise typer.Exit(2)
    with opened_database() as database:
        content = database.read(lambda db: write_file(read_directory(db), form), Scope.worker())
    file.write_bytes(content)


def _print_report(report: dict[str, Any]) -> None:
    """The counts, what changes, then each refused line with what to do."""
    done = "written" if report["written"] else "nothing written"
    print(
        f"{report['lines']} lines: {report['new']} new, {report['changed']} changed, {report['same']} as they were; {done}"
    )
    for one in report["changes"]:
        columns = "; ".join(f"{c['column']}: {c['before'] or '–'} → {c['after'] or '–'}" for c in one["columns"])
        print(f"  line {one['line']}, {one['what']} ({one['outcome']}): {columns}")
    for one in report["refused"]:
        print(f"  line {one['line']}, {one['column']}: {one['value']!r}. {one['reason']}")
