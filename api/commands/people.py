"""`qp user` and `qp token`: who works here, and the keys of the JSON interface."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import Connection, insert, select

from api.commands.doorway import CLOCK, opened_database
from api.security import new_token
from cases.database import Scope
from cases.identifiers import new_id
from cases.tables.people import person, role_grant
from cases.tables.territories import territory
from engine.model import Role

users = typer.Typer(no_args_is_help=True, help="People and what they may do.")
tokens = typer.Typer(no_args_is_help=True, help="Tokens for the JSON interface.")


@users.command("add")
def add_user(
    email: str, name: str, role: Role, territory_slug: Annotated[str | None, typer.Option("--territory")] = None
) -> None:
    """Add a person with a role; on a territory, for an adviser or a manager."""
    now = CLOCK.now()

    def unit(db: Connection) -> None:
        home = db.execute(select(territory.c.id).where(territory.c.slug == territory_slug)).scalar()
        who = new_id(now)
        db.execute(insert(person).values(id=who, name=name, email=email.lower(), created_at=now))
        db.execute(
            insert(role_grant).values(id=new_id(now), person_id=who, role=str(role), territory_id=home, created_at=now)
        )

    with opened_database() as database:
        database.write(unit, Scope.worker())
    print(f"{name} is {role}.")


@tokens.command("add")
def add_token(email: str, name: str = "qp") -> None:
    """Make a token for a person and show it, once."""
    now = CLOCK.now()

    def unit(db: Connection) -> str | None:
        who = db.execute(select(person.c.id).where(person.c.email == email.lower())).scalar()
        return new_token(db, who, name, now=now) if who else None

    with opened_database() as database:
        made = database.write(unit, Scope.worker())
    print(made or f"Nobody has the address {email}: add them first with `qp user add`.")
    raise typer.Exit(0 if made else 1)
