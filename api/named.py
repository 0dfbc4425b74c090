"""Which cases an answer names: read in the answer itself, so that no list is forgotten when it is noted who looked."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from fastapi import Request
from starlette.types import Message, Receive, Scope, Send

from api.around import Around
from cases.identifiers import ALPHABET

_REFERENCE: Final = re.compile(rb"QP-[%(letter)s]{4}-[%(letter)s]{4}" % {b"letter": ALPHABET.encode()})
_READ: Final = (b"text/html", b"application/json", b"text/csv", b"text/calendar")


class Named(Around):
    """Keeps, of each answer to a reading, the references that stand in it."""

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        readable, before = False, b""

        async def send_and_read(message: Message) -> None:
            nonlocal readable, before
            if message["type"] == "http.response.start":
                readable = any(name == b"content-type" and kind.startswith(_READ) for name, kind in message["headers"])
            elif readable:
                found = _REFERENCE.findall(before + message.get("body", b""))
                state.setdefault("named", set()).update(one.decode() for one in found)
                before = message.get("body", b"")[-11:]
            await send(message)

        await self.app(scope, receive, send_and_read)


def names(request: Request, references: Collection[str]) -> None:
    """Say which cases an answer names that is no text, such as a workbook."""
    request.state.named = set(references)
