"""What another tool is told: one line of a journal, with the case or the territory that it is of, as the tool's owner may read it now."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from cases.access import Identity
from cases.tables.memory import journal
from cases.tables.territories import territory
from cases.views.reading import line_of, line_shown
from engine.model import Role


def line_told(db: Connection, who: Identity, subject: str, subject_id: str, sequence: int) -> dict[str, Any] | None:
    """A line, after the `reference` of its case or the slug of its `territory`; None when it is not theirs to read."""
    if subject == "case":
        return line_of(db, who, subject_id, sequence)
    if subject_id not in who.territories() and not who.has(Role.ADMIN):
        return None
    line = db.execute(select(journal).where(journal.c.subject_id == subject_id, journal.c.sequence == sequence))
    slug = db.execute(select(territory.c.slug).where(territory.c.id == subject_id)).scalar()
    found = line.mappings().first()
    return {"territory": slug, **line_shown(db, found, {})} if found else None
