"""Signing in without a password: an address, a link by mail; and signing out."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.pages.cast import cast_of, first_of
from api.pages.frame import Frame
from api.pages.shell import done, own_address, page, see_other, to_correct
from api.rate_limits import TooOften, count, refuse_too_often
from api.sign_in import end_session
from api.work import Work
from cases.database import Scope
from cases.errors import Invalid
from notifications.asking import ask_sign_in

router = APIRouter()

MAILS_PER_HOUR: Final = 5
"""To one address."""
ASKED_PER_HOUR: Final = 20
"""From one network address."""
_ADDRESS: Final = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
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
    next_page = own_address(suite)
    try:
        await work.write(lambda db: _send(db, address, asker, now, next_page), Scope.worker())
    except TooOften as error:
        answer = await _sign_in(
            request, work, next_page=suite, email=email, errors=[{"message": str(error)}], status=429
        )
        answer.headers["Retry-After"] = str(error.wait)
        return answer
    return see_other(request, "/connexion/envoye")


@router.get("/connexion/envoye")
async def show_sent(request: Request) -> Response:
    """Say that a link has left, if the address is known."""
    return page(request, "connexion_envoye.html", slogan=_SLOGAN)


@router.post("/deconnexion")
async def sign_out(request: Request, work: Work) -> Response:
    """End the session of this browser."""
    frame: Frame = request.app.state.frame
    secret, now = request.cookies.get(frame.session_cookie, ""), work.clock.now()
    await work.write(lambda db: end_session(db, secret, now))
    answer = see_other(request, "/connexion", done("Vous êtes déconnecté."))
    frame.forget(answer, frame.session_cookie)
    return answer


def _send(db: Connection, address: str, asker: str, now: datetime, next_page: str) -> None:
    refuse_too_often(db, "sign_in from", asker, now, per_hour=ASKED_PER_HOUR)
    if count(db, "sign_in to", address, now) <= MAILS_PER_HOUR:
        ask_sign_in(db, address, now, next_page=next_page)


def asker_of(request: Request) -> str:
    """The network address from which a request comes, as the server knows it."""
    return request.client.host if request.client else "unknown"


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
        request, "connexion.html", status=status, next_page=own_address(next_page), email=email, errors=errors or [], slogan=_SLOGAN, cast=cast
    )  # fmt: skip
