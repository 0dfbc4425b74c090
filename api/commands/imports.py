"""`qp import`: a canvassing sheet becomes cases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.doorway import CLOCK, opened_database
from api.commands.file_report import bytes_of, end_with
from cases.access import THE_SYSTEM
from cases.importing.running import Upload, import_detections


def import_file(
    file: Path,
    territory_slug: Annotated[str, typer.Option("--territory")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="The same report, and no case is made.")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Import a canvassing sheet (CSV, XLSX, ODS): good lines become cases whatever the bad ones. Exit 1 when a line is refused."""
    upload = Upload(bytes_of(file), file.name, territory_slug, THE_SYSTEM)
    with opened_database() as database:
        report = import_detections(database, upload, now=CLOCK.now(), dry_run=dry_run)
    end_with(report, report["refused"], as_json=as_json, in_lines=lambda: _print_report(report))


def _print_report(report: dict[str, Any]) -> None:
    """The counts, then each refused line with what to do."""
    counts = {name: len(report[name]) for name in ("duplicates", "refused", "declined_contact")}
    recorded = "to record" if report["dry_run"] else "recorded"
    print(f"{report['rows']} lines: {report['recorded']} {recorded}, {counts}, {report['blank']} blank")
    for line in report["refused"]:
        print(f"  line {line['line']}, {line['column']}: {line['value']!r}. {line['reason']}")
