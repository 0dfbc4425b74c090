"""The cases on the map: how many in each quartier, how many of them are late, and where the shops stand, gathered so that ten thousand stay few points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, radians
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Integer, cast, func, or_, select

from cases.access import Identity
from cases.quartiers import Polygon
from cases.tables.case import business, case_file
from cases.tables.territories import quartier, territory
from cases.views.narrowing import Narrowing, narrow

WIDTH: Final = 1000
HEIGHT: Final = 750
"""The sheet of the map, in units of its own."""
CELL: Final = 16
"""Units: shops that stand nearer than that are one point."""
_MARGIN: Final = 0.08
"""Around the quartiers, as a part of the sheet."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases, and how many of them are late."""

    cases: int = 0
    late: int = 0

    def plus(self, cases: int, late: int) -> Tally:
        """With some more."""
        return Tally(self.cases + cases, self.late + late)


@dataclass(frozen=True, slots=True)
class Home:
    """A territory where some of the cases are."""

    slug: str
    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Place:
    """A quartier: its outline on the sheet, empty when it is not known."""

    code: str
    name: str
    outlines: tuple[tuple[tuple[int, int], ...], ...]
    tally: Tally


@dataclass(frozen=True, slots=True)
class Spot:
    """Shops that stand together, on the sheet."""

    x: int
    y: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class ByPlace:
    """The cases of one territory, by place; several `homes` and no place when they are in several: one is to be chosen."""

    homes: tuple[Home, ...]
    places: tuple[Place, ...] = ()
    outside: Tally = Tally()
    unknown: Tally = Tally()
    spots: tuple[Spot, ...] = ()
    near: bool = False
    """No case contains the words that were looked for: these come close."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """How degrees fall on the sheet: a plane laid at the middle of the town, the north above."""

    west: float
    north: float
    across: float
    """Units of one degree of longitude."""
    down: float
    """Units of one degree of latitude."""

    def at(self, longitude: float, latitude: float) -> tuple[int, int]:
        """Where a position falls."""
        return round((longitude - self.west) * self.across), round((self.north - latitude) * self.down)


def cases_by_place(db: Connection, who: Identity, narrowed: Narrowing, *, now: datetime) -> ByPlace:
    """The cases that one may see, narrowed, by place."""
    kept = narrow(db, who, narrowed, now=now)
    homes = _homes(db, kept.conditions, now)
    if len(homes) > 1:
        return ByPlace(homes, near=kept.near)
    counted, outside, unknown = _counted(db, kept.conditions, now)
    slugs = [home.slug for home in homes] or [*narrowed.territory]
    rows = _quartiers(db, territory.c.slug.in_(slugs) if slugs else territory.c.id.in_(who.territories()), [*counted])
    sheet = _sheet_of(rows)
    places = [
        Place(row["code"], row["name"] or row["code"], _outlines(row["geometry"] or (), sheet), counted.get(row["id"], Tally()))
        for row in rows
    ]  # fmt: skip
    places.sort(key=lambda place: (-place.tally.cases, place.name))
    spots = _spots(db, kept.conditions, sheet, now) if sheet else ()
    return ByPlace(homes, tuple(places), outside, unknown, spots, kept.near)


# -- counting -------------------------------------------------------------------------------------------------------------

Conditions = Sequence[ColumnElement[bool]]


def _tallied(now: datetime) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return func.count(), func.count().filter(case_file.c.next_due_at < now)


def _homes(db: Connection, conditions: Conditions, now: datetime) -> tuple[Home, ...]:
    joined = case_file.join(territory, territory.c.id == case_file.c.territory_id)
    query = select(territory.c.slug, territory.c.name, *_tallied(now)).select_from(joined).where(*conditions)
    rows = db.execute(query.group_by(territory.c.slug, territory.c.name).order_by(territory.c.name))
    return tuple(Home(slug, name, Tally(*tally)) for slug, name, *tally in rows)


def _counted(db: Connection, conditions: Conditions, now: datetime) -> tuple[dict[str, Tally], Tally, Tally]:
    """By quartier; then those that are in none, and those of which it is not known."""
    by = (case_file.c.quartier_id, case_file.c.situation)
    counted: dict[str, Tally] = {}
    outside = unknown = Tally()
    for quartier_id, situation, *tally in db.execute(select(*by, *_tallied(now)).where(*conditions).group_by(*by)):
        if quartier_id is not None:
            counted[quartier_id] = counted.get(quartier_id, Tally()).plus(*tally)
        elif situation == "outside":
            outside = outside.plus(*tally)
        else:
            unknown = unknown.plus(*tally)
    return counted, outside, unknown


def _quartiers(db: Connection, home: ColumnElement[bool], ids: Sequence[str]) -> Sequence[Any]:
    """The quartiers of the territory, and those of the cases."""
    here = select(territory.c.id).where(home)
    wanted = or_(quartier.c.territory_id.in_(here), quartier.c.id.in_(ids))
    return db.execute(select(quartier).where(wanted)).mappings().all()


def _spots(db: Connection, conditions: Conditions, sheet: Sheet, now: datetime) -> tuple[Spot, ...]:
    """Shops with a position on the sheet, those of a cell together, in the middle of them."""
    longitude, latitude = business.c.longitude, business.c.latitude
    across, down = (longitude - sheet.west) * sheet.across, (sheet.north - latitude) * sheet.down
    cells = [cast(func.round(units / CELL - 0.5), Integer) for units in (across, down)]
    on_it = (across.between(0, WIDTH), down.between(0, HEIGHT))
    joined = case_file.join(business, business.c.id == case_file.c.business_id)
    query = select(func.avg(longitude), func.avg(latitude), *_tallied(now)).select_from(joined)
    rows = db.execute(query.where(*conditions, *on_it).group_by(*cells))
    return tuple(Spot(*sheet.at(x, y), Tally(*tally)) for x, y, *tally in rows)


# -- the sheet ------------------------------------------------------------------------------------------------------------


def _sheet_of(rows: Sequence[Any]) -> Sheet | None:
    """A sheet around the quartiers whose outline is known, with a margin; None when there is none."""
    boxes = [row for row in rows if row["geometry"] and row["west"] is not None]
    if not boxes:
        return None
    west, east = min(row["west"] for row in boxes), max(row["east"] for row in boxes)
    south, north = min(row["south"] for row in boxes), max(row["north"] for row in boxes)
    narrowed = cos(radians((south + north) / 2))
    whole = 1 - 2 * _MARGIN
    down = min(HEIGHT * whole / max(north - south, 1e-4), WIDTH * whole / max((east - west) * narrowed, 1e-4))
    across = down * narrowed
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    return Sheet(middle_x - WIDTH / 2 / across, middle_y + HEIGHT / 2 / down, across, down)


def _outlines(polygons: Sequence[Polygon], sheet: Sheet | None) -> tuple[tuple[tuple[int, int], ...], ...]:
    """The rings on the sheet, without the points that fall where the last one did."""
    if sheet is None:
        return ()
    rings = ([sheet.at(position[0], position[1]) for position in ring] for polygon in polygons for ring in polygon)
    return tuple(_thinned(ring) for ring in rings)


def _thinned(ring: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    kept: list[tuple[int, int]] = []
    for x, y in ring:
        if not kept or abs(x - kept[-1][0]) + abs(y - kept[-1][1]) > 1:
            kept.append((x, y))
    return tuple(kept)
