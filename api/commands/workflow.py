"""`qp workflow`: the machines as they run."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from engine.definition import MACHINES, VERSION, as_data, fingerprint, journey_as_data
from engine.model import Kind

app = typer.Typer(no_args_is_help=True, help="The machines as they run.")


@app.callback()
def main() -> None:
    """Give every command its place below `workflow`."""


@app.command()
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
