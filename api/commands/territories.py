"""`qp territory`: a territory enters the programme, and goes through its phases."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from api.commands.doorway import CLOCK, opened_database
from cases import candidacy, programme
from cases.access import Grant, Identity
from cases.database import Scope
from cases.errors import Refused
from cases.programme import TerritoryRequest
from cases.reference_data import KnownTerritory, known_territories, known_territory
from cases.views import directory
from cases.views.paging import Asked
from engine.definition import step_named
from engine.inputs import read_entered
from engine.model import InputKind, Kind, Role

app = typer.Typer(no_args_is_help=True, help="Territories and their phases in the programme.")

AT_THE_TERMINAL = Identity(name="qp", grants=(Grant(Role.ADMIN),), via="api")
"""Whoever has this machine's terminal acts for the programme."""


@app.command()
def add(
    slug: str,
    name: Annotated[str | None, typer.Argument(help="Known already for the first fourteen.")] = None,
    kind: Annotated[str, typer.Option(help="commune, communes, ca, cu, metropole, ept …")] = "commune",
    code: Annotated[str | None, typer.Option(help="SIREN of the intercommunality.")] = None,
    commune: Annotated[list[str] | None, typer.Option(help="INSEE code; may be repeated.")] = None,
    holidays: Annotated[str, typer.Option(help="FR, FR-974 …")] = "FR",
) -> None:
    """Create a territory, which applies to the programme; its perimeter is known for the first fourteen."""
    known = known_territory(slug) or KnownTerritory(slug, name or slug, kind, code, (), "Europe/Paris", holidays)
    asked = replace(known, name=name or known.name, communes=tuple(commune or known.communes))
    now = CLOCK.now()
    with opened_database() as database:
        database.write(lambda db: candidacy.apply(db, asked, by=AT_THE_TERMINAL, now=now), Scope.worker())
    print(f"{asked.name} ({slug}) applies.")


@app.command("list")
def list_territories() -> None:
    """List the territories with their phases."""
    with opened_database() as database:
        for one in database.read(lambda db: directory.territories(db, Asked(1_000)), Scope.worker())["items"]:
            print(f"{one['slug']:<24} {one['phase']:<16} {one['name']}")


@app.command()
def known() -> None:
    """List the territories that ship with the product: their slug, how many communes they have, their name."""
    for one in known_territories():
        print(f"{one.slug:<24} {len(one.communes):>4} communes  {one.name}")


@app.command()
def step(
    slug: str, event: str, entered: Annotated[list[str] | None, typer.Argument(help="name=value …")] = None
) -> None:
    """Take a step of a territory, or note a record of it: `qp territory step roubaix label label_reference=…`."""
    now = CLOCK.now()
    with opened_database() as database:
        request = TerritoryRequest(slug, event, _payload(event, entered or []))
        lines = database.write(lambda db: programme.fire(db, request, by=AT_THE_TERMINAL, now=now), Scope.worker())
    for line in lines:
        print(f"{line['event']}: {line['from']} → {line['to']}")


def _payload(event: str, entered: list[str]) -> dict[str, Any]:
    """What was typed, read as the step asks for it; lists are written with commas."""
    known = step_named(Kind.TERRITORY, event)
    inputs = known.inputs if known else ()
    lists = {asked.name for asked in inputs if asked.kind is InputKind.AXES}
    typed = [(name, value) for name, _, value in (one.partition("=") for one in entered)]
    values, wrong = read_entered(inputs, {name: value.split(",") if name in lists else value for name, value in typed})
    if wrong:
        raise Refused(wrong)
    return values
