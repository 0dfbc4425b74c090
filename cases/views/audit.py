"""The journal across the cases that somebody sees whole: who did what, when, by person, event and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, false, or_, select

from cases.access import Identity, visible_to
from cases.tables.case import case_file
from cases.tables.memory import journal
from cases.tables.people import person
from engine.model import Role

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: words of a person’s name, an event, days (UTC, both included), a case; `before` continues a list."""

    person: str = ""
    event: str = ""
    reference: str = ""
    first: date | None = None
    last: date | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One line of a journal, without its words."""

    at: datetime
    reference: str
    track: str
    event: str
    from_state: str | None
    to_state: str | None
    role: str
    name: str | None
    via: str


def search(db: Connection, who: Identity, wanted: Wanted) -> list[Found]:
    """The lines that match, the latest first; one more than a page when there are others."""
    joined = journal.join(case_file, case_file.c.id == journal.c.subject_id).outerjoin(
        person, person.c.id == journal.c.actor_id
    )
    columns = (
        journal.c.at, case_file.c.reference, journal.c.track, journal.c.event, journal.c.from_state, journal.c.to_state,
        journal.c.actor_role.label("role"), person.c.name, journal.c.via,
    )  # fmt: skip
    query = select(*columns).select_from(joined).where(visible_to(who), _whole(who), *_narrowed(wanted))
    rows = db.execute(
        query.order_by(journal.c.at.desc(), journal.c.subject_id, journal.c.sequence.desc()).limit(PAGE + 1)
    )
    return [Found(**row) for row in rows.mappings()]


def _whole(who: Identity) -> ColumnElement[bool]:
    """Cases that one sees whole: of one’s territories, and those that one opened; for an admin, those of none too."""
    outside = case_file.c.territory_id.is_(None) if who.has(Role.ADMIN) else false()
    return or_(case_file.c.territory_id.in_(who.territories()), case_file.c.id.in_(who.opened), outside)


def _narrowed(wanted: Wanted) -> list[Any]:
    named: list[Any] = [person.c.name.ilike(f"%{_escaped(word)}%", escape="\\") for word in wanted.person.split()[:5]]
    if wanted.event:
        named.append(journal.c.event == wanted.event)
    if wanted.reference:
        named.append(case_file.c.reference == wanted.reference)
    if wanted.first:
        named.append(journal.c.at >= datetime.combine(wanted.first, time(), UTC))
    if wanted.last:
        named.append(journal.c.at < datetime.combine(wanted.last + timedelta(days=1), time(), UTC))
    if wanted.before:
        named.append(journal.c.at < wanted.before)
    return named


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
