"""« Mon dossier » without its link: who lost it asks for another, which leaves to the address that the case knows."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.languages import every_language
from api.pages.opening import SYSTEM
from api.pages.shell import page, see_other, to_correct
from api.rate_limits import LIMITS, Counted, asker_of, count, refuse_too_often
from api.work import Work
from cases.errors import Invalid
from notifications.own_cases import ask_own_cases

router = APIRouter(prefix="/mon-dossier", dependencies=[Depends(every_language)])

_ADDRESS: Final = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")


@router.get("")
async def show_form(request: Request) -> Response:
    """Ask for an address."""
    return page(request, "mon_dossier_perdu.html", email="", errors=[])


@router.post("")
async def send_again(request: Request, work: Work, email: Annotated[str, Form()] = "") -> Response:
    """Send a link if a case has that address, and say the same thing in any case."""
    address, now = email.strip().lower(), work.clock.now()
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        wrong = to_correct(Invalid("Écrivez votre adresse en entier, comme prenom.nom@exemple.fr.", "email"))
        return page(request, "mon_dossier_perdu.html", status=422, email=email, errors=wrong)
    asker = asker_of(request)
    await work.write(lambda db: _send(db, address, asker, now), SYSTEM)
    return see_other(request, "/mon-dossier/envoye")


@router.get("/envoye")
async def show_sent(request: Request) -> Response:
    """Say that a mail has left, if a case has that address."""
    return page(request, "lien/envoye.html", again="/mon-dossier")


def _send(db: Connection, address: str, asker: str, now: datetime) -> None:
    refuse_too_often(db, Counted.ASKED, asker, now)
    if count(db, Counted.MAIL, address, now) <= LIMITS[Counted.MAIL].most:
        ask_own_cases(db, address, now)
