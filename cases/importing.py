"""Importing a canvassing sheet: good lines become cases whatever the bad ones; killed in the middle, it resumes without doubling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, or_, select, update

from cases import intake
from cases.access import Identity
from cases.database import Database, Scope
from cases.duplicates import fingerprint, same
from cases.errors import Invalid, NotFound
from cases.identifiers import new_id
from cases.importers.detections import read_detections
from cases.importers.results import Blank, DeclinedContact, Detection, DetectionFile, Duplicate, Refused, Row
from cases.importers.values import Consent
from cases.journal import plain
from cases.needs import NEED_KINDS
from cases.tables.case import business, case_file, entrepreneur
from cases.tables.memory import import_file, import_line
from cases.tables.territories import territory
from engine.model import Role

AT_ONCE: Final = 25
"""Lines that share a transaction: what a kill in the middle may have to do again."""
PUBLIC_MISSION: Final = "public mission"
"""The legal basis of a line that says nothing of the person's consent (RGPD, article 6(1)(e))."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to import into a territory: its bytes, the name it came with, and who brings it."""

    content: bytes
    name: str
    territory: str
    by: Identity


def import_detections(database: Database, upload: Upload, *, now: datetime) -> dict[str, Any]:
    """Import a file and give its report: `rows = recorded + duplicates + refused + declined_contact + blank`.

    The same file imported twice creates nothing; one that was interrupted goes on where it stopped. Raises ImportFileRefused when it cannot
    be read at all, Invalid for an unknown territory.
    """
    home, region = database.read(lambda db: _home(db, upload.territory), Scope.worker())
    sheet = read_detections(upload.content, upload.name, region=region, today=now.date())
    file_id, resumed = database.write(lambda db: _begin(db, sheet, home, upload.by, now), Scope.worker())
    for rows in _batches(sheet.rows):
        database.write(lambda db, rows=rows: _keep(db, file_id, rows, upload, now), Scope.worker())  # type: ignore[misc]
    finish = update(import_file).where(import_file.c.id == file_id).values(status="done", finished_at=now)
    database.write(lambda db: db.execute(finish), Scope.worker())
    return database.read(lambda db: report(db, file_id, resumed=resumed), Scope.worker())


def _home(db: Connection, slug: str) -> tuple[str, str]:
    """The territory's id, and the region by which its phone numbers are read."""
    row = db.execute(select(territory.c.id, territory.c.holidays).where(territory.c.slug == slug)).first()
    if row is None:
        raise Invalid("Ce territoire n’est pas connu : choisissez-le dans la liste.", "territory")
    return row.id, "RE" if row.holidays == "FR-974" else "FR"


def may_import(db: Connection, who: Identity, slug: str) -> None:
    """Whoever works on the territory may, and the programme's admin. Raises NotFound for another's as for none."""
    home = db.execute(select(territory.c.id).where(territory.c.slug == slug)).scalar()
    if home is None or not (who.system or home in who.territories() or who.has(Role.ADMIN)):
        raise NotFound("Ce territoire n’existe pas, ou il n’est pas à vous.")


def report_for(db: Connection, who: Identity, file_id: str) -> dict[str, Any]:
    """The report of an import of one's own or of one's territory. Raises NotFound for another's as for none."""
    row = db.execute(select(import_file).where(import_file.c.id == file_id)).mappings().first()
    theirs = row is not None and (row["territory_id"] in who.territories() or row["by_id"] == who.person)
    if not (theirs or (row is not None and (who.system or who.has(Role.ADMIN)))):
        raise NotFound("Cet import n’existe pas, ou il n’est pas à vous.")
    return report(db, file_id)


def _begin(db: Connection, sheet: DetectionFile, home: str, by: Identity, now: datetime) -> tuple[str, bool]:
    """The import of that very file: a new one, or the one that was begun before; and whether it goes on."""
    mine = (import_file.c.sha256 == sheet.sha256, import_file.c.territory_id == home, import_file.c.dry_run.is_(False))
    known = db.execute(select(import_file.c.id, import_file.c.status).where(*mine)).first()
    if known is not None:
        return known.id, known.status == "running"
    columns = [
        {"header": c.header, "field": str(c.field) if c.field else None, "confidence": c.confidence}
        for c in sheet.columns
    ]
    row = {
        "name": sheet.filename,
        "sha256": sheet.sha256,
        "territory_id": home,
        "by_id": by.person,
        "status": "running",
        "encoding": sheet.encoding,
    }
    identifier = new_id(now)
    known_of_file = {"delimiter": sheet.delimiter, "columns": columns, "rows": len(sheet.rows), "started_at": now}
    db.execute(insert(import_file).values(id=identifier, **row, **known_of_file))
    return identifier, False


def _batches(rows: tuple[Row, ...]) -> Iterator[tuple[Row, ...]]:
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]


# -- lines ----------------------------------------------------------------------------------------------------------------


def _keep(db: Connection, file_id: str, rows: tuple[Row, ...], upload: Upload, now: datetime) -> None:
    """Keep what became of each line that is not kept yet, in the same transaction as the case that it made."""
    here = (import_line.c.import_id == file_id, import_line.c.line.in_([row.line for row in rows]))
    done = set(db.execute(select(import_line.c.line).where(*here)).scalars())
    for row in rows:
        if row.line not in done:
            verdict = _verdict(db, row, upload, now)
            db.execute(insert(import_line).values(id=new_id(now), import_id=file_id, line=row.line, **verdict))


def _verdict(db: Connection, row: Row, upload: Upload, now: datetime) -> dict[str, Any]:
    match row:
        case Detection():
            return _recorded(db, row, upload, now)
        case Duplicate():
            return {"verdict": "duplicate", "of_line": row.of}
        case Refused():
            told = {"column": row.column, "value": row.value, "code": row.code, "reason": row.reason}
            return {"verdict": "refused", **told, "data": {"cells": list(row.cells)}}
        case DeclinedContact():
            return {"verdict": "declined_contact"}
        case Blank():
            return {"verdict": "blank"}


def _recorded(db: Connection, row: Detection, upload: Upload, now: datetime) -> dict[str, Any]:
    known = _known_case(db, row, upload.territory)
    if known is not None:
        return {"verdict": "duplicate", "case_id": known}
    logged = intake.log_case(db, _to_log(row, upload.territory), by=upload.by, now=now)
    return {"verdict": "recorded", "case_id": logged.fired.case_id}


def _to_log(row: Detection, slug: str) -> intake.Detection:
    agreed = row.consent is Consent.GIVEN
    needs = tuple(
        {
            "subject": str(n.subject),
            "axis": NEED_KINDS[n.subject].axis,
            "levers": list(NEED_KINDS[n.subject].levers),
            "detail": n.words,
        }
        for n in row.needs
    )
    return intake.Detection(
        row.name or row.person, siret=row.siret, activity=row.activity or None, address_line=row.address or None, postcode=row.postcode,
        city=row.city or None, person_name=row.person or None, phone=row.phone, email=row.email, territory=slug, origin="import",
        channel="visit" if agreed else None, consents=("contact",) if agreed else (), legal_basis=None if agreed else PUBLIC_MISSION,
        met_in_person=row.visited_on is not None, needs=needs,
    )  # fmt: skip


def _known_case(db: Connection, row: Detection, slug: str) -> str | None:
    """The open case of the territory that is the same: by SIRET, or by phone, e-mail or address with a name that is alike."""
    of = row.fingerprint
    alike = [column == value for column, value in (
        (business.c.siret, of.siret), (entrepreneur.c.phone, row.phone), (entrepreneur.c.email, row.email), (business.c.address_line, row.address),
    ) if value]  # fmt: skip
    if not alike:
        return None
    joined = (
        case_file.join(business, business.c.id == case_file.c.business_id)
        .join(entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id)
        .join(territory, territory.c.id == case_file.c.territory_id)
    )
    columns = (case_file.c.id, business.c.siret, business.c.name, business.c.address_line, business.c.postcode)
    people = (entrepreneur.c.phone, entrepreneur.c.email, entrepreneur.c.name.label("person"))
    query = (
        select(*columns, *people)
        .select_from(joined)
        .where(territory.c.slug == slug, case_file.c.state != "closed", or_(*alike))
    )
    for known in db.execute(query):
        place = (known.address_line or "", known.postcode)
        other = fingerprint(
            siret=known.siret,
            phone=known.phone,
            email=known.email,
            name=known.name,
            person=known.person or "",
            address=place,
        )
        if same(of, other).is_same:
            return str(known.id)
    return None


# -- report ---------------------------------------------------------------------------------------------------------------


def report(db: Connection, file_id: str, *, resumed: bool = False) -> dict[str, Any]:
    """The report of an import, in the shape of the JSON interface."""
    file = db.execute(select(import_file).where(import_file.c.id == file_id)).mappings().one()
    joined = import_line.outerjoin(case_file, case_file.c.id == import_line.c.case_id)
    query = select(import_line, case_file.c.reference).select_from(joined).where(import_line.c.import_id == file_id)
    lines = db.execute(query.order_by(import_line.c.line)).mappings().all()

    def of(verdict: str) -> list[Any]:
        return [line for line in lines if line["verdict"] == verdict]

    kept = {
        name: file[name] for name in ("id", "sha256", "status", "dry_run", "encoding", "delimiter", "columns", "rows")
    }
    found: dict[str, Any] = plain(kept | {
        "file": file["name"], "recorded": len(of("recorded")), "resumed": resumed, "blank": len(of("blank")),
        "duplicates": [{"line": d["line"], "of": {"line": d["of_line"]} if d["of_line"] else {"case": d["reference"]}} for d in of("duplicate")],
        "refused": [{name: r[name] for name in ("line", "column", "value", "code", "reason")} for r in of("refused")],
        "declined_contact": [line["line"] for line in of("declined_contact")],
    })  # fmt: skip
    return found
