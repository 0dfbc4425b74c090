"""The command line: what the product can be asked from a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from sqlalchemy import insert, select

from api.app import create_app
from api.migrations import run
from api.security import new_token
from api.settings import settings
from cases import journal
from cases.access import THE_SYSTEM
from cases.clock import SystemClock
from cases.database import Database, Scope, connect
from cases.errors import CasesError
from cases.identifiers import new_id
from cases.importing import Upload, import_detections
from cases.tables.case import case_file
from cases.tables.people import person, role_grant
from cases.tables.territories import territory
from engine.definition import MACHINES, VERSION, as_data, fingerprint, journey_as_data
from engine.model import Kind, Role

app = typer.Typer(no_args_is_help=True, help="Quartiers productifs: du commerce repéré à l’aide obtenue.")
workflow = typer.Typer(no_args_is_help=True, help="The machines as they run.")
app.add_typer(workflow, name="workflow")
db = typer.Typer(no_args_is_help=True, help="The database: bring it up to date, or compare it.")
app.add_typer(db, name="db")
user = typer.Typer(no_args_is_help=True, help="People and what they may do.")
app.add_typer(user, name="user")
token = typer.Typer(no_args_is_help=True, help="Tokens for the JSON interface.")
app.add_typer(token, name="token")

CLOCK = SystemClock()


@app.callback()
def main() -> None:
    """Give every command its place below the product's name."""


@workflow.command()
def show(
    machine: Annotated[Kind | None, typer.Argument(help="One machine; all five without it.")] = None,
    form: Annotated[str, typer.Option("--format", help="json or table")] = "table",
) -> None:
    """Show the machines: states with their deadlines and marks, and the steps between them."""
    if form == "json":
        print(json.dumps(journey_as_data(machine) if machine else as_data(), ensure_ascii=False, indent=1))
        return
    if form != "table":
        print(f"Unknown format {form!r}: choose json or table.")
        raise typer.Exit(2)
    print(f"version {VERSION}  {fingerprint()}")
    for kind in [machine] if machine else list(MACHINES):
        _table(kind)


def _table(kind: Kind) -> None:
    """One machine, a line for each state, its deadlines and its steps."""
    journey = MACHINES[kind].journey
    print(f"\n{kind}  ({journey.french})")
    for state in journey.states:
        print(f"  {state.code:<20} {state.french}  ·  {state.owner_says or state.owner or '–'}")
        for rule in state.deadlines:
            print(f"      {rule.rule:<20} {rule.within}  met by {rule.met_by.words}")
        for step in state.steps:
            print(f"      → {step.to or 'stays':<18} {step.event}  ({step.label})")


# -- the database ---------------------------------------------------------------------------------------------------------


@db.command()
def upgrade() -> None:
    """Bring the database to the newest migration."""
    run.upgrade(settings().owner_url)
    print("The database is up to date.")


@db.command()
def check() -> None:
    """Compare the database with what the code expects: tables, triggers, policies."""
    found = run.check(settings().owner_url)
    print("\n".join(found) or "The database is as the code expects.")
    raise typer.Exit(1 if found else 0)


@contextmanager
def _database() -> Iterator[Database]:
    """The database of the settings; what goes wrong is said in one line."""
    database = connect(settings().database_url)
    try:
        yield database
    except CasesError as error:
        print(error)
        raise typer.Exit(1) from None
    finally:
        database.close()


@app.command()
def verify() -> None:
    """Check every case's journal: each line follows the one before, and nothing was changed."""

    def unit(db: Any) -> tuple[int, list[str]]:
        rows = db.execute(select(case_file.c.id, case_file.c.reference)).all()
        return len(rows), [f"{row.reference}: {line}" for row in rows for line in journal.verify(db, row.id)]

    with _database() as database:
        count, wrong = database.read(unit, Scope.worker())
    print("\n".join(wrong) or f"{count} journals, all whole.")
    raise typer.Exit(1 if wrong else 0)


# -- people ---------------------------------------------------------------------------------------------------------------


@user.command("add")
def add_user(
    email: str, name: str, role: Role, territory_slug: Annotated[str | None, typer.Option("--territory")] = None
) -> None:
    """Add a person with a role; on a territory, for an adviser or a manager."""
    now = CLOCK.now()

    def unit(db: Any) -> None:
        home = db.execute(select(territory.c.id).where(territory.c.slug == territory_slug)).scalar()
        who = new_id(now)
        db.execute(insert(person).values(id=who, name=name, email=email.lower(), created_at=now))
        db.execute(
            insert(role_grant).values(id=new_id(now), person_id=who, role=str(role), territory_id=home, created_at=now)
        )

    with _database() as database:
        database.write(unit, Scope.worker())
    print(f"{name} is {role}.")


@token.command("add")
def add_token(email: str, name: str = "qp") -> None:
    """Make a token for a person and show it, once."""
    now = CLOCK.now()

    def unit(db: Any) -> str | None:
        who = db.execute(select(person.c.id).where(person.c.email == email.lower())).scalar()
        return new_token(db, who, name, now=now) if who else None

    with _database() as database:
        made = database.write(unit, Scope.worker())
    print(made or f"Nobody has the address {email}: add them first with `qp user add`.")
    raise typer.Exit(0 if made else 1)


# -- work -----------------------------------------------------------------------------------------------------------------


@app.command("import")
def import_file(
    file: Path,
    territory_slug: Annotated[str, typer.Option("--territory")],
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Import a canvassing sheet (CSV, XLSX, ODS): good lines become cases whatever the bad ones. Exit 1 when a line is refused."""
    if not file.is_file():
        print(f"There is no file {file}.")
        raise typer.Exit(2)
    upload = Upload(file.read_bytes(), file.name, territory_slug, THE_SYSTEM)
    with _database() as database:
        report = import_detections(database, upload, now=CLOCK.now())
    if as_json:
        print(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        _print_report(report)
    raise typer.Exit(1 if report["refused"] else 0)


def _print_report(report: dict[str, Any]) -> None:
    """The counts, then each refused line with what to do."""
    counts = {name: len(report[name]) for name in ("duplicates", "refused", "declined_contact")}
    print(f"{report['rows']} lines: {report['recorded']} recorded, {counts}, {report['blank']} blank")
    for line in report["refused"]:
        print(f"  line {line['line']}, {line['column']}: {line['value']!r}. {line['reason']}")


@app.command()
def serve(host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve the JSON interface."""
    uvicorn.run(create_app(connect(settings().database_url)), host=host, port=port, log_level="info")


if __name__ == "__main__":
    app()
