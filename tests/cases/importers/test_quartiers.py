"""The official contours: good features go in, once; a bad one is named, with what to do, and harms no other."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from cases.database import Database, Scope
from cases.errors import Invalid
from cases.importers.quartiers import Report, crosses_itself, import_quartiers
from cases.quartiers import Located, locate
from cases.tables.territories import quartier

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SQUARE = [[3.16, 50.69], [3.18, 50.69], [3.18, 50.70], [3.16, 50.70], [3.16, 50.69]]
HOLE = [[3.168, 50.694], [3.172, 50.694], [3.172, 50.696], [3.168, 50.696], [3.168, 50.694]]
FAR = [[3.20, 50.72], [3.21, 50.72], [3.21, 50.73], [3.20, 50.73], [3.20, 50.72]]
BOW_TIE = [[3.16, 50.69], [3.18, 50.70], [3.18, 50.69], [3.16, 50.70], [3.16, 50.69]]


def feature(code: str = "QN05901M", insee: str = "59512", drawn: Any = None, kind: str = "Polygon", **more: Any) -> Any:
    properties = {"code_qp": code, "lib_qp": "Les Tilleuls", "insee_com": insee, "lib_com": "Roubaix", **more}
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": drawn or [SQUARE, HOLE]},
    }


def contours(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def brought_in(database: Database, content: bytes) -> Report:
    return database.write(lambda db: import_quartiers(db, content, now=NOW), Scope.worker())


def located(database: Database, longitude: float, latitude: float) -> Located:
    return database.read(lambda db: locate(db, longitude, latitude), Scope.worker())


def test_a_point_is_inside_unless_it_is_in_a_hole(database: Database) -> None:
    brought_in(database, contours(feature()))

    assert located(database, 3.162, 50.692).code == "QN05901M"
    assert located(database, 3.170, 50.695).situation == "outside"
    assert located(database, 3.190, 50.695).situation == "outside"


def test_a_shop_a_few_steps_from_the_border_is_said_to_be_so(database: Database) -> None:
    brought_in(database, contours(feature()))

    just_outside, just_inside = located(database, 3.1802, 50.695), located(database, 3.1798, 50.695)
    well_outside, well_inside = located(database, 3.1806, 50.695), located(database, 3.1780, 50.695)

    assert (just_outside.situation, just_outside.near_border) == ("outside", True)
    assert (just_inside.situation, just_inside.near_border) == ("inside", True)
    assert not well_outside.near_border
    assert not well_inside.near_border


def test_a_quartier_in_two_communes_is_two_rows_with_one_code(database: Database) -> None:
    report = brought_in(database, contours(feature(), feature(insee="59650", drawn=[[FAR]], kind="MultiPolygon")))

    assert (report.created, report.refused) == (2, [])
    assert located(database, 3.205, 50.725).code == "QN05901M"


def test_importing_again_changes_nothing_and_a_new_contour_replaces_the_old(database: Database) -> None:
    brought_in(database, contours(feature()))

    again = brought_in(database, contours(feature()))
    moved = brought_in(database, contours(feature(drawn=[FAR])))

    assert (again.created, again.updated, again.unchanged) == (0, 0, 1)
    assert (moved.created, moved.updated, moved.unchanged) == (0, 1, 0)
    assert located(database, 3.162, 50.692).situation == "outside"


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (feature(drawn=[BOW_TIE]), "se croise"),
        (feature(drawn=[SQUARE[:-1]]), "pas fermé"),
        (feature(drawn=[SQUARE[:3]]), "moins de quatre"),
        (feature(drawn=[[[704000, 7065000]] * 4]), "WGS84"),
        (feature(drawn=[[["a", "b"]] * 4]), "longitude"),
        (feature(drawn=[[[float("nan"), 50.0]] * 4]), "longitude"),
        (feature(code="QP059012"), "QN05901M"),
        (feature(insee="roubaix"), "insee_com"),
        (feature(lib_qp=" "), "lib_qp"),
        (feature(kind="Point", drawn=[3.1, 50.6]), "MultiPolygon"),
        (feature(kind="MultiPolygon", drawn={"no": "list"}), "vide"),
        ("not a feature", "propriétés"),
    ],
)
def test_a_bad_feature_is_named_and_the_others_go_in(database: Database, bad: Any, said: str) -> None:
    report = brought_in(database, contours(bad, feature(code="QN05902M")))

    assert report.created == 1
    assert [line["feature"] for line in report.refused] == [1]
    assert said in report.refused[0]["reason"]


@pytest.mark.parametrize("content", [b"\x00", b"[]", b'{"type": "Feature"}', b"[" * 100_000])
def test_what_is_no_geojson_is_refused_whole(database: Database, content: bytes) -> None:
    with pytest.raises(Invalid, match="GeoJSON"):
        brought_in(database, content)

    assert database.read(lambda db: db.execute(select(quartier)).all(), Scope.worker()) == []


def test_a_ring_of_a_thousand_points_does_not_cross_itself() -> None:
    upward = [(n / 1000, (n % 2) / 1000) for n in range(500)]
    ring = [*upward, *((x, y + 1) for x, y in reversed(upward)), upward[0]]

    assert not crosses_itself(ring)
    assert crosses_itself([*ring[:600], (0.1, -0.5), *ring[600:]])


def test_a_position_that_is_not_on_earth_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="no such position"):
        located(database, 704000.0, 7065000.0)
