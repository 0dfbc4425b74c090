"""How often something may be asked for: counted in the database, so that every process counts together."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete
from sqlalchemy.dialects import postgresql, sqlite

from cases.tables.people import rate_count

_KEPT: Final = timedelta(days=1)


class TooOften(Exception):
    """It was asked for too often in this clock hour; `wait` is what remains of it, in seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__("Trop d’essais : attendez un moment, puis recommencez.")
        self.wait = wait


def count(db: Connection, what: str, who: str, now: datetime) -> int:
    """Count one more time, and give how many there are in this clock hour; what is older than a day is forgotten."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    db.execute(delete(rate_count).where(rate_count.c.hour < hour - _KEPT))
    insert = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    first = insert(rate_count).values(what=what, who_hash=_hash(who), hour=hour, times=1)
    again = first.on_conflict_do_update(
        index_elements=["what", "who_hash", "hour"], set_={"times": rate_count.c.times + 1}
    )
    return int(db.execute(again.returning(rate_count.c.times)).scalar_one())


def refuse_too_often(db: Connection, what: str, who: str, now: datetime, *, per_hour: int) -> None:
    """Count one more time. Raises TooOften above that many in a clock hour; what is refused is not counted."""
    if count(db, what, who, now) > per_hour:
        raise TooOften(3600 - now.minute * 60 - now.second)


def _hash(who: str) -> str:
    return hashlib.sha256(who.encode()).hexdigest()
