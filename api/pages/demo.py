"""The demonstration: come in as one of the cast, and read the mails that were sent; none of it exists outside the demonstration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, Response

from api.pages.cast import cast_of
from api.pages.entering import enter
from api.pages.shell import ROLES, page
from api.work import Work
from cases.errors import NotFound
from notifications.typography import day_short, hour

router = APIRouter(prefix="/demo")

SHOWN: Final = 200
"""Mails of the list."""
ZONE: Final = "Europe/Paris"
"""Where the mails are read."""
MAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-top-navigation-by-user-activation"
)
"""A mail is shown in a frame of its own, where it can neither run nor load anything."""


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """A mail that was sent, as the catcher received it."""

    at: datetime
    to: str
    sender: str
    subject: str
    text: str
    html: str | None


class Mailbox(Protocol):
    """What catches the mails of the demonstration; it is at `app.state.catcher`."""

    def mails(self) -> Sequence[CaughtMail]:
        """Every mail, the oldest first."""
        ...


@router.get("")
async def show_cast(request: Request, work: Work) -> Response:
    """Everybody who has a role, by role."""
    found = await work.read(cast_of)
    groups = [(ROLES[role], [one for one in found if one.role is role]) for role in ROLES]
    return page(request, "demo.html", groups=[(title, cast) for title, cast in groups if cast])


@router.post("/entrer")
async def enter_as(request: Request, work: Work, person_id: Annotated[str, Form()] = "") -> Response:
    """Come in as one of them."""
    if person_id not in {one.id for one in await work.read(cast_of)}:
        raise NotFound("Cette personne n’existe pas.")
    return await enter(request, work, person_id, "/")


@router.get("/messagerie")
async def show_mails(request: Request) -> Response:
    """The mails that were sent, the latest first."""
    found = list(enumerate(_mails(request)))[::-1]
    rows = [_row(number, mail) for number, mail in found[:SHOWN]]
    return page(request, "demo_messagerie.html", rows=rows, total=len(found))


@router.get("/messagerie/{number}")
async def show_mail(request: Request, number: int) -> Response:
    """One mail."""
    mail = _mail(request, number)
    return page(request, "demo_courriel.html", mail=mail, number=number, zone=ZONE)


@router.get("/messagerie/{number}/corps")
async def show_body(request: Request, number: int) -> Response:
    """The body of a mail, as a mail reader shows it; its links open in the whole window."""
    mail = _mail(request, number)
    headers = {"Content-Security-Policy": MAIL_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return HTMLResponse((mail.html or "").replace("<head>", '<head><base target="_top">', 1), headers=headers)


def _mails(request: Request) -> Sequence[CaughtMail]:
    catcher: Mailbox | None = getattr(request.app.state, "catcher", None)
    return catcher.mails() if catcher else ()


def _mail(request: Request, number: int) -> CaughtMail:
    found = _mails(request)
    if not 0 <= number < len(found):
        raise NotFound("Ce courriel n’existe pas.")
    return found[number]


def _row(number: int, mail: CaughtMail) -> list[dict[str, str]]:
    at = f"{day_short(mail.at, ZONE)}, {hour(mail.at, ZONE)}"
    return [
        {"text": mail.subject or "(sans objet)", "href": f"/demo/messagerie/{number}"},
        {"text": mail.to},
        {"text": at},
    ]
