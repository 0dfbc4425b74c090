"""The directory on its pages: the operators, and one of them with its branches, what they offer, when they are closed and who works there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, func, or_, select

from cases.access import Identity
from cases.directory.charge import Charge, charge_of, keeps_all
from cases.directory.corrections import Correction, latest
from cases.errors import NotFound
from cases.tables.operators import aid, branch, branch_closure, coverage, offer, operator
from cases.tables.people import absence, person, role_grant
from cases.tables.territories import commune, quartier

Rows = Mapping[str, list[Mapping[Any, Any]]]


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """An operator in the list, with how many of its branches are active."""

    slug: str
    name: str
    kind: str
    role: str | None
    axes: tuple[str, ...]
    levers: tuple[str, ...]
    branches: int


@dataclass(frozen=True, slots=True)
class BranchSheet:
    """A branch on the page of its operator. `covers`: each level with its code and the name of the place, where it is known."""

    row: Mapping[Any, Any]
    covers: tuple[tuple[str, str | None, str | None], ...]
    offers: tuple[Mapping[Any, Any], ...]
    closures: tuple[Mapping[Any, Any], ...]
    agents: tuple[Mapping[Any, Any], ...]
    absences: tuple[Mapping[Any, Any], ...]
    charge: Charge
    corrections: tuple[Correction, ...]
    """What was put right in it and in its offers, for who keeps it."""


@dataclass(frozen=True, slots=True)
class OperatorSheet:
    """An operator on its page."""

    row: Mapping[Any, Any]
    branches: tuple[BranchSheet, ...]
    corrections: tuple[Correction, ...] = ()
    """What was put right in what it says of itself, for who keeps the directory."""


def operator_rows(db: Connection, *, kind: str | None = None, words: str = "") -> tuple[OperatorRow, ...]:
    """The operators by name; of one kind, or whose name or a branch's name holds these words."""
    active = select(func.count()).select_from(branch).where(branch.c.operator_id == operator.c.id, branch.c.active)
    query = select(operator, active.scalar_subquery().label("branches")).order_by(
        func.lower(operator.c.name), operator.c.id
    )
    if kind:
        query = query.where(operator.c.kind == kind)
    if words:
        named = select(branch.c.operator_id).where(branch.c.name.icontains(words, autoescape=True))
        query = query.where(or_(operator.c.name.icontains(words, autoescape=True), operator.c.id.in_(named)))
    return tuple(
        OperatorRow(
            row["slug"],
            row["name"],
            row["kind"],
            row["role_text"],
            tuple(row["axes"] or ()),
            tuple(row["levers"] or ()),
            row["branches"],
        )
        for row in db.execute(query).mappings()
    )


def operator_sheet(db: Connection, who: Identity, slug: str, *, today: date) -> OperatorSheet:
    """One operator with its branches, the active ones first. Raises NotFound."""
    found = db.execute(select(operator).where(operator.c.slug == slug)).mappings().first()
    if found is None:
        raise NotFound("Cet opérateur n’est pas dans l’annuaire.")
    order = (branch.c.active.desc(), branch.c.name, branch.c.id)
    rows = db.execute(select(branch).where(branch.c.operator_id == found["id"]).order_by(*order)).mappings().all()
    ids = [row["id"] for row in rows]
    covers, closures = (
        _by_branch(db, coverage, ids),
        _by_branch(db, branch_closure, ids, branch_closure.c.to_day >= today),
    )
    offers, agents = _offers(db, ids), _agents(db, ids)
    away = _absences(db, {one["id"] for people in agents.values() for one in people}, today)
    names = _names(db, {(one["level"], one["code"]) for places in covers.values() for one in places})
    put_right = latest(db, [found["id"], *ids])
    charges = {own: charge_of(db, who, own) for own in ids}
    return OperatorSheet(found, tuple(
        BranchSheet(
            row, tuple((one["level"], one["code"], names.get((one["level"], one["code"]))) for one in covers[row["id"]]), tuple(offers[row["id"]]),
            tuple(one for one in closures[row["id"]] if one["ended_at"] is None), tuple(agents[row["id"]]),
            tuple(found for one in agents[row["id"]] for found in away[one["id"]]), charges[row["id"]],
            tuple(put_right[row["id"]]) if charges[row["id"]] is not Charge.NOTHING else (),
        )
        for row in rows
    ), tuple(put_right[found["id"]]) if keeps_all(who) else ())  # fmt: skip


def _by_branch(db: Connection, table: Table, ids: list[str], *where: Any) -> Rows:
    query = select(table).where(table.c.branch_id.in_(ids), *where).order_by(table.c.id)
    return _grouped(db.execute(query).mappings(), "branch_id")


def _offers(db: Connection, ids: list[str]) -> Rows:
    joined = offer.outerjoin(aid, aid.c.id == offer.c.aid_id)
    query = select(offer, aid.c.name.label("aid_name")).select_from(joined).where(offer.c.branch_id.in_(ids))
    return _grouped(db.execute(query.order_by(offer.c.active.desc(), offer.c.name, offer.c.id)).mappings(), "branch_id")


def _agents(db: Connection, ids: list[str]) -> Rows:
    joined = role_grant.join(person, person.c.id == role_grant.c.person_id)
    columns = (role_grant.c.branch_id, role_grant.c.role, person.c.id, person.c.name, person.c.phone, person.c.email)
    here = (role_grant.c.branch_id.in_(ids), role_grant.c.ended_at.is_(None), person.c.active)
    query = select(*columns).select_from(joined).where(*here).order_by(person.c.name, person.c.id)
    return _grouped(db.execute(query).mappings(), "branch_id")


def _absences(db: Connection, people: set[str], today: date) -> Rows:
    away, instead = person.alias(), person.alias()
    joined = absence.join(away, away.c.id == absence.c.person_id).outerjoin(
        instead, instead.c.id == absence.c.substitute_id
    )
    columns = (absence, away.c.name, instead.c.name.label("substitute"))
    to_come = (absence.c.person_id.in_(people), absence.c.to_day >= today)
    query = select(*columns).select_from(joined).where(*to_come).order_by(absence.c.from_day, absence.c.id)
    return _grouped(db.execute(query).mappings(), "person_id")


def _names(db: Connection, places: set[tuple[str, str | None]]) -> dict[tuple[str, str | None], str]:
    """The names of communes and quartiers that are known."""
    found: dict[tuple[str, str | None], str] = {}
    for level, table, code in (("commune", commune, commune.c.insee), ("quartier", quartier, quartier.c.code)):
        codes = [own for at, own in places if at == level]
        found |= {(level, row[0]): row[1] for row in db.execute(select(code, table.c.name).where(code.in_(codes)))}
    return found


def _grouped(rows: Any, by: str) -> Rows:
    found: dict[str, list[Mapping[Any, Any]]] = defaultdict(list)
    for row in rows:
        found[row[by]].append(row)
    return found
