"""« Plus tard »: somebody puts off the reminders of a deadline that come to them, for a few days. Alerts to others are never put off."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from cases.access import Identity, visible_to
from cases.errors import Invalid, NotFound
from cases.facts.of_case import NO_TERRITORY
from cases.tables.case import case_file
from cases.tables.memory import deadline
from cases.tables.people import person
from cases.tables.territories import territory
from engine.model import Do
from engine.sentences import say
from engine.working_days import MORNING, Calendar
from notifications.tables import message, snooze

LONGEST: Final = 5
"""Working days for which a reminder may be put off."""
Snoozed = Mapping[tuple[str | None, str | None], date]
"""Until which day, by the person and the deadline."""


def put_off(at: datetime, do: str | None, until: date | None, calendar: Calendar) -> datetime:
    """When a mark leaves for somebody: as it would, or on the morning until which they put off reminders of its deadline."""
    if until is None or do != Do.REMIND:
        return at
    return max(at, calendar.at(until, MORNING))


def snoozed_by(db: Connection, deadlines: Collection[str]) -> Snoozed:
    """Who put off what, among these deadlines."""
    rows = db.execute(select(snooze).where(snooze.c.deadline_id.in_(deadlines))) if deadlines else ()
    return {(row.person_id, row.deadline_id): row.until for row in rows}


def days_to_choose(calendar: Calendar, now: datetime) -> tuple[date, ...]:
    """The days until which somebody may put a reminder off: the next working days."""
    today = calendar.day_of(now)
    return tuple(calendar.shift(today, count) for count in range(1, LONGEST + 1))


def snooze_reminders(db: Connection, who: Identity, deadline_id: str, until: date, *, now: datetime) -> datetime:
    """Put off the reminders of a deadline that come to somebody; give when they leave at the earliest. Those that wait wait longer.

    Raises NotFound for a deadline that is not in their sight or runs no more, Invalid for a day that is not to be chosen.
    """
    row = db.execute(_in_sight(who, deadline_id)).first()
    if row is None or who.person is None:
        raise NotFound("Cette échéance n’existe pas, ou n’est plus ouverte.")
    own = db.execute(select(person.c.timezone).where(person.c.id == who.person)).scalar_one()
    calendar = Calendar(row.holidays or NO_TERRITORY.name, own)
    if until not in days_to_choose(calendar, now):
        raise Invalid(say("Choisissez un des {longest} prochains jours ouvrés.", longest=LONGEST), "jour")
    mine = (snooze.c.person_id == who.person, snooze.c.deadline_id == deadline_id)
    db.execute(delete(snooze).where(*mine))
    db.execute(insert(snooze).values(person_id=who.person, deadline_id=deadline_id, until=until, at=now))
    return _hold_back(db, who.person, deadline_id, calendar.at(until, MORNING))


def _in_sight(who: Identity, deadline_id: str) -> Any:
    joined = deadline.join(case_file, case_file.c.id == deadline.c.subject_id).outerjoin(
        territory, territory.c.id == case_file.c.territory_id
    )
    mine = (deadline.c.id == deadline_id, deadline.c.status == "open", visible_to(who))
    return select(deadline.c.id, territory.c.holidays).select_from(joined).where(*mine)


def _hold_back(db: Connection, person_id: str, deadline_id: str, leaves: datetime) -> datetime:
    """What waits already for that person leaves then."""
    waiting = select(message.c.id, message.c.facts).where(
        message.c.person_id == person_id, message.c.deadline_id == deadline_id, message.c.status == "waiting"
    )
    held = [row.id for row in db.execute(waiting) if row.facts.get("do") == Do.REMIND]
    db.execute(update(message).where(message.c.id.in_(held), message.c.send_at < leaves).values(send_at=leaves))
    return leaves
