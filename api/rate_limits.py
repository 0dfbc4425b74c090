"""How often a door may be knocked at: counted in the database, so that every process counts together."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from fastapi import Request
from sqlalchemy import Connection, delete
from sqlalchemy.dialects import postgresql, sqlite
from starlette.exceptions import HTTPException

from cases.tables.people import rate_count

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
_KEPT: Final = timedelta(days=2)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Counted(StrEnum):
    """What is counted; the word under which it stands in the table."""

    MAIL = "sign_in to"
    """A way in asked for, by the address that it goes to."""
    ASKED = "sign_in from"
    CODE = "code"
    """A code tried, by the address that asked for it: on whichever network, whatever the headers say."""
    CODE_FROM = "code from"
    LINK = "link"
    """What is sent by one signed link."""
    LINK_FROM = "link from"
    NEW_LINK = "new link"
    CONTACT = "contact of"
    """Calls asked for on the page of everybody, by the number or the address that they are for."""
    CONTACT_FROM = "contact from"
    DOCUMENT = "document"
    """Files that one link brings."""
    PROVIDER_FROM = "provider from"
    """Comings back from the identity provider."""
    REST = "rest"
    """Requests of the JSON interface, by the person whose token it is."""
    REST_FROM = "rest from"
    REFUSED_FROM = "refused from"
    """Requests without a token that is good."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many from one, and so many from everybody together, in each clock hour or day."""

    most: int
    of_all: int | None = None
    window: timedelta = HOUR


LIMITS: Final[Mapping[Counted, Limit]] = {
    Counted.MAIL: Limit(5),
    Counted.ASKED: Limit(120, of_all=3_000),
    Counted.CODE: Limit(20, of_all=20_000, window=DAY),
    Counted.CODE_FROM: Limit(120),
    Counted.LINK: Limit(60),
    Counted.LINK_FROM: Limit(300, of_all=10_000),
    Counted.NEW_LINK: Limit(3),
    Counted.CONTACT: Limit(3, window=DAY),
    Counted.CONTACT_FROM: Limit(60, of_all=1_000),
    Counted.DOCUMENT: Limit(20),
    Counted.PROVIDER_FROM: Limit(120, of_all=3_000),
    Counted.REST: Limit(20_000, of_all=200_000),
    Counted.REST_FROM: Limit(60_000),
    Counted.REFUSED_FROM: Limit(300),
}
"""What one person may do is bounded closely; what one network address may do, loosely: a whole town hall stands behind it."""


class TooOften(HTTPException):
    """It was asked for too often; `wait` is what remains of the clock hour, or of the day, in seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(429, "Trop d’essais : attendez un moment, puis recommencez.", {"Retry-After": str(wait)})
        self.wait = wait


def count(db: Connection, what: Counted, who: str, now: datetime, times: int = 1) -> int:
    """Count so many more times, and give how many there are since the hour or the day began; what is old is forgotten."""
    since = begun(now, LIMITS[what].window)
    db.execute(delete(rate_count).where(rate_count.c.hour < now - _KEPT))
    insert = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    first = insert(rate_count).values(what=what, who_hash=_hash(who), hour=since, times=times)
    again = first.on_conflict_do_update(
        index_elements=["what", "who_hash", "hour"], set_={"times": rate_count.c.times + times}
    )
    return int(db.execute(again.returning(rate_count.c.times)).scalar_one())


def refuse_too_often(db: Connection, what: Counted, who: str, now: datetime) -> None:
    """Count one more time, for this one and for everybody. Raises TooOften above its limit; what is refused is not counted."""
    limit = LIMITS[what]
    if count(db, what, who, now) > limit.most or (limit.of_all and count(db, what, "", now) > limit.of_all):
        raise TooOften(left(now, limit.window))


def asker_of(request: Request) -> str:
    """The network from which a request comes, as the server knows it: no header that a client may send is read here.

    Of an IPv6 address the first 64 bits: one subscriber has all that follow.
    """
    host = request.client.host if request.client else "unknown"
    try:
        known = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network((known, 64), strict=False)) if known.version == 6 else host


def begun(now: datetime, window: timedelta) -> datetime:
    """When the clock hour, or the day, began."""
    return now - (now - _EPOCH) % window


def left(now: datetime, window: timedelta) -> int:
    """What remains of it, in seconds."""
    return int((window - (now - _EPOCH) % window).total_seconds())


def _hash(who: str) -> str:
    return hashlib.sha256(who.encode()).hexdigest()
