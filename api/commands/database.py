"""`qp db`, `qp verify`, `qp backup` and `qp restore`: the database brought up to date, compared, its journals checked, itself kept and brought back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection, select

from api.backups import back_up
from api.backups import restore as bring_back
from api.commands.doorway import opened_database, running_database
from api.migrations import run
from api.settings import settings
from cases import verification
from cases.database import Scope
from cases.errors import CasesError
from cases.tables.case import case_file
from cases.tables.territories import territory


class WouldLose(CasesError):
    """Going back to an earlier migration would drop what is held."""

    def __init__(self, lost: list[str]) -> None:
        super().__init__(
            "\n".join(
                (*lost, "Tout cela serait perdu : faites une sauvegarde (qp backup), puis redemandez-le avec --yes.")
            )
        )


app = typer.Typer(no_args_is_help=True, help="The database: bring it up to date, or compare it.")


@app.command()
def upgrade() -> None:
    """Bring the database to the newest migration."""
    run.upgrade(settings().owner_url)
    with running_database():
        print("The database is up to date.")


@app.command()
def downgrade(
    revision: str, yes: Annotated[bool, typer.Option("--yes", help="even what would be lost")] = False
) -> None:
    """Go back to an earlier migration, by its number. What would be lost is said first, and lost with --yes alone."""
    _do(
        lambda: _go_back(revision, yes=yes),
        f"The database is at {revision}. With the version of the product that is of that time: qp db upgrade.",
    )


@app.command()
def check() -> None:
    """Compare the database with what the code expects: tables, triggers, policies."""
    found = run.check(settings().owner_url)
    print("\n".join(found) or "The database is as the code expects.")
    raise typer.Exit(1 if found else 0)


def verify() -> None:
    """Check every journal: nothing was changed, replaying it gives what is stored, the counts on the rows are right, each proposal is what its inputs give."""

    def unit(db: Connection) -> tuple[int, list[str]]:
        cases = db.execute(select(case_file.c.id, case_file.c.reference)).all()
        places = db.execute(select(territory.c.id, territory.c.slug)).all()
        wrong = [f"{row.reference}: {line}" for row in cases for line in verification.verify_case(db, row.id)]
        wrong += [f"{row.slug}: {line}" for row in places for line in verification.verify_territory(db, row.id)]
        return len(cases) + len(places), wrong

    with opened_database() as database:
        count, wrong = database.read(unit, Scope.worker())
    print("\n".join(wrong) or f"{count} journals, all whole.")
    raise typer.Exit(1 if wrong else 0)


def backup(file: Path) -> None:
    """Write the whole database into one file, while it is used; the documents' folder is copied apart."""
    _do(lambda: back_up(settings().owner_url, file), f"The database is in {file}.")


def restore(file: Path) -> None:
    """Bring a backup into an empty database, up to this version, its tables counted; then `qp verify` says whether it is whole."""
    _do(lambda: bring_back(settings().owner_url, file), "The database is restored. Check it: qp db check, qp verify.")


def _go_back(revision: str, *, yes: bool) -> None:
    lost = run.lost_by_going_back(settings().owner_url, revision)
    if lost and not yes:
        raise WouldLose(lost)
    run.downgrade(settings().owner_url, revision)


def _do(unit: Callable[[], None], said: str) -> None:
    try:
        unit()
    except CasesError as error:
        print(error)
        raise typer.Exit(1) from None
    print(said)
