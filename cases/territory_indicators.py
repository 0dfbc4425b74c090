"""A territory's indicators at an instant, counted from the journal: what is frozen when its evaluation begins, and each quarter."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from statistics import median
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, func, select

from cases.database import ask_everywhere
from cases.tables.case import aid_obtained, case_file
from cases.tables.memory import journal
from engine.definition import VERSION
from engine.model import CASE_TRACK
from engine.working_days import Calendar

COUNTED: Final = (
    "log", "qualify", "send", "accept", "decline", "expire", "first_contact", "complete", "accept_pair", "validate_plan", "finish", "close",
)  # fmt: skip
"""The events whose lines are counted."""


def indicators_at(db: Connection, territory_id: str, calendar: Calendar, now: datetime) -> dict[str, Any]:
    """The figures of a territory's cases, from the lines written until then: plain data, with the version of the machines that wrote them."""
    events = _events(db, territory_id, now)
    contact = _days_to_contact(db, territory_id, calendar, now)
    return {
        "definition": VERSION,
        "day": calendar.day_of(now).isoformat(),
        "cases_by_state": _states(db, territory_id, now),
        "events": {event: events.get(event, 0) for event in COUNTED},
        "working_days_to_first_contact": {"cases": len(contact), "median": median(contact) if contact else None},
        "aids": _aids(db, territory_id, now),
    }


def _lines_of(territory_id: str, now: datetime, *columns: Any) -> Select[Any]:
    """The lines of a territory's cases, written until then."""
    joined = journal.join(case_file, case_file.c.id == journal.c.subject_id)
    return select(*columns).select_from(joined).where(case_file.c.territory_id == territory_id, journal.c.at <= now)


def _events(db: Connection, territory_id: str, now: datetime) -> dict[str, int]:
    query = _lines_of(territory_id, now, journal.c.event, func.count()).where(journal.c.event.in_(COUNTED))
    return {row[0]: row[1] for row in ask_everywhere(db, query.group_by(journal.c.event))}


def _states(db: Connection, territory_id: str, now: datetime) -> dict[str, int]:
    """Where each case was: where its last move led."""
    moves = and_(journal.c.track == CASE_TRACK, journal.c.to_state.is_not(None))
    last = func.max(journal.c.sequence).label("sequence")
    latest = (
        _lines_of(territory_id, now, journal.c.subject_id, last).where(moves).group_by(journal.c.subject_id).subquery()
    )
    there = and_(journal.c.subject_id == latest.c.subject_id, journal.c.sequence == latest.c.sequence)
    query = (
        select(journal.c.to_state, func.count()).select_from(journal.join(latest, there)).group_by(journal.c.to_state)
    )
    return {row[0]: row[1] for row in sorted(ask_everywhere(db, query))}


def _days_to_contact(db: Connection, territory_id: str, calendar: Calendar, now: datetime) -> list[int]:
    """Working days from the logging of each case to the first real exchange with its operator."""
    columns = (journal.c.subject_id, journal.c.event, func.min(journal.c.at).label("at"))
    query = _lines_of(territory_id, now, *columns).where(journal.c.event.in_(("log", "first_contact")))
    began: dict[str, date] = {}
    reached: dict[str, date] = {}
    for row in ask_everywhere(db, query.group_by(journal.c.subject_id, journal.c.event)):
        (began if row.event == "log" else reached)[row.subject_id] = calendar.day_of(row.at)
    return [calendar.between(began[case], day) for case, day in reached.items() if case in began]


def _aids(db: Connection, territory_id: str, now: datetime) -> dict[str, Any]:
    """Aids obtained: how many, and the euros of each scope."""
    joined = aid_obtained.join(case_file, case_file.c.id == aid_obtained.c.case_id)
    query = select(aid_obtained.c.scope, aid_obtained.c.amount).select_from(joined)
    rows = ask_everywhere(db, query.where(case_file.c.territory_id == territory_id, aid_obtained.c.at <= now))
    euros: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        euros[row.scope] += row.amount or Decimal(0)
    return {"obtained": len(rows), "euros": {scope: str(amount) for scope, amount in sorted(euros.items())}}
