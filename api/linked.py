"""For whom a signed link acts: a person with the roles that they have now, an entrepreneur, or a branch by its common address."""

from __future__ import annotations

from sqlalchemy import Connection, select

from cases.access import Grant, Identity, identity_with
from cases.tables.case import entrepreneur
from cases.views.answering import branch_of
from engine.model import Role
from notifications.links import Link


def identity_of(db: Connection, link: Link, *, via: str) -> Identity | None:
    """Who acts by a link; None when they work here no more. Raises NotFound for a branch whose referral is no more."""
    if link.person_id:
        return identity_with(db, link.person_id, via=via)
    if link.entrepreneur_id:
        who = select(entrepreneur.c.name).where(entrepreneur.c.id == link.entrepreneur_id)
        return Identity(name=db.execute(who).scalar() or "", via=via, entrepreneur=link.entrepreneur_id)
    if link.case_id and link.track:
        branch, name = branch_of(db, link.case_id, link.track)
        return Identity(name=name, grants=(Grant(Role.OPERATOR, branch=branch),), via=via)
    return None
