"""Coming in by a code: six digits of the mail that was asked for, typed on the browser where it was asked for, a few times at most."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select, update

from cases.tables.people import person, sign_in_request

TRIES: Final = 5
"""How often a code may be tried: one try in 200,000 would be right by chance."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A way in that was asked for on a browser; `email` is what was typed there."""

    id: str
    email: str
    next_page: str


def draw_code(request_id: str, *, key: str, until: datetime) -> tuple[str, dict[str, Any]]:
    """The code of a request while its mail is written, and what makes it good once it is kept: the table alone gives no code away."""
    code = f"{secrets.randbelow(1_000_000):06}"
    return code, {"id": request_id, "code_hash": _signed(request_id, code, key), "code_until": until}


def keep_code(db: Connection, drawn: Mapping[str, Any]) -> None:
    """Make a drawn code good."""
    db.execute(update(sign_in_request).where(sign_in_request.c.id == drawn["id"]).values(drawn))


def last_asked(db: Connection, browser: str) -> Asked | None:
    """What was asked for last on that browser, of what a code may still answer."""
    mine = (sign_in_request.c.browser_hash == hash_of_browser(browser), sign_in_request.c.used_at.is_(None))
    row = db.execute(select(sign_in_request).where(*mine).order_by(sign_in_request.c.id.desc()).limit(1)).first()
    return Asked(row.id, row.email, row.next_page) if row else None


def use_code(db: Connection, asked: Asked, typed: str, *, key: str, now: datetime) -> str | None:
    """Try a code, once more of its few tries; the id of the person it lets in, None when it is wrong, old or used up."""
    mine = (sign_in_request.c.id == asked.id, sign_in_request.c.used_at.is_(None), sign_in_request.c.tries < TRIES)
    tried = update(sign_in_request).where(*mine).values(tries=sign_in_request.c.tries + 1)
    row = db.execute(tried.returning(sign_in_request.c.code_hash, sign_in_request.c.code_until)).first()
    right = hmac.compare_digest((row and row.code_hash) or "", _signed(asked.id, typed, key))
    if row is None or not right or row.code_until <= now:
        return None
    db.execute(update(sign_in_request).where(sign_in_request.c.id == asked.id).values(used_at=now))
    who = select(person.c.id).where(person.c.email == asked.email, person.c.active)
    return db.execute(who).scalar()


def hash_of_browser(browser: str) -> str:
    """The hash under which the secret of a browser is kept."""
    return hashlib.sha256(browser.encode()).hexdigest()


def _signed(request_id: str, code: str, key: str) -> str:
    return hmac.new(key.encode(), f"code {request_id} {code}".encode(), hashlib.sha256).hexdigest()
