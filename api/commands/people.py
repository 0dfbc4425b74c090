"""`qp user` and `qp token`: who works here, and the keys of the JSON interface."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from api.commands.doorway import CLOCK, opened_database
from api.security import new_token
from cases import people
from cases.database import Scope
from cases.journal import plain
from cases.people import Newcomer
from engine.model import Role

users = typer.Typer(no_args_is_help=True, help="People and what they may do.")
tokens = typer.Typer(no_args_is_help=True, help="Tokens for the JSON interface.")

AsJson = Annotated[bool, typer.Option("--json")]
SYSTEM = Scope.worker()


@users.command("add")
def add_user(
    email: str,
    name: str,
    role: Role,
    territory_slug: Annotated[
        str | None, typer.Option("--territory", help="Slug; for an adviser or a manager.")
    ] = None,
    branch: Annotated[str | None, typer.Option("--branch", help="Id or name; for an operator or its manager.")] = None,
) -> None:
    """Give a person a role, and an account when they have none; a second role is added to the first."""
    now, newcomer = CLOCK.now(), Newcomer(name, email, role, territory_slug, branch)
    with opened_database() as database:
        database.write(lambda db: people.add(db, newcomer, now), SYSTEM)
    print(f"{name} is {role}.")


@users.command("list")
def list_users(as_json: AsJson = False) -> None:
    """List everybody who has an account, with their roles."""
    with opened_database() as database:
        found = database.read(people.everybody, SYSTEM)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for one in found:
        roles = ", ".join(" ".join(filter(None, (r["role"], r["territory"], r["branch"]))) for r in one["roles"])
        print(f"{one['name']:<28} {one['email'] or '–':<36} {roles or '–'}{'' if one['active'] else '  (disabled)'}")


@users.command("disable")
def disable_user(email: str) -> None:
    """Close somebody's account at once, with their sessions and tokens; what they did stays."""
    now = CLOCK.now()
    with opened_database() as database:
        name = database.write(lambda db: people.disable(db, email, now), SYSTEM)
    print(f"{name} cannot come in any more.")


@tokens.command("add")
def add_token(email: str, name: str = "qp") -> None:
    """Make a token for a person and show it, once."""
    now = CLOCK.now()
    with opened_database() as database:
        print(database.write(lambda db: new_token(db, people.by_email(db, email)["id"], name, now=now), SYSTEM))


@tokens.command("list")
def list_tokens(email: Annotated[str | None, typer.Argument()] = None, as_json: AsJson = False) -> None:
    """List the tokens, of everybody or of one person; what they are is never shown again."""
    with opened_database() as database:
        found: list[dict[str, Any]] = plain(database.read(lambda db: people.tokens(db, email), SYSTEM))
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for one in found:
        print(
            f"{one['id']}  {one['email']}  {one['name']}  {one['created_at']}{'  (revoked)' if one['revoked_at'] else ''}"
        )


@tokens.command("revoke")
def revoke_token(token_id: str) -> None:
    """Close the door to a token, by its id, for ever."""
    now = CLOCK.now()
    with opened_database() as database:
        database.write(lambda db: people.revoke_token(db, token_id, now), SYSTEM)
    print("This token opens no door any more.")
