"""Sessions: who is signed in on this browser, for how long, and with which roles now; only the hash of the secret is kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, insert, select, update

from api.security import hash_of_secret
from cases.access import Identity, grants_of
from cases.identifiers import new_id
from cases.tables.operators import branch
from cases.tables.people import person, session
from cases.tables.territories import territory

IDLE: Final = timedelta(hours=1)
"""A session that nobody uses for that long is over."""
ABSOLUTE: Final = timedelta(hours=12)
"""However much it is used, a session is over then."""
_SEEN_EVERY: Final = timedelta(minutes=5)
"""A session is not noted as used at each page, but this often."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who is signed in: who they are now, their session, where they work, whether it is time to note that they were seen."""

    identity: Identity
    session: str
    place: str | None
    to_keep_alive: bool


def begin_session(db: Connection, person_id: str, *, now: datetime, instead_of: str = "", browser: str = "") -> str:
    """Sign somebody in and give the secret of their new session; the one that the browser had before is over."""
    end_session(db, instead_of, now)
    secret = secrets.token_urlsafe(32)
    row = {
        "person_id": person_id,
        "token_hash": hash_of_secret(secret),
        "created_at": now,
        "seen_at": now,
        "expires_at": now + ABSOLUTE,
        "user_agent": browser[:200] or None,
    }
    db.execute(insert(session).values(id=new_id(now), **row))
    return secret


def end_session(db: Connection, secret: str, now: datetime) -> None:
    """Sign out: the secret opens nothing any more."""
    mine = (session.c.token_hash == hash_of_secret(secret), session.c.ended_at.is_(None))
    db.execute(update(session).where(*mine).values(ended_at=now))


def signed_in(db: Connection, secret: str, now: datetime) -> SignedIn | None:
    """Who has that session, with the roles that they have now; None when it is over, unknown, or the person is disabled."""
    joined = session.join(person, person.c.id == session.c.person_id)
    alive = (
        session.c.token_hash == hash_of_secret(secret),
        session.c.ended_at.is_(None),
        session.c.expires_at > now,
        session.c.seen_at > now - IDLE,
        person.c.active,
    )
    columns = (session.c.id.label("session"), session.c.seen_at, person.c.id, person.c.name)
    row = db.execute(select(*columns).select_from(joined).where(*alive)).first()
    if row is None:
        return None
    who = Identity(row.id, row.name, grants_of(db, row.id), via="page")
    return SignedIn(who, row.session, _place_of(db, who), now - row.seen_at >= _SEEN_EVERY)


def keep_alive(db: Connection, session_id: str, now: datetime) -> None:
    """Note that a session is in use."""
    db.execute(update(session).where(session.c.id == session_id).values(seen_at=now))


def _place_of(db: Connection, who: Identity) -> str | None:
    """The name of the territory or of the branch, when there is one."""
    homes, branches = who.territories(), who.branches()
    if len(homes) + len(branches) != 1:
        return None
    if homes:
        return db.execute(select(territory.c.name).where(territory.c.id.in_(homes))).scalar()
    return db.execute(select(branch.c.name).where(branch.c.id.in_(branches))).scalar()
