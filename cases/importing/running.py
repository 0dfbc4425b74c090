"""Importing a canvassing sheet: good lines become cases whatever the bad ones; killed in the middle, it resumes without doubling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from cases.access import Identity
from cases.database import Database, Scope, forget_plans
from cases.errors import Invalid
from cases.identifiers import new_id
from cases.importers.columns import Field
from cases.importers.detections import read_detections
from cases.importers.results import DetectionFile, Row
from cases.importing.reports import phone_region, report
from cases.importing.verdicts import Bringer, verdicts_on
from cases.tables.memory import import_content, import_file, import_line
from cases.tables.territories import territory
from cases.writing.batch import Batch

AT_ONCE: Final = 100
"""Lines that share a transaction: what a kill in the middle may have to do again."""
KEPT: Final = timedelta(days=7)
"""How long the bytes of a file are kept: those of a dry run that nobody confirmed, of an import that nobody resumed."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to import into a territory: its bytes, the name it came with, who brings it, and what they said of its columns."""

    content: bytes
    name: str
    territory: str
    by: Identity
    fields: tuple[Field | None, ...] | None = None
    """The field of each column; None: they are guessed from the headers."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An import whose lines are still to be kept."""

    file_id: str
    rows: tuple[Row, ...]
    bringer: Bringer
    dry_run: bool


def import_detections(database: Database, upload: Upload, *, now: datetime, dry_run: bool = False) -> dict[str, Any]:
    """Import a file and give its report: `rows = recorded + duplicates + refused + declined_contact + blank`.

    The same file imported twice creates nothing, unless it was undone; one that was interrupted goes on where it stopped. A dry run gives the
    same report and makes no case. Raises ImportFileRefused when it cannot be read at all, Invalid for an unknown territory.
    """
    begun = begin(database, upload, now=now, dry_run=dry_run)
    go_on(database, begun, now=now)
    return database.read(lambda db: report(db, begun.file_id), Scope.worker())


def begin(database: Database, upload: Upload, *, now: datetime, dry_run: bool = False) -> Begun:
    """Read a file and note its import, whose bytes are kept until it is done. Raises ImportFileRefused and Invalid."""
    home, region = database.read(lambda db: _home(db, upload.territory), Scope.worker())
    sheet = read_detections(upload.content, upload.name, region=region, today=now.date(), fields=upload.fields)
    noted = partial(_note, sheet=sheet, upload=upload, home=home, now=now, dry_run=dry_run)
    file_id, done = database.write(noted, Scope.worker())
    return Begun(file_id, () if done else sheet.rows, Bringer.of(upload.by, home, upload.territory), dry_run)


def go_on(database: Database, begun: Begun, *, now: datetime) -> None:
    """Keep what becomes of each line that is not kept yet, some lines at a time; then the import is done."""
    for rows in _batches(begun.rows):
        database.write(partial(_keep, begun=begun, rows=rows, now=now), Scope.worker())
    if begun.rows:
        database.write(partial(_finish, begun=begun, now=now), Scope.worker())


def stored_upload(db: Connection, file_id: str, by: Identity) -> Upload:
    """The file of a dry run, or of an import that stopped, as it was sent. Raises Invalid when it is kept no more."""
    joined = import_file.join(import_content, import_content.c.import_id == import_file.c.id).join(
        territory, territory.c.id == import_file.c.territory_id
    )
    columns = (import_file.c.name, import_file.c.columns, import_content.c.content, territory.c.slug)
    found = db.execute(select(*columns).select_from(joined).where(import_file.c.id == file_id)).first()
    if found is None:
        raise Invalid("Ce fichier n’est plus gardé : envoyez-le de nouveau.", "file")
    fields = tuple(Field(one["field"]) if one["field"] else None for one in found.columns)
    return Upload(found.content, found.name, found.slug, by, fields)


def drop_dry_run(db: Connection, file_id: str) -> None:
    """Forget a dry run that was confirmed."""
    _drop(db, [file_id])


def _home(db: Connection, slug: str) -> tuple[str, str]:
    """The territory's id, and the region by which its phone numbers are read."""
    row = db.execute(select(territory.c.id, territory.c.holidays).where(territory.c.slug == slug)).first()
    if row is None:
        raise Invalid("Ce territoire n’est pas connu : choisissez-le dans la liste.", "territory")
    return row.id, phone_region(row.holidays)


def _note(
    db: Connection, *, sheet: DetectionFile, upload: Upload, home: str, now: datetime, dry_run: bool
) -> tuple[str, bool]:
    """The import of that very file: a new one, or the one that was begun before; and whether it is done already."""
    _forget_old_files(db, now)
    known = None if dry_run else _begun_before(db, sheet.sha256, home)
    if known is not None:
        db.execute(update(import_file).where(import_file.c.id == known.id, import_file.c.status == "running").values(resumed=True))  # fmt: skip
        return known.id, known.status == "done"
    if dry_run:
        _drop(db, _same_dry_runs(db, sheet.sha256, home, upload.by))
    identifier = new_id(now)
    columns = [
        {"header": c.header, "field": str(c.field) if c.field else None, "confidence": c.confidence}
        for c in sheet.columns
    ]
    row = {
        "name": sheet.filename, "sha256": sheet.sha256, "territory_id": home, "by_id": upload.by.person, "status": "running", "dry_run": dry_run,
        "encoding": sheet.encoding, "delimiter": sheet.delimiter, "columns": columns, "rows": len(sheet.rows), "started_at": now,
    }  # fmt: skip
    db.execute(insert(import_file).values(id=identifier, **row))
    db.execute(insert(import_content).values(import_id=identifier, content=upload.content))
    return identifier, False


def _begun_before(db: Connection, sha256: str, home: str) -> Any:
    same = (import_file.c.sha256 == sha256, import_file.c.territory_id == home)
    real = (import_file.c.dry_run.is_(False), import_file.c.undone_at.is_(None))
    return db.execute(select(import_file.c.id, import_file.c.status).where(*same, *real)).first()


def _same_dry_runs(db: Connection, sha256: str, home: str, by: Identity) -> list[str]:
    """What somebody tried before with that very file: a new try takes its place."""
    same = (import_file.c.sha256 == sha256, import_file.c.territory_id == home, import_file.c.by_id == by.person)
    return list(db.execute(select(import_file.c.id).where(*same, import_file.c.dry_run)).scalars())


def _batches(rows: tuple[Row, ...]) -> Iterator[tuple[Row, ...]]:
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]


def _keep(db: Connection, *, begun: Begun, rows: tuple[Row, ...], now: datetime) -> None:
    """Keep what became of each line that is not kept yet, in the same transaction as the case that it made."""
    forget_plans(db)
    here = (import_line.c.import_id == begun.file_id, import_line.c.line.in_([row.line for row in rows]))
    done = set(db.execute(select(import_line.c.line).where(*here)).scalars())
    left = [row for row in rows if row.line not in done]
    if not left:
        return
    made, kept = Batch(db), Batch(db)
    for line, verdict in verdicts_on(db, left, begun.bringer, now, writes=made, dry_run=begun.dry_run):
        kept.insert(import_line, {"id": new_id(now), "import_id": begun.file_id, "line": line, **verdict})
    made.send_alike_together()
    kept.send_alike_together()


def _finish(db: Connection, *, begun: Begun, now: datetime) -> None:
    finished = update(import_file).where(import_file.c.id == begun.file_id)
    db.execute(finished.values(status="done", finished_at=now))
    if not begun.dry_run:
        db.execute(delete(import_content).where(import_content.c.import_id == begun.file_id))


def _forget_old_files(db: Connection, now: datetime) -> None:
    """Forget the dry runs that nobody confirmed, and the bytes of what nobody resumed."""
    old = select(import_file.c.id).where(import_file.c.started_at < now - KEPT)
    _drop(db, list(db.execute(old.where(import_file.c.dry_run)).scalars()))
    db.execute(delete(import_content).where(import_content.c.import_id.in_(old)))


def _drop(db: Connection, dry_runs: list[str]) -> None:
    for table in (import_line, import_content):
        db.execute(delete(table).where(table.c.import_id.in_(dry_runs)))
    db.execute(delete(import_file).where(import_file.c.id.in_(dry_runs), import_file.c.dry_run))
