"""People who work here: added with a role where it holds, listed, and disabled with their keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, insert, or_, select, true, update

from cases.access import BRANCH_ROLES, TERRITORY_ROLES, Grant
from cases.duplicates import fold
from cases.errors import Invalid, NotFound
from cases.identifiers import new_id
from cases.tables.operators import branch, operator
from cases.tables.people import api_token, mentor_profile, person, role_grant, session
from cases.tables.territories import territory
from engine.model import Role
from engine.sentences import say, together

GIVEN: Final = TERRITORY_ROLES | BRANCH_ROLES | {Role.MENTOR, Role.ADMIN, Role.OBSERVER, Role.API_CLIENT}
"""Roles that a person can be given; the others are relations that come of themselves."""
_SAID: Final = 5
"""Branches that are named to whom must choose one."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who comes to work here. `territory` is a slug, `branch` an id, a name or words of it."""

    name: str
    email: str
    role: Role
    territory: str | None = None
    branch: str | None = None
    phone: str | None = None


def add(db: Connection, newcomer: Newcomer, now: datetime) -> str:
    """Give somebody a role, and an account when they have none; give their id. Raises Invalid for a place that is unknown, or missing."""
    home, office = _places(db, newcomer)
    email = newcomer.email.strip().lower()
    who = db.execute(select(person.c.id).where(person.c.email == email)).scalar()
    if who is None:
        who = new_id(now)
        about = {"name": newcomer.name, "phone": newcomer.phone, **_clock_of(db, home)}
        db.execute(insert(person).values(id=who, email=email, created_at=now, **about))
    if (str(newcomer.role), home, office) in _roles_of(db, who):
        raise Invalid(say("{email} a déjà ce rôle.", email=email), "role")
    place = {"territory_id": home, "branch_id": office}
    db.execute(
        insert(role_grant).values(id=new_id(now), person_id=who, role=str(newcomer.role), created_at=now, **place)
    )
    if newcomer.role is Role.MENTOR:
        _mentor(db, who, home)
    return str(who)


def _roles_of(db: Connection, who: str) -> set[tuple[str, str | None, str | None]]:
    query = select(role_grant).where(role_grant.c.person_id == who, role_grant.c.ended_at.is_(None))
    return {(row.role, row.territory_id, row.branch_id) for row in db.execute(query)}


def _places(db: Connection, newcomer: Newcomer) -> tuple[str | None, str | None]:
    role = newcomer.role
    if role not in GIVEN:
        raise Invalid(
            say("Le rôle « {role} » ne se donne pas : il vient d’une relation à un dossier.", role=role), "role"
        )
    if role in TERRITORY_ROLES and newcomer.territory is None:
        raise Invalid("Dites sur quel territoire.", "territory")
    if role in BRANCH_ROLES and newcomer.branch is None:
        raise Invalid("Dites dans quelle antenne.", "branch")
    return _territory(db, newcomer.territory), _branch(db, newcomer.branch)


def _territory(db: Connection, slug: str | None) -> str | None:
    if slug is None:
        return None
    found = db.execute(select(territory.c.id).where(territory.c.slug == slug)).scalar()
    if found is None:
        raise Invalid(say("Le territoire « {slug} » n’existe pas : créez-le d’abord.", slug=slug), "territory")
    return str(found)


def _clock_of(db: Connection, home: str | None) -> dict[str, str]:
    """Somebody's days are those of the territory where they begin; mainland France's when they begin in none."""
    found = db.execute(select(territory.c.timezone).where(territory.c.id == home)).scalar() if home else None
    return {"timezone": found} if found else {}


def _branch(db: Connection, named: str | None) -> str | None:
    """By its id, its whole name, or words of its name and of its operator's that no other has."""
    if named is None:
        return None
    joined = branch.join(operator, operator.c.id == branch.c.operator_id)
    columns = (branch.c.id, branch.c.name, operator.c.name.label("operator"))
    known = db.execute(select(*columns).select_from(joined).where(branch.c.active).order_by(branch.c.name)).all()
    words = fold(named).split()
    found = [row for row in known if named in (row.id, row.name)]
    if len(found) != 1:
        found = [row for row in known if words and all(word in fold(f"{row.operator} {row.name}") for word in words)]
    if not found:
        raise Invalid(
            say("Aucune antenne ne s’appelle « {named} » : écrivez un mot de son nom.", named=named), "branch"
        )
    if len(found) > 1:
        several = together([f"{row.name} ({row.operator})" for row in found[:_SAID]], ", ")
        raise Invalid(
            say("Plusieurs antennes portent ces mots : {several}. Écrivez-en davantage.", several=several), "branch"
        )
    return str(found[0].id)


def _mentor(db: Connection, who: str, home: str | None) -> None:
    if db.execute(select(mentor_profile.c.person_id).where(mentor_profile.c.person_id == who)).first() is None:
        db.execute(insert(mentor_profile).values(person_id=who, territory_id=home))


@dataclass(frozen=True, slots=True)
class GrantSaid:
    """A role that somebody has, with the name of where it holds."""

    id: str
    grant: Grant
    place: str | None


def grants_said(db: Connection, person_id: str) -> tuple[GrantSaid, ...]:
    """The roles that somebody has now, the oldest first."""
    joined = role_grant.outerjoin(territory, territory.c.id == role_grant.c.territory_id).outerjoin(
        branch, branch.c.id == role_grant.c.branch_id
    )
    mine = (role_grant.c.person_id == person_id, role_grant.c.ended_at.is_(None))
    columns = (role_grant, territory.c.name.label("home"), branch.c.name.label("office"))
    rows = db.execute(select(*columns).select_from(joined).where(*mine).order_by(role_grant.c.id))
    return tuple(
        GrantSaid(row.id, Grant(Role(row.role), row.territory_id, row.branch_id), row.home or row.office)
        for row in rows
    )


def everybody(db: Connection, which: ColumnElement[bool] | None = None) -> list[dict[str, Any]]:
    """Everybody who has an account, or those of a condition on `person`, by name, with the roles that they have now."""
    joined = (
        person.outerjoin(role_grant, (role_grant.c.person_id == person.c.id) & role_grant.c.ended_at.is_(None))
        .outerjoin(territory, territory.c.id == role_grant.c.territory_id)
        .outerjoin(branch, branch.c.id == role_grant.c.branch_id)
    )
    columns = (
        person.c.id,
        person.c.name,
        person.c.email,
        person.c.active,
        role_grant.c.role,
        territory.c.slug,
        territory.c.name.label("home"),
        branch.c.name.label("branch"),
    )
    found: dict[str, dict[str, Any]] = {}
    for row in db.execute(
        select(*columns)
        .select_from(joined)
        .where(true() if which is None else which)
        .order_by(person.c.name, person.c.id, role_grant.c.id)
    ).mappings():
        one = found.setdefault(
            row["id"], {name: row[name] for name in ("id", "name", "email", "active")} | {"roles": []}
        )
        if row["role"]:
            place = row["branch"] or row["home"]
            one["roles"].append(
                {"role": row["role"], "territory": row["slug"], "branch": row["branch"], "place": place}
            )
    return list(found.values())


def by_email(db: Connection, email: str) -> Mapping[Any, Any]:
    """The person who has this address. Raises NotFound."""
    row = db.execute(select(person).where(person.c.email == email.strip().lower())).mappings().first()
    if row is None:
        raise NotFound(say("Personne n’a l’adresse {email} : ajoutez-la d’abord avec « qp user add ».", email=email))
    return row


def close_account(db: Connection, person_id: str, now: datetime) -> None:
    """Close an account at once, with its sessions and its tokens; its links are shut by `api.closing`."""
    db.execute(update(person).where(person.c.id == person_id).values(active=False, disabled_at=now))
    db.execute(
        update(session).where(session.c.person_id == person_id, session.c.ended_at.is_(None)).values(ended_at=now)
    )
    alive = api_token.c.person_id == person_id, api_token.c.revoked_at.is_(None)
    db.execute(update(api_token).where(*alive).values(revoked_at=now))


def tokens(db: Connection, email: str | None = None) -> list[dict[str, Any]]:
    """The tokens of everybody, or of one person: whose, since when, and whether they still open the door."""
    joined = api_token.join(person, person.c.id == api_token.c.person_id)
    names = ("id", "name", "scopes", "created_at", "expires_at", "used_at", "revoked_at")
    query = (
        select(*(api_token.c[name] for name in names), person.c.email)
        .select_from(joined)
        .order_by(api_token.c.created_at, api_token.c.id)
    )
    if email is not None:
        query = query.where(person.c.email == email.strip().lower())
    return [dict(row) for row in db.execute(query).mappings()]


def may_bear_a_token(db: Connection, who: str) -> list[tuple[str, str]]:
    """For whom somebody of the programme makes a token, by id and name: for themselves and for partners' tools, never in a colleague's name."""
    tools = select(role_grant.c.person_id).where(role_grant.c.role == Role.API_CLIENT, role_grant.c.ended_at.is_(None))
    bears = (person.c.active, or_(person.c.id == who, person.c.id.in_(tools)))
    return [
        (row.id, row.name)
        for row in db.execute(select(person.c.id, person.c.name).where(*bears).order_by(person.c.name))
    ]


def open_tokens(db: Connection, person_id: str, now: datetime) -> list[dict[str, Any]]:
    """The tokens of somebody that still open the door, the first made first."""
    alive = (
        api_token.c.person_id == person_id, api_token.c.revoked_at.is_(None),
        or_(api_token.c.expires_at.is_(None), api_token.c.expires_at > now),
    )  # fmt: skip
    names = ("id", "name", "scopes", "expires_at", "used_at")
    query = select(*(api_token.c[name] for name in names)).where(*alive).order_by(api_token.c.id)
    return [dict(row) for row in db.execute(query).mappings()]


def revoke_token(db: Connection, token_id: str, now: datetime, *, of: str | None = None) -> None:
    """Close the door to a token for ever. `of`: only if it is that person's. Raises NotFound when there is none that is still open."""
    alive = [api_token.c.id == token_id, api_token.c.revoked_at.is_(None)]
    if of is not None:
        alive.append(api_token.c.person_id == of)
    if db.execute(update(api_token).where(*alive).values(revoked_at=now)).rowcount != 1:
        raise NotFound("Ce jeton n’existe pas, ou il est déjà révoqué : « qp token list » les montre.")
