"""Imports: a canvassing sheet becomes cases, and its report is read again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import UploadFile

from api.rest.asking import Identifier
from api.rest.bodies import Name
from api.security import CurrentVisit
from cases import importing
from cases.errors import Invalid
from cases.importing import Upload

router = APIRouter(prefix="/imports", tags=["imports"])


@router.post("", status_code=201)
async def import_file(
    request: Request, visit: CurrentVisit, response: Response, territory: Annotated[Name, Query(min_length=1)],
    name: Annotated[Name, Query()] = "import.csv",
) -> dict[str, Any]:  # fmt: skip
    """Import a sheet (CSV, XLSX, ODS), as the body itself or as the part `file` of a form: good lines go in whatever the bad ones."""
    await visit.read(lambda db: importing.may_import(db, visit.identity, territory))
    content, called = await _file(request, name)
    upload = Upload(content, called, territory, visit.identity)
    report = await visit.run(lambda database: importing.import_detections(database, upload, now=visit.now))
    response.headers["Location"] = f"/api/v1/imports/{report['id']}"
    return report


@router.get("/{identifier}")
async def show_import(identifier: Identifier, visit: CurrentVisit) -> dict[str, Any]:
    """The report of an import: what became of each line."""
    return await visit.read(lambda db: importing.report_for(db, visit.identity, identifier))


async def _file(request: Request, name: str) -> tuple[bytes, str]:
    """What was sent and the name it came with."""
    if not request.headers.get("content-type", "").startswith("multipart/"):
        return await request.body(), name
    async with request.form(max_files=1, max_fields=5) as form:
        part = form.get("file")
        if not isinstance(part, UploadFile):
            raise Invalid("Joignez le fichier dans la partie « file » du formulaire.", "file")
        return await part.read(), (part.filename or name)[:200]
