"""Imports: a canvassing sheet becomes cases, its report is read again, its refused lines are put right, the whole is undone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field
from starlette.datastructures import UploadFile

from api.rest.asking import Identifier
from api.rest.bodies import Body, Name, Words
from api.security import CurrentVisit
from cases.errors import Invalid
from cases.importers.errors import MAX_COLUMNS
from cases.importing import reports
from cases.importing.correcting import LineCorrection, correct_line
from cases.importing.running import Upload, import_detections
from cases.importing.undoing import undo_import

router = APIRouter(prefix="/imports", tags=["imports"])
LineNumber = Annotated[int, Path(ge=1, le=1_000_000)]


class LineBody(Body):
    """A refused line put right: its values by the headers of the file, and whether what cannot be read is left out."""

    values: dict[Name, Words] = Field(default_factory=dict, max_length=MAX_COLUMNS)
    without: bool = False


@router.post("", status_code=201)
async def import_file(
    request: Request, visit: CurrentVisit, response: Response, territory: Annotated[Name, Query(min_length=1)],
    name: Annotated[Name, Query()] = "import.csv", dry_run: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Import a sheet (CSV, XLSX, ODS), as the body itself or as the part `file` of a form: good lines go in whatever the bad ones.

    With `dry_run`, the report is the same and no case is made.
    """
    await visit.read(lambda db: reports.may_import(db, visit.identity, territory))
    content, called = await _file(request, name)
    upload = Upload(content, called, territory, visit.identity)
    report = await visit.run(lambda database: import_detections(database, upload, now=visit.now, dry_run=dry_run))
    response.headers["Location"] = f"/api/v1/imports/{report['id']}"
    return report


@router.get("/{identifier}")
async def show_import(identifier: Identifier, visit: CurrentVisit) -> dict[str, Any]:
    """The report of an import: what became of each line."""
    return await visit.read(lambda db: reports.report_for(db, visit.identity, identifier))


@router.post("/{identifier}/undo")
async def undo(identifier: Identifier, visit: CurrentVisit) -> dict[str, Any]:
    """Undo an import: the cases on which nobody worked since are closed, the others stay and are named under `undone.left`."""
    return await visit.run(lambda database: undo_import(database, visit.identity, identifier, now=visit.now))


@router.patch("/{identifier}/lines/{line}")
async def correct(identifier: Identifier, line: LineNumber, body: LineBody, visit: CurrentVisit) -> dict[str, Any]:
    """Put a refused line right and record it, `without` the values that cannot be read if it is said so."""
    given = LineCorrection(body.values, body.without)
    return await visit.run(lambda database: correct_line(database, visit.identity, identifier, line, given, now=visit.now))  # fmt: skip


async def _file(request: Request, name: str) -> tuple[bytes, str]:
    """What was sent and the name it came with."""
    if not request.headers.get("content-type", "").startswith("multipart/"):
        return await request.body(), name
    async with request.form(max_files=1, max_fields=5) as form:
        part = form.get("file")
        if not isinstance(part, UploadFile):
            raise Invalid("Joignez le fichier dans la partie « file » du formulaire.", "file")
        return await part.read(), (part.filename or name)[:200]
