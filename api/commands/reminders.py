"""`qp reminders`: what will be sent next, and why."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated, Any

import typer

from api.commands.doorway import CLOCK, opened_database
from cases.database import Scope
from cases.journal import plain
from notifications.upcoming import Coming, coming

app = typer.Typer(no_args_is_help=True, help="Reminders: what will be sent next, and why.")
_WRITTEN = ("at", "timezone", "recipient", "kind", "class", "case", "rule", "reason")


@app.callback()
def main() -> None:
    """Give every command its place below `reminders`."""


@app.command()
def preview(days: int = 7, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Show every message to come in so many days, if nobody does anything."""
    now = CLOCK.now()
    with opened_database() as database:
        found = database.read(lambda db: coming(db, now, now + timedelta(days=days)), Scope.worker())
    if as_json:
        print(json.dumps([_written(one) for one in found], ensure_ascii=False, indent=1))
        return
    for one in found:
        print(
            f"{one.at:%Y-%m-%d %H:%M}Z  {one.mail_class:<9} {one.kind:<22} {one.recipient:<24} {one.case or ''}  {one.reason}"
        )


def _written(one: Coming) -> Any:
    """A message to come as JSON writes it."""
    return plain({name: getattr(one, "mail_class" if name == "class" else name) for name in _WRITTEN})
