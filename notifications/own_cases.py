"""The link of one's own case, asked again by who lost it: it leaves to the address that the case knows, and nowhere else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, or_, select

from cases.tables.case import case_file, entrepreneur
from notifications.asking import ask_new_link
from notifications.links import Link, Purpose

AFTER: Final = timedelta(days=183)
"""A case is shown to its owner for as long as it lives, and six months more."""
AT_MOST: Final = 5
"""Cases of one address whose links leave together."""


def ask_own_cases(db: Connection, email: str, now: datetime) -> int:
    """Have a link sent for each case of that address; give how many. Whether one leaves is never told to who asked."""
    joined = case_file.join(entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id)
    alive = or_(case_file.c.closed_at.is_(None), case_file.c.closed_at > now - AFTER)
    theirs = (entrepreneur.c.email == email.strip().lower(), case_file.c.anonymised_at.is_(None), alive)
    found = select(case_file.c.id, case_file.c.entrepreneur_id).select_from(joined).where(*theirs)
    rows = db.execute(found.order_by(case_file.c.id.desc()).limit(AT_MOST)).all()
    return sum(ask_new_link(db, _lost(row.id, row.entrepreneur_id, now), now) for row in rows)


def _lost(case_id: str, entrepreneur_id: str, now: datetime) -> Link:
    """The link that somebody has no more: what the new one is to be bound to."""
    return Link("", Purpose.MY_CASE, None, entrepreneur_id, case_id, None, {}, now)
