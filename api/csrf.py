"""A form is taken only from our own pages: its token is bound to who fills it in, and the browser says where it comes from."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from fastapi import HTTPException, Request

from cases.errors import Invalid

FIELD = "csrf"
"""The field of a form that bears the token; the header `X-CSRF-Token` may bear it instead."""
READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Forged(HTTPException):
    """A form that does not come from one of our pages, or from one that is too old."""

    def __init__(self) -> None:
        super().__init__(403, "Cette page est trop ancienne : rouvrez-la, puis recommencez.")


def new_visitor() -> str:
    """The secret of a browser that nobody is signed in on: what the token of its forms is bound to."""
    return secrets.token_urlsafe(32)


def token_for(holder: str, key: str) -> str:
    """The token of the forms that are shown to that holder: a session, a signed link or a visitor."""
    return hmac.new(key.encode(), f"form {holder}".encode(), hashlib.sha256).hexdigest()


def mark_of(what: str, holder: str, key: str) -> str:
    """Something that a form bears, with the mark that it was shown to that holder: nobody else can send it, nor another in its place."""
    return f"{what}.{hmac.new(key.encode(), f'kept {holder} {what}'.encode(), hashlib.sha256).hexdigest()}"


def marked(given: str, holder: str, key: str) -> str | None:
    """What bears a good mark; None for anything else."""
    what = given.rpartition(".")[0]
    return what if what and hmac.compare_digest(given.encode(), mark_of(what, holder, key).encode()) else None


async def checked(request: Request) -> None:
    """Refuse what changes something and does not come from our pages. Raises Forged, and Invalid for what cannot be kept."""
    if request.method in READS:
        return
    form = request.state.sent = await request.form()
    if any("\x00" in value for value in form.values() if isinstance(value, str)):
        raise Invalid("Retirez les caractères de contrôle.")
    given = form.get(FIELD) or request.headers.get("x-csrf-token") or ""
    frame = request.app.state.frame
    holder = frame.holder(request)
    wanted = token_for(holder, frame.key) if holder else ""
    known = bool(wanted) and hmac.compare_digest(str(given).encode(), wanted.encode())
    if not known or not comes_from_here(request):
        raise Forged


def comes_from_here(request: Request) -> bool:
    """What the browser itself says; one that says nothing is too old to, and the token answers for it."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
