"""Opening a signed link: for whom it acts, and on what; a link that opens nothing any more says so and offers a new one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from sqlalchemy import Connection, select

from api.languages import speak_by_link
from api.linked import identity_of
from api.security import Visit
from api.work import Work
from cases.access import Identity
from cases.database import Scope
from cases.languages import Languages, languages_of
from cases.tables.case import case_file
from notifications.links import Link, find_link, gone_link

SYSTEM = Scope.worker()
"""A link is read before anybody is known: the system reads it."""


class LinkGone(Exception):
    """The link was never one, or opens nothing any more; `link` tells whom a new one could be sent to, `languages` in which they read."""

    def __init__(self, link: Link | None, languages: Languages = ()) -> None:
        super().__init__("link gone")
        self.link, self.languages = link, languages


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that is good, and the visit of the one it was made for."""

    token: str
    link: Link
    visit: Visit
    reference: str | None
    """The case that it is about."""

    @property
    def case_id(self) -> str:
        """Its case. Raises LinkGone when it is bound to none."""
        if self.link.case_id is None:
            raise LinkGone(self.link)
        return self.link.case_id

    @property
    def track(self) -> str:
        """Its track. Raises LinkGone when it is bound to none."""
        if self.link.track is None:
            raise LinkGone(self.link)
        return self.link.track


async def open_link(request: Request, token: str, work: Work) -> Opened:
    """What a token opens now, in the language of whoever it was made for; nothing is used up. Raises LinkGone."""
    now = work.clock.now()
    found = await work.read(lambda db: _opened(db, token, now), SYSTEM)
    if isinstance(found, LinkGone):
        speak_by_link(request, found.languages, works_here=found.link is not None and not found.link.entrepreneur_id)
        raise found
    link, identity, reference, languages = found
    speak_by_link(request, languages, works_here=not link.entrepreneur_id)
    return Opened(token, link, Visit.of(identity, work), reference)


def _opened(db: Connection, token: str, now: datetime) -> tuple[Link, Identity, str | None, Languages] | LinkGone:
    link = find_link(db, token, now)
    identity = identity_of(db, link, via="mail_link") if link else None
    if link is None or identity is None:
        gone = gone_link(db, token, now) if link is None else None
        return LinkGone(gone, _read_in(db, gone) if gone else ())
    reference = db.execute(select(case_file.c.reference).where(case_file.c.id == link.case_id)).scalar()
    return link, identity, reference, _read_in(db, link)


def _read_in(db: Connection, link: Link) -> Languages:
    return languages_of(db, link.entrepreneur_id, link.person_id)
