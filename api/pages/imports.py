"""Imports: a sheet is sent, tried, confirmed; its refused lines are put right in place or taken away as a sheet; the whole may be undone."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from sqlalchemy import Connection
from starlette.background import BackgroundTask
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from api.pages import desk
from api.pages.files import as_file
from api.pages.import_view import Sight, Typed, confirm_context, history_context, import_context
from api.pages.shell import PageVisit, done, see_other, warned
from api.security import Visit
from cases.database import Scope
from cases.errors import CasesError, Invalid, NotFound, Unreadable
from cases.importers.columns import Field
from cases.importers.detections import sample_values
from cases.importers.errors import ImportFileRefused
from cases.importing import reports
from cases.importing.correcting import LineCorrection, correct_line
from cases.importing.report_file import report_table
from cases.importing.returned import refused_sheet
from cases.importing.running import Begun, Upload, begin, drop_dry_run, go_on, import_detections, stored_upload
from cases.importing.undoing import undo_import
from cases.spreadsheet import Table
from cases.views.choices import territories_for
from engine.model import Role
from engine.sentences import say

router = APIRouter(prefix="/imports")
LineNumber = Annotated[int, Path(ge=1, le=1_000_000)]
LINES_SHOWN = 50
"""Refused lines that a page lets one put right in place; the sheet has them all."""


@router.get("")
async def show_imports(request: Request, visit: PageVisit) -> Response:
    """The imports of one's territory, and the form that sends a file."""
    return await _imports(request, visit)


@router.post("")
async def try_file(request: Request, visit: PageVisit) -> Response:
    """Try a file: nothing is recorded, its report is shown."""
    sent = await request.form()
    slug = str(sent.get("territory") or "")
    try:
        await visit.read(lambda db: reports.may_import(db, visit.identity, slug))
        upload = Upload(*await sent_file(sent), slug, visit.identity)
        tried = await visit.run(lambda database: import_detections(database, upload, now=visit.now, dry_run=True))
    except (ImportFileRefused, Invalid) as error:
        return await _imports(request, visit, error)
    return see_other(request, f"/imports/{tried['id']}")


@router.get("/{identifier}")
async def show_import(request: Request, identifier: str, visit: PageVisit) -> Response:
    """What a file would make, how far its import is, or what it made."""
    return await _import(request, visit, identifier)


@router.post("/{identifier}/colonnes")
async def say_columns(request: Request, identifier: str, visit: PageVisit) -> Response:
    """Try the file again with the columns as they are said."""
    sent = await request.form()
    await visit.read(lambda db: reports.import_in_sight(db, visit.identity, identifier))
    stored = await visit.read(lambda db: stored_upload(db, identifier, visit.identity))
    fields = tuple(_field(sent, place) for place in range(len(stored.fields or ())))
    upload = Upload(stored.content, stored.name, stored.territory, visit.identity, fields)
    try:
        tried = await visit.run(lambda database: import_detections(database, upload, now=visit.now, dry_run=True))
    except ImportFileRefused as error:
        return see_other(request, f"/imports/{identifier}", warned(error.said))
    return see_other(request, f"/imports/{tried['id']}")


@router.post("/{identifier}/importer")
async def confirm(request: Request, identifier: str, visit: PageVisit) -> Response:
    """Import the file of a dry run, or go on with an import that stopped; the lines are recorded while the page says how far it is."""
    file = await visit.read(lambda db: reports.import_in_sight(db, visit.identity, identifier))
    upload = await visit.read(lambda db: stored_upload(db, identifier, visit.identity))
    begun = await visit.run(lambda database: begin(database, upload, now=visit.now))
    if file["dry_run"]:
        await visit.work.write(lambda db: drop_dry_run(db, identifier), Scope.worker())
    return RedirectResponse(f"/imports/{begun.file_id}", 303, background=BackgroundTask(_go_on, visit, begun))


@router.get("/{identifier}/a-corriger.csv")
async def take_away(identifier: str, visit: PageVisit) -> Response:
    """The lines to correct, as a sheet."""

    def read(db: Connection) -> Table:
        file = reports.import_in_sight(db, visit.identity, identifier)
        headers = [column.header for column in reports.columns_of(file)]
        return refused_sheet(headers, reports.lines_to_correct(db, file, today=visit.now.date()))

    return as_file(await visit.read(read), format="csv", name=say("lignes-a-corriger"))


@router.get("/{identifier}/rapport.{kind}")
async def take_report(identifier: str, kind: Literal["csv", "xlsx"], visit: PageVisit) -> Response:
    """The whole report as a file: a line for each line of the sheet."""

    def read(db: Connection) -> Table:
        return report_table(db, reports.import_in_sight(db, visit.identity, identifier))

    return as_file(await visit.read(read), format=kind, name=say("rapport-d-import"))


@router.post("/{identifier}/lignes/{line}")
async def correct(request: Request, identifier: str, line: LineNumber, visit: PageVisit) -> Response:
    """Put a refused line right, or record it without what cannot be read."""
    sent = await request.form()
    file = await visit.read(lambda db: reports.import_in_sight(db, visit.identity, identifier))
    typed = {
        column.header: str(sent[f"value.{column.index}"])
        for column in reports.columns_of(file)
        if f"value.{column.index}" in sent
    }
    given = LineCorrection(typed, without=bool(sent.get("without")))
    try:
        kept = await visit.run(lambda database: correct_line(database, visit.identity, identifier, line, given, now=visit.now))  # fmt: skip
    except Unreadable as error:
        wrong = {reason.field or "": reason.message for reason in error.reasons}
        return await _import(request, visit, identifier, Typed(line, typed, wrong), status=422)
    return see_other(request, f"/imports/{identifier}", _corrected(line, kept))


@router.get("/{identifier}/annuler")
async def ask_undo(request: Request, identifier: str, visit: PageVisit) -> Response:
    """What undoing an import does, before it is done."""

    def read(db: Connection) -> tuple[Any, dict[str, Any]]:
        return reports.import_in_sight(db, visit.identity, identifier), reports.report(db, identifier)

    return await desk.show(request, visit, "import_annuler.html", read, lambda found: confirm_context(*found))


@router.post("/{identifier}/annuler")
async def undo(request: Request, identifier: str, visit: PageVisit) -> Response:
    """Undo an import."""
    await visit.run(lambda database: undo_import(database, visit.identity, identifier, now=visit.now))
    return see_other(request, f"/imports/{identifier}", done("L’import est annulé."))


# -- what was sent --------------------------------------------------------------------------------------------------------


async def sent_file(sent: FormData) -> tuple[bytes, str]:
    """The bytes of the file and its name. Raises Invalid when none was chosen."""
    part = sent.get("file")
    if not isinstance(part, UploadFile) or not part.filename:
        raise Invalid("Choisissez un fichier.", "file")
    return await part.read(), part.filename[:200]


def _field(sent: FormData, place: int) -> Field | None:
    """The field that was chosen for a column; None for a column that is left out."""
    chosen = str(sent.get(f"column.{place}") or "")
    return Field(chosen) if chosen in frozenset(Field) else None


async def _go_on(visit: Visit, begun: Begun) -> None:
    await visit.run(lambda database: go_on(database, begun, now=visit.now))


def _corrected(line: int, kept: dict[str, Any]) -> dict[str, Any]:
    """What became of a line that was put right."""
    match kept["verdict"]:
        case "recorded":
            return done(say("Ligne {line} : le dossier {case} est créé.", line=line, case=kept["case"]))
        case "duplicate":
            return done(
                say(
                    "Ligne {line} : c’est le dossier {case}, déjà ouvert. Rien n’est créé.",
                    line=line,
                    case=kept["case"],
                )
            )
        case "declined_contact":
            return done(
                say("Ligne {line} : cette personne ne veut pas être contactée. Rien n’est gardé d’elle.", line=line)
            )
        case _:
            return done(say("Ligne {line} : il n’y reste rien à enregistrer.", line=line))


# -- the pages ------------------------------------------------------------------------------------------------------------


async def _imports(request: Request, visit: Visit, error: CasesError | None = None) -> Response:
    who = visit.identity
    if not (who.territories() or who.has(Role.ADMIN)):
        raise NotFound("Les imports sont faits par les conseillers d’un territoire.")

    def read(db: Connection) -> tuple[Any, Any]:
        return territories_for(db, who), reports.history(db, who)

    status = 422 if error else 200
    return await desk.show(request, visit, "imports.html", read, lambda found: history_context(*found, error), status=status)  # fmt: skip


async def _import(
    request: Request, visit: Visit, identifier: str, typed: Typed | None = None, *, status: int = 200
) -> Response:
    def read(db: Connection) -> Sight:
        file = reports.import_in_sight(db, visit.identity, identifier)
        waits = file["undone_at"] is None
        return Sight(
            file, reports.report(db, identifier), imported_before=reports.imported_before(db, file) if file["dry_run"] else None,
            lines=reports.lines_to_correct(db, file, today=visit.now.date(), at_most=LINES_SHOWN) if waits else [],
            samples=sample_values(stored_upload(db, identifier, visit.identity).content) if file["dry_run"] else (),
        )  # fmt: skip

    return await desk.show(
        request, visit, "import.html", read, lambda seen: import_context(seen, visit, typed), status=status
    )
