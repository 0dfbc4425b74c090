"""A territory enters the programme: its perimeter is listed, and it applies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from cases import programme
from cases.access import Identity
from cases.errors import Invalid
from cases.identifiers import new_id
from cases.programme import TerritoryRequest
from cases.reference_data import KnownTerritory
from cases.tables.territories import commune, territory
from engine.model import NEW
from engine.sentences import say


def apply(db: Connection, asked: KnownTerritory, *, by: Identity, now: datetime) -> tuple[Any, ...]:
    """Create a territory with its communes and take its first step; give its lines.

    Raises Invalid when the slug is taken or a commune is unknown, Refused when the step is not allowed. Then nothing is written.
    """
    if db.execute(select(territory.c.id).where(territory.c.slug == asked.slug)).first():
        raise Invalid(say("Le territoire « {slug} » existe déjà.", slug=asked.slug), "slug")
    known = set(db.execute(select(commune.c.insee).where(commune.c.insee.in_(asked.communes))).scalars())
    if missing := sorted(set(asked.communes) - known):
        raise Invalid(
            say("Communes inconnues : {listed}. Chargez d’abord les données de référence.", listed=", ".join(missing)),
            "communes",
        )
    own = new_id(now)
    row = {
        "slug": asked.slug,
        "name": asked.name,
        "kind": asked.kind,
        "code": asked.code,
        "timezone": asked.timezone,
        "holidays": asked.holidays,
    }
    db.execute(insert(territory).values(id=own, state=NEW, state_since=now, created_at=now, axes=[], **row))
    db.execute(update(commune).where(commune.c.insee.in_(asked.communes)).values(territory_id=own))
    return programme.fire(db, TerritoryRequest(asked.slug, "apply"), by=by, now=now)


def phases(db: Connection) -> list[tuple[str, str, str]]:
    """The slug, the phase and the name of every territory."""
    rows = db.execute(select(territory.c.slug, territory.c.state, territory.c.name).order_by(territory.c.slug))
    return [(row.slug, row.state, row.name) for row in rows]
