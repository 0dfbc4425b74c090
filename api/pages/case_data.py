"""The personal data of a case: what was agreed, who looked, all that is held in one file, the erasure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.documents import Kept
from api.pages import desk
from api.pages.case_beside import agreement
from api.pages.files import attached
from api.pages.shell import ROLES, PageVisit, done, own_address, see_other
from api.privacy_export import zipped
from api.security import Visit, note_once
from cases.database import Scope
from cases.errors import Invalid, NotFound
from cases.identifiers import read_reference
from cases.privacy import erasure
from cases.privacy.erasure import Erased
from cases.privacy.looks import How, Reader, readers_of
from cases.views.case_sheet import Sheet, sheet_of
from engine.model import Role
from engine.sentences import say
from engine.working_days import Calendar
from notifications import personal_data
from notifications.typography import day_long, hour

router = APIRouter(prefix="/dossiers/{reference}")
HOW: Final[Mapping[str, str]] = {
    How.PAGE: say("sur la page"), How.API: say("par un outil"), How.LINK: say("depuis un courriel"), How.LIST: say("dans une liste"),
    How.LINK_UNSURE: "lien d’un courriel ouvert, peut-être par un filtre de messagerie", How.EXPORT: "en remettant les données",
}  # fmt: skip


@router.get("/donnees")
async def show_data(request: Request, reference: str, visit: PageVisit) -> Response:
    """What was agreed, who looked at the case, and what may be done of its data."""
    known, who = read_reference(reference), visit.identity

    def read(db: Connection) -> tuple[Sheet, list[Reader]]:
        readers = readers_of(db, who, known)
        return sheet_of(db, who, known, now=visit.now), readers

    return await desk.show(request, visit, "case_data.html", read, lambda found: _context(*found, visit))


@router.get("/donnees/export.zip")
async def take_data_away(reference: str, visit: PageVisit) -> Response:
    """All that is held, as the person is given it; that it was handed over is noted."""
    known, who, now = read_reference(reference), visit.identity, visit.now

    def unit(db: Connection) -> personal_data.Held:
        readers_of(db, who, known)
        return personal_data.held_on(db, who, known, now=now)

    held = await visit.write(unit)
    await note_once(visit, {known}, How.EXPORT)
    named = attached(say("donnees-{reference}", reference=known), "zip")
    return Response(zipped([held], now), media_type="application/zip", headers=named)


@router.post("/donnees/effacer")
async def erase_data(request: Request, reference: str, visit: PageVisit, files: Kept) -> Response:
    """Close and anonymise the case, for who answers for it."""
    known, sent = read_reference(reference), await request.form()
    proof = await _erase(visit, known, sure=sent.get("sure") == "1")
    await visit.run(lambda database: erasure.drop_files(database, files, visit.now))
    told = "Les données sont effacées, et le journal se vérifie." if proof else _LATER
    return see_other(request, f"/dossiers/{known}", done(told))


@router.post("/mots/{sequence}/effacer")
async def erase_words(request: Request, reference: str, sequence: str, visit: PageVisit) -> Response:
    """Take the words of a line away."""
    known, sent, now = read_reference(reference), await request.form(), visit.now
    line = int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 7 else 0
    case_id = await visit.read(lambda db: erasure.may_erase_words(db, visit.identity, known, line))
    await visit.work.write(lambda db: erasure.erase_words(db, case_id, line, by=visit.identity.person, now=now), SYSTEM)
    back = own_address(str(sent.get("retour") or ""), f"/dossiers/{known}")
    return see_other(request, back, done("Ces mots sont effacés. La ligne reste au journal."))


# -- how ------------------------------------------------------------------------------------------------------------------

SYSTEM: Final = Scope.worker()
"""Nobody deletes within their own scope: who may was asked in it first."""
_LATER: Final = "Le dossier est clos. Ceux avec qui il était partagé sont prévenus, puis les données s’effacent d’elles-mêmes, sous un jour."


async def _erase(visit: Visit, reference: str, *, sure: bool) -> Erased | None:
    who, now = visit.identity, visit.now

    def allowed(db: Connection) -> None:
        sheet = sheet_of(db, who, reference, now=now)
        if not erasure.may_erase(who, sheet.case["territory_id"]):
            raise NotFound

    await visit.read(allowed)
    if not sure:
        raise Invalid("Cochez la case : ce qui est effacé ne revient pas.", "sure")
    return await visit.work.write(lambda db: personal_data.ask_erasure(db, reference, by=who, now=now), SYSTEM)


def _context(sheet: Sheet, readers: list[Reader], visit: Visit) -> dict[str, Any]:
    """Everything that `case_data.html` shows."""
    case, calendar = sheet.case, sheet.facts.calendar
    informed = case["informed_at"]
    return {
        "title": "Données personnelles", "reference": case["reference"], "name": sheet.business["name"], "here": f"/dossiers/{case['reference']}",
        "notice": say("Notice {version}, lue le {day}.", version=case["notice_version"], day=day_long(informed, calendar.timezone))
        if informed else None,
        "agreements": [agreement(found, sheet) for found in sheet.consents], "readers": [_reader(one, calendar) for one in readers],
        "anonymised": day_long(case["anonymised_at"], calendar.timezone) if case["anonymised_at"] else None,
        "may_erase": erasure.may_erase(visit.identity, case["territory_id"]) and case["anonymised_at"] is None, "is_open": case["state"] != "closed",
    }  # fmt: skip


def _reader(one: Reader, calendar: Calendar) -> dict[str, str]:
    return {
        "name": one.name, "role": ROLES.get(Role(one.role), ""), "how": HOW.get(one.how, ""), "times": str(one.hours),
        "last": _moment(one.last, calendar), "first": _moment(one.first, calendar),
    }  # fmt: skip


def _moment(at: datetime, calendar: Calendar) -> str:
    return say("{day} à {hour}", day=day_long(at, calendar.timezone), hour=hour(at, calendar.timezone))
