"""The lengths of a territory's deadlines, as those who may choose them see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cases import programme
from cases.access import Identity
from cases.errors import NotFound
from cases.lengths import Preview, lengths_of, preview
from engine.facts import Actor
from engine.lengths import CHANGEABLE, LIMITS
from engine.model import Role, acts_as
from engine.territory_records import TERRITORY_RECORDS
from engine.working_days import Calendar


@dataclass(frozen=True, slots=True)
class Lengths:
    """The lengths that a territory chose, by the rule's family; `may_choose`: whether the reader chooses them."""

    territory: Mapping[str, Any]
    own: Mapping[str, int]
    may_choose: bool


@dataclass(frozen=True, slots=True)
class Offered:
    """A length that somebody may choose for their territory; and what a value would change, once they gave one within the limits."""

    territory: Mapping[str, Any]
    calendar: Calendar
    family: str
    own: int | None
    limits: tuple[int, int]
    value: int | None
    effect: Preview | None
    names: bool
    """They may know which cases are concerned; else how many."""


def lengths_seen(db: Connection, slug: str, *, by: Identity) -> Lengths:
    """The lengths of a territory. Raises NotFound."""
    row, _, actor = programme.facts_for(db, slug, by=by)
    return Lengths(row, lengths_of(db, row["id"]), _may_choose(actor))


def length_offered(
    db: Connection, slug: str, family: str, value: int | None, *, by: Identity, now: datetime
) -> Offered:
    """The length of one rule. Raises NotFound for who does not choose it, as for a rule whose length does not change."""
    row, facts, actor = programme.facts_for(db, slug, by=by)
    if family not in CHANGEABLE or not _may_choose(actor):
        raise NotFound("Ce délai ne se change pas ici.")
    least, most = LIMITS[family]
    effect = preview(db, row["id"], family, value, now) if value is not None and least <= value <= most else None
    own, names = lengths_of(db, row["id"]).get(family), actor.role is Role.MANAGER
    return Offered(row, facts.calendar, family, own, (least, most), value, effect, names)


def _may_choose(actor: Actor) -> bool:
    return bool(TERRITORY_RECORDS["deadline_length"].by & acts_as(actor.role))
