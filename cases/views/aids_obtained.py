"""What a case obtained, as far as the reader sees it, and the de minimis total of its undertaking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, select

from cases.facts.de_minimis import granted_to
from cases.tables.case import aid_obtained
from cases.views.sight import Sight
from engine.de_minimis import Total, total_on
from engine.working_days import Calendar


@dataclass(frozen=True, slots=True)
class AidSeen:
    """An aid that was obtained: its name, its euros where they are known, the local day on which it was granted."""

    name: str
    amount: Decimal | None
    day: date
    scope: str
    de_minimis: bool | None


def aids_of(db: Connection, case_id: str, sight: Sight, calendar: Calendar) -> tuple[AidSeen, ...]:
    """The aids of a case, the latest first; of the tracks in sight only, for who does not see it whole."""
    query = select(aid_obtained).where(aid_obtained.c.case_id == case_id)
    rows = db.execute(query.order_by(aid_obtained.c.at.desc(), aid_obtained.c.id.desc())).mappings()
    return tuple(
        AidSeen(
            row["aid"], row["amount"], row["granted_on"] or calendar.day_of(row["at"]), row["scope"], row["de_minimis"]
        )
        for row in rows
        if sight.whole or sight.of_track(row["track"])
    )


def total_of(db: Connection, business_id: str, calendar: Calendar, now: datetime) -> Total:
    """The de minimis aid of an undertaking over the years that count today."""
    return total_on(granted_to(db, business_id, calendar), calendar.day_of(now))
