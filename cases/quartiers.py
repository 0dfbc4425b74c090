"""Quartiers on the map: in which one a point lies, and whether its border is near."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, hypot, radians
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from cases.errors import Invalid
from cases.tables.territories import quartier

Position = Sequence[float]
"""Longitude and latitude, in degrees, WGS84."""
Ring = Sequence[Position]
Polygon = Sequence[Ring]
"""An outline, then its holes."""

NEAR_BORDER: Final = 30.0
"""Metres: the error of a telephone's position between buildings, so that a nearer border is said."""
_METRES_PER_DEGREE: Final = 111_320.0
"""Of latitude, on the sphere of WGS84's equatorial radius."""
_WIDENED: Final = 0.0005
"""Degrees, more than NEAR_BORDER at any latitude of France: how far around a point quartiers are looked for."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where a point is: inside a quartier, or outside of all; `near_border` when a few steps would change the answer."""

    situation: str
    quartier: str | None = None
    """The id of the row."""
    code: str | None = None
    name: str | None = None
    near_border: bool = False


def locate(db: Connection, longitude: float, latitude: float) -> Located:
    """The quartier around a point. Raises ValueError for a position that is not on Earth."""
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise ValueError(f"no such position: {longitude}, {latitude}")
    point = (longitude, latitude)
    # Sorted here: asked to sort, SQLite reads every row in the order of its codes instead of using the boxes.
    rows = sorted(db.execute(_AROUND, {"x": longitude, "y": latitude}), key=lambda row: (row.code, row.insee))
    near = any(metres_to_border(point, row.geometry) <= NEAR_BORDER for row in rows)
    found = next((row for row in rows if contains(row.geometry, point)), None)
    if found is None:
        return Located("outside", near_border=near)
    return Located("inside", found.id, found.code, found.name, near)


def quartier_named(db: Connection, code: str, field: str) -> str:
    """The id of a quartier by its code, the first of its communes. Raises Invalid on that field for a code that is not known."""
    found = db.execute(select(quartier.c.id).where(quartier.c.code == code).order_by(quartier.c.id).limit(1)).scalar()
    if found is None:
        raise Invalid("Ce quartier n’est pas connu : donnez un code comme QN05901M, ou laissez vide.", field)
    return str(found)


_AROUND = select(quartier.c.id, quartier.c.code, quartier.c.insee, quartier.c.name, quartier.c.geometry).where(
    quartier.c.west <= bindparam("x") + _WIDENED,
    quartier.c.east >= bindparam("x") - _WIDENED,
    quartier.c.south <= bindparam("y") + _WIDENED,
    quartier.c.north >= bindparam("y") - _WIDENED,
)


def contains(polygons: Sequence[Polygon], point: Position) -> bool:
    """Whether a point lies in one of the polygons and in none of its holes (even-odd rule, a ray to the east)."""
    return any(sum(_crossings(ring, point) for ring in polygon) % 2 for polygon in polygons)


def _crossings(ring: Ring, point: Position) -> int:
    x, y = point
    return sum(
        (a[1] > y) != (b[1] > y) and x < a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) for a, b in pairwise(ring)
    )


def metres_to_border(point: Position, polygons: Sequence[Polygon]) -> float:
    """Metres to the nearest edge, on a plane laid at the point's latitude: right to a thousandth within a town."""
    narrowed = cos(radians(point[1]))
    return min(
        (_to_segment(_plane(a, point, narrowed), _plane(b, point, narrowed)) for a, b in _edges(polygons)),
        default=float("inf"),
    )


def _edges(polygons: Sequence[Polygon]) -> Iterator[tuple[Any, Any]]:
    for polygon in polygons:
        for ring in polygon:
            yield from pairwise(ring)


def _plane(position: Position, origin: Position, narrowed: float) -> tuple[float, float]:
    east = (position[0] - origin[0]) * narrowed * _METRES_PER_DEGREE
    return east, (position[1] - origin[1]) * _METRES_PER_DEGREE


def _to_segment(a: tuple[float, float], b: tuple[float, float]) -> float:
    """How far the origin is from the segment between two points."""
    (ax, ay), dx, dy = a, b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    along = min(1.0, max(0.0, -(ax * dx + ay * dy) / length)) if length else 0.0
    return hypot(ax + along * dx, ay + along * dy)
