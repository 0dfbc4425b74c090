"""`qp reference`: the operators, aids and communes that ship with the product."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from api.commands.doorway import CLOCK, opened_database
from cases import reference_data
from cases.database import Scope

app = typer.Typer(no_args_is_help=True, help="Reference data: operators, aids, communes.")


@app.callback()
def main() -> None:
    """Give every command its place below `reference`."""


@app.command()
def load(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Load the reference data, or bring it up to date: what is there already is not doubled."""
    now = CLOCK.now()
    with opened_database() as database:
        loaded = database.write(lambda db: reference_data.load(db, now), Scope.worker())
    if as_json:
        print(json.dumps([asdict(one) for one in loaded]))
        return
    for one in loaded:
        print(f"{one.table}: {one.new} new, {one.changed} changed, {one.same} as they were")
