"""`qp simulate`: months of a territory's work, played on the rules as they stand in a folder that is thrown away, then counted."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import Connection

from api.commands.doorway import CLOCK, Spoken
from api.demo.building import CALENDAR
from api.demo.cast import TERRITORY
from api.demo.place import How, place_in, prepare
from cases.access import THE_SYSTEM
from cases.database import Scope
from cases.export import tables_of_indicators
from cases.indicators import indicators_of
from cases.lives import LIVES, ONE_OF_EACH, Lives
from cases.spreadsheet import Table, as_data
from engine.working_days import EVENING
from notifications.languages import shown, speaking
from notifications.tally import tables_of_what_left

NOWHERE: Final = "http://simulation.example"


def simulate(
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day that is lived; today unless told.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One case of each kind, instead of 150.")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    language: Spoken = "fr",
) -> None:
    """Play a year of 150 cases on the rules as they stand, and count what came of it; the same rules and day give the same figures."""
    now = CLOCK.now() if on is None else CALENDAR.at(on.date(), EVENING)
    with tempfile.TemporaryDirectory() as folder:
        tables = figures_of(Path(folder), now, ONE_OF_EACH if quick else LIVES)
    with speaking(language):
        said = [table.said_by(shown) for table in tables]
    if as_json:
        print(json.dumps({table.title: as_data(table) for table in said}, ensure_ascii=False, indent=1))
    else:
        print("\n\n".join(_written(table) for table in said))


def figures_of(folder: Path, now: datetime, lives: Sequence[Lives]) -> list[Table]:
    """What these lives come to by an instant: the figures of Pilotage, what each rule did by itself, what became of each mail."""
    database, _ = prepare(place_in(folder), now, How(NOWHERE, timedelta(0), lives))

    def count(db: Connection) -> list[Table]:
        figures = tables_of_indicators(indicators_of(db, THE_SYSTEM, TERRITORY, now=now))
        return [*figures, *tables_of_what_left(db)]

    try:
        return database.read(count, Scope.worker())
    finally:
        database.close()


def _written(table: Table) -> str:
    """A line for each row, so that two runs are compared line by line: its name, then what is counted of it, but for zeros."""
    lines = []
    for name, *cells in table.rows:
        counted = [f"{said} {cell}" for said, cell in zip(table.columns[1:], cells, strict=True) if cell]
        lines.append(f"  {name}: {', '.join(counted) or 0}")
    return "\n".join((table.title, *lines))
