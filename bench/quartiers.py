"""A point in its quartier, among as many quartiers as the country has: how long `cases.quartiers.locate` takes."""

from __future__ import annotations

import json
import math
import random
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.migrations.run import upgrade
from bench.timing import Run, run_of
from bench.write_path import migrated
from cases.database import Database, Scope, connect
from cases.importers.quartiers import import_quartiers
from cases.quartiers import locate
from tests.postgres import shared_server

NOW = datetime(2027, 2, 2, 9, 0, tzinfo=UTC)
SIDES = 60
"""Points of a contour: the official ones have 20 to 200."""


@dataclass(frozen=True, slots=True)
class Located:
    """How long one point took, in milliseconds, among so many quartiers; how many of the points were inside one."""

    database: str
    quartiers: int
    points: int
    inside: int
    run: Run
    import_seconds: float


def contours(many: int, chance: random.Random) -> tuple[bytes, list[tuple[float, float]]]:
    """As many ragged quartiers, in clusters as towns are, and a point near each: half of the points are inside."""
    features, points = [], []
    towns = [(chance.uniform(-4, 8), chance.uniform(42.5, 51)) for _ in range(many // 12 + 1)]
    for number in range(many):
        x, y = (at + chance.uniform(-0.08, 0.08) for at in towns[number % len(towns)])
        ring = [_corner(x, y, side, chance) for side in range(SIDES)]
        named = {
            "code_qp": f"QN{number // 100:03d}{number % 100:02d}M",
            "lib_qp": f"Quartier {number}",
            "insee_com": "59512",
        }
        features.append(
            {"type": "Feature", "properties": named, "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}}
        )
        points.append((x, y) if number % 2 else (x + 0.02, y))
    return json.dumps({"type": "FeatureCollection", "features": features}).encode(), points


def _corner(x: float, y: float, side: int, chance: random.Random) -> tuple[float, float]:
    """A corner of a star around a point: its edges never cross."""
    turn, far = 2 * math.pi * side / SIDES, chance.uniform(0.003, 0.008)
    return round(x + far * math.cos(turn), 6), round(y + far * math.sin(turn), 6)


def locate_on(kind: str, many: int) -> Located:
    """The measure on a new database of that kind."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sqlite":
            url = f"sqlite:///{folder}/cases.db"
            upgrade(url)
            return _located(kind, url, many)
        with shared_server(Path(folder)) as server:
            return _located(kind, migrated(server).app_url, many)


def _located(kind: str, url: str, many: int) -> Located:
    database = connect(url)
    content, points = contours(many, random.Random(7))
    started = time.perf_counter()
    report = database.write(lambda db: import_quartiers(db, content, now=NOW), Scope.worker())
    imported = round(time.perf_counter() - started, 2)
    found, run = _timed(database, points)
    database.close()
    return Located(kind, report.created, len(points), found, run, imported)


def _timed(database: Database, points: list[tuple[float, float]]) -> tuple[int, Run]:
    """Every point, in one transaction, as the logging of a case asks within its own."""

    def unit(db: Any) -> tuple[int, list[float]]:
        for point in points[:50]:
            locate(db, *point)
        took, inside = [], 0
        for point in points:
            started = time.perf_counter()
            inside += locate(db, *point).situation == "inside"
            took.append(time.perf_counter() - started)
        return inside, took

    inside, took = database.read(unit, Scope.worker())
    return inside, run_of(sum(took), took)
