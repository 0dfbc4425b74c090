"""What all pages of an application share: their templates, the name and the theme, the key of what is signed, the cookies."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from itsdangerous import BadSignature, URLSafeSerializer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from api.assets import Assets
from api.settings import Settings
from notifications.languages import teach
from notifications.typography import filters

TEMPLATES: Final = Path(__file__).parents[1] / "templates"
FLASH: Final = "flash"
FLASH_LASTS: Final = 60
"""Seconds: a message is shown on the very next page."""


class SecretKeyMissing(Exception):
    """Production needs a key of its own: set QP_SECRET_KEY."""

    def __init__(self) -> None:
        super().__init__("En production, donnez QP_SECRET_KEY : 32 caractères au hasard, ou plus.")


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of an application's pages; it is at `app.state.frame`."""

    environment: Environment
    assets: Assets
    product: Mapping[str, Any]
    theme_css: str | None
    key: str
    in_production: bool
    demo: bool

    @property
    def session_cookie(self) -> str:
        """Its name; in production the prefix has the browser refuse it from another host or in clear."""
        return self._cookie("session")

    @property
    def visitor_cookie(self) -> str:
        """The name of the cookie of a browser on which nobody is signed in."""
        return self._cookie("visitor")

    @property
    def attempt_cookie(self) -> str:
        """The name of the cookie of who is on their way to the identity provider and back."""
        return self._cookie("attempt")

    def _cookie(self, name: str) -> str:
        return f"{'__Host-' if self.in_production else ''}qp_{name}"

    def holder(self, request: Request) -> str:
        """What the token of a form is bound to: the signed link of the page, else the session, else the browser; '' when there is none."""
        if link := request.path_params.get("token"):
            return f"link {link}"
        if session := request.cookies.get(self.session_cookie):
            return f"session {session}"
        visitor = getattr(request.state, "visitor", None) or request.cookies.get(self.visitor_cookie)
        return f"visitor {visitor}" if visitor else ""

    def keep(self, response: Response, name: str, value: str, *, seconds: int | None = None) -> None:
        """Have the browser keep a cookie, out of reach of scripts; until it closes, or for that long."""
        response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=self.in_production)

    def forget(self, response: Response, name: str) -> None:
        """Have the browser forget a cookie."""
        response.delete_cookie(name, httponly=True, samesite="lax", secure=self.in_production)

    def written(self, messages: tuple[Mapping[str, Any], ...]) -> str:
        """Messages for the next page, signed."""
        return self._signer().dumps(messages)

    def read(self, request: Request) -> list[dict[str, Any]]:
        """The messages that the last answer left for this page."""
        try:
            return list(self._signer().loads(request.cookies.get(self._cookie(FLASH), "")))
        except BadSignature:
            return []

    @property
    def flash_cookie(self) -> str:
        """The name of the cookie that bears the messages."""
        return self._cookie(FLASH)

    def _signer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self.key, salt="flash")


def frame_of(settings: Settings, *, demo: bool = False) -> Frame:
    """The frame that the settings ask for. Raises SecretKeyMissing."""
    key = settings.secret_key.get_secret_value()
    if settings.in_production and not key:
        raise SecretKeyMissing
    environment, assets = _read_once()
    return Frame(
        environment=environment,
        assets=assets,
        product={"name": settings.name, "href": "/", "logo": settings.logo or None},
        theme_css=settings.theme_css or None,
        key=key or secrets.token_urlsafe(32),
        in_production=settings.in_production,
        demo=demo,
    )


@cache
def _read_once() -> tuple[Environment, Assets]:
    """The templates and the files of the pages, which no setting changes: a process compiles and compresses each once."""
    assets = Assets()
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, extensions=["jinja2.ext.i18n"]
    )
    teach(made)
    made.filters.update(filters())
    made.globals["asset"] = assets
    return made, assets
