"""A case out of an admin’s sight is opened for a reason that is written down, for some hours; its territory is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from cases import journey
from cases.access import Identity
from cases.database import ask_everywhere, widen_to_case
from cases.errors import NotFound
from cases.identifiers import new_id
from cases.journey import Fired, Request
from cases.tables.case import case_file
from cases.tables.privacy import case_opening
from engine.model import Role

LASTS: Final = timedelta(hours=4)
"""How long a case stays open to who opened it."""
OPENED: Final = "break_glass"
"""The record that says so in the journal of the case."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A case that somebody has open for a reason, until when."""

    reference: str
    opened_at: datetime
    ends_at: datetime


def open_case(db: Connection, reference: str, reason: str, *, by: Identity, now: datetime) -> Fired:
    """Open a case that is out of sight. Raises NotFound when there is none or for who is no admin, Refused without a reason."""
    if not by.has(Role.ADMIN):
        raise NotFound
    found = ask_everywhere(db, select(case_file.c.id).where(case_file.c.reference == reference))
    if not found:
        raise NotFound
    case_id = found[0].id
    widen_to_case(db, case_id)
    seeing = replace(by, opened=by.opened | {case_id})
    fired = journey.fire(db, Request(reference, OPENED, payload={"reason": reason}), by=seeing, now=now)
    row = {"case_id": case_id, "person_id": by.person, "opened_at": now, "ends_at": now + LASTS}
    db.execute(insert(case_opening).values(id=new_id(now), **row))
    return fired


def opened_by(db: Connection, person_id: str | None, now: datetime) -> frozenset[str]:
    """The ids of the cases that somebody has open now."""
    query = select(case_opening.c.case_id).where(*_running(person_id, now))
    return frozenset(db.execute(query).scalars())


def openings_of(db: Connection, who: Identity, now: datetime) -> list[Opening]:
    """The cases that somebody has open now, the latest first."""
    joined = case_opening.join(case_file, case_file.c.id == case_opening.c.case_id)
    query = select(case_file.c.reference, case_opening.c.opened_at, case_opening.c.ends_at).select_from(joined)
    rows = db.execute(query.where(*_running(who.person, now)).order_by(case_opening.c.opened_at.desc()))
    return [Opening(row.reference, row.opened_at, row.ends_at) for row in rows]


def end_opening(db: Connection, reference: str, *, by: Identity, now: datetime) -> None:
    """Close again a case that one had opened. Raises NotFound when one has not."""
    own = select(case_file.c.id).where(case_file.c.reference == reference).scalar_subquery()
    ended = update(case_opening).where(case_opening.c.case_id == own, *_running(by.person, now)).values(ended_at=now)
    if not db.execute(ended).rowcount:
        raise NotFound


def _running(person_id: str | None, now: datetime) -> tuple[Any, ...]:
    return case_opening.c.person_id == person_id, case_opening.c.ended_at.is_(None), case_opening.c.ends_at > now
