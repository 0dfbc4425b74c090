"""Somebody who saw a poster asks to be called, without an account: who they are, how to reach them, what they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from api.languages import every_language
from api.pages.opening import SYSTEM
from api.pages.shell import page, see_other, to_correct
from api.rate_limits import LIMITS, Counted, asker_of, count, refuse_too_often
from api.work import Work
from cases.access import THE_SYSTEM
from cases.errors import Invalid, Refused
from cases.gestures import ask_to_be_called
from cases.importers.values import ValueRefused, read_email, read_phone
from cases.intake import Detection
from cases.needs import NeedSubject
from cases.views.choices import territories_for
from engine.definition import RULES
from engine.model import Refusal
from notifications.languages import language

HREF: Final = "/demander-un-contact"
CALLED_WITHIN: Final = RULES["case.detection.first_contact"].within.value
"""Working days."""
FIELDS: Final = ("person_name", "name", "reach", "territory", "detail", "contact", "share")
LONGEST: Final = 500
"""Letters of what is typed in a field."""
_UNREADABLE: Final = "Ce numéro ou cette adresse ne se lit pas : relisez-le."

router = APIRouter(prefix=HREF, dependencies=[Depends(every_language)])


@router.get("")
async def show_form(request: Request, work: Work) -> Response:
    """The empty form."""
    return await _form(request, work, {})


@router.post("")
async def ask(request: Request, work: Work) -> Response:
    """Note it as a case, and say the same thing whether they are known already or not."""
    typed, asker, now = _typed(await request.form()), asker_of(request), work.clock.now()
    try:
        asked = asked_by(typed)
        await work.write(lambda db: _note(db, asked, asker, now), SYSTEM)
    except (Refused, Invalid) as error:
        return await _form(request, work, typed, to_correct(error))
    return see_other(request, f"{HREF}/merci")


@router.get("/merci")
async def show_thanks(request: Request) -> Response:
    """Who calls, and by when."""
    return page(request, "contact_merci.html", within=CALLED_WITHIN)


def asked_by(typed: dict[str, str]) -> Detection:
    """What somebody asks for, as a case begins. Raises Refused with every field that lacks something."""
    phone, email = None, None
    wrong: list[Refusal] = []
    try:
        phone, email = _reach(typed["reach"])
    except ValueRefused:
        wrong.append(Refusal("reach_unreadable", _UNREADABLE, field="reach"))
    if not typed["reach"]:
        said = "Dites comment vous joindre : un numéro de téléphone ou une adresse électronique."
        wrong.append(Refusal("reach_missing", said, field="reach"))
    if not typed["name"]:
        wrong.append(Refusal("name_missing", "Donnez le nom de votre commerce ou de votre projet.", field="name"))
    if not typed["contact"]:
        wrong.append(Refusal("no_consent", "Cochez cette case : sans votre accord, personne n’a le droit de vous rappeler.", field="contact"))  # fmt: skip
    if wrong:
        raise Refused(tuple(wrong))
    needs = ({"subject": str(NeedSubject.OTHER), "detail": typed["detail"]},) if typed["detail"] else ()
    consents = tuple(purpose for purpose in ("contact", "share") if typed[purpose])
    return Detection(
        name=typed["name"], person_name=typed["person_name"] or None, phone=phone, email=email, language=language().code,
        territory=typed["territory"] or None, origin="contact", consents=consents, channel="page", needs=needs,
    )  # fmt: skip


def _reach(words: str) -> tuple[str | None, str | None]:
    """A telephone number or an address; raises ValueRefused."""
    if not words:
        return None, None
    return (None, read_email(words)) if "@" in words else (read_phone(words, region="FR"), None)


def _typed(sent: FormData) -> dict[str, str]:
    return {name: str(sent.get(name) or "").strip()[:LONGEST] for name in FIELDS}


def _note(db: Connection, asked: Detection, asker: str, now: datetime) -> None:
    refuse_too_often(db, Counted.CONTACT_FROM, asker, now)
    if count(db, Counted.CONTACT, asked.phone or asked.email or "", now) <= LIMITS[Counted.CONTACT].most:
        ask_to_be_called(db, asked, now=now)


async def _form(
    request: Request, work: Work, typed: dict[str, str], errors: Sequence[Mapping[str, str | None]] = ()
) -> Response:
    homes = await work.read(lambda db: territories_for(db, THE_SYSTEM), SYSTEM)
    wrong = {one["field"]: one["message"] for one in errors}
    return page(
        request, "contact.html", status=422 if errors else 200, typed=typed, homes=homes, within=CALLED_WITHIN, wrong=wrong, errors=errors,
    )  # fmt: skip
