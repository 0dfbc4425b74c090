"""Signaler une entreprise: five fields on a phone; what was typed is never lost, and a look-alike is shown before it is logged twice."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from api.documents import Kept
from api.pages import shop_front
from api.pages.dates import sentence
from api.pages.shell import PageVisit, done, page, see_other, warned
from api.pages.shop_front import ShopFront
from api.pages.step_view import reasons_of
from api.registers.completing import completed
from api.security import Visit
from cases.errors import CasesError
from cases.gestures import log_and_qualify
from cases.importers.values import ValueRefused, read_email, read_phone, read_siret
from cases.intake import Detection, Logged, known_already, log_case
from cases.needs import NEED_CHIPS, NEED_KINDS
from cases.views.choices import Choice, territories_for
from cases.views.listing import CaseRow, named
from engine.model import Refusal
from engine.sentences import say, together
from notifications.typography import day_short

router = APIRouter(prefix="/dossiers")

SITUATIONS: Final = {"inside": "Dans un quartier prioritaire", "outside": "En dehors", "unknown": "Je ne sais pas"}
ORIENT: Final = "orienter"
REGION: Final = "FR"
_SIRET: Final = re.compile(r"[\d\s.]{9,20}")
KEPT_FOR: Final = timedelta(days=30)
"""What was noted longer ago is no news any more; it is also how long an answer is kept for a key."""
Outcome = tuple[Logged, tuple[Refusal, ...]]


class ToCorrect(CasesError):
    """Values of the form that cannot be read, each with its field."""

    def __init__(self, reasons: list[Refusal]) -> None:
        super().__init__(together(reason.message for reason in reasons))
        self.reasons = tuple(reasons)


@router.get("/nouveau")
async def ask_detection(request: Request, visit: PageVisit) -> Response:
    """The empty form."""
    return await _form(request, visit, FormData())


@router.post("/nouveau")
async def log_detection(request: Request, visit: PageVisit, files: Kept) -> Response:
    """Log it, unless it looks like a case that is known: then the choice is the person's."""
    sent, photo = await request.form(), None
    try:
        photo = await shop_front.shop_front_of(request, sent, visit, files)
        detection = await completed(detection_of(sent, visit.now), request.app.state.registers)
        known = () if sent.get("autre") else await visit.read(lambda db: _known(db, visit, detection))
        if known:
            return await _form(request, visit, sent, photo, known=known)
        logged = await visit.write(unit_of(detection, visit, sent, photo))
    except CasesError as error:
        return await _form(request, visit, sent, photo, errors=reasons_for(error))
    return _after(request, visit, detection, *logged, orient=sent.get("suite") == ORIENT)


# -- what was typed -------------------------------------------------------------------------------------------------------


def detection_of(sent: FormData, now: datetime) -> Detection:
    """What was noted in the street, read as its kinds. Raises ToCorrect with every value that cannot be read."""
    wrong: list[Refusal] = []
    name = _text(sent, "name")
    siret = _read(wrong, "name", read_siret, name) if _SIRET.fullmatch(name) else None
    reach = _text(sent, "phone")
    email = _read(wrong, "phone", read_email, reach) if "@" in reach else None
    phone = _read(wrong, "phone", lambda words: read_phone(words, region=REGION), reach) if reach and not email and "@" not in reach else None  # fmt: skip
    if not name:
        wrong.append(Refusal("name_missing", "Donnez le nom de l’enseigne, ou son numéro SIRET.", field="name"))
    if wrong:
        raise ToCorrect(wrong)
    consents = tuple(purpose for purpose in ("contact", "share") if sent.get(purpose))
    by_phone = bool(sent.get("by_phone"))
    return Detection(
        name="" if siret else name, siret=siret, person_name=_text(sent, "person_name") or None, phone=phone, email=email,
        activity=_text(sent, "activity") or None, address_line=_text(sent, "address_line") or None, territory=_text(sent, "territory") or None,
        position=_position(_text(sent, "position")),
        situation=_text(sent, "situation") if _text(sent, "situation") in SITUATIONS else "unknown", consents=consents,
        channel=("phone" if by_phone else "visit") if consents else None, met_in_person=bool(consents), needs=_needs(sent),
        filled_in_on=_day_of(_text(sent, "filled_in_on"), now),
    )  # fmt: skip


def _day_of(words: str, now: datetime) -> date | None:
    """The day on which a telephone says that it was noted; a day to come or too long ago is a clock that is wrong, and is not believed."""
    try:
        noted = date.fromisoformat(words)
    except ValueError:
        return None
    return noted if now.date() - KEPT_FOR <= noted <= now.date() + timedelta(days=1) else None


def _position(words: str) -> tuple[float, float] | None:
    """Where the telephone says that it is: « longitude,latitude », in degrees; None when it says nothing that can be read."""
    try:
        longitude, latitude = (float(part) for part in words.split(","))
    except ValueError:
        return None
    return (longitude, latitude) if abs(longitude) <= 180 and abs(latitude) <= 90 else None


def _needs(sent: FormData) -> tuple[dict[str, Any], ...]:
    """The needs of the chips that were pressed, each with its usual axis and levers."""
    chosen = {str(value) for value in sent.getlist("needs")}
    subjects = [subject for chip in NEED_CHIPS for subject in chip.subjects if chip.label in chosen]
    kinds = [NEED_KINDS[subject] for subject in subjects]
    detail = _text(sent, "detail") or None
    return tuple({"subject": str(k.subject), "axis": k.axis, "levers": list(k.levers), "detail": detail} for k in kinds)


def _text(sent: FormData, name: str) -> str:
    return str(sent.get(name) or "").strip()[:500]


def _read(wrong: list[Refusal], field: str, read: Callable[[str], str | None], words: str) -> str | None:
    try:
        return read(words)
    except ValueRefused as error:
        wrong.append(Refusal(error.code, error.reason, field=field))
        return None


def reasons_for(error: CasesError) -> tuple[Refusal, ...]:
    """What is to be corrected, each with its field of the form."""
    found = error.reasons if isinstance(error, ToCorrect) else reasons_of(error)
    fields = {"consent": "contact", "siret": "name"}
    return tuple(Refusal(r.code, r.message, field=fields.get(r.field or "", r.field)) for r in found)


# -- what is done ---------------------------------------------------------------------------------------------------------


def _known(db: Connection, visit: Visit, detection: Detection) -> tuple[CaseRow, ...]:
    references = known_already(db, detection, by=visit.identity)
    return named(db, visit.identity, references, now=visit.now) if references else ()


def unit_of(
    detection: Detection, visit: Visit, sent: FormData, photo: ShopFront | None
) -> Callable[[Connection], Outcome]:
    """Log it with its photo, and orient it at once when that was asked, under the form's own key."""
    who, now, key = visit.identity, visit.now, str(sent.get("key") or "")[:64] or None

    def logged(db: Connection) -> Outcome:
        if sent.get("suite") == ORIENT:
            return log_and_qualify(db, detection, by=who, now=now, key=key)
        return log_case(db, detection, by=who, now=now, key=key), ()

    def unit(db: Connection) -> Outcome:
        outcome = logged(db)
        if photo is not None and follows(visit, detection) and not outcome[0].fired.replayed:
            photo.add_to(db, outcome[0].fired.reference, by=who, now=now)
        return outcome

    return unit


def follows(visit: Visit, detection: Detection) -> bool:
    """Whether who logs it sees the case afterwards: a shop in no known territory goes to the programme."""
    return bool(visit.identity.territories()) and detection.territory is not None


def _after(
    request: Request, visit: Visit, detection: Detection, logged: Logged, missing: tuple[Refusal, ...], *, orient: bool
) -> Response:
    """To the case, or to its first request; back to an empty form for who will not follow it."""
    reference, name = logged.fired.reference, detection.name or detection.siret
    said = done(say("{name} est enregistrée sous la référence {reference}.", name=name, reference=reference))
    if not follows(visit, detection):
        return see_other(request, "/dossiers/nouveau", said)
    if not orient:
        return see_other(request, f"/dossiers/{reference}", said)
    if missing:
        why = together(reason.message for reason in missing)
        return see_other(
            request, f"/dossiers/{reference}", said, warned(say("Elle n’est pas encore orientée. {why}", why=why))
        )
    return see_other(request, f"/dossiers/{reference}/orienter", said)


async def _form(
    request: Request, visit: Visit, sent: FormData, photo: ShopFront | None = None, *,
    errors: tuple[Refusal, ...] = (), known: tuple[CaseRow, ...] = (),
) -> Response:  # fmt: skip
    """The form with what was typed, the photo that came with it, what is wrong, and the cases that look like it."""
    homes = await visit.read(lambda db: territories_for(db, visit.identity))
    chosen, typed = (
        {str(value) for value in sent.getlist("needs")},
        {name: _text(sent, name) for name in sent if name != shop_front.FIELD},
    )
    return page(
        request, "log.html", status=422 if errors else 409 if known else 200, title="Signaler une entreprise", typed=typed,
        homes=homes, close={"href": "/", "label": "Fermer"},
        bar_title="Signaler une entreprise", wrong={e.field: e.message for e in errors}, errors=[{"message": e.message, "field": e.field} for e in errors],
        known=[_look_alike(row) for row in known], needs=[{"value": c.label, "label": c.label, "checked": c.label in chosen} for c in NEED_CHIPS],
        situations=_situations(typed.get("situation", "")), home=_home(homes, typed.get("territory", "")), more=_has_more(typed),
        key=typed.get("key") if known else secrets.token_urlsafe(12), may_orient=bool(visit.identity.territories()),
        photo_kept=shop_front.mark_for(request, photo), who=visit.identity.person,
    )  # fmt: skip


def _situations(chosen: str) -> list[dict[str, Any]]:
    return [{"value": code, "label": label, "checked": code == chosen} for code, label in SITUATIONS.items()]


def _home(homes: tuple[Choice, ...], typed: str) -> str:
    return typed or (homes[0].value if len(homes) == 1 else "")


def _has_more(typed: dict[str, str]) -> bool:
    """Whether the further fields are open: something was typed there."""
    return any(typed.get(name) for name in ("person_name", "activity", "address_line", "detail", "by_phone"))


def _look_alike(row: CaseRow) -> dict[str, str]:
    known = say("Dossier {reference}, « {name} »", reference=row.reference, name=row.name)
    follower = say("suivi par {name}", name=row.referent) if row.referent else ""
    since = say("à cette étape depuis le {day}", day=day_short(row.state_since, row.calendar.timezone))
    return {"reference": row.reference, "text": sentence(together((known, follower, since), ", "))}
