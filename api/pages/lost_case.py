"""« Mon dossier » without its link: who lost it asks for another, which leaves to the address that the case knows."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.pages.opening import SYSTEM
from api.pages.shell import page, see_other, to_correct
from api.rate_limits import count
from api.work import Work
from cases.errors import Invalid
from notifications.own_cases import ask_own_cases

router = APIRouter(prefix="/mon-dossier")

MAILS_PER_HOUR: Final = 3
"""To one address."""
ASKED_PER_HOUR: Final = 20
"""From one network address; what is asked above that is answered alike, and nothing leaves."""
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
    asker = request.client.host if request.client else "unknown"
    await work.write(lambda db: _send(db, address, asker, now), SYSTEM)
    return see_other(request, "/connexion/envoye")


def _send(db: Connection, address: str, asker: str, now: datetime) -> None:
    often = count(db, "own case from", asker, now) > ASKED_PER_HOUR
    if not often and count(db, "own case to", address, now) <= MAILS_PER_HOUR:
        ask_own_cases(db, address, now)
