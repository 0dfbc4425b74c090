"""`qp user` and `qp token`: who works here, and the keys of the JSON interface."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from api.closing import close_account
from api.commands.doorway import CLOCK, opened_database
from api.security import EVERY_SCOPE, LONGEST_TOKEN, TokenScope, new_token
from cases import people
from cases.database import Scope
from cases.journal import plain
from cases.people import Newcomer
from engine.model import Role
from notifications.asking import ask_invitation

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
    invite: Annotated[bool, typer.Option("--invite", help="Send them their first way in by mail.")] = False,
) -> None:
    """Give a person a role, and an account when they have none; a second role is added to the first."""
    now, newcomer = CLOCK.now(), Newcomer(name, email, role, territory_slug, branch)
    with opened_database() as database:
        database.write(lambda db: _add(db, newcomer, now, invite), SYSTEM)
    print(f"{name} is {role}.{' An invitation leaves.' if invite else ''}")


def _close(db: Connection, email: str, now: datetime) -> str:
    row = people.by_email(db, email)
    close_account(db, row["id"], now)
    return str(row["name"])


def _add(db: Connection, newcomer: Newcomer, now: datetime, invite: bool) -> None:
    who = people.add(db, newcomer, now)
    if invite:
        ask_invitation(db, who, now)


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


@users.command("invite")
def invite_user(email: str) -> None:
    """Send somebody their first way in, again if they let it pass: a link that serves once, for seven days."""
    now = CLOCK.now()
    with opened_database() as database:
        sent = database.write(lambda db: ask_invitation(db, people.by_email(db, email)["id"], now), SYSTEM)
    print(f"An invitation leaves for {email}." if sent else f"{email} is disabled: nothing leaves.")
    raise typer.Exit(0 if sent else 1)


@users.command("disable")
def disable_user(email: str) -> None:
    """Close somebody's account at once, with their sessions, tokens and links; what they did stays."""
    now = CLOCK.now()
    with opened_database() as database:
        name = database.write(lambda db: _close(db, email, now), SYSTEM)
    print(f"{name} cannot come in any more.")


@tokens.command("add")
def add_token(
    email: str,
    name: str = "qp",
    scope: Annotated[
        list[TokenScope] | None, typer.Option(help="What it is for, once for each; all of it unless told.")
    ] = None,
    days: Annotated[int, typer.Option(help="How long it lasts.")] = LONGEST_TOKEN.days,
) -> None:
    """Make a token for a person and show it, once. They are told by mail before it ends."""
    now, scopes, lasts = CLOCK.now(), tuple(scope or EVERY_SCOPE), timedelta(days=days)

    def unit(db: Connection) -> str:
        return new_token(db, people.by_email(db, email)["id"], name, now=now, scopes=scopes, lasts=lasts)

    with opened_database() as database:
        print(database.write(unit, SYSTEM))


@tokens.command("list")
def list_tokens(email: Annotated[str | None, typer.Argument()] = None, as_json: AsJson = False) -> None:
    """List the tokens, of everybody or of one person; what they are is never shown again."""
    with opened_database() as database:
        found: list[dict[str, Any]] = plain(database.read(lambda db: people.tokens(db, email), SYSTEM))
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for one in found:
        ends = "  (revoked)" if one["revoked_at"] else f"  until {one['expires_at'] or '–'}"
        used = f"  last used {one['used_at']}" if one["used_at"] else "  never used"
        print(f"{one['id']}  {one['email']}  {one['name']}  {','.join(one['scopes'])}{used}{ends}")


@tokens.command("revoke")
def revoke_token(token_id: str) -> None:
    """Close the door to a token, by its id, for ever."""
    now = CLOCK.now()
    with opened_database() as database:
        database.write(lambda db: people.revoke_token(db, token_id, now), SYSTEM)
    print("This token opens no door any more.")
