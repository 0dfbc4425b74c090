"""Who comes in by the JSON door: a token whose hash alone is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Self, TypeVar

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import DBAPIError

from api.errors import NotSignedIn, ScopeMissing
from api.languages import speak_to
from api.rate_limits import Counted, asker_of
from api.work import Work, Worker
from cases.access import Identity, grants_of, scope_of
from cases.database import Database, Scope
from cases.errors import CasesError, Invalid
from cases.identifiers import new_id, read_reference
from cases.privacy.looks import How, hour_of, note_looks, reader_of
from cases.privacy.openings import opened_by
from cases.tables.people import api_token, person
from engine.model import Role
from engine.sentences import say
from notifications.languages import OF_WORK, preferred

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class TokenScope(StrEnum):
    """What a token may be used for; the roles of its person say on which cases."""

    READ = "read"
    """Every GET."""
    WRITE = "write"
    """Steps, records, corrections."""
    IMPORT = "import"
    """Files, their reports and their undoing."""
    WEBHOOKS = "webhooks"
    """Where the product tells other tools what happened."""


EVERY_SCOPE: Final = tuple(TokenScope)
LONGEST_TOKEN: Final = timedelta(days=366)
"""No token lives longer: it is made again."""
_SEEN_EVERY: Final = timedelta(minutes=5)
"""The last use of a token is not noted at each request, but this often."""


def new_token(
    db: Connection, person_id: str, name: str, *, now: datetime, scopes: Collection[TokenScope] = EVERY_SCOPE, lasts: timedelta = LONGEST_TOKEN
) -> str:  # fmt: skip
    """Make a token for a person and give it: it is shown once, only its hash is kept. Raises Invalid for one that lasts too long."""
    if not timedelta(0) < lasts <= LONGEST_TOKEN:
        raise Invalid(say("Un jeton dure de 1 à {days} jours.", days=LONGEST_TOKEN.days), "days")
    token = "qp_" + secrets.token_urlsafe(32)
    row = {
        "person_id": person_id,
        "name": name,
        "token_hash": hash_of_secret(token),
        "scopes": sorted({str(scope) for scope in scopes}),
        "created_at": now,
        "expires_at": now + lasts,
    }
    db.execute(insert(api_token).values(id=new_id(now), **row))
    return token


def hash_of_secret(secret: str) -> str:
    """The hash under which a secret of 256 random bits is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Held:
    """A token that opens the door: whose it is, for what, and whether it is time to note that it was used."""

    id: str
    identity: Identity
    scopes: frozenset[str]
    to_note: bool
    reads_in: str | None = None
    """The language that its holder chose."""


def identify(db: Connection, token: str, now: datetime) -> Held | None:
    """Whose token this is, with their roles; None when it is unknown, expired, revoked, or theirs no more."""
    joined = api_token.join(person, person.c.id == api_token.c.person_id)
    alive = (api_token.c.token_hash == hash_of_secret(token), api_token.c.revoked_at.is_(None), person.c.active)
    columns = (api_token, person.c.name.label("holder"), person.c.reads_in)
    row = db.execute(select(*columns).select_from(joined).where(*alive)).first()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    who = Identity(row.person_id, row.holder, grants_of(db, row.person_id), via="api")
    return Held(
        row.id, who, frozenset(row.scopes), row.used_at is None or now - row.used_at >= _SEEN_EVERY, row.reads_in
    )


def note_use(db: Connection, token_id: str, now: datetime) -> None:
    """Note that a token is in use."""
    db.execute(update(api_token).where(api_token.c.id == token_id).values(used_at=now))


def scope_for(method: str, path: str) -> TokenScope:
    """What a token must be good for to ask that."""
    subject = path.removeprefix("/api/v1").lstrip("/").partition("/")[0]
    if subject in ("imports", "webhooks"):
        return TokenScope.IMPORT if subject == "imports" else TokenScope.WEBHOOKS
    return TokenScope.READ if method in ("GET", "HEAD", "OPTIONS") else TokenScope.WRITE


_bearer = HTTPBearer(auto_error=False, description="Le jeton que donne « qp token add ».")


async def _current(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)], work: Work
) -> Identity:
    """Whose token it is. Raises NotSignedIn, ScopeMissing, TooOften."""
    now, network, meter = work.clock.now(), asker_of(request), request.app.state.meter
    held = None
    if given is not None and given.credentials.isascii():
        held = await work.read(lambda db: identify(db, given.credentials, now))
    if held is None:
        await meter.spend(work, {Counted.REFUSED_FROM: network}, now)
        raise NotSignedIn
    request.state.person = held.identity.person
    speak_to(request, preferred(request.headers.get("accept-language", ""), OF_WORK), held.reads_in)
    await meter.spend(work, {Counted.REST: str(held.identity.person), Counted.REST_FROM: network}, now)
    if (needed := scope_for(request.method, request.url.path)) not in held.scopes:
        raise ScopeMissing(needed)
    if held.to_note:
        await work.write(lambda db: note_use(db, held.id, now))
    request.state.token_scopes = held.scopes
    return held.identity


CurrentIdentity = Annotated[Identity, Depends(_current)]


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at a door: who they are, where their work is done, and when they came."""

    identity: Identity
    work: Worker
    now: datetime

    @classmethod
    def of(cls, identity: Identity, work: Worker) -> Self:
        """The visit of somebody who has just come in."""
        return cls(replace(identity, unfiltered=True) if work.unfiltered else identity, work, work.clock.now())

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


async def visit_of(identity: Identity, work: Worker) -> Visit:
    """The visit of somebody who has just come in; an admin has with them the cases that they opened with a reason."""
    if not identity.has(Role.ADMIN):
        return Visit.of(identity, work)
    now = work.clock.now()
    opened = await work.read(lambda db: opened_by(db, identity.person, now), scope_of(identity))
    return Visit.of(replace(identity, opened=opened), work)


async def _visit(request: Request, work: Work, identity: CurrentIdentity) -> AsyncIterator[Visit]:
    visit = await visit_of(identity, work)
    yield visit
    await noted(request, visit, How.API)


async def noted(request: Request, visit: Visit, how: How) -> None:
    """Once the answer has left: note who looked at the case of its address, and at those that it named."""
    reference = request.path_params.get("reference")
    if request.method != "GET":
        return
    own = {read_reference(reference)} if reference is not None else set()
    await note_once(visit, own, how)
    await note_once(visit, getattr(request.state, "named", set()) - own, How.LIST)


async def note_once(visit: Visit, references: Collection[str], how: How) -> None:
    """Note that somebody looked at cases, once an hour each."""
    who, now = visit.identity, visit.now
    reader, hour = reader_of(who), hour_of(now)
    new = [one for one in sorted(references) if reader and visit.work.first_time((one, reader, how, hour))]
    if not new:
        return
    try:
        await visit.write(lambda db: note_looks(db, who, new, how, now))
    except (CasesError, DBAPIError) as error:  # it was answered already
        _log.error("look_not_noted", cases=new, reader=reader, error=type(error).__name__)


CurrentVisit = Annotated[Visit, Depends(_visit)]
