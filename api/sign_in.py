"""Sessions: who is signed in on this browser, for how long, and with which roles now; only the hash of the secret is kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, insert, or_, select, update

from api.security import hash_of_secret
from cases.access import Identity
from cases.errors import NotFound
from cases.identifiers import new_id
from cases.people import GrantSaid, grants_said
from cases.tables.people import person, session

IDLE: Final = timedelta(hours=1)
"""A session that nobody uses for that long is over."""
ABSOLUTE: Final = timedelta(hours=12)
"""However much it is used, a session is over then."""
OWN_PHONE: Final = timedelta(days=30)
"""A phone that somebody says is theirs still lets them log a business and see their own cases, for that long."""
_SEEN_EVERY: Final = timedelta(minutes=5)
"""A session is not noted as used at each page, but this often."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where somebody comes in: their browser as it names itself, and the network address that the server sees."""

    browser: str = ""
    network: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who is signed in: who they are now, their session, their roles and the one they chose, whether they were seen long ago."""

    identity: Identity
    session: str
    grants: tuple[GrantSaid, ...]
    chosen: str | None
    to_keep_alive: bool
    own_phone_only: bool
    """The session itself is over: on their own phone they log businesses and see their own cases, and nothing else."""
    reads_in: str | None = None
    """The language that they chose, by its code."""

    @property
    def place(self) -> str | None:
        """The name of the territory or of the branch, when there is one."""
        places = {one.place for one in self.grants if one.place and self.chosen in (None, one.id)}
        return places.pop() if len(places) == 1 else None


def begin_session(
    db: Connection, person_id: str, *, now: datetime, instead_of: str = "", device: Device = Device(), provider_token: str | None = None,
) -> str:  # fmt: skip
    """Sign somebody in and give the secret of their new session; the one that the browser had before is over."""
    end_session(db, instead_of, now)
    secret = secrets.token_urlsafe(32)
    row = {
        "person_id": person_id,
        "token_hash": hash_of_secret(secret),
        "created_at": now,
        "seen_at": now,
        "expires_at": now + ABSOLUTE,
        "user_agent": device.browser[:200] or None,
        "network": device.network[:64] or None,
        "provider_token": provider_token,
    }
    db.execute(insert(session).values(id=new_id(now), **row))
    return secret


def end_session(db: Connection, secret: str, now: datetime) -> str | None:
    """Sign out: the secret opens nothing any more; give what the identity provider must be told, when it let them in."""
    mine = (session.c.token_hash == hash_of_secret(secret), session.c.ended_at.is_(None))
    told = db.execute(select(session.c.provider_token).where(*mine)).scalar()
    db.execute(update(session).where(*mine).values(ended_at=now, provider_token=None))
    return told


def signed_in(db: Connection, secret: str, now: datetime) -> SignedIn | None:
    """Who has that session, with the roles that they have now; None when it is over, unknown, or the person is disabled."""
    joined = session.join(person, person.c.id == session.c.person_id)
    columns = (session, person.c.name, person.c.reads_in)
    mine = (session.c.token_hash == hash_of_secret(secret), person.c.active, _alive(now))
    row = db.execute(select(*columns).select_from(joined).where(*mine)).first()
    if row is None:
        return None
    said = grants_said(db, row.person_id)
    chosen = row.grant_id if any(one.id == row.grant_id for one in said) else None
    whole = row.expires_at > now and row.seen_at > now - IDLE
    grants = tuple(one.grant for one in said if chosen in (None, one.id))
    aside = tuple(one.grant for one in said if chosen not in (None, one.id))
    who = Identity(row.person_id, row.name, grants, via="page", own_cases_only=not whole, set_aside=aside)
    return SignedIn(who, row.id, said, chosen, now - row.seen_at >= _SEEN_EVERY, not whole, row.reads_in)


def keep_alive(db: Connection, found: SignedIn, now: datetime) -> None:
    """Note that a session is in use; what was over stays over."""
    over = {"expires_at": now} if found.own_phone_only else {}
    db.execute(update(session).where(session.c.id == found.session).values(seen_at=now, **over))


def choose_role(db: Connection, found: SignedIn, grant_id: str) -> None:
    """Work in one of one's roles, or in all of them with an empty choice. Raises NotFound for a role that is not theirs."""
    if grant_id and all(one.id != grant_id for one in found.grants):
        raise NotFound("Ce rôle n’est pas, ou n’est plus, le vôtre.")
    db.execute(update(session).where(session.c.id == found.session).values(grant_id=grant_id or None))


def keep_on_own_phone(db: Connection, found: SignedIn, now: datetime) -> None:
    """This is somebody's own phone: for thirty days it lets them log businesses and see their own cases."""
    db.execute(update(session).where(session.c.id == found.session).values(own_until=now + OWN_PHONE))


# -- one's own sessions ---------------------------------------------------------------------------------------------------


def sessions_of(db: Connection, person_id: str, now: datetime) -> list[dict[str, Any]]:
    """The sessions of somebody that still open something, the last used first."""
    mine = (session.c.person_id == person_id, _alive(now))
    query = select(session).where(*mine).order_by(session.c.seen_at.desc(), session.c.id.desc())
    return [dict(row) for row in db.execute(query).mappings()]


def end_one(db: Connection, person_id: str, session_id: str, now: datetime) -> None:
    """End one of somebody's sessions. Raises NotFound when it is over already, or not theirs."""
    mine = (session.c.id == session_id, session.c.person_id == person_id, session.c.ended_at.is_(None))
    if db.execute(update(session).where(*mine).values(ended_at=now, provider_token=None)).rowcount != 1:
        raise NotFound("Cette session est déjà fermée.")


def end_others(db: Connection, person_id: str, but: str, now: datetime) -> int:
    """End all of somebody's sessions but one; give how many."""
    others = (session.c.person_id == person_id, session.c.id != but, session.c.ended_at.is_(None))
    return db.execute(update(session).where(*others).values(ended_at=now, provider_token=None)).rowcount


def _alive(now: datetime) -> Any:
    used = and_(session.c.expires_at > now, session.c.seen_at > now - IDLE)
    return and_(session.c.ended_at.is_(None), or_(used, session.c.own_until > now))
