"""`qp messages`: what waits, what left, and what to do with a mail that could not."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from api.commands.doorway import CLOCK, opened_database
from cases.database import Scope
from cases.journal import plain
from notifications import dead_letters

app = typer.Typer(no_args_is_help=True, help="Messages: what waits, what left, what could not.")


@app.command("list")
def list_messages(
    status: Annotated[str | None, typer.Option(help="waiting, sent, dead, dropped, task …")] = None,
    limit: int = 100,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Show the latest messages, without their words."""
    with opened_database() as database:
        found = database.read(lambda db: dead_letters.list_messages(db, status=status, limit=limit), Scope.worker())
    if as_json:
        print(json.dumps(plain(found), ensure_ascii=False, indent=1))
        return
    for row in found:
        print(
            f"{row['id']}  {row['status']:<8} {row['key']:<22} {row['send_at']:%Y-%m-%d %H:%M}  {row['last_error'] or ''}"
        )


@app.command()
def retry(identifier: str) -> None:
    """Send a dead letter again. Exit 1 when it is not one."""
    with opened_database() as database:
        done = database.write(lambda db: dead_letters.retry(db, identifier, CLOCK.now()), Scope.worker())
    _say(done, "It leaves at the next tick.")


@app.command("give-up")
def give_up(identifier: str) -> None:
    """Let a dead letter be. Exit 1 when it is not one."""
    with opened_database() as database:
        done = database.write(lambda db: dead_letters.give_up(db, identifier), Scope.worker())
    _say(done, "It is given up.")


def _say(done: bool, words: str) -> None:
    print(words if done else "There is no dead letter of that id.")
    raise typer.Exit(0 if done else 1)
