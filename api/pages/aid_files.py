"""The catalogue of aids by file: a file is tried, written, and undone, by who keeps the catalogue."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.pages import desk
from api.pages.imports import sent_file
from api.pages.shell import PageVisit, done, see_other, warned
from api.pages.trial_view import trial_context
from api.security import Visit
from cases import aid_imports
from cases.aid_imports import Undone, Written, as_trial
from cases.database import Scope
from cases.errors import CasesError, Invalid
from cases.facts.of_case import NO_TERRITORY
from cases.importers.aids import Report
from cases.importers.errors import ImportFileRefused
from engine.sentences import say, together
from notifications.grammar import counted
from notifications.typography import day_short

router = APIRouter(prefix="/aides/fichier")
HERE: Final = "/aides/fichier"
EVERYWHERE: Final = Scope.worker()
"""The catalogue is no one's case, and an aid that a case names anywhere stays."""
_OF_THE_CATALOGUE: Final = {
    "place": "Aides", "home": "/aides", "by_file": "Le catalogue par fichier", "form": HERE,
    "refused": "Les bonnes lignes s’enregistrent sans elles ; corrigez-les et renvoyez le fichier.",
    "nothing": "Le fichier dit ce que le catalogue sait déjà.",
}  # fmt: skip


@router.get("")
async def ask_file(request: Request, visit: PageVisit) -> Response:
    """The form that sends a file, and the files that were written."""
    return await _form(request, visit)


@router.post("")
async def try_file(request: Request, visit: PageVisit) -> Response:
    """Try a file: what it would change is shown, nothing is written."""
    aid_imports.refuse_unless_in_charge(visit.identity)
    sent = await request.form()
    try:
        content, name = await sent_file(sent)
        unit = partial(aid_imports.keep, content=content, name=name, **_about(visit))
        kept = await visit.work.write(unit, EVERYWHERE)
    except (ImportFileRefused, Invalid) as error:
        return await _form(request, visit, error)
    return see_other(request, f"{HERE}/{kept}")


@router.get("/{identifier}")
async def show_trial(request: Request, identifier: str, visit: PageVisit) -> Response:
    """What a file would change."""

    def present(found: tuple[str, Report]) -> dict[str, Any]:
        name, report = found
        return trial_context(f"{HERE}/{identifier}", name, as_trial(report), of=_OF_THE_CATALOGUE, whole=False)

    unit = partial(aid_imports.tried, identifier=identifier, **_about(visit))
    return await desk.show(request, visit, "trial.html", unit, present)


@router.post("/{identifier}")
async def write_file(request: Request, identifier: str, visit: PageVisit) -> Response:
    """Write what the file changes."""
    unit = partial(aid_imports.write, identifier=identifier, **_about(visit))
    report = await visit.work.write(unit, EVERYWHERE)
    said = say(
        "Le catalogue est à jour : {counted}.", counted=_counted(report.created, report.updated, len(report.refused))
    )
    return see_other(request, HERE, done(said))


@router.post("/{identifier}/annuler")
async def undo(request: Request, identifier: str, visit: PageVisit) -> Response:
    """Put the aids back as they were before a file."""
    unit = partial(aid_imports.undo, identifier=identifier, by=visit.identity, now=visit.now)
    return see_other(request, HERE, _undone(await visit.work.write(unit, EVERYWHERE)))


def _about(visit: Visit) -> dict[str, Any]:
    return {"by": visit.identity, "now": visit.now, "today": NO_TERRITORY.day_of(visit.now)}


def _undone(result: Undone) -> dict[str, str]:
    one, several = "{count} aide remise comme avant.", "{count} aides remises comme avant."
    said = say(one if result.restored < 2 else several, count=result.restored)
    if not result.left:
        return done(said)
    left = counted(result.left, "aide gardée", "aides gardées")
    return warned(together((said, say("{left} : quelqu’un s’en est servi depuis, ou l’a changée.", left=left))))


def _counted(new: int, changed: int, refused: int) -> str:
    """« 2 aides ajoutées, 1 aide changée, 3 lignes à corriger »."""
    parts = [counted(new, "aide ajoutée", "aides ajoutées"), counted(changed, "aide changée", "aides changées")]
    return together((*parts, counted(refused, "ligne à corriger", "lignes à corriger") if refused else ""), ", ")


async def _form(request: Request, visit: Visit, error: CasesError | None = None) -> Response:
    wrong = error.said if error else None

    def read(db: Connection) -> tuple[Written, ...]:
        return aid_imports.written_files(db, by=visit.identity)

    def present(found: tuple[Written, ...]) -> dict[str, Any]:
        about = {"title": "Le catalogue par fichier", "wrong": wrong, "files": [_file(one) for one in found]}
        return about | {"errors": [{"message": wrong, "field": "file"}] if wrong else []}

    return await desk.show(request, visit, "aid_file.html", read, present, status=422 if wrong else 200)


def _file(one: Written) -> dict[str, Any]:
    """A file that was written, as the list shows it."""
    counts = _counted(one.new, one.changed, one.refused)
    undone = (
        say("Annulé le {day}.", day=day_short(NO_TERRITORY.day_of(one.undone_at), year=True)) if one.undone_at else ""
    )
    written = say(
        "Le {day}, par {by} : {counts}.",
        day=day_short(NO_TERRITORY.day_of(one.at), year=True),
        by=one.by,
        counts=counts,
    )
    return {
        "name": one.name,
        "text": together((written, undone)),
        "undo": None if one.undone_at else f"{HERE}/{one.id}/annuler",
    }  # fmt: skip
