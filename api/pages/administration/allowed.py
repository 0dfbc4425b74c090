"""For whom a page of administration is: for the others it does not exist."""

from __future__ import annotations

from typing import Final

from api.pages.shell import LEADERS
from api.security import Visit
from cases.errors import NotFound
from engine.model import Role

__all__ = ["ADMINS", "LEADERS", "refuse_others"]

ADMINS: Final = frozenset({Role.ADMIN})


def refuse_others(visit: Visit, roles: frozenset[Role]) -> None:
    """Let somebody with one of these roles go on. Raises NotFound for the others."""
    if not any(visit.identity.has(role) for role in roles):
        raise NotFound("Cette page n’existe pas, ou elle n’est pas à vous.")
