"""The language of the pages: chosen by a button on each of them, and kept."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from api.languages import COOKIE, COOKIE_LASTS, EVERY
from api.pages.opening import SYSTEM, open_link
from api.pages.shell import own_address, see_other
from api.work import Work
from cases.errors import Invalid
from cases.languages import keep_language

router = APIRouter()

Code = Annotated[str, Form()]


@router.post("/langue")
async def choose(request: Request, langue: Code = "", retour: Code = "/") -> Response:
    """Keep a language on this browser, then show the same page in it."""
    return keep_on_browser(request, see_other(request, own_address(retour)), known(langue))


@router.post("/lien/{token}/langue")
async def choose_by_link(request: Request, token: str, work: Work, langue: Code = "", retour: Code = "") -> Response:
    """Keep the language of the person who is helped, for their pages and their mails; of another, on their browser."""
    code, opened = known(langue), await open_link(request, token, work)
    if who := opened.link.entrepreneur_id:
        await work.write(lambda db: keep_language(db, code, entrepreneur_id=who), SYSTEM)
    return keep_on_browser(request, see_other(request, own_address(retour, f"/lien/{token}")), code)


def known(code: str, among: Collection[str] = EVERY) -> str:
    """The code of one of these languages. Raises Invalid for another."""
    if code not in among:
        raise Invalid("Choisissez une langue dans la liste.", "langue")
    return code


def keep_on_browser(request: Request, answer: Response, code: str) -> Response:
    """Have this browser read in that language the pages that are for everybody."""
    request.app.state.frame.keep(answer, COOKIE, code, seconds=COOKIE_LASTS)
    return answer
