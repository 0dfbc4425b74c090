"""What stands in somebody's calendar: their appointments, and the days by which something is expected of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from cases.access import Identity, visible_to
from cases.facts.of_case import NO_TERRITORY
from cases.tables.appointments import appointment
from cases.tables.case import business, case_file
from cases.tables.memory import deadline
from cases.tables.territories import territory
from cases.tables.tracks import mentoring_pair, referral
from engine.definition import rule_of
from engine.sentences import say

BACK: Final = timedelta(days=60)
"""How far back a calendar goes."""
AT_MOST: Final = 500
"""Lines of each kind."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a calendar, on a local day; `time` is HH:MM, None for a whole day. `path` leads to the case."""

    id: str
    day: date
    time: str | None
    timezone: str
    title: str
    place: str | None
    path: str
    changes: int = 0
    cancelled: bool = False


def agenda_of(db: Connection, who: Identity, *, today: date) -> list[Entry]:
    """Somebody's calendar, the soonest first: no name of a person, no telephone, no word of a note."""
    found = [*_appointments(db, who, today), *_deadlines(db, who, today)]
    return sorted(found, key=lambda entry: (entry.day, entry.time or "", entry.id))


_OF_CASES: Final = (case_file.c.reference, business.c.name, territory.c.timezone)


def _appointments(db: Connection, who: Identity, today: date) -> Iterable[Entry]:
    joined = (
        appointment.join(case_file, case_file.c.id == appointment.c.case_id)
        .join(business, business.c.id == case_file.c.business_id)
        .outerjoin(territory, territory.c.id == case_file.c.territory_id)
    )
    mine = (visible_to(who), _is_theirs(who), appointment.c.day >= today - BACK)
    query = select(appointment, *_OF_CASES).select_from(joined).where(*mine).order_by(appointment.c.day.desc())
    for row in db.execute(query.limit(AT_MOST)):
        yield Entry(
            f"appointment-{row.id}", row.day, row.time, row.timezone or NO_TERRITORY.timezone, say("Rendez-vous : {name}", name=row.name), row.place,
            f"/dossiers/{row.reference}", row.changes, row.cancelled_at is not None,
        )  # fmt: skip


def _is_theirs(who: Identity) -> ColumnElement[bool]:
    """Appointments that one made, of the cases that one follows, of one's own requests and pairs."""
    asked = and_(
        referral.c.case_id == appointment.c.case_id, referral.c.track == appointment.c.track, referral.c.agent_id == who.person
    )  # fmt: skip
    paired = and_(
        mentoring_pair.c.case_id == appointment.c.case_id, mentoring_pair.c.track == appointment.c.track,
        mentoring_pair.c.mentor_id == who.person,
    )  # fmt: skip
    return or_(
        appointment.c.person_id == who.person, case_file.c.referent_id == who.person,
        select(referral.c.id).where(asked).exists(), select(mentoring_pair.c.id).where(paired).exists(),
    )  # fmt: skip


def _deadlines(db: Connection, who: Identity, today: date) -> Iterable[Entry]:
    joined = (
        deadline.join(case_file, case_file.c.id == deadline.c.subject_id)
        .join(business, business.c.id == case_file.c.business_id)
        .outerjoin(territory, territory.c.id == case_file.c.territory_id)
    )
    mine = (visible_to(who), deadline.c.owner_id == who.person, deadline.c.status == "open", deadline.c.due_on >= today - BACK)  # fmt: skip
    query = select(deadline, *_OF_CASES).select_from(joined).where(*mine).order_by(deadline.c.due_on)
    for row in db.execute(query.limit(AT_MOST)):
        yield Entry(
            f"deadline-{row.id}", row.due_on, None, row.timezone or NO_TERRITORY.timezone, say("{title} : {name}", title=rule_of(row.rule).todo, name=row.name),
            None,
            f"/dossiers/{row.reference}",
        )  # fmt: skip
