"""Undoing an import: the cases that nobody touched are closed, those that somebody worked on stay and are named; the journal keeps both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, delete, select, update

from cases import journey
from cases.access import Identity, scope_of
from cases.database import Database
from cases.errors import Conflict, Invalid, NotFound, Refused
from cases.importing.reports import import_in_sight, report
from cases.importing.verdicts import IMPORT
from cases.journey import Request
from cases.tables.case import case_file
from cases.tables.memory import import_file, import_line, journal, outbox
from engine.sentences import say

BY_NOBODY: Final = frozenset({IMPORT, "system"})
"""The doors by which nobody worked on a case: the import itself, and what the system does."""
REASON: Final = "out_of_perimeter"
"""Of the closing reasons, the one that says nothing of the person: their needs are settled, and no survey leaves."""
WELCOMES: Final = frozenset({"case_logged", "new_case"})
"""What an imported case tells: the person who is helped, and who will follow them."""


def undo_import(database: Database, who: Identity, file_id: str, *, now: datetime) -> dict[str, Any]:
    """Undo an import and give its report; the same file may then be imported again. Killed in the middle, it is asked for once more.

    Raises NotFound for who may not see it, Invalid for what cannot be undone.
    """
    scope = scope_of(who)
    file, cases = database.read(lambda db: _to_undo(db, who, file_id), scope)
    for case in cases:
        try:
            database.write(partial(_close, case=case, file=file, who=who, now=now), scope)
        except (Conflict, NotFound, Refused):
            continue  # somebody is at work on it: it stays
    database.write(partial(_note_undone, file_id=file_id, now=now), scope)
    return database.read(lambda db: report(db, file_id), scope)


def may_undo(who: Identity, file: Mapping[Any, Any]) -> bool:
    """Only the territory closes its cases."""
    return file["territory_id"] in who.territories()


def _to_undo(db: Connection, who: Identity, file_id: str) -> tuple[Mapping[Any, Any], list[Mapping[Any, Any]]]:
    """An import that may be undone, and its cases on which nobody worked."""
    file = import_in_sight(db, who, file_id)
    if not may_undo(who, file):
        raise Invalid("Seul le territoire clôt ses dossiers : demandez à l’un de ses conseillers d’annuler cet import.")
    if file["undone_at"] is not None:
        return file, []
    if file["dry_run"]:
        raise Invalid("Ce n’est qu’un essai : il n’y a rien à annuler.")
    if file["status"] != "done":
        raise Invalid("Cet import n’est pas terminé : attendez sa fin, ou reprenez-le, puis annulez-le.")
    worked_on = (
        select(journal.c.sequence)
        .where(journal.c.subject_id == case_file.c.id, journal.c.via.not_in(BY_NOBODY))
        .correlate(case_file)
        .exists()
    )
    query = (
        select(case_file.c.id, case_file.c.reference, case_file.c.version, import_line.c.id.label("line"))
        .select_from(import_line.join(case_file, case_file.c.id == import_line.c.case_id))
        .where(import_line.c.import_id == file_id, import_line.c.verdict == "recorded", ~worked_on)
    )
    return file, list(db.execute(query.order_by(import_line.c.line)).mappings())


def _close(db: Connection, *, case: Mapping[Any, Any], file: Mapping[Any, Any], who: Identity, now: datetime) -> None:
    """Close a case that is as it was read, and call back what was to be told of it."""
    payload = {"reason": REASON, "text": say("Import annulé : {name}", name=file["name"])}
    journey.fire(db, Request(case["reference"], "close", payload=payload, version=case["version"]), by=who, now=now)
    _call_back(db, case["id"])
    db.execute(update(import_line).where(import_line.c.id == case["line"]).values(undone_at=now))


def _call_back(db: Connection, case_id: str) -> None:
    """Who was not told yet that there is a case is not told that it is closed either."""
    waiting = select(outbox.c.id).where(outbox.c.subject_id == case_id, outbox.c.kind.in_(WELCOMES))
    if db.execute(waiting.limit(1)).first() is not None:
        db.execute(delete(outbox).where(outbox.c.subject_id == case_id))


def _note_undone(db: Connection, *, file_id: str, now: datetime) -> None:
    """Note it, and keep nothing of what the refused lines said: the file itself may be sent again."""
    mine = (import_file.c.id == file_id, import_file.c.undone_at.is_(None))
    db.execute(update(import_file).where(*mine).values(undone_at=now, status="undone"))
    db.execute(update(import_line).where(import_line.c.import_id == file_id).values(value=None, data=None))
