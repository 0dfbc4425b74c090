"""Links that let somebody act without an account: random, kept as a hash, bound to a purpose and an object, expiring, revocable."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol, TypedDict, Unpack

from sqlalchemy import Connection, Row, insert, select, update

from cases.identifiers import new_id
from notifications.codes import draw_code, keep_code
from notifications.tables import signed_link

_BYTES: Final = 24
"""192 random bits in each link."""


class Purpose(StrEnum):
    """What a link is for; a link of one purpose opens no other door."""

    SIGN_IN = "sign_in"
    CODE = "code"
    """Six digits that may be typed in place of a sign-in link: never a link (`notifications.codes`)."""
    INVITATION = "invitation"
    """The first way in of somebody who was given a role."""
    ANSWER = "answer"
    """An operator's answer on one referral."""
    MY_CASE = "my_case"
    """The entrepreneur's own case."""
    SURVEY = "survey"
    LOG_BOOK = "log_book"
    CHARTER = "charter"
    REPLY = "reply"
    """An answer to the mail itself: it opens no page."""
    PREFERENCES = "preferences"
    """Which reminders its reader wants."""


LASTS: Final[Mapping[Purpose, timedelta]] = {
    Purpose.SIGN_IN: timedelta(minutes=15),
    Purpose.CODE: timedelta(minutes=15),
    Purpose.INVITATION: timedelta(days=7),
    Purpose.ANSWER: timedelta(days=90),
    Purpose.MY_CASE: timedelta(days=550),
    Purpose.SURVEY: timedelta(days=90),
    Purpose.LOG_BOOK: timedelta(days=60),
    Purpose.CHARTER: timedelta(days=60),
    Purpose.REPLY: timedelta(days=180),
    Purpose.PREFERENCES: timedelta(days=365),
}
"""How long each lives, unless it is told otherwise. Eighteen months for a case: its twelve of follow-up and six more."""

OF_PARTNERS: Final = frozenset({Purpose.ANSWER, Purpose.LOG_BOOK, Purpose.CHARTER, Purpose.REPLY})
"""Links by which somebody outside the territory works on a case: they fall when the consent to share does."""


class Gone(StrEnum):
    """Why a link that was good is good no more."""

    EXPIRED = "expired"
    REVOKED = "revoked"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it stands in the table; `gone` says why it opens nothing any more."""

    id: str
    purpose: Purpose
    person_id: str | None
    entrepreneur_id: str | None
    case_id: str | None
    track: str | None
    data: Mapping[str, Any]
    expires_at: datetime
    gone: Gone | None = None


class Opens(TypedDict, total=False):
    """What a link is bound to, and how long it lasts when that is not what its purpose says."""

    person_id: str | None
    entrepreneur_id: str | None
    case_id: str | None
    track: str | None
    data: Mapping[str, Any] | None
    lasts: timedelta | None


class MakeLink(Protocol):
    """What a mail asks for while it is composed: a fresh token, that stands only in the mail sent."""

    def __call__(self, purpose: str, **opens: Unpack[Opens]) -> str:
        """The token."""
        ...


def new_link(db: Connection, purpose: str, *, now: datetime, key: str = "", **opens: Unpack[Opens]) -> str:
    """Make a link and give its token, which is kept nowhere; `key` signs the codes. Raises ValueError for an unknown purpose.

    A link made for a branch's group address is bound to no person: its case and its referral say for which branch it speaks.
    """
    token, row = draw_link(purpose, now=now, key=key, **opens)
    keep_links(db, (row,))
    return token


def draw_link(purpose: str, *, now: datetime, key: str = "", **opens: Unpack[Opens]) -> tuple[str, dict[str, Any]]:
    """A token, and the row that makes it good once it is kept (`keep_links`). Raises ValueError for an unknown purpose."""
    known = Purpose(purpose)
    if known is Purpose.CODE:
        return draw_code(str((opens.get("data") or {})["request"]), key=key, until=now + LASTS[known])
    token = secrets.token_urlsafe(_BYTES)
    until = now + (opens.pop("lasts", None) or LASTS[known])
    bound = {"person_id": None, "entrepreneur_id": None, "case_id": None, "track": None} | {
        name: value for name, value in opens.items() if value is not None
    }
    row = {"id": new_id(now), "token_hash": _hash(token), "purpose": str(known), "created_at": now, "expires_at": until}
    return token, {"data": {}} | bound | row


def keep_links(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Make drawn links and codes good."""
    links = [row for row in rows if "token_hash" in row]
    if links:
        db.execute(insert(signed_link), links)
    for row in rows:
        if "code_hash" in row:
            keep_code(db, row)


def find_link(db: Connection, token: str, now: datetime) -> Link | None:
    """The link of that token, if it still opens something; None when it is unknown, or gone (`gone_link` tells which)."""
    found = _read(db, token, now)
    return found if found is not None and found.gone is None else None


def gone_link(db: Connection, token: str, now: datetime) -> Link | None:
    """The link of that token if it once was good: its `gone` says why it is no more, so that the page can say what to do."""
    found = _read(db, token, now)
    return found if found is not None and found.gone is not None else None


def use_link(db: Connection, token: str, now: datetime) -> Link | None:
    """Use a link that serves once: of two who come with it, one gets it. None for the other, and for a link that is gone."""
    found = find_link(db, token, now)
    if found is None:
        return None
    first = (signed_link.c.id == found.id, signed_link.c.used_at.is_(None), signed_link.c.revoked_at.is_(None))
    used = db.execute(update(signed_link).where(*first).values(used_at=now)).rowcount
    return found if used == 1 else None


def revoke_links(
    db: Connection,
    case_id: str,
    track: str | None = None,
    *,
    now: datetime,
    purposes: Collection[str] = tuple(Purpose),
) -> int:
    """Revoke the links of a case, or of one of its tracks, because it moved on; give how many."""
    alive = [signed_link.c.case_id == case_id, signed_link.c.revoked_at.is_(None), signed_link.c.used_at.is_(None)]
    if track is not None:
        alive.append(signed_link.c.track == track)
    alive.append(signed_link.c.purpose.in_([str(purpose) for purpose in purposes]))
    return db.execute(update(signed_link).where(*alive).values(revoked_at=now)).rowcount


def revoke_links_of(db: Connection, person_id: str, now: datetime) -> int:
    """Revoke every link that was made for somebody, because they may not come in any more; give how many."""
    alive = (
        signed_link.c.person_id == person_id, signed_link.c.revoked_at.is_(None), signed_link.c.used_at.is_(None),
    )  # fmt: skip
    return db.execute(update(signed_link).where(*alive).values(revoked_at=now)).rowcount


def _read(db: Connection, token: str, now: datetime) -> Link | None:
    row = db.execute(select(signed_link).where(signed_link.c.token_hash == _hash(token))).first()
    if row is None:
        return None
    kept = {name: getattr(row, name) for name in ("id", "person_id", "entrepreneur_id", "case_id", "track")}
    return Link(
        **kept, purpose=Purpose(row.purpose), data=row.data or {}, expires_at=row.expires_at, gone=_gone(row, now)
    )


def _gone(row: Row[Any], now: datetime) -> Gone | None:
    if row.revoked_at is not None:
        return Gone.REVOKED
    if row.used_at is not None:
        return Gone.USED
    return Gone.EXPIRED if row.expires_at <= now else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
