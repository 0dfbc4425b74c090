"""`qp workflow` and `qp migrate-cases`: the machines as they run or ran, their proofs, and what a new version renames."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import typer

from api.commands.doorway import CLOCK, Spoken, opened_database, running_database
from cases import definitions, renaming
from cases.database import Scope
from engine import diagram
from engine.definition import VERSION, as_data, fingerprint
from engine.model import NEW, Kind
from engine.soundness import problems
from notifications.languages import shown, speaking
from notifications.typography import typo

app = typer.Typer(no_args_is_help=True, help="The machines as they run.")


class Format(StrEnum):
    """How a machine is shown."""

    TABLE = "table"
    JSON = "json"
    MERMAID = "mermaid"
    SVG = "svg"


@app.command()
def check() -> None:
    """Prove the machines: nothing unreachable, an end from everywhere, somebody and something due in every open state."""
    found = problems()
    print("\n".join(found) or "sound")
    raise typer.Exit(1 if found else 0)


@app.command()
def show(
    machine: Annotated[Kind | None, typer.Argument(help="One machine; all five without it.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How it is shown.")] = Format.TABLE,
    version: Annotated[int | None, typer.Option(help="An earlier version, as this database keeps it.")] = None,
    language: Spoken = "fr",
) -> None:
    """Show the machines: states with their deadlines and marks, and the steps between them."""
    if form is Format.SVG and (machine is None or version is not None):
        print("A drawing is of one machine, as it runs: name it, without --version.")
        raise typer.Exit(2)
    data = as_data() if version is None else _stored(version)
    kinds = [machine] if machine else list(Kind)
    with speaking(language):
        match form:
            case Format.JSON:
                print(json.dumps(data[machine] if machine else data, ensure_ascii=False, indent=1))
            case Format.MERMAID:
                print("\n".join(_drawn(kind, data if version else None) for kind in kinds), end="")
            case Format.SVG:
                print(diagram.svg(kinds[0], tell=typo), end="")
            case Format.TABLE:
                print(f"version {VERSION}  {fingerprint()}" if version is None else f"version {version}")
                for kind in kinds:
                    _table(kind, data[kind])


def migrate_cases(
    apply: Annotated[bool, typer.Option("--apply/--dry-run", help="Do it, or say what would be done.")] = False,
) -> None:
    """Give what stands in a state that a new version renamed its new name, with a line of the journal that says so."""
    if apply:
        with running_database() as database:
            found = renaming.apply(database, CLOCK.now())
    else:
        with opened_database() as database:
            found = database.read(renaming.planned, Scope.worker())
    for one in found:
        print(f"{one.name} {one.track}: {one.old} → {one.new}")
    print(f"{len(found)} {'renamed' if apply else 'to rename'}.")


def _stored(version: int) -> dict[str, Any]:
    with opened_database() as database:
        return database.read(lambda db: definitions.stored(db, version), Scope.worker())


def _drawn(kind: Kind, stored: dict[str, Any] | None) -> str:
    return diagram.mermaid(kind, tell=shown) if stored is None else diagram.mermaid_of(stored[kind], tell=shown)


def _table(kind: Kind, machine: dict[str, Any]) -> None:
    """One machine, a line for each state, its deadlines and its steps."""
    print(f"\n{kind}")
    for code, state in machine["states"].items():
        print(f"  {code:<20} {shown(state['french'])}  ·  {state['owner'] or '–'}")
        for rule in state["deadlines"]:
            print(f"      {rule['rule']:<20} {rule['within']}  met by {rule['met_by']}")
        for step in machine["transitions"]:
            if code in step["from"]:
                print(f"      → {step['to'] or 'stays':<18} {step['event']}  ({', '.join(step['roles'])})")
    created = (step for step in machine["transitions"] if NEW in step["from"])
    print(f"  created by {', '.join(step['event'] for step in created)}")
