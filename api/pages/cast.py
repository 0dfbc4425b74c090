"""The cast of the demonstration: everybody who has a role, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from api.demo.cast import PLAYERS
from api.pages.shell import ROLES
from cases.tables.operators import branch
from cases.tables.people import person, role_grant
from cases.tables.territories import territory
from engine.model import Role

FIRST: Final = 8
"""How many stand on the sign-in page."""


@dataclass(frozen=True, slots=True)
class Actor:
    """One of the cast: a person, one of their roles, where."""

    id: str
    name: str
    role: Role
    place: str | None
    says: str = ""
    """What is said of them."""

    @property
    def title(self) -> str:
        """What they are, in words."""
        return self.says or ROLES[self.role]


def cast_of(db: Connection) -> list[Actor]:
    """Everybody who has a role now, by name; once for each role."""
    joined: Any = (
        role_grant.join(person, person.c.id == role_grant.c.person_id)
        .outerjoin(territory, territory.c.id == role_grant.c.territory_id)
        .outerjoin(branch, branch.c.id == role_grant.c.branch_id)
    )
    columns = (
        person.c.id,
        person.c.name,
        person.c.email,
        role_grant.c.role,
        territory.c.name.label("home"),
        branch.c.name.label("office"),
    )
    here = (role_grant.c.ended_at.is_(None), person.c.active)
    rows = db.execute(select(*columns).select_from(joined).where(*here).order_by(person.c.name, role_grant.c.id))
    said = {player.email: player.says for player in PLAYERS}
    return [Actor(row.id, row.name, Role(row.role), row.home or row.office, said.get(row.email, "")) for row in rows]


def first_of(cast: list[Actor]) -> list[Actor]:
    """A few of them: one of each role first, each person once."""
    seen_roles = {one.role: one for one in reversed(cast)}
    firsts = [seen_roles[role] for role in ROLES if role in seen_roles]
    people = {one.id: one for one in (*firsts, *cast)}
    return list(people.values())[:FIRST]
