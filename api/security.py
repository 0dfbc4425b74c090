"""Who comes in by the JSON door: a token whose hash alone is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection, insert, select

from api.errors import NotSignedIn
from api.work import Work, Worker
from cases.access import Identity, grants_of, scope_of
from cases.database import Database, Scope
from cases.identifiers import new_id
from cases.tables.people import api_token, person

T = TypeVar("T")


def new_token(db: Connection, person_id: str, name: str, *, now: datetime, expires_at: datetime | None = None) -> str:
    """Make a token for a person and give it: it is shown once, only its hash is kept."""
    token = "qp_" + secrets.token_urlsafe(32)
    row = {
        "person_id": person_id,
        "name": name,
        "token_hash": hash_of_secret(token),
        "scopes": [],
        "created_at": now,
        "expires_at": expires_at,
    }
    db.execute(insert(api_token).values(id=new_id(now), **row))
    return token


def hash_of_secret(secret: str) -> str:
    """The hash under which a secret of 256 random bits is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def identify(db: Connection, token: str, now: datetime) -> Identity | None:
    """The person whose token this is, with their roles; None when it is unknown, expired, revoked, or theirs no more."""
    joined = api_token.join(person, person.c.id == api_token.c.person_id)
    alive = (api_token.c.token_hash == hash_of_secret(token), api_token.c.revoked_at.is_(None), person.c.active)
    row = db.execute(
        select(person.c.id, person.c.name, api_token.c.expires_at).select_from(joined).where(*alive)
    ).first()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return Identity(row.id, row.name, grants_of(db, row.id), via="api")


_bearer = HTTPBearer(auto_error=False, description="Le jeton que donne « qp token add ».")


async def _current(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)], work: Work) -> Identity:
    if given is None or not given.credentials.isascii():
        raise NotSignedIn
    now = work.clock.now()
    found = await work.read(lambda db: identify(db, given.credentials, now))
    if found is None:
        raise NotSignedIn
    return found


CurrentIdentity = Annotated[Identity, Depends(_current)]


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at a door: who they are, where their work is done, and when they came."""

    identity: Identity
    work: Worker
    now: datetime

    async def read(self, unit: Callable[[Connection], T]) -> T:
        """Do a unit that only reads, within their own scope."""
        return await self.work.read(unit, scope_of(self.identity))

    async def write(self, unit: Callable[[Connection], T]) -> T:
        """Do a unit that changes something, within their own scope: what it gives back is committed."""
        return await self.work.write(unit, scope_of(self.identity))

    async def count(self, unit: Callable[[Connection], T]) -> T:
        """Do a unit that counts over everybody's cases: for figures that they may read, never for a case."""
        return await self.work.read(unit, Scope.worker())

    async def run(self, job: Callable[[Database], T]) -> T:
        """Do work of several transactions, each of which takes a scope."""
        return await self.work.run(job)


async def _visit(work: Work, identity: CurrentIdentity) -> Visit:
    return Visit(identity, work, work.clock.now())


CurrentVisit = Annotated[Visit, Depends(_visit)]
