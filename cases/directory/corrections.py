"""What was put right in the directory: who changed which column of a line that was there, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, select

from cases.access import Identity
from cases.identifiers import new_id
from cases.tables.operators import directory_correction
from cases.tables.people import person

SHOWN: Final = 5
"""The latest corrections of a line that its page shows."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction: `changes` gives each column before and after, as texts; `by` is nobody's name when a file of the programme brought it."""

    nature: str
    changes: Mapping[str, tuple[str, str]]
    by: str | None
    at: datetime


def note(
    db: Connection, nature: str, line_id: str, changes: Mapping[str, tuple[str, str]], *, by: Identity, now: datetime
) -> None:
    """Note what was put right in a line."""
    kept = {name: list(pair) for name, pair in changes.items()}
    row = {"id": new_id(now), "nature": nature, "line_id": line_id, "changes": kept, "by_id": by.person, "at": now}
    db.execute(insert(directory_correction).values(**row))


def latest(db: Connection, lines: Collection[str]) -> dict[str, list[Correction]]:
    """The latest corrections of each line, the newest first."""
    joined = directory_correction.outerjoin(person, person.c.id == directory_correction.c.by_id)
    query = select(directory_correction, person.c.name).select_from(joined)
    newest = query.where(directory_correction.c.line_id.in_(lines)).order_by(directory_correction.c.id.desc())
    found: dict[str, list[Correction]] = defaultdict(list)
    for row in db.execute(newest):
        if len(found[row.line_id]) < SHOWN:
            changes = {name: (before, after) for name, (before, after) in row.changes.items()}
            found[row.line_id].append(Correction(row.nature, changes, row.name, row.at))
    return found
