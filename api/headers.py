"""What every answer bears and every request must respect: safe headers, an id to be found by, a body that is not too large."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.around import Around
from engine.sentences import say

LARGEST_BODY = 1_000_000
"""Bytes."""
LARGEST_FILE = 10_000_000
"""Bytes, where files are given."""
_FILES = re.compile(r"(/api/v1)?/imports|(/dossiers|/mon-dossier)/[^/]+/documents$")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")

SAFE: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What an answer bears unless it says otherwise itself."""
OVER_TLS = "max-age=63072000; includeSubDomains"


@dataclass(frozen=True, slots=True)
class Safety:
    """The headers of one installation: whether it is reached over TLS alone, and where a form may lead beside itself."""

    over_tls: bool = False
    leads_to: str = ""
    """The origin of the identity provider: who signs out by a form is led there."""

    @property
    def policy(self) -> str:
        """Everything comes from here; nothing is inside a frame."""
        forms = f"form-action 'self' {self.leads_to}".rstrip()
        return f"default-src 'self'; base-uri 'none'; {forms}; frame-ancestors 'none'; object-src 'none'"

    def add(self, answered: MutableHeaders, request_id: str) -> None:
        """Give an answer the headers that it lacks, and the id of its request."""
        answered.setdefault("Content-Security-Policy", self.policy)
        for name, value in SAFE.items():
            answered.setdefault(name, value)
        if answered.get("content-type", "").endswith("+xml"):
            answered["Content-Type"] += "; charset=utf-8"
        if self.over_tls:
            answered.setdefault("Strict-Transport-Security", OVER_TLS)
        answered["X-Request-ID"] = request_id


def origin_of(address: str) -> str:
    """The origin of an address, as a policy names it; nothing of no address."""
    found = urlsplit(address)
    return f"{found.scheme}://{found.netloc}" if found.netloc else ""


class BodyTooLarge(HTTPException):
    """More was sent than may be."""

    def __init__(self, most: int) -> None:
        super().__init__(413, say("C’est trop lourd : {count} Mo au plus.", count=most // 1_000_000))


class SafeHeaders(Around):
    """Gives each request an id, and each answer the headers that it lacks."""

    def __init__(self, app: ASGIApp, safety: Safety) -> None:
        super().__init__(app)
        self.safety = safety

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request_id = _request_id(Headers(scope=scope).get("x-request-id", ""))
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.safety.add(MutableHeaders(scope=message), request_id)
            await send(message)

        await self.app(scope, receive, send_safely)


class BodyLimit(Around):
    """Stops reading a body as soon as it is too large, whatever its announced length."""

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        most = LARGEST_FILE if _FILES.match(scope["path"]) else LARGEST_BODY
        announced = Headers(scope=scope).get("content-length", "")
        read = 0

        async def receive_no_more() -> Message:
            nonlocal read
            if announced.isdigit() and int(announced) > most:
                raise BodyTooLarge(most)
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise BodyTooLarge(most)
            return message

        await self.app(scope, receive_no_more, send)


def _request_id(given: str) -> str:
    """The id that a proxy gave, when it is one; a new one otherwise."""
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
