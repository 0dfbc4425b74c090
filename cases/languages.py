"""In which language somebody reads: what they chose themselves, whichever they speak."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, case, select, update

from cases.tables.case import entrepreneur
from cases.tables.people import person

SPOKEN: Final = case((entrepreneur.c.language != "fr", entrepreneur.c.language))
"""What somebody who is helped speaks, when it is known: a case whose logger did not say has « fr »."""


Languages = tuple[str | None, ...]


def languages_of(db: Connection, entrepreneur_id: str | None, person_id: str | None = None) -> Languages:
    """What somebody chose to read in; for who is helped, also what they speak when it is another language than French."""
    if person_id is not None:
        return (db.execute(select(person.c.reads_in).where(person.c.id == person_id)).scalar(),)
    row = db.execute(select(entrepreneur.c.reads_in, SPOKEN).where(entrepreneur.c.id == entrepreneur_id)).first()
    return tuple(row) if row else ()


def keep_language(
    db: Connection, code: str, *, person_id: str | None = None, entrepreneur_id: str | None = None
) -> None:
    """Keep the language that somebody chose to read in."""
    table: Any = person if person_id else entrepreneur
    db.execute(update(table).where(table.c.id == (person_id or entrepreneur_id)).values(reads_in=code))
