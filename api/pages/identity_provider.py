"""Signing in by the identity provider of the settings: leaving for it, and coming back from it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from fastapi import APIRouter, Request
from itsdangerous import BadSignature, URLSafeSerializer
from starlette.responses import RedirectResponse, Response

from api.identity_provider import Attempt, Provider, ProviderAway, ProviderRefused
from api.log_lines import note_refused
from api.pages.entering import enter
from api.pages.frame import Frame
from api.pages.shell import own_address, see_other, warned
from api.rate_limits import Counted, asker_of, refuse_too_often
from api.vouched_people import person_vouched_for
from api.work import Work
from cases.errors import NotFound

router = APIRouter(prefix="/connexion/fournisseur")

_LASTS: Final = 600
"""Seconds that somebody has to say who they are."""


@router.get("")
async def leave_for_it(request: Request, suite: str = "/") -> Response:
    """Send somebody to the provider, to say who they are."""
    frame, attempt = request.app.state.frame, Attempt.new(own_address(suite))
    try:
        answer = RedirectResponse(await _provider(request).way_in(attempt), 303)
    except ProviderAway as error:
        return see_other(request, "/connexion", warned(error.args[0]))
    frame.keep(answer, frame.attempt_cookie, _signer(frame).dumps(asdict(attempt)), seconds=_LASTS)
    return answer


@router.get("/retour")
async def come_back(request: Request, work: Work, code: str = "", state: str = "", iss: str = "") -> Response:
    """Let in whom the provider vouches for, if they have an account here."""
    frame, now, asker = request.app.state.frame, work.clock.now(), asker_of(request)
    await work.write(lambda db: refuse_too_often(db, Counted.PROVIDER_FROM, asker, now))
    try:
        attempt = _attempt(request, frame)
        vouched = await _provider(request).who(attempt, code=code, state=state, said_by=iss)
        who = await work.write(lambda db: person_vouched_for(db, vouched, now))
        answer = await enter(request, work, who, attempt.next_page, provider_token=vouched.id_token)
    except (ProviderAway, ProviderRefused) as error:
        note_refused(request, type(error).__name__)
        answer = see_other(request, "/connexion", warned(error.args[0]))
    frame.forget(answer, frame.attempt_cookie)
    return answer


def _provider(request: Request) -> Provider:
    provider: Provider = request.app.state.provider
    if not provider.name:
        raise NotFound("Cette page n’existe pas.")
    return provider


def _attempt(request: Request, frame: Frame) -> Attempt:
    """The attempt that this browser began. Raises ProviderRefused."""
    try:
        return Attempt(**_signer(frame).loads(request.cookies.get(frame.attempt_cookie, "")))
    except BadSignature:
        raise ProviderRefused("Cette connexion n’a pas commencé ici, ou il y a trop longtemps : recommencez.") from None


def _signer(frame: Frame) -> URLSafeSerializer:
    return URLSafeSerializer(frame.key, salt="identity provider")
