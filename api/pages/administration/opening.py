"""A case out of sight is opened with a reason, and closed again."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.pages import desk
from api.pages.administration.allowed import ADMINS, refuse_others
from api.pages.shell import PageVisit, done, see_other, to_correct
from api.security import Visit
from cases.errors import CasesError, NotFound
from cases.facts.of_case import NO_TERRITORY
from cases.identifiers import read_reference
from cases.privacy.openings import Opening, end_opening, open_case, openings_of
from notifications.typography import hour

router = APIRouter(prefix="/administration/dossier")


@router.get("")
async def ask_opening(request: Request, visit: PageVisit) -> Response:
    """Which case, and why; those that are open."""
    refuse_others(visit, ADMINS)
    return await _show(request, visit, {}, None)


@router.post("")
async def open_with_reason(request: Request, visit: PageVisit) -> Response:
    """Open a case for some hours: its territory is told."""
    refuse_others(visit, ADMINS)
    sent = await request.form()
    typed = {name: str(sent.get(name) or "").strip()[:2_000] for name in ("reference", "reason")}
    try:
        known = read_reference(typed["reference"])
        await visit.write(lambda db: open_case(db, known, typed["reason"], by=visit.identity, now=visit.now))
    except CasesError as error:
        return await _show(request, visit, typed, error)
    told = "Le dossier vous est ouvert pour quatre heures. Le responsable du territoire est prévenu, avec votre motif."
    return see_other(request, f"/dossiers/{known}", done(told))


@router.post("/{reference}/refermer")
async def close_again(request: Request, reference: str, visit: PageVisit) -> Response:
    """Close a case again before its hours are over."""
    refuse_others(visit, ADMINS)
    known = read_reference(reference)
    await visit.write(lambda db: end_opening(db, known, by=visit.identity, now=visit.now))
    return see_other(request, "/administration/dossier", done("Le dossier est refermé."))


async def _show(request: Request, visit: Visit, typed: dict[str, str], error: CasesError | None) -> Response:
    def read(db: Connection) -> list[Opening]:
        return openings_of(db, visit.identity, visit.now)

    def present(found: list[Opening]) -> dict[str, Any]:
        errors = to_correct(error) if error else []
        if isinstance(error, NotFound):
            errors = [{"message": "Ce dossier n’existe pas : vérifiez sa référence.", "field": "reference"}]
        return {
            "title": "Ouvrir un dossier avec un motif", "typed": {"reference": "", "reason": "", **typed}, "errors": errors,
            "openings": [{"reference": one.reference, "until": hour(one.ends_at, NO_TERRITORY.timezone)} for one in found],
        }  # fmt: skip

    return await desk.show(request, visit, "administration/opening.html", read, present, status=422 if error else 200)
