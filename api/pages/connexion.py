"""Signing in without a password: an address, a link or a code by mail; and signing out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy import Connection
from starlette.background import BackgroundTask
from starlette.responses import Response

from api.identity_provider import Provider, ProviderAway
from api.languages import every_language
from api.log_lines import note_refused
from api.pages.cast import cast_of, first_of
from api.pages.entering import enter
from api.pages.frame import Frame
from api.pages.shell import done, own_address, page, see_other, to_correct
from api.rate_limits import LIMITS, Counted, asker_of, count, refuse_too_often
from api.sign_in import end_session
from api.work import Work
from cases.database import Scope
from cases.errors import Invalid
from notifications.asking import answer_requests, note_request
from notifications.codes import last_asked, use_code

router = APIRouter()

_ADDRESS: Final = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_WRONG_CODE: Final = (
    "Ce code n’est pas, ou n’est plus, le bon : relisez le dernier courriel reçu, ou demandez-en un autre."
)
SYSTEM: Final = Scope.worker()
_CLEARED: Final = '"cache"'
"""What the browser forgets with the session; not its storage, where shops may still wait to be sent (decision 24)."""
_SLOGAN: Final = "Du commerce repéré à l’aide obtenue"


@router.get("/connexion")
async def show_sign_in(request: Request, work: Work, suite: str = "/") -> Response:
    """Ask for an address."""
    return await _sign_in(request, work, next_page=suite)


@router.post("/connexion")
async def send_link(
    request: Request, work: Work, email: Annotated[str, Form()] = "", suite: Annotated[str, Form()] = "/"
) -> Response:
    """Send a link if the address is known, and say the same thing in any case."""
    address, now, asker = email.strip().lower(), work.clock.now(), asker_of(request)
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        wrong = to_correct(Invalid("Écrivez votre adresse en entier, comme prenom.nom@exemple.fr.", "email"))
        return await _sign_in(request, work, next_page=suite, email=email, errors=wrong, status=422)
    next_page, browser = own_address(suite), request.app.state.frame.holder(request)
    await work.write(lambda db: _ask(db, address, browser, asker, now, next_page), SYSTEM)
    answer = see_other(request, "/connexion/envoye")
    answer.background = BackgroundTask(work.write, lambda db: answer_requests(db, now), SYSTEM)
    return answer


@router.get("/connexion/envoye", dependencies=[Depends(every_language)])
async def show_sent(request: Request) -> Response:
    """Say that a mail has left, if the address is known, and take the code that it holds."""
    return _sent(request)


@router.post("/connexion/code")
async def enter_by_code(request: Request, work: Work, code: Annotated[str, Form()] = "") -> Response:
    """Come in by the code of the mail, on the browser where it was asked for."""
    frame, now, asker = request.app.state.frame, work.clock.now(), asker_of(request)
    browser, typed = frame.holder(request), "".join(code.split())
    found = await work.write(lambda db: _try_code(db, browser, typed, asker, frame.key, now), SYSTEM)
    if found is None:
        note_refused(request, "code")
        return _sent(request, to_correct(Invalid(_WRONG_CODE, "code")), status=422)
    return await enter(request, work, *found)


@router.post("/deconnexion")
async def sign_out(request: Request, work: Work) -> Response:
    """End the session of this browser."""
    frame: Frame = request.app.state.frame
    secret, now = request.cookies.get(frame.session_cookie, ""), work.clock.now()
    told = await work.write(lambda db: end_session(db, secret, now))
    answer = see_other(request, await _way_out(request, told) or "/connexion", done("Vous êtes déconnecté."))
    frame.forget(answer, frame.session_cookie)
    answer.headers["Clear-Site-Data"] = _CLEARED
    return answer


async def _way_out(request: Request, told: str | None) -> str | None:
    """Where somebody whom the provider let in leaves it too; nowhere when it does not answer."""
    provider: Provider = request.app.state.provider
    try:
        return await provider.way_out(told) if told and provider.name else None
    except ProviderAway:
        return None


def _ask(db: Connection, address: str, browser: str, asker: str, now: datetime, next_page: str) -> None:
    """The same whether the address is known or not: who it is, is looked up once the page is answered."""
    refuse_too_often(db, Counted.ASKED, asker, now)
    if count(db, Counted.MAIL, address, now) <= LIMITS[Counted.MAIL].most:
        note_request(db, address, browser, now, next_page=next_page)


def _try_code(db: Connection, browser: str, typed: str, asker: str, key: str, now: datetime) -> tuple[str, str] | None:
    """Who a code lets in, and where they were going."""
    refuse_too_often(db, Counted.CODE_FROM, asker, now)
    asked = last_asked(db, browser)
    if asked is None:
        return None
    refuse_too_often(db, Counted.CODE, asked.email, now)
    who = use_code(db, asked, typed, key=key, now=now)
    return (who, asked.next_page) if who else None


def _sent(request: Request, errors: Sequence[dict[str, str | None]] = (), status: int = 200) -> Response:
    return page(request, "connexion_envoye.html", status=status, errors=errors, slogan=_SLOGAN)


async def _sign_in(
    request: Request,
    work: Work,
    *,
    next_page: str,
    email: str = "",
    errors: list[dict[str, str | None]] | None = None,
    status: int = 200,
) -> Response:
    cast = first_of(await work.read(cast_of)) if request.app.state.frame.demo else []
    return page(
        request, "connexion.html", status=status, next_page=own_address(next_page), email=email, errors=errors or [], slogan=_SLOGAN, cast=cast,
        provider=request.app.state.provider.name,
    )  # fmt: skip
