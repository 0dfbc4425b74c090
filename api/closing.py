"""Closing an account: every way in that somebody had is shut in one go."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from cases import people
from notifications.links import revoke_links_of


def close_account(db: Connection, person_id: str, now: datetime) -> None:
    """Shut somebody's sessions, tokens and links. What they did stays."""
    revoke_links_of(db, person_id, now)
    people.close_account(db, person_id, now)
