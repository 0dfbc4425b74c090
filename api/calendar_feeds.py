"""The private address of somebody's calendar: made and revoked by themselves, only its hash kept."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, delete, insert, select

from api.security import hash_of_secret
from cases.access import Identity, identity_with
from cases.tables.appointments import calendar_feed


def feed_made_on(db: Connection, who: Identity) -> datetime | None:
    """When somebody's address was made; None when there is none."""
    found = db.execute(select(calendar_feed.c.created_at).where(calendar_feed.c.person_id == who.person))
    return cast("datetime | None", found.scalar())


def make_feed(db: Connection, who: Identity, now: datetime) -> str:
    """Make an address and give its secret, shown this once; the one before serves no more."""
    revoke_feed(db, who)
    token = secrets.token_urlsafe(32)
    row = {"person_id": who.person, "token_hash": hash_of_secret(token), "created_at": now}
    db.execute(insert(calendar_feed).values(**row))
    return token


def revoke_feed(db: Connection, who: Identity) -> None:
    """Let the address serve no more."""
    db.execute(delete(calendar_feed).where(calendar_feed.c.person_id == who.person))


def reader_of(db: Connection, token: str) -> Identity | None:
    """Whose calendar an address is, with the roles that they have now; None when it is nobody's."""
    if not token.isascii():
        return None
    whose = select(calendar_feed.c.person_id).where(calendar_feed.c.token_hash == hash_of_secret(token))
    person_id = db.execute(whose).scalar()
    return identity_with(db, person_id, via="page") if person_id else None
