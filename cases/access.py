"""Who may see which case, and in what relation they stand to it: the one place that every read of cases starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select

from cases.database import Scope
from cases.errors import NotFound
from cases.tables.case import case_file
from cases.tables.people import person, role_grant
from cases.tables.tracks import mentoring_pair, referral
from engine.facts import Actor, CaseFacts, Pair, Plan, Referral
from engine.model import Role

TERRITORY_ROLES = frozenset({Role.ADVISER, Role.MANAGER})
BRANCH_ROLES = frozenset({Role.OPERATOR, Role.OPERATOR_MANAGER})


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that somebody has, on a territory or at a branch."""

    role: Role
    territory: str | None = None
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody who came in by a door: a person with roles, an entrepreneur by a link, or the system.

    `unfiltered`: this wall lets them through, so that the second one is seen to hold alone. Only an application that was made for that proof says it.
    """

    person: str | None = None
    name: str = ""
    grants: tuple[Grant, ...] = ()
    via: str = "api"
    entrepreneur: str | None = None
    system: bool = False
    own_cases_only: bool = False
    """On a phone of their own, long after they signed in: their own cases, whatever their roles."""
    unfiltered: bool = False
    opened: frozenset[str] = frozenset()
    """Cases out of their sight that they opened with a reason, by their id: see `cases.privacy.openings`."""
    set_aside: tuple[Grant, ...] = ()
    """Their other roles, when they chose to work in one of them."""

    def territories(self) -> frozenset[str]:
        """Where this person is adviser or manager."""
        return frozenset(g.territory for g in self.grants if g.territory and g.role in TERRITORY_ROLES)

    def branches(self) -> frozenset[str]:
        """The branches for which this person works."""
        return frozenset(g.branch for g in self.grants if g.branch and g.role in BRANCH_ROLES)

    def whole(self) -> Identity:
        """The same person with all their roles: in what they do for themselves, whichever role they work in."""
        return replace(self, grants=(*self.grants, *self.set_aside), set_aside=()) if self.set_aside else self

    def without(self, roles: frozenset[Role]) -> Identity:
        """The same person, as if they had none of these roles: in what they do as somebody else than a party."""
        return replace(self, grants=tuple(g for g in self.grants if g.role not in roles))

    def has(self, role: Role) -> bool:
        """Whether this person has that role anywhere."""
        return any(g.role is role for g in self.grants)


THE_SYSTEM = Identity(name="Quartiers productifs", via="system", system=True)


def scope_of(who: Identity) -> Scope:
    """What a transaction of theirs may see: the second wall, from the same grants as the first (`visible_to`)."""
    if who.system:
        return Scope.worker()
    return Scope.of(
        person=who.person,
        territories=who.territories(),
        branches=who.branches(),
        admin=who.has(Role.ADMIN),
        entrepreneur=who.entrepreneur,
        opened=who.opened,
    )


def grants_of(db: Connection, person_id: str) -> tuple[Grant, ...]:
    """The roles that a person has now."""
    theirs = (role_grant.c.person_id == person_id, role_grant.c.ended_at.is_(None))
    rows = db.execute(select(role_grant).where(*theirs).order_by(role_grant.c.id))
    return tuple(Grant(Role(row.role), row.territory_id, row.branch_id) for row in rows)


def identity_with(db: Connection, person_id: str, *, via: str) -> Identity | None:
    """A person with the roles that they have now; None when they work here no more."""
    name = db.execute(select(person.c.name).where(person.c.id == person_id, person.c.active)).scalar()
    return Identity(person_id, name, grants_of(db, person_id), via=via) if name is not None else None


@lru_cache(maxsize=1024)
def visible_to(who: Identity) -> ColumnElement[bool]:
    """The condition on `case_file` under which somebody may see a case; nothing for who has no relation to any."""
    if who.system or who.unfiltered:
        return case_file.c.id.is_not(None)
    if who.own_cases_only:
        return _theirs_alone(who)
    ways = _opened(who)
    if territories := who.territories():
        ways.append(case_file.c.territory_id.in_(territories))
    if branches := who.branches():
        asked = select(referral.c.case_id).where(referral.c.branch_id.in_(branches), referral.c.state != "draft")
        ways.append(case_file.c.id.in_(asked))
    if who.person and who.has(Role.MENTOR):
        ways.append(
            case_file.c.id.in_(select(mentoring_pair.c.case_id).where(mentoring_pair.c.mentor_id == who.person))
        )
    if who.has(Role.ADMIN):
        ways.append(case_file.c.territory_id.is_(None))
    if who.entrepreneur:
        ways.append(and_(case_file.c.entrepreneur_id == who.entrepreneur))
    return or_(*ways) if ways else false()


def case_row(db: Connection, who: Identity, reference: str) -> Mapping[Any, Any]:
    """The row of a case that one may see. Raises NotFound for another's as for none."""
    row = db.execute(select(case_file).where(case_file.c.reference == reference, visible_to(who))).mappings().first()
    if row is None:
        raise NotFound
    return row


def _opened(who: Identity) -> list[ColumnElement[bool]]:
    """The cases that they opened with a reason."""
    return [case_file.c.id.in_(who.opened)] if who.opened else []


def _theirs_alone(who: Identity) -> ColumnElement[bool]:
    """The cases that they follow themselves, by their name."""
    if who.person is None:
        return false()
    asked = select(referral.c.case_id).where(referral.c.agent_id == who.person, referral.c.state != "draft")
    mentored = select(mentoring_pair.c.case_id).where(mentoring_pair.c.mentor_id == who.person)
    own = or_(case_file.c.referent_id == who.person, case_file.c.id.in_(asked), case_file.c.id.in_(mentored))
    return and_(own, visible_to(replace(who, own_cases_only=False)))


def actor_on(who: Identity, facts: CaseFacts, track: str, on_behalf_of: Mapping[str, Any] | None = None) -> Actor:
    """The relation in which somebody acts on a case or on one of its tracks.

    Somebody with several roles acts as the party to the track, unless they say that they answer on behalf of it.
    """
    if who.system:
        return Actor(Role.SYSTEM, name=who.name, via=who.via)
    grant = None if on_behalf_of else _party(who, facts, track)
    grant = grant or _of_the_territory(who, facts) or _party(who, facts, track) or _any_branch(who, facts)
    if grant is not None:
        branch = grant.branch if grant.role in BRANCH_ROLES else None
        return Actor(grant.role, who.person, who.name, branch, who.via, on_behalf_of)
    if who.entrepreneur and who.entrepreneur == facts.entrepreneur:
        return Actor(Role.ENTREPRENEUR, None, who.name, via=who.via)
    first = who.grants[0].role if who.grants else Role.OBSERVER
    return Actor(first, who.person, who.name, via=who.via)


def _party(who: Identity, facts: CaseFacts, track: str) -> Grant | None:
    """The role by which this person is party to that very track."""
    known = facts.tracks.get(track)
    if isinstance(known, Referral | Plan):
        branches = {known.branch} if isinstance(known, Referral) else {known.branch, *_taken_by(facts)}
        return next((g for g in who.grants if g.role in BRANCH_ROLES and g.branch in branches), None)
    if isinstance(known, Pair) and known.mentor == who.person:
        return next((g for g in who.grants if g.role is Role.MENTOR), None)
    return None


def _taken_by(facts: CaseFacts) -> frozenset[str]:
    taken = (t for t in facts.tracks.values() if isinstance(t, Referral) and t.state in ("accepted", "engaged"))
    return frozenset(t.branch for t in taken)


def _of_the_territory(who: Identity, facts: CaseFacts) -> Grant | None:
    """Their role on the case's territory; the programme's admin on a case that has none."""
    manager_first = sorted(who.grants, key=lambda g: g.role is not Role.MANAGER)
    found = (g for g in manager_first if g.role in TERRITORY_ROLES and g.territory == facts.territory and g.territory)
    admin = next((g for g in who.grants if g.role is Role.ADMIN), None)
    return next(found, None) or admin


def _any_branch(who: Identity, facts: CaseFacts) -> Grant | None:
    """At a branch that was asked for this case, or that logs one."""
    asked = {t.branch for t in facts.tracks.values() if isinstance(t, Referral)}
    return next(
        (g for g in who.grants if g.role in BRANCH_ROLES and (g.branch in asked or facts.state == "*new*")), None
    )
