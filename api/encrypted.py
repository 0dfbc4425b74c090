"""In production everything travels over TLS: what comes in clear is led to it or refused, and no setting leads out in clear."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import URL
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.around import Around
from api.csrf import READS
from api.errors import MEDIA_TYPE, plain_problem
from api.settings import Settings
from cases.errors import CasesError

_OF_THE_MACHINE: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""What a monitor asks on the machine itself: no name, no address, no link."""
_ENCRYPTED: Final = frozenset({"require", "verify-ca", "verify-full"})


class InClear(CasesError):
    """A setting of production would have people's data travel in clear."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"En production, tout voyage chiffré. À corriger : {', '.join(names)}.")


def refuse_what_is_in_clear(chosen: Settings) -> None:
    """Let a process start when its settings lead over TLS, or to the machine itself. Raises InClear, in production."""
    if chosen.in_production and (found := list(_in_clear(chosen))):
        raise InClear(found)


class OverTls(Around):
    """Leads a page that is asked for in clear to its encrypted address; anything else in clear is refused, so that it is seen."""

    def __init__(self, app: ASGIApp, base_url: str) -> None:
        super().__init__(app)
        self.base_url = base_url

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["scheme"] == "https" or scope["path"] in _OF_THE_MACHINE:
            await self.app(scope, receive, send)
            return
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        if scope["method"] in READS and not scope["path"].startswith("/api/"):
            asked = URL(scope=scope)
            return RedirectResponse(f"{self.base_url}{asked.path}" + (f"?{asked.query}" if asked.query else ""), 308)
        return JSONResponse(plain_problem("tls_needed"), 403, media_type=MEDIA_TYPE)


def _in_clear(chosen: Settings) -> Iterator[str]:
    for name in ("base_url", "oidc_issuer", "sirene_url", "geocode_url"):
        address = str(getattr(chosen, name))
        if address and urlsplit(address).scheme != "https":
            yield f"QP_{name.upper()}"
    if not _mail_is_encrypted(chosen.smtp_url.get_secret_value()):
        yield "QP_SMTP_URL (starttls=required)"
    for name in ("database_url", "database_owner_url"):
        if not _database_is_encrypted(str(getattr(chosen, name))):
            yield f"QP_{name.upper()} (sslmode=require)"


def _mail_is_encrypted(address: str) -> bool:
    parts = urlsplit(address)
    required = parse_qs(parts.query).get("starttls", [""])[-1] == "required"
    return not address or parts.scheme == "smtps" or required or _is_this_machine(parts.hostname)


def _database_is_encrypted(address: str) -> bool:
    parts = urlsplit(address)
    if not parts.scheme.startswith("postgres"):
        return True
    asked = parse_qs(parts.query)
    host = asked.get("host", [parts.hostname or ""])[-1]
    return asked.get("sslmode", [""])[-1] in _ENCRYPTED or host.startswith("/") or _is_this_machine(host)


def _is_this_machine(host: str | None) -> bool:
    """The machine itself: by name, by number, or by a socket (no host)."""
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False
