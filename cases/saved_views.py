"""The lists of cases that somebody keeps under a name: each person's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from cases.access import Identity
from cases.errors import Invalid, NotFound
from cases.identifiers import new_id
from cases.tables.people import saved_view
from engine.inputs import is_printable
from engine.sentences import say

AT_MOST: Final = 12
"""Views that one person keeps: more would hide the list under its names."""
LONGEST: Final = 40
"""Letters of a name."""


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view: its name, and what narrows the list as its address says it."""

    id: str
    name: str
    asked: str


def views_of(db: Connection, who: Identity) -> tuple[SavedView, ...]:
    """The views that somebody kept, the oldest first."""
    query = (
        select(saved_view)
        .where(saved_view.c.person_id == who.person)
        .order_by(saved_view.c.created_at, saved_view.c.id)
    )
    return tuple(SavedView(row.id, row.name, row.asked) for row in db.execute(query))


def keep_view(db: Connection, who: Identity, name: str, asked: str, *, now: datetime) -> SavedView:
    """Keep a view under a name; the same name again changes what it shows. Raises Invalid without a name, or with too many."""
    said = " ".join(name.split())
    if not said or len(said) > LONGEST or not is_printable(said):
        raise Invalid(say("Donnez un nom à cette vue, en {longest} lettres au plus.", longest=LONGEST), "nom")
    mine = saved_view.c.person_id == who.person
    db.execute(delete(saved_view).where(mine, saved_view.c.name == said))
    if db.execute(select(func.count()).select_from(saved_view).where(mine)).scalar_one() >= AT_MOST:
        raise Invalid(say("Vous gardez déjà {at_most} vues : oubliez-en une d’abord.", at_most=AT_MOST), "nom")
    kept = SavedView(new_id(now), said, asked)
    row = {"id": kept.id, "name": kept.name, "asked": kept.asked, "person_id": who.person, "created_at": now}
    db.execute(insert(saved_view).values(**row))
    return kept


def forget_view(db: Connection, who: Identity, view_id: str) -> str:
    """Forget a view; give its name. Raises NotFound for another's as for none."""
    mine = (saved_view.c.person_id == who.person, saved_view.c.id == view_id)
    name = db.execute(select(saved_view.c.name).where(*mine)).scalar()
    if name is None:
        raise NotFound("Cette vue n’existe pas, ou plus.")
    db.execute(delete(saved_view).where(*mine))
    return str(name)
