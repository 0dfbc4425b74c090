"""What is read of imports: who may see them, their reports, their history, the lines that wait for a correction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, func, or_, select, true

from cases.access import Identity
from cases.errors import NotFound
from cases.importers.columns import Column, Field
from cases.importers.detections import read_row
from cases.importers.results import Fault, Refused
from cases.journal import plain
from cases.tables.case import case_file
from cases.tables.memory import import_file, import_line
from cases.tables.people import person
from cases.tables.territories import territory
from engine.model import Role

AT_MOST: Final = 50
"""Imports that the history shows."""
_OF_THE_ROW: Final = (
    "id", "sha256", "status", "dry_run", "encoding", "delimiter", "columns", "rows", "resumed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LineToCorrect:
    """A refused line: its cells as written, and every fault found in them."""

    line: int
    cells: tuple[str, ...]
    faults: tuple[Fault, ...]


def may_import(db: Connection, who: Identity, slug: str) -> None:
    """Whoever works on the territory may, and the programme's admin. Raises NotFound for another's as for none."""
    home = db.execute(select(territory.c.id).where(territory.c.slug == slug)).scalar()
    if home is None or not (who.system or home in who.territories() or who.has(Role.ADMIN)):
        raise NotFound("Ce territoire n’existe pas, ou il n’est pas à vous.")


def import_in_sight(db: Connection, who: Identity, file_id: str) -> Mapping[Any, Any]:
    """The row of an import of one's own or of one's territory, with the territory's slug. Raises NotFound for another's as for none."""
    joined = import_file.join(territory, territory.c.id == import_file.c.territory_id)
    columns = (territory.c.slug, territory.c.holidays, territory.c.timezone, territory.c.name.label("territory"))
    query = select(import_file, *columns).select_from(joined).where(import_file.c.id == file_id, _theirs(who))
    row = db.execute(query).mappings().first()
    if row is None:
        raise NotFound("Cet import n’existe pas, ou il n’est pas à vous.")
    return row


def report_for(db: Connection, who: Identity, file_id: str) -> dict[str, Any]:
    """The report of an import that one may see. Raises NotFound for another's as for none."""
    return report(db, import_in_sight(db, who, file_id)["id"])


def report(db: Connection, file_id: str) -> dict[str, Any]:
    """The report of an import, in the shape of the JSON interface."""
    file = db.execute(select(import_file).where(import_file.c.id == file_id)).mappings().one()
    joined = import_line.outerjoin(case_file, case_file.c.id == import_line.c.case_id)
    query = select(import_line, case_file.c.reference).select_from(joined).where(import_line.c.import_id == file_id)
    lines = db.execute(query.order_by(import_line.c.line)).mappings().all()

    def of(verdict: str) -> list[Any]:
        return [line for line in lines if line["verdict"] == verdict]

    found: dict[str, Any] = plain({name: file[name] for name in _OF_THE_ROW} | {
        "file": file["name"], "recorded": len(of("recorded")), "blank": len(of("blank")),
        "duplicates": [_duplicate(line) for line in of("duplicate")],
        "refused": [{name: r[name] for name in ("line", "column", "value", "code", "reason")} for r in of("refused")],
        "declined_contact": [line["line"] for line in of("declined_contact")],
        "undone": _undone(file["undone_at"], of("recorded")),
    })  # fmt: skip
    return found


def _duplicate(line: Mapping[Any, Any]) -> dict[str, Any]:
    """A line that is another one of the file, or a case that is known; then with what it says otherwise, if anything."""
    if line["of_line"]:
        return {"line": line["line"], "of": {"line": line["of_line"]}}
    found = {"line": line["line"], "of": {"case": line["reference"]}}
    differences = (line["data"] or {}).get("differences")
    return found | ({"differences": differences} if differences else {})


def _undone(at: datetime | None, recorded: list[Any]) -> dict[str, Any] | None:
    """When it was undone, how many cases were closed, and which ones stay because somebody worked on them."""
    if at is None:
        return None
    left = [line["reference"] for line in recorded if line["undone_at"] is None]
    return {"at": at, "closed": len(recorded) - len(left), "left": left}


def history(db: Connection, who: Identity) -> list[dict[str, Any]]:
    """The imports that one may see, the latest first, each with its counts by verdict."""
    joined = import_file.join(territory, territory.c.id == import_file.c.territory_id).outerjoin(
        person, person.c.id == import_file.c.by_id
    )
    names = ("id", "name", "status", "dry_run", "rows", "started_at", "undone_at")
    columns = (territory.c.name.label("territory"), territory.c.timezone, person.c.name.label("by"))
    query = select(*(import_file.c[name] for name in names), *columns).select_from(joined).where(_theirs(who))
    latest = query.order_by(import_file.c.started_at.desc(), import_file.c.id.desc()).limit(AT_MOST)
    rows = [dict(row) for row in db.execute(latest).mappings()]
    counted = (
        select(import_line.c.import_id, import_line.c.verdict, func.count().label("lines"))
        .where(import_line.c.import_id.in_([row["id"] for row in rows]))
        .group_by(import_line.c.import_id, import_line.c.verdict)
    )
    counts = {(one.import_id, one.verdict): one.lines for one in db.execute(counted)}
    return [row | {name: counts.get((row["id"], name), 0) for name in ("recorded", "refused")} for row in rows]


def imported_before(db: Connection, file: Mapping[Any, Any]) -> str | None:
    """The import by which the very file of a dry run was imported already, and not undone."""
    same = (import_file.c.sha256 == file["sha256"], import_file.c.territory_id == file["territory_id"])
    real = (import_file.c.dry_run.is_(False), import_file.c.undone_at.is_(None))
    return db.execute(select(import_file.c.id).where(*same, *real)).scalar()


def lines_to_correct(db: Connection, file: Mapping[Any, Any], *, today: date, at_most: int | None = None) -> list[LineToCorrect]:  # fmt: skip
    """The refused lines of an import, in order, each with all its faults."""
    refused = (import_line.c.import_id == file["id"], import_line.c.verdict == "refused")
    rows = db.execute(select(import_line).where(*refused).order_by(import_line.c.line).limit(at_most)).mappings()
    return [_to_correct(row, file, today) for row in rows]


def _to_correct(row: Mapping[Any, Any], file: Mapping[Any, Any], today: date) -> LineToCorrect:
    cells, columns = tuple(row["data"]["cells"]), columns_of(file)
    read = read_row(cells, columns, line=row["line"], region=phone_region(file["holidays"]), today=today)
    noted = (Fault(row["column"], row["value"], row["code"], row["reason"]),)
    kept = noted if row["code"] == "cells_shifted" or not isinstance(read, Refused) else read.faults
    return LineToCorrect(row["line"], cells, kept)


def columns_of(file: Mapping[Any, Any]) -> tuple[Column, ...]:
    """The columns of an import, as its lines were read."""
    return tuple(
        Column(place, one["header"], Field(one["field"]) if one["field"] else None, one["confidence"])
        for place, one in enumerate(file["columns"])
    )


def phone_region(holidays: str) -> str:
    """The region by which the phone numbers of a territory are read, from the calendar of its holidays."""
    return "RE" if holidays == "FR-974" else "FR"


def _theirs(who: Identity) -> Any:
    if who.system:
        return true()
    return or_(import_file.c.territory_id.in_(who.territories()), import_file.c.by_id == who.person)
