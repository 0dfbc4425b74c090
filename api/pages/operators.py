"""Annuaire: the operators, their branches and offers; each line is kept by who is in charge of it, and the whole by file."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api.pages import desk
from api.pages.addresses import word
from api.pages.files import attached
from api.pages.imports import sent_file
from api.pages.operators_view import Line, form_context, list_context, sheet_context, texts_of
from api.pages.shell import PageVisit, done, see_other
from api.pages.step_view import reasons_of
from api.pages.trial_view import trial_context
from api.security import Visit
from cases.branches import lift_closure
from cases.database import Scope
from cases.directory import uploads
from cases.directory.charge import keeps_all, refuse_unless_in_charge_of_all
from cases.directory.columns import Nature
from cases.directory.files import FORMATS, write_file
from cases.directory.held import Held, read_directory
from cases.directory.importing import import_directory
from cases.directory.judging import Entry
from cases.directory.one_line import drop_absence, keep_line, refuse_unless_may_open
from cases.errors import CasesError, Invalid, NotFound
from cases.facts.of_case import NO_TERRITORY
from cases.importers.errors import ImportFileRefused
from cases.views.operators import operator_rows, operator_sheet
from engine.lists import OPERATOR_KIND
from engine.model import Refusal
from engine.sentences import say
from notifications.languages import language

router = APIRouter(prefix="/annuaire")
EVERYWHERE: Final = Scope.worker()
"""The directory is no one's case: whether a line is one's own to keep is for its rules to say, and closing a branch stops clocks wherever it works."""
_OF_THE_DIRECTORY: Final = {
    "place": "Annuaire", "home": "/annuaire", "by_file": "L’annuaire par fichier", "form": "/annuaire/fichier",
    "refused": "Corrigez le fichier et renvoyez-le : l’annuaire se change d’un coup, ou pas du tout.",
    "nothing": "Le fichier dit ce que l’annuaire sait déjà.",
}  # fmt: skip
Kind = Annotated[str, Query(alias="famille", max_length=20)]
LONGEST: Final = 100
"""Letters of a search; what is longer is cut, as in the other lists."""


@router.get("")
async def show_operators(request: Request, visit: PageVisit, kind: Kind = "") -> Response:
    """The operators of the programme and of the field."""
    words, chosen = word(request.query_params, "q", LONGEST), kind if kind in OPERATOR_KIND else "field"

    def read(db: Connection) -> Any:
        return operator_rows(db, kind=None if words else chosen, words=words)

    return await desk.show(
        request, visit, "operators.html", read, lambda found: list_context(found, visit.identity, kind=chosen, words=words)
    )  # fmt: skip


@router.get("/fichier")
async def ask_file(request: Request, visit: PageVisit) -> Response:
    """The form that sends the directory as a file."""
    return await _file_form(request, visit)


@router.post("/fichier")
async def try_file(request: Request, visit: PageVisit) -> Response:
    """Try a file: what it would change is shown, nothing is written."""
    refuse_unless_in_charge_of_all(visit.identity)
    sent = await request.form()
    try:
        content, name = await sent_file(sent)
        kept = await visit.work.write(
            lambda db: uploads.keep(db, content, name, by=visit.identity, now=visit.now), EVERYWHERE
        )
    except (ImportFileRefused, Invalid) as error:
        return await _file_form(request, visit, error)
    return see_other(request, f"/annuaire/fichier/{kept}")


@router.get("/fichier/{upload}")
async def show_trial(request: Request, upload: str, visit: PageVisit) -> Response:
    """What a file would change."""

    def read(db: Connection) -> Any:
        name, content = uploads.kept(db, upload, by=visit.identity)
        return name, import_directory(db, content, by=visit.identity, now=visit.now, dry_run=True)

    def present(found: tuple[str, dict[str, Any]]) -> dict[str, Any]:
        return trial_context(f"/annuaire/fichier/{upload}", *found, of=_OF_THE_DIRECTORY, whole=True)

    return await desk.show(request, visit, "trial.html", read, present)


@router.post("/fichier/{upload}")
async def confirm_file(request: Request, upload: str, visit: PageVisit) -> Response:
    """Write what the file changes: all of it, or nothing when a line is refused."""

    def unit(db: Connection) -> dict[str, Any]:
        _, content = uploads.kept(db, upload, by=visit.identity)
        report = import_directory(db, content, by=visit.identity, now=visit.now, dry_run=False)
        if report["written"]:
            uploads.drop(db, upload)
        return report

    report = await visit.work.write(unit, EVERYWHERE)
    if not report["written"]:
        return see_other(request, f"/annuaire/fichier/{upload}")
    said = say(
        "L’annuaire est à jour : {new} lignes ajoutées, {changed} changées.",
        new=report["new"],
        changed=report["changed"],
    )
    return see_other(request, "/annuaire", done(said))


@router.get("/export.{form}")
async def export(form: str, visit: PageVisit) -> Response:
    """The whole directory as a file."""
    refuse_unless_in_charge_of_all(visit.identity)
    if form not in FORMATS:
        raise NotFound("L’annuaire s’exporte en csv, en xlsx ou en json.")
    by_name = not language().is_french
    content = await visit.read(lambda db: write_file(read_directory(db), form, by_name=by_name))
    return Response(content, media_type=FORMATS[form], headers=attached(say("annuaire"), form))


@router.get("/lignes/{nature}")
async def ask_line(request: Request, nature: str, visit: PageVisit) -> Response:
    """The form of a line: empty, or with what the directory says."""
    asked = {name: value[:200] for name, value in request.query_params.items()}
    return await _line_form(request, visit, Line(_nature(nature), asked))


@router.post("/lignes/{nature}")
async def keep(request: Request, nature: str, visit: PageVisit) -> Response:
    """Keep a line; what is wrong shows the form again with what was typed."""
    sent, known = await request.form(), _nature(nature)
    known_as = str(sent.get("connue") or "")[:200] or None
    entry = Entry(1, known, texts_of(known, sent), known_as)
    try:
        await visit.work.write(lambda db: keep_line(db, entry, by=visit.identity, now=visit.now), EVERYWHERE)
    except NotFound:
        raise
    except CasesError as error:
        typed = {name: value[:200] for name, value in sent.items() if isinstance(value, str)}
        return await _line_form(
            request, visit, Line(known, typed | dict(entry.texts), known_as), sent, reasons_of(error)
        )
    return see_other(request, f"/annuaire/{_slug(sent)}", done("C’est noté dans l’annuaire."))


@router.post("/absences/{identifier}/retirer")
async def remove_absence(request: Request, identifier: str, visit: PageVisit) -> Response:
    """Take an absence away."""
    sent = await request.form()
    name = await visit.work.write(lambda db: drop_absence(db, identifier, by=visit.identity), EVERYWHERE)
    return see_other(request, f"/annuaire/{_slug(sent)}", done(say("L’absence de {name} est retirée.", name=name)))


@router.post("/fermetures/{identifier}/retirer")
async def remove_closure(request: Request, identifier: str, visit: PageVisit) -> Response:
    """Open a branch again before the end of a closure, or before it begins."""
    sent = await request.form()
    unit = partial(lift_closure, closure_id=identifier, by=visit.identity, now=visit.now)
    name = await visit.work.write(unit, EVERYWHERE)
    return see_other(
        request,
        f"/annuaire/{_slug(sent)}",
        done(say("La fermeture de {name} est retirée : ses échéances courent de nouveau.", name=name)),
    )


@router.get("/{slug}")
async def show_operator(request: Request, slug: str, visit: PageVisit) -> Response:
    """One operator: its branches, where each works, what it offers, when it is closed."""
    who, today = visit.identity, NO_TERRITORY.day_of(visit.now)
    return await desk.show(
        request, visit, "operator.html", lambda db: operator_sheet(db, who, slug, today=today), lambda found: sheet_context(found, who)
    )  # fmt: skip


# -- what they share ------------------------------------------------------------------------------------------------------


def _nature(named: str) -> Nature:
    if named not in frozenset(Nature):
        raise NotFound("L’annuaire n’a pas de telle ligne.")
    return Nature(named)


def _slug(sent: FormData) -> str:
    written = str(sent.get("retour") or sent.get("operator") or "")
    return written if written.replace("-", "").isalnum() and written.isascii() else ""


async def _line_form(
    request: Request, visit: Visit, line: Line, sent: FormData | None = None, errors: tuple[Refusal, ...] = ()
) -> Response:
    who = visit.identity

    def read(db: Connection) -> Held:
        refuse_unless_may_open(
            db, line.nature, {**line.given, **({"name": line.known_as} if line.known_as else {})}, by=who
        )
        return read_directory(db)

    def present(held: Held) -> dict[str, Any]:
        return form_context(held, line, who, sent, errors)

    return await desk.show(request, visit, "operators_line.html", read, present, status=422 if errors else 200)


async def _file_form(request: Request, visit: Visit, error: CasesError | None = None) -> Response:
    if not keeps_all(visit.identity):
        return RedirectResponse("/annuaire", 303)
    wrong = error.said if error else None
    about = {
        "title": "L’annuaire par fichier",
        "wrong": wrong,
        "errors": [{"message": wrong, "field": "file"}] if wrong else [],
    }
    return await desk.show(
        request, visit, "operators_file.html", lambda _: None, lambda _: about, status=422 if wrong else 200
    )
