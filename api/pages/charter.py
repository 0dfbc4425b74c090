"""A mentor or an entrepreneur says yes to a pair from a mail, by signing its charter; or « not this time », with a reason."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from api.pages.answer import options
from api.pages.log_book import read_pair
from api.pages.opening import Opened
from api.pages.shell import done, page, see_other, to_correct
from api.steps import take
from cases.errors import CasesError, Conflict, Invalid, NotFound
from cases.journey import Request as StepRequest
from engine.facts import Pair
from engine.lists import DECLINE_PAIR

_SAID: Final[Mapping[str, str]] = {
    "sign_charter": "C’est signé. Vous serez prévenu dès que l’autre aura signé aussi.",
    "decline_pair": "C’est noté. Merci d’avoir répondu.",
}


async def show(request: Request, opened: Opened) -> Response:
    """Who with whom, what it commits to, and the two answers."""
    return await _page(request, opened, which=str(request.query_params.get("reponse", "")))


async def act(request: Request, opened: Opened) -> Response:
    """Sign, or say no."""
    form = await request.form()
    pressed = str(form.get("step", ""))
    given = {name: str(form[name]).strip() for name in ("reason", "text") if str(form.get(name) or "").strip()}
    key = str(form.get("key") or "")[:64] or None
    try:
        if pressed not in _SAID:
            raise Invalid("Choisissez une réponse.")
        await take(opened.visit, StepRequest(opened.reference or "", pressed, opened.track, given, key=key))
    except (NotFound, Conflict):
        raise
    except CasesError as error:
        which = "non" if pressed == "decline_pair" else ""
        return await _page(request, opened, which=which, errors=to_correct(error), typed=form)
    return see_other(request, request.url.path, done(_SAID[pressed]))


async def _page(
    request: Request, opened: Opened, *, which: str,
    errors: list[dict[str, str | None]] | None = None, typed: Mapping[str, Any] | None = None,
) -> Response:  # fmt: skip
    found, given = await read_pair(opened), dict(typed or {})
    pair = found.facts.tracks[opened.track]
    signed = isinstance(pair, Pair) and (
        pair.entrepreneur_signed if opened.visit.identity.entrepreneur else pair.mentor_signed
    )
    return page(
        request, "lien/charte.html", status=422 if errors else 200, case=found, pair=pair, here=request.url.path, errors=errors or [],
        typed=given, key=secrets.token_urlsafe(12), signed=signed, which=which, mentor=not opened.visit.identity.entrepreneur,
        decline=options(DECLINE_PAIR.items(), given.get("reason")), need=next(iter(found.needs.values()), None),
    )  # fmt: skip
