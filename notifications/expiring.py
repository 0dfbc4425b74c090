"""Tokens that end soon: whoever has one is told a fortnight before, and again three days before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from cases.database import Database, Scope
from cases.identifiers import new_id
from cases.tables.people import api_token, person
from engine.model import MailClass, Role
from notifications.tables import message

WARNED: Final = (3, 14)
"""Days before the end, the nearest first."""


def warn_of_tokens(database: Database, now: datetime) -> int:
    """Have the warnings that are due leave, each once; give how many."""
    return database.write(lambda db: _warn(db, now), Scope.worker())


def _warn(db: Connection, now: datetime) -> int:
    soon = (api_token.c.expires_at > now, api_token.c.expires_at <= now + timedelta(days=WARNED[-1]))
    there = (api_token.c.revoked_at.is_(None), person.c.active, person.c.email.is_not(None))
    columns = (api_token, person.c.name.label("holder"), person.c.email, person.c.timezone)
    joined = api_token.join(person, person.c.id == api_token.c.person_id)
    rows = db.execute(select(*columns).select_from(joined).where(*soon, *there)).mappings().all()
    insert = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    due = [warning for row in rows if (warning := _warning(row, now))]
    return sum(
        db.execute(
            insert(message).values(**one).on_conflict_do_nothing(index_elements=["outbox_key"]).returning(message.c.id)
        ).first()
        is not None
        for one in due
    )


def _warning(row: Any, now: datetime) -> dict[str, Any] | None:
    """What is due of one token: nothing when it was made later than the day on which it would have been told."""
    days = next(days for days in WARNED if row["expires_at"] <= now + timedelta(days=days))
    if row["created_at"] >= row["expires_at"] - timedelta(days=days):
        return None
    return {
        "id": new_id(now), "key": "token_expires", "outbox_key": f"token_expires {row['id']} {days}", "mail_class": str(MailClass.DIRECT),
        "person_id": row["person_id"], "recipient": f"person:{row['person_id']}", "role": str(Role.API_CLIENT), "to_email": row["email"],
        "to_name": row["holder"], "timezone": row["timezone"], "status": "waiting", "send_at": now, "created_at": now,
        "facts": {"token": row["name"], "ends": row["expires_at"].isoformat()}, "reason": "Un jeton à votre nom prend fin",
    }  # fmt: skip
