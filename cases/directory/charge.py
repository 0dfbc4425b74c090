"""Who keeps which part of the directory: the programme all of it, a manager the branches of their territory, a branch its own days and places."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, or_, select

from cases.access import Identity
from cases.errors import NotFound
from cases.tables.operators import coverage
from cases.tables.territories import commune, quartier, territory
from engine.model import Role

OWN_COLUMNS: Final = frozenset({"email", "phone", "capacity", "languages", "step_free"})
"""What a branch says of itself; where it works and whether it is active are its territory's or the programme's to say."""
_WIDER: Final = ("departement", "region", "national")


class Charge(StrEnum):
    """How much of a branch somebody keeps: all of it, its own columns, its days, or nothing."""

    ALL = "all"
    OWN = "own"
    DAYS = "days"
    NOTHING = "nothing"


def keeps_all(who: Identity) -> bool:
    """Whether somebody keeps the whole directory: the programme's admin, the system."""
    return who.system or who.has(Role.ADMIN)


def refuse_unless_in_charge_of_all(who: Identity) -> None:
    """Raises NotFound for who does not keep the whole directory."""
    if not keeps_all(who):
        raise NotFound("L’annuaire entier est tenu par le programme : demandez-lui ce changement.")


def charge_of(db: Connection, who: Identity, branch_id: str) -> Charge:
    """How much of a branch somebody keeps."""
    if keeps_all(who) or _is_of_their_territory(db, who, branch_id):
        return Charge.ALL
    if branch_id in {grant.branch for grant in who.grants if grant.role is Role.OPERATOR_MANAGER}:
        return Charge.OWN
    return Charge.DAYS if branch_id in who.branches() else Charge.NOTHING


def _is_of_their_territory(db: Connection, who: Identity, branch_id: str) -> bool:
    """Whether a branch works in a territory of which they are the manager, and nowhere wider."""
    mine = [grant.territory for grant in who.grants if grant.role is Role.MANAGER and grant.territory]
    if not mine:
        return False
    theirs = coverage.c.branch_id == branch_id
    if db.execute(select(coverage.c.id).where(theirs, coverage.c.level.in_(_WIDER)).limit(1)).first():
        return False
    here = or_(
        (coverage.c.level == "commune")
        & coverage.c.code.in_(select(commune.c.insee).where(commune.c.territory_id.in_(mine))),
        (coverage.c.level == "quartier")
        & coverage.c.code.in_(select(quartier.c.code).where(quartier.c.territory_id.in_(mine))),
        (coverage.c.level == "epci") & coverage.c.code.in_(select(territory.c.code).where(territory.c.id.in_(mine))),
    )
    return db.execute(select(coverage.c.id).where(theirs, here).limit(1)).first() is not None
