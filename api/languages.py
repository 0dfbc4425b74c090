"""In which language an answer is: what somebody chose, else what their browser asks for, else French."""

from __future__ import annotations

from collections.abc import Collection
from http.cookies import SimpleCookie
from typing import Any, Final

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from api.around import Around
from notifications.languages import LANGUAGES, OF_WORK, is_reviewed, language, preferred, speak

COOKIE: Final = "qp_langue"
"""What a browser without an account chose. It names nobody."""
COOKIE_LASTS: Final = 365 * 24 * 3600
"""Seconds."""
EVERY: Final[Collection[str]] = LANGUAGES.keys()


class Spoken(Around):
    """Has each request answered in the language of who reads it; a page may know better, once it knows who that is."""

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = Headers(scope=scope)
        speak(_asked(headers.get("cookie", ""), headers.get("accept-language", ""), OF_WORK))

        async def send_in_it(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(scope=message)
                answered.setdefault("Content-Language", language().tag)
                answered.add_vary_header("Accept-Language")
            await send(message)

        await self.app(scope, receive, send_in_it)


def speak_to(request: Request, *chosen: str | None, among: Collection[str] = OF_WORK) -> None:
    """Speak the first language that somebody chose, else the one that their browser asks for, of these."""
    request.state.languages = among
    known = next((code for code in chosen if code in among), None)
    asked = request.headers.get("accept-language", "")
    speak(known or _asked(request.headers.get("cookie", ""), asked, among))


def speak_by_link(request: Request, languages: Collection[str | None], *, works_here: bool) -> None:
    """Speak to who opened a link of a mail: who is helped has one choice everywhere; who works here may read otherwise on this browser."""
    kept = (request.cookies.get(COOKIE),) if works_here else ()
    speak_to(request, *kept, *languages, among=OF_WORK if works_here else EVERY)


async def every_language(request: Request) -> None:
    """A page that whoever is helped may read: it speaks all the languages that there are."""
    speak_to(request, among=EVERY)


def switch(request: Request, status: int) -> dict[str, Any]:
    """What the macro `languages` shows: the languages that the page speaks, and where a button leads; a refusal repeats no address."""
    among = getattr(request.state, "languages", OF_WORK)
    token = request.path_params.get("token") if status != 404 else None
    return {
        "action": f"/lien/{token}/langue" if token else "/langue",
        "back": request.url.path if request.method == "GET" and status < 400 else "",
        "languages": [LANGUAGES[code] for code in among],
        "unreviewed": not is_reviewed(language().code),
    }


def _asked(cookies: str, wanted: str, among: Collection[str]) -> str:
    kept = SimpleCookie(cookies).get(COOKIE) if COOKIE in cookies else None
    if kept is not None and kept.value in among:
        return kept.value
    return preferred(wanted, among) or "fr"
