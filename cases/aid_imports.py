"""Files of the catalogue of aids, by page: tried first, written, and undone as far as nobody changed the aids since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from cases.access import Identity
from cases.directory.charge import keeps_all
from cases.errors import NotFound
from cases.identifiers import new_id
from cases.importers.aids import COLUMNS, Report, import_aids
from cases.journal import plain
from cases.tables.case import aid_obtained
from cases.tables.operators import aid, offer
from cases.tables.people import person
from cases.tables.uploads import aid_import

KEPT_FOR: Final = timedelta(days=1)
"""How long a file waits for its sender to agree."""
SHOWN: Final = 20
_GONE: Final = "Ce fichier n’attend plus : envoyez-le de nouveau."
_DAYS: Final = ("verified_on", "valid_until")


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written: by whom, what it did, and when it was undone."""

    id: str
    name: str
    by: str
    at: datetime
    new: int
    changed: int
    refused: int
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Undone:
    """How many aids are again as they were, and how many stay since they were changed, or used, after the import."""

    restored: int
    left: int


def keep(db: Connection, content: bytes, name: str, *, by: Identity, now: datetime, today: date) -> str:
    """Keep a file that can be read until its sender agrees, in place of their last one; give its id.

    Raises NotFound for who does not keep the catalogue, Invalid or ImportFileRefused for what is no catalogue.
    """
    refuse_unless_in_charge(by)
    import_aids(db, content, now=now, today=today, dry_run=True)
    waiting = aid_import.c.written_at.is_(None)
    old = and_(waiting, or_(aid_import.c.by_id == by.person, aid_import.c.sent_at < now - KEPT_FOR))
    db.execute(delete(aid_import).where(old))
    own = new_id(now)
    db.execute(insert(aid_import).values(id=own, by_id=by.person, name=name, content=content, sent_at=now))
    return own


def tried(db: Connection, identifier: str, *, by: Identity, now: datetime, today: date) -> tuple[str, Report]:
    """The name of a file that waits, and what it would change. Raises NotFound."""
    row = _waiting(db, identifier, by)
    return row.name, import_aids(db, row.content, now=now, today=today, dry_run=True)


def write(db: Connection, identifier: str, *, by: Identity, now: datetime, today: date) -> Report:
    """Write a file that waits: its good lines, and what they wrote over. Raises NotFound."""
    row = _waiting(db, identifier, by)
    before = _catalogue(db)
    report = import_aids(db, row.content, now=now, today=today)
    after = _catalogue(db)
    wrote = [
        {"slug": slug, "before": before.get(slug), "after": one}
        for slug, one in after.items()
        if before.get(slug) != one
    ]
    told = {name: value for name, value in asdict(report).items() if name != "changes"}
    done = update(aid_import).where(aid_import.c.id == identifier, aid_import.c.written_at.is_(None))
    if not db.execute(done.values(content=None, written_at=now, report=told, wrote=wrote)).rowcount:
        raise NotFound(_GONE)
    return report


def written_files(db: Connection, *, by: Identity) -> tuple[Written, ...]:
    """The files that were written, the latest first. Raises NotFound for who does not keep the catalogue."""
    refuse_unless_in_charge(by)
    joined = aid_import.join(person, person.c.id == aid_import.c.by_id)
    columns = (
        *(aid_import.c[name] for name in ("id", "name", "written_at", "report", "undone_at")),
        person.c.name.label("by"),
    )
    query = select(*columns).select_from(joined).where(aid_import.c.written_at.is_not(None))
    return tuple(
        Written(
            row.id, row.name, row.by, row.written_at, row.report["created"], row.report["updated"], len(row.report["refused"]), row.undone_at
        )
        for row in db.execute(query.order_by(aid_import.c.written_at.desc(), aid_import.c.id.desc()).limit(SHOWN))
    )  # fmt: skip


def undo(db: Connection, identifier: str, *, by: Identity, now: datetime) -> Undone:
    """Put each aid back as it was before a file, unless it was changed or used since. Raises NotFound, also for what was undone already."""
    refuse_unless_in_charge(by)
    own = (aid_import.c.id == identifier, aid_import.c.written_at.is_not(None), aid_import.c.undone_at.is_(None))
    wrote = db.execute(select(aid_import.c.wrote).where(*own)).scalar()
    if wrote is None or not db.execute(update(aid_import).where(*own).values(undone_at=now)).rowcount:
        raise NotFound("Cet import n’existe pas, ou il est déjà annulé.")
    now_there = _catalogue(db)
    restored = sum(_put_back(db, one) for one in wrote if now_there.get(one["slug"]) == one["after"])
    return Undone(restored, len(wrote) - restored)


def as_trial(report: Report) -> dict[str, Any]:
    """A report with the names by which a page and the directory's report say it."""
    changes = [
        {"line": one.line, "what": one.name, "outcome": one.outcome, "columns": [
            {"column": COLUMNS[name], "before": before, "after": after} for name, (before, after) in one.columns.items()
        ]}
        for one in report.changes
    ]  # fmt: skip
    refused = [{"value": "", **one} for one in report.refused]
    return {
        "new": report.created,
        "changed": report.updated,
        "same": report.unchanged,
        "changes": changes,
        "refused": refused,
    }


def refuse_unless_in_charge(by: Identity) -> None:
    """Raises NotFound for who does not keep the catalogue: the programme does."""
    if not keeps_all(by):
        raise NotFound("Le catalogue des aides est tenu par le programme : demandez-lui ce changement.")


def _waiting(db: Connection, identifier: str, by: Identity) -> Any:
    refuse_unless_in_charge(by)
    mine = (aid_import.c.id == identifier, aid_import.c.by_id == by.person, aid_import.c.written_at.is_(None))
    row = db.execute(select(aid_import.c.name, aid_import.c.content).where(*mine)).first()
    if row is None:
        raise NotFound(_GONE)
    return row


def _catalogue(db: Connection) -> dict[str, Any]:
    """Every aid by its short name, as JSON keeps it."""
    return {row["slug"]: plain(dict(row)) for row in db.execute(select(aid)).mappings()}


def _put_back(db: Connection, one: Mapping[str, Any]) -> bool:
    """Whether an aid could be put back: one that did not exist stays once an offer, or a case, names it."""
    own, before = aid.c.slug == one["slug"], one["before"]
    if before is not None:
        days = {name: date.fromisoformat(before[name]) if before[name] else None for name in _DAYS}
        return bool(db.execute(update(aid).where(own).values(**{**before, **days})).rowcount)
    named = [select(table.c.id).where(table.c.aid_id == one["after"]["id"]) for table in (offer, aid_obtained)]
    if any(db.execute(query.limit(1)).first() for query in named):
        return False
    return bool(db.execute(delete(aid).where(own)).rowcount)
