"""Mentoring pairs: a mentor's own, or those of a territory, with the next thing to do in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from cases.access import Identity, visible_to
from cases.facts.of_case import NO_TERRITORY
from cases.tables.case import business, case_file, entrepreneur
from cases.tables.memory import deadline
from cases.tables.people import person
from cases.tables.territories import territory
from cases.tables.tracks import mentoring_pair, mentoring_session
from engine.definition import OVER
from engine.model import Kind
from engine.working_days import Calendar

AT_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class PairRow:
    """A pair as its mentor or an adviser reads it; the deadline is the next one. Days are local."""

    reference: str
    track: str
    state: str
    name: str
    person: str | None
    phone: str | None
    mentor_id: str
    mentor: str
    began_on: date | None
    paused_until: date | None
    progress: str | None
    mentor_signed: bool
    entrepreneur_signed: bool
    calendar: Calendar
    sessions: int = 0
    last_met_on: date | None = None
    rule: str | None = None
    due_at: datetime | None = None
    due_on: date | None = None


def pairs_of(db: Connection, who: Identity, *, over: bool = False) -> list[PairRow]:
    """The pairs that somebody may see: their own when they are the mentor, else those of their territories; the open ones, or those that are over."""
    ended = mentoring_pair.c.state.in_(tuple(OVER[Kind.MENTORING_PAIR]))
    sides = [visible_to(who), ended if over else ~ended]
    if not who.territories():
        sides.append(mentoring_pair.c.mentor_id == who.person)
    rows = db.execute(_pairs(tuple(sides))).mappings().all()
    ids = [row["case_id"] for row in rows]
    met, due = _sessions(db, ids), _next(db, ids)
    found = [_row(row, met, due) for row in rows]
    return sorted(found, key=lambda pair: (pair.due_at is None, pair.due_at, pair.reference))


def _pairs(where: tuple[Any, ...]) -> Any:
    joined = (
        mentoring_pair.join(case_file, case_file.c.id == mentoring_pair.c.case_id)
        .join(business, business.c.id == case_file.c.business_id)
        .join(entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id)
        .join(person, person.c.id == mentoring_pair.c.mentor_id)
        .outerjoin(territory, territory.c.id == case_file.c.territory_id)
    )
    columns = (
        mentoring_pair, case_file.c.reference, business.c.name.label("business_name"), entrepreneur.c.name.label("person_name"),
        entrepreneur.c.phone, person.c.name.label("mentor_name"), territory.c.holidays, territory.c.timezone,
    )  # fmt: skip
    return (
        select(*columns).select_from(joined).where(*where).order_by(mentoring_pair.c.state_since.desc()).limit(AT_MOST)
    )


def _row(row: Mapping[Any, Any], met: Mapping[tuple[str, str], Any], due: Mapping[tuple[str, str], Any]) -> PairRow:
    calendar = Calendar(row["holidays"], row["timezone"]) if row["holidays"] else NO_TERRITORY
    track = f"mentoring_pair-{row['number']}"
    known = {
        name: row[name] for name in ("reference", "state", "phone", "mentor_id", "began_on", "paused_until", "progress")
    }
    pair = PairRow(
        **known, track=track, name=row["business_name"], person=row["person_name"], mentor=row["mentor_name"], calendar=calendar,
        mentor_signed=row["mentor_signed_at"] is not None, entrepreneur_signed=row["entrepreneur_signed_at"] is not None,
    )  # fmt: skip
    if seen := met.get((row["case_id"], track)):
        pair = replace(pair, sessions=seen.number, last_met_on=seen.latest)
    if next_one := due.get((row["case_id"], track)):
        on = calendar.day_of(next_one.due_at)
        pair = replace(pair, rule=next_one.rule, due_at=next_one.due_at, due_on=on)
    return pair


def _sessions(db: Connection, case_ids: list[str]) -> dict[tuple[str, str], Any]:
    own = (mentoring_session.c.case_id, mentoring_session.c.track)
    latest = func.max(mentoring_session.c.day, type_=mentoring_session.c.day.type).label("latest")
    query = select(*own, func.count().label("number"), latest).where(own[0].in_(case_ids)).group_by(*own)
    return {(row.case_id, row.track): row for row in db.execute(query)}


def _next(db: Connection, case_ids: list[str]) -> dict[tuple[str, str], Any]:
    pairs = deadline.c.track.startswith("mentoring_pair-")
    query = select(deadline.c.subject_id, deadline.c.track, deadline.c.rule, deadline.c.due_at)
    here = query.where(deadline.c.subject_id.in_(case_ids), deadline.c.status == "open", pairs)
    found: dict[tuple[str, str], Any] = {}
    for row in db.execute(here.order_by(deadline.c.due_at)):
        found.setdefault((row.subject_id, row.track), row)
    return found
