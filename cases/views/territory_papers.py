"""The papers of a territory: its convention, its diagnostics, every version of its roadmap, its reviews, and what was frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from cases.tables.territories import (
    convention,
    diagnostic,
    indicator_snapshot,
    quartier,
    roadmap,
    territory_review,
)

Rows = Sequence[Mapping[Any, Any]]


@dataclass(frozen=True, slots=True)
class Papers:
    """Rows, the latest first; quartiers by their name."""

    conventions: Rows
    diagnostics: Rows
    roadmaps: Rows
    reviews: Rows
    snapshots: Rows
    quartiers: Rows


def papers_of(db: Connection, territory_id: str) -> Papers:
    """All of them."""
    return Papers(
        conventions=_latest_first(db, convention, territory_id, convention.c.recorded_at),
        diagnostics=_latest_first(db, diagnostic, territory_id, diagnostic.c.recorded_at),
        roadmaps=_latest_first(db, roadmap, territory_id, roadmap.c.version),
        reviews=_latest_first(db, territory_review, territory_id, territory_review.c.on_day),
        snapshots=_latest_first(db, indicator_snapshot, territory_id, indicator_snapshot.c.taken_at),
        quartiers=_quartiers(db, territory_id),
    )


def _latest_first(db: Connection, table: Table, territory_id: str, by: Any) -> Rows:
    query = select(table).where(table.c.territory_id == territory_id).order_by(by.desc(), table.c.id.desc())
    return db.execute(query).mappings().all()


def _quartiers(db: Connection, territory_id: str) -> Rows:
    """A quartier of two communes is named once."""
    columns = (quartier.c.code, quartier.c.name)
    query = select(*columns).where(quartier.c.territory_id == territory_id).distinct()
    return db.execute(query.order_by(quartier.c.name, quartier.c.code)).mappings().all()
