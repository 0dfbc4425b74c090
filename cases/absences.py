"""When somebody is away and who stands in: their reminders go to the substitute, and no two people stand in for each other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, insert, select

from cases.errors import Invalid, NotFound
from cases.identifiers import new_id
from cases.tables.people import absence, person

LONGEST: Final = timedelta(days=366)
AWAY: Final = and_(
    absence.c.person_id == person.c.id, absence.c.from_day <= bindparam("today"), absence.c.to_day >= bindparam("today")
)
"""The absence in which somebody is on the day `today`."""


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody who is away from a day to another, both included, and who stands in."""

    person_id: str
    first: date
    last: date
    substitute_id: str | None


@dataclass(frozen=True, slots=True)
class Planned:
    """An absence as a page shows it."""

    id: str
    first: date
    last: date
    substitute: str | None


def plan_absence(db: Connection, away: Away, *, now: datetime) -> str:
    """Note an absence and give its id. Raises Invalid for days that make none, a substitute who is not there, or who is away for the same person."""
    if away.last < away.first or away.last < now.date():
        raise Invalid("L’absence finit après son début, et pas dans le passé.", "to")
    if away.last - away.first > LONGEST:
        raise Invalid("Une absence dure un an au plus.", "to")
    if db.execute(select(absence.c.id).where(absence.c.person_id == away.person_id, *_overlaps(away))).first():
        raise Invalid("Une absence est déjà notée sur ces jours : supprimez-la d’abord.", "from")
    if away.substitute_id is not None:
        _refuse_substitute(db, away, away.substitute_id)
    row = {
        "person_id": away.person_id,
        "from_day": away.first,
        "to_day": away.last,
        "substitute_id": away.substitute_id,
    }
    identifier = new_id(now)
    db.execute(insert(absence).values(id=identifier, **row))
    return identifier


def _refuse_substitute(db: Connection, away: Away, substitute: str) -> None:
    """A substitute works here, and does not lead back, by their own substitute, to who is away."""
    if substitute == away.person_id:
        raise Invalid("Personne ne se remplace soi-même : choisissez quelqu’un d’autre.", "substitute")
    active = select(person.c.id).where(person.c.id == substitute, person.c.active)
    if db.execute(active).first() is None:
        raise Invalid("Choisissez une personne en activité.", "substitute")
    columns = (absence.c.person_id, absence.c.from_day, absence.c.to_day, absence.c.substitute_id)
    others = [Away(*row) for row in db.execute(select(*columns).where(*_overlaps(away)))]
    if circle_of(others, (away.person_id, substitute), away.first, away.last):
        said = "Ces personnes se remplaceraient l’une l’autre ces jours-là : choisissez quelqu’un d’autre."
        raise Invalid(said, "substitute")


def circle_of(absences: Collection[Away], chain: tuple[str, ...], first: date, last: date) -> tuple[str, ...]:
    """The people who would stand in for each other in a circle on one same day, once `chain` do; nobody when somebody is there."""
    for one in absences:
        begins, ends = max(first, one.first), min(last, one.last)
        if one.person_id != chain[-1] or begins > ends or one.substitute_id is None:
            continue
        if one.substitute_id in chain:
            return (*chain, one.substitute_id)
        if found := circle_of(absences, (*chain, one.substitute_id), begins, ends):
            return found
    return ()


def _overlaps(away: Away) -> tuple[ColumnElement[bool], ...]:
    return absence.c.from_day <= away.last, absence.c.to_day >= away.first


def absences_of(db: Connection, person_id: str, today: date) -> list[Planned]:
    """Somebody’s absences, those of now and those to come, the next first."""
    columns = (absence.c.id, absence.c.from_day, absence.c.to_day, person.c.name)
    joined = absence.outerjoin(person, person.c.id == absence.c.substitute_id)
    query = select(*columns).select_from(joined).where(absence.c.person_id == person_id, absence.c.to_day >= today)
    return [
        Planned(row.id, row.from_day, row.to_day, row.name) for row in db.execute(query.order_by(absence.c.from_day))
    ]


def cancel_absence(db: Connection, person_id: str, identifier: str) -> None:
    """They are there after all. Raises NotFound."""
    own = absence.c.id == identifier, absence.c.person_id == person_id
    if not db.execute(delete(absence).where(*own)).rowcount:
        raise NotFound("Cette absence n’existe pas, ou plus.")
