"""`qp db` and `qp verify`: the database brought up to date, compared, and its journals checked."""

from __future__ import annotations

import typer
from sqlalchemy import Connection, select

from api.commands.doorway import opened_database
from api.migrations import run
from api.settings import settings
from cases import journal
from cases.database import Scope
from cases.tables.case import case_file

app = typer.Typer(no_args_is_help=True, help="The database: bring it up to date, or compare it.")


@app.command()
def upgrade() -> None:
    """Bring the database to the newest migration."""
    run.upgrade(settings().owner_url)
    print("The database is up to date.")


@app.command()
def check() -> None:
    """Compare the database with what the code expects: tables, triggers, policies."""
    found = run.check(settings().owner_url)
    print("\n".join(found) or "The database is as the code expects.")
    raise typer.Exit(1 if found else 0)


def verify() -> None:
    """Check every case's journal: each line follows the one before, and nothing was changed."""

    def unit(db: Connection) -> tuple[int, list[str]]:
        rows = db.execute(select(case_file.c.id, case_file.c.reference)).all()
        return len(rows), [f"{row.reference}: {line}" for row in rows for line in journal.verify(db, row.id)]

    with opened_database() as database:
        count, wrong = database.read(unit, Scope.worker())
    print("\n".join(wrong) or f"{count} journals, all whole.")
    raise typer.Exit(1 if wrong else 0)
