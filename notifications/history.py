"""What was said about a case, to whom, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from cases.access import Identity, case_row
from cases.database import widen_to_case
from cases.journal import shown
from cases.views.paging import Asked, Key, page_of_rows
from cases.views.sight import sight_of
from notifications.tables import message


def messages_of(db: Connection, who: Identity, reference: str, asked: Asked) -> dict[str, Any]:
    """A page of the messages about a case, the oldest first: all of them for who sees the case whole, else one's own."""
    row = case_row(db, who, reference)
    widen_to_case(db, row["id"])
    query = select(message).where(message.c.case_id == row["id"])
    if not sight_of(db, who, row).whole:
        query = query.where(message.c.person_id == who.person)
    keys = (Key("created_at", message.c.created_at), Key("id", message.c.id))
    rows, more = page_of_rows(db, query, keys, asked)
    return {"items": [_message(found) for found in rows], "next": more}


def _message(row: Mapping[Any, Any]) -> dict[str, Any]:
    to = {"id": row["person_id"] or row["entrepreneur_id"], "name": row["to_name"], "email": row["to_email"]}
    kept = ("track", "subject", "status", "reason", "attempts", "created_at", "send_at", "sent_at")
    found: dict[str, Any] = shown(
        {"id": row["id"], "key": row["key"], "class": row["mail_class"], "kind": row["kind"], "to": to}
        | {name: row[name] for name in kept}
    )
    return found
