"""Whom somebody administers: everybody for the programme, a territory’s people for its manager; and what each of them holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select, true, update

from cases.access import Identity, visible_to
from cases.database import ask_everywhere
from cases.duplicates import fold
from cases.errors import Invalid, NotFound
from cases.people import everybody
from cases.tables.case import business, case_file, task
from cases.tables.people import mentor_profile, person, role_grant
from cases.views.paging import Asked, Key, page_of_rows
from engine.model import Role
from engine.state_names import CaseState

NOT_YOURS: Final = "Cette page n’existe pas, ou elle n’est pas à vous."
PAGE: Final = 30
"""People of one page."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works here: what they are, whether they may come in, how many open cases they follow."""

    id: str
    name: str
    email: str | None
    active: bool
    roles: tuple[Mapping[str, str | None], ...]
    cases: int


@dataclass(frozen=True, slots=True)
class HeldCase:
    """An open case that somebody follows."""

    reference: str
    name: str
    state: str


def may_administer(who: Identity) -> bool:
    """Whether somebody has people to administer."""
    return who.has(Role.ADMIN) or bool(_managed(who))


def colleagues(
    db: Connection, who: Identity, words: str = "", after: str | None = None
) -> tuple[list[Colleague], str | None]:
    """A page of the people whom somebody administers, by name, narrowed to those whose name or address has these words; and what continues it.

    Raises NotFound for who has none, Invalid when `after` is not of this list.
    """
    if not may_administer(who):
        raise NotFound(NOT_YOURS)
    wanted = fold(words).split()
    theirs = person.c.id.in_(_named(db, who, wanted)) if wanted else _administered(who)
    keys = (Key("name", person.c.name), Key("id", person.c.id))
    query = select(person.c.id, person.c.name).where(theirs)
    page, more = page_of_rows(db, query, keys, Asked(PAGE, after, wanted))
    return _told(db, [row["id"] for row in page]), more


def _named(db: Connection, who: Identity, words: list[str]) -> list[str]:
    """Accents are forgiven, which no database does alike: the names are compared here."""
    known = db.execute(select(person.c.id, person.c.name, person.c.email).where(_administered(who)))
    return [row.id for row in known if all(word in fold(f"{row.name} {row.email or ''}") for word in words)]


def colleague(db: Connection, who: Identity, person_id: str) -> Colleague:
    """One of them. Raises NotFound for another’s as for none."""
    found = db.execute(select(person.c.id).where(_administered(who), person.c.id == person_id)).scalar()
    if found is None:
        raise NotFound("Cette personne n’existe pas, ou elle n’est pas de votre équipe.")
    return _told(db, [found])[0]


def _told(db: Connection, ids: list[str]) -> list[Colleague]:
    """What each of them is and follows, in the order of the ids."""
    if not ids:
        return []
    known = {one["id"]: one for one in everybody(db, person.c.id.in_(ids))}
    counts = {row[0]: row[1] for row in ask_everywhere(db, _followed(ids))}
    return [
        Colleague(one["id"], one["name"], one["email"], one["active"], tuple(one["roles"]), counts.get(one["id"], 0))
        for one in map(known.__getitem__, ids)
    ]


def _followed(by: list[str]) -> Any:
    open_now = case_file.c.state != CaseState.CLOSED, case_file.c.referent_id.in_(by)
    return select(case_file.c.referent_id, func.count()).where(*open_now).group_by(case_file.c.referent_id)


def _managed(who: Identity) -> frozenset[str]:
    return frozenset(g.territory for g in who.grants if g.territory and g.role is Role.MANAGER)


def _administered(who: Identity) -> ColumnElement[bool]:
    """Everybody for an admin; for a manager, who has or had a role on the territory and none elsewhere that is above theirs."""
    if who.has(Role.ADMIN):
        return true()
    if not (homes := _managed(who)):
        return false()
    here = select(role_grant.c.person_id).where(role_grant.c.territory_id.in_(homes))
    mentors = select(mentor_profile.c.person_id).where(mentor_profile.c.territory_id.in_(homes))
    admins = select(role_grant.c.person_id).where(role_grant.c.role == Role.ADMIN, role_grant.c.ended_at.is_(None))
    return and_(or_(person.c.id.in_(here), person.c.id.in_(mentors)), person.c.id.not_in(admins))


# -- what they hold -------------------------------------------------------------------------------------------------------


def held_by(db: Connection, who: Identity, person_id: str) -> list[HeldCase]:
    """The open cases that a colleague follows, among those that one sees."""
    joined = case_file.join(business, business.c.id == case_file.c.business_id)
    theirs = case_file.c.referent_id == person_id, case_file.c.state != CaseState.CLOSED, visible_to(who)
    query = select(case_file.c.reference, business.c.name, case_file.c.state).select_from(joined).where(*theirs)
    return [HeldCase(row.reference, row.name, row.state) for row in db.execute(query.order_by(case_file.c.id))]


def give_calls(db: Connection, who: Identity, person_id: str, to_id: str) -> int:
    """Give the calls that a colleague has to make on the territories that one leads to somebody else; give how many."""
    open_now = task.c.owner_id == person_id, task.c.done_at.is_(None), task.c.territory_id.in_(_managed(who))
    return int(db.execute(update(task).where(*open_now).values(owner_id=to_id)).rowcount)


def successors(db: Connection, who: Identity, person_id: str) -> list[tuple[str, str]]:
    """Who could take over: the active advisers and managers of the territories that one leads, but for the person."""
    joined = role_grant.join(person, person.c.id == role_grant.c.person_id)
    there = (
        role_grant.c.territory_id.in_(_managed(who)), role_grant.c.role.in_([Role.ADVISER, Role.MANAGER]), role_grant.c.ended_at.is_(None),
        person.c.active, person.c.id != person_id,
    )  # fmt: skip
    rows = db.execute(
        select(person.c.id, person.c.name).select_from(joined).where(*there).distinct().order_by(person.c.name)
    )
    return [(row.id, row.name) for row in rows]


# -- their account --------------------------------------------------------------------------------------------------------


def end_role(db: Connection, who: Identity, person_id: str, grant_id: str, *, now: datetime) -> None:
    """Take a role away. A manager takes those on their territory. Raises NotFound."""
    own = (role_grant.c.id == grant_id, role_grant.c.person_id == person_id, role_grant.c.ended_at.is_(None))
    theirs = true() if who.has(Role.ADMIN) else role_grant.c.territory_id.in_(_managed(who))
    if not db.execute(update(role_grant).where(*own, theirs).values(ended_at=now)).rowcount:
        raise NotFound("Ce rôle n’existe pas, ou il n’est pas à vous de le retirer.")


def roles_of(db: Connection, person_id: str) -> list[Mapping[Any, Any]]:
    """The roles that somebody has now, as rows."""
    query = select(role_grant).where(role_grant.c.person_id == person_id, role_grant.c.ended_at.is_(None))
    return list(db.execute(query.order_by(role_grant.c.id)).mappings())


def refuse_oneself(who: Identity, person_id: str) -> None:
    """Nobody closes their own account, nor takes a role from themselves. Raises Invalid."""
    if who.person == person_id:
        raise Invalid("Faites-le faire par un collègue : personne ne ferme son propre compte.")
