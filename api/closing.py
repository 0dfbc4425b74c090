"""Closing an account: every way in that somebody had is shut in one go."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from cases import people
from notifications.links import revoke_links_of


def close_account(db: Connection, email: str, now: datetime) -> str:
    """Shut somebody's sessions, tokens and links; give their name. What they did stays. Raises NotFound."""
    person_id = people.by_email(db, email)["id"]
    revoke_links_of(db, person_id, now)
    return people.disable(db, email, now)
