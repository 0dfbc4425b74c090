"""A form that came too late: its session was over, or its page too old. What was written in it is shown again, with the way back to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from fastapi import Request
from starlette.responses import Response

from api.pages.shell import own_address, page

_SESSION_OVER: Final = (
    "Votre session est terminée",
    "Rien n’est enregistré, et rien n’est perdu : connectez-vous, puis recopiez ce que vous aviez écrit.",
    "Se connecter",
)
_PAGE_TOO_OLD: Final = (
    "Cette page est trop ancienne",
    "Rien n’est enregistré, et rien n’est perdu : rouvrez la page, puis recopiez ce que vous aviez écrit.",
    "Rouvrir la page",
)


def written_in(request: Request) -> tuple[str, ...]:
    """The words that somebody wrote in the form that they sent: what bears a space is no code."""
    sent: Mapping[str, Any] = getattr(request.state, "sent", {})
    values = (value.strip() for value in sent.values() if isinstance(value, str))
    return tuple(dict.fromkeys(value for value in values if any(letter.isspace() for letter in value)))


def where_from(request: Request) -> str:
    """The page that bore the form, where the browser says it; '' otherwise."""
    said = urlsplit(request.headers.get("referer", ""))
    if said.netloc != request.headers.get("host"):
        return ""
    return own_address(said.path + (f"?{said.query}" if said.query else ""), "")


def show_interrupted(request: Request, words: tuple[str, ...], *, signed_in: bool) -> Response:
    """The page in the place of the one that was to come."""
    title, text, label = _PAGE_TOO_OLD if signed_in else _SESSION_OVER
    back = where_from(request)
    door = "/connexion" + (f"?{urlencode({'suite': back})}" if back else "")
    way = {"label": label, "href": (back or "/") if signed_in else door}
    return page(request, "interrupted.html", status=403, title=title, text=text, words=words, way=way)
