"""What everybody who is signed in may look up: operators and their branches, aids, territories and their quartiers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Table, func, select

from cases.aid_catalogue import to_verify
from cases.errors import NotFound
from cases.journal import shown
from cases.tables.operators import aid, branch, coverage, offer, operator
from cases.tables.territories import commune, convention, diagnostic, quartier, roadmap, territory
from cases.views.paging import Asked, Key, page_of_rows
from engine.definition import MACHINES
from engine.model import Kind

_OPERATOR: Final = ("slug", "name", "kind", "axes", "levers")
_TERRITORY: Final = ("slug", "name", "kind", "code", "timezone", "axes", "version")
_AID: Final = (
    "slug", "name", "operator", "scope", "kind", "axes", "levers", "facts", "caveat", "url", "status", "confidence", "verified_on", "valid_until",
    "conditions", "perimeter", "eligibility", "de_minimis",
)  # fmt: skip


def operators(db: Connection, asked: Asked) -> dict[str, Any]:
    """A page of the operators, by their slug."""
    rows, more = _by_slug(db, operator, asked)
    return {"items": [{name: row[name] for name in _OPERATOR} for row in rows], "next": more}


def operator_by(db: Connection, slug: str) -> dict[str, Any]:
    """One operator with its branches: where each works, what it offers. Raises NotFound."""
    found = _one(db, operator, slug, "Cet opérateur n’est pas dans l’annuaire.")
    rows = db.execute(
        select(branch).where(branch.c.operator_id == found["id"], branch.c.active).order_by(branch.c.name, branch.c.id)
    )
    branches = {row["id"]: {name: row[name] for name in ("id", "name", "email", "phone")} for row in rows.mappings()}
    covers, offers = _of_branches(db, coverage, list(branches)), _of_branches(db, offer, list(branches))
    for own, one in branches.items():
        one["covers"] = [{"level": row["level"], "code": row["code"]} for row in covers[own]]
        known = ("id", "name", "kind", "scope", "axes", "levers", "needs")
        one["offers"] = [{name: row[name] for name in known} for row in offers[own] if row["active"]]
    return {**{name: found[name] for name in _OPERATOR}, "branches": list(branches.values())}


def _of_branches(db: Connection, table: Table, branches: list[str]) -> dict[str, list[Mapping[Any, Any]]]:
    found: dict[str, list[Mapping[Any, Any]]] = defaultdict(list)
    for row in db.execute(select(table).where(table.c.branch_id.in_(branches)).order_by(table.c.id)).mappings():
        found[row["branch_id"]].append(row)
    return found


def aids(db: Connection, asked: Asked, *, today: date) -> dict[str, Any]:
    """A page of the aids, by their slug; `to_check` tells those that are stale, or not sure."""
    rows, more = _by_slug(db, aid, asked)
    return {"items": [_aid(row, today) for row in rows], "next": more}


def _aid(row: Mapping[Any, Any], today: date) -> dict[str, Any]:
    found: dict[str, Any] = shown({**{name: row[name] for name in _AID}, "to_check": to_verify(row, today)})
    return found


def territories(db: Connection, asked: Asked) -> dict[str, Any]:
    """A page of the territories with their phases, by their slug."""
    rows, more = _by_slug(db, territory, asked)
    return {"items": [_territory(row) for row in rows], "next": more}


def territory_by(db: Connection, slug: str) -> dict[str, Any]:
    """One territory: its communes, its convention, its diagnostic, its roadmap. Raises NotFound."""
    found = _one(db, territory, slug, "Ce territoire n’existe pas.")
    here = commune.c.territory_id == found["id"]
    communes = db.execute(
        select(commune.c.insee, commune.c.name, commune.c.postcode).where(here).order_by(commune.c.insee)
    )
    quartiers = select(func.count(func.distinct(quartier.c.code))).where(quartier.c.territory_id == found["id"])
    return {
        **_territory(found),
        "communes": [dict(row) for row in communes.mappings()],
        "quartiers": db.execute(quartiers).scalar_one(),
        "convention": _latest(db, convention, found["id"], ("reference", "signed_on")),
        "diagnostic": _latest(db, diagnostic, found["id"], ("published_on", "sources", "indicators")),
        "roadmap": _latest(db, roadmap, found["id"], ("version", "approved_on", "axes", "objectives")),
    }


def _territory(row: Mapping[Any, Any]) -> dict[str, Any]:
    label = MACHINES[Kind.TERRITORY].states[row["state"]].french
    phase = {"phase": row["state"], "label": label, "phase_since": row["state_since"]}
    found: dict[str, Any] = shown({**{name: row[name] for name in _TERRITORY}, **phase})
    return found


def _latest(db: Connection, table: Table, territory_id: str, names: tuple[str, ...]) -> dict[str, Any] | None:
    recorded = (
        select(table)
        .where(table.c.territory_id == territory_id)
        .order_by(table.c.recorded_at.desc(), table.c.id.desc())
    )
    row = db.execute(recorded.limit(1)).mappings().first()
    return {name: shown(row[name]) for name in names} if row else None


def quartiers(db: Connection, asked: Asked, *, slug: str | None) -> dict[str, Any]:
    """A page of the priority neighbourhoods by their code, of one territory or of all; one row for each commune."""
    joined = quartier.outerjoin(territory, territory.c.id == quartier.c.territory_id)
    columns = (quartier.c.id, quartier.c.code, quartier.c.name, quartier.c.insee, territory.c.slug.label("territory"))
    query = select(*columns).select_from(joined)
    if slug is not None:
        query = query.where(territory.c.slug == slug)
    keys = (Key("code", quartier.c.code), Key("id", quartier.c.id))
    rows, more = page_of_rows(db, query, keys, asked)
    return {
        "items": [{name: row[name] for name in ("code", "name", "insee", "territory")} for row in rows],
        "next": more,
    }


def _by_slug(db: Connection, table: Table, asked: Asked) -> tuple[list[Mapping[Any, Any]], str | None]:
    return page_of_rows(db, select(table), (Key("slug", table.c.slug),), asked)


def _one(db: Connection, table: Table, slug: str, otherwise: str) -> Mapping[Any, Any]:
    found = db.execute(select(table).where(table.c.slug == slug)).mappings().first()
    if found is None:
        raise NotFound(otherwise)
    return found
