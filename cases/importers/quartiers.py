"""The official contours of the quartiers (GeoJSON, WGS84): features in, rows and a report out, as often as one likes.

Properties as the ANCT publishes them (data.gouv.fr, « Quartiers prioritaires de la politique de la ville 2024 »): `code_qp`,
`lib_qp`, `insee_com`, `lib_com`, `insee_dep`, `siren_epci`. A quartier that lies in two communes has two features with one code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from cases.errors import Invalid
from cases.identifiers import new_id
from cases.quartiers import Polygon, Position, Ring
from cases.tables.territories import commune, quartier
from engine.sentences import say

LARGEST: Final = 60_000_000
"""Bytes: more than twice the official file of all 1,609 quartiers."""
_CODE: Final = re.compile(r"QN[0-9A-Z]{3}\d{2}[A-Z]")
_INSEE: Final = re.compile(r"\d[0-9AB]\d{3}")


@dataclass(slots=True)
class Report:
    """What became of each feature; `refused` tells which, and what to do."""

    features: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Contour:
    """One feature, read."""

    code: str
    insee: str
    name: str
    polygons: tuple[Polygon, ...]

    @property
    def box(self) -> dict[str, float]:
        """The box around it, in degrees."""
        positions = [position for polygon in self.polygons for position in polygon[0]]
        east_west, north_south = [p[0] for p in positions], [p[1] for p in positions]
        return {"west": min(east_west), "south": min(north_south), "east": max(east_west), "north": max(north_south)}


class Refused(Exception):
    """A feature that cannot be taken: the sentence says why."""


def import_quartiers(db: Connection, content: bytes, *, now: datetime) -> Report:
    """Take every good feature; a bad one is reported and harms no other. Raises Invalid when the file is no GeoJSON."""
    report = Report()
    homes: dict[str, str | None] = {
        insee: home for insee, home in db.execute(select(commune.c.insee, commune.c.territory_id)).all()
    }
    for number, feature in enumerate(_features(content), 1):
        report.features += 1
        try:
            contour = read_contour(feature)
        except Refused as refused:
            report.refused.append({"feature": number, "code": _named(feature), "reason": str(refused)})
        else:
            verdict = _keep(db, contour, homes.get(contour.insee), now)
            setattr(report, verdict, getattr(report, verdict) + 1)
    return report


def _features(content: bytes) -> Sequence[Any]:
    if len(content) > LARGEST:
        raise Invalid(
            say("Ce fichier dépasse {count} Mo : importez un département à la fois.", count=LARGEST // 1_000_000),
            "file",
        )
    try:
        read = json.loads(content)
    except (ValueError, RecursionError):
        raise Invalid(
            "Ce fichier n’est pas du JSON : prenez la version GeoJSON des contours officiels.", "file"
        ) from None
    features = read.get("features") if isinstance(read, dict) else None
    if not isinstance(features, list):
        raise Invalid("Ce JSON n’est pas une « FeatureCollection » : prenez la version GeoJSON.", "file")
    return features


def _named(feature: Any) -> str | None:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    code = properties.get("code_qp") if isinstance(properties, dict) else None
    return str(code) if code is not None else None


def _keep(db: Connection, contour: Contour, territory: str | None, now: datetime) -> str:
    values = {"name": contour.name, "geometry": contour.polygons, **contour.box}
    if territory is not None:
        values["territory_id"] = territory
    this = (quartier.c.code == contour.code, quartier.c.insee == contour.insee)
    known = db.execute(select(quartier).where(*this)).mappings().first()
    if known is None:
        row = {"id": new_id(now), "code": contour.code, "insee": contour.insee, **values}
        db.execute(insert(quartier).values(**row))
        return "created"
    if all(known[name] == _as_kept(value) for name, value in values.items()):
        return "unchanged"
    db.execute(update(quartier).where(*this).values(**values))
    return "updated"


def _as_kept(value: Any) -> Any:
    """What a value is once it was JSON: lists, all the way down."""
    return [_as_kept(inner) for inner in value] if isinstance(value, tuple | list) else value


# -- reading a feature ----------------------------------------------------------------------------------------------------


def read_contour(feature: Any) -> Contour:
    """A feature of the official file. Raises Refused with what is wrong with it."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise Refused("Cet objet n’a pas de propriétés : il faut code_qp, lib_qp et insee_com.")
    code, insee = _code_of(properties), _insee_of(properties)
    name = str(properties.get("lib_qp") or "").strip()
    if not name:
        raise Refused("Le nom du quartier (lib_qp) manque.")
    return Contour(code, insee, name, _polygons_of(feature.get("geometry")))


def _code_of(properties: Mapping[str, Any]) -> str:
    code = str(properties.get("code_qp") or "").strip().upper()
    if not _CODE.fullmatch(code):
        raise Refused("Le code (code_qp) n’a pas la forme de 2024, comme QN05901M.")
    return code


def _insee_of(properties: Mapping[str, Any]) -> str:
    insee = str(properties.get("insee_com") or "").strip().upper()
    if not _INSEE.fullmatch(insee):
        raise Refused("Le code de la commune (insee_com) n’a pas cinq signes, comme 59512.")
    return insee


def _polygons_of(geometry: Any) -> tuple[Polygon, ...]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise Refused("Le contour doit être un Polygon ou un MultiPolygon.")
    drawn = geometry.get("coordinates")
    polygons = [drawn] if kind == "Polygon" else drawn
    if not isinstance(polygons, list) or not polygons:
        raise Refused("Le contour est vide.")
    return tuple(_polygon(polygon) for polygon in polygons)


def _polygon(drawn: Any) -> Polygon:
    if not isinstance(drawn, list) or not drawn:
        raise Refused("Le contour est vide.")
    return tuple(_ring(ring) for ring in drawn)


def _ring(drawn: Any) -> Ring:
    if not isinstance(drawn, list) or len(drawn) < 4:
        raise Refused("Un tracé a moins de quatre points : il n’entoure rien.")
    ring = tuple(_position(position) for position in drawn)
    if ring[0] != ring[-1]:
        raise Refused("Un tracé n’est pas fermé : son dernier point doit être le premier.")
    if crosses_itself(ring):
        raise Refused("Un tracé se croise lui-même : corrigez-le dans l’outil qui l’a dessiné.")
    return ring


def _position(drawn: Any) -> Position:
    if not isinstance(drawn, list) or len(drawn) < 2 or not all(_is_number(value) for value in drawn[:2]):
        raise Refused("Un point n’est pas une longitude et une latitude.")
    longitude, latitude = float(drawn[0]), float(drawn[1])
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise Refused("Les coordonnées ne sont pas en degrés : exportez le fichier en WGS84 (EPSG:4326).")
    return longitude, latitude


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def crosses_itself(ring: Ring) -> bool:
    """Whether two edges that are not neighbours cross. Edges are compared only where they overlap from west to east."""
    edges = sorted((min(a[0], b[0]), max(a[0], b[0]), n, a, b) for n, (a, b) in enumerate(pairwise(ring)) if a != b)
    last = len(ring) - 2
    for position, (_, east, n, a, b) in enumerate(edges):
        for _, _, m, c, d in _beginning_before(edges, position, east):
            neighbours = abs(n - m) == 1 or {n, m} == {0, last}
            if not neighbours and _cross(a, b, c, d):
                return True
    return False


def _beginning_before(edges: Sequence[Any], position: int, east: float) -> Iterator[Any]:
    for other in range(position + 1, len(edges)):
        if edges[other][0] > east:
            return
        yield edges[other]


def _cross(a: Position, b: Position, c: Position, d: Position) -> bool:
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Position, b: Position, c: Position) -> float:
    """On which side of the line from a to b the point c lies: the sign says."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
