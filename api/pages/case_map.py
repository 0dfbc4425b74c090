"""The map of cases as its template draws it: the quartiers, the points of the shops, and the table that says the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from api.pages.cases_asked import UNPLACED, Asked, Display
from cases.views.by_place import HEIGHT, WIDTH, ByPlace, Place, Spot, Tally

SIZES: Final = (1, 4)
"""Up to how many shops a point is small, then middling; beyond, it is large."""
_LETTER, _LINE = 13, 27
"""Units that a letter and a line of a label take on a desk, where the map is narrowest: two labels that would meet are not both written."""


def map_context(asked: Asked, found: ByPlace) -> dict[str, Any]:
    """What `cases.html` shows as a map: the territories to choose from where there are several, else the sheet and its table."""
    if len(found.homes) > 1:
        rows = [_row(home.name, home.tally, asked.address(territory=home.slug)) for home in found.homes]
        return {"homes": rows, "drawn": None, "table": []}
    as_list = replace(asked, display=Display.LIST)
    drawn = [place for place in found.places if place.outlines]
    return {
        "homes": [],
        "drawn": _drawn(drawn, found.spots, as_list) if drawn else None,
        "table": list(_table(found, as_list)),
    }


def _drawn(places: list[Place], spots: tuple[Spot, ...], as_list: Asked) -> dict[str, Any]:
    named = _labelled(places)
    return {
        "box": f"0 0 {WIDTH} {HEIGHT}",
        "quartiers": [
            {"path": _path(place), "href": as_list.address(quartier=place.code), "name": place.name, "count": place.tally.cases,
             **_centre(place), "named": place.code in named}
            for place in reversed(places)
        ],
        "points": [{"size": size, "late": late, "path": path} for size, late, path in _points(spots)],
    }  # fmt: skip


def _path(place: Place) -> str:
    return "".join(f"M{'L'.join(f'{x} {y}' for x, y in ring)}Z" for ring in place.outlines)


def _centre(place: Place) -> dict[str, str]:
    """The middle of the quartier's first outline and its foot, in hundredths of the sheet: words keep their size there, however wide the map is."""
    x, y = _middle(place)
    return {
        "x": f"{100 * x / WIDTH:.1f}%",
        "y": f"{100 * y / HEIGHT:.1f}%",
        "foot": f"{100 * _foot(place) / HEIGHT:.1f}%",
    }


def _foot(place: Place) -> float:
    """Where its name is written: under the outline, where no point of it is; still on the sheet."""
    return min(max(y for _, y in place.outlines[0]), HEIGHT - _LINE)


def _middle(place: Place) -> tuple[float, float]:
    across, down = zip(*place.outlines[0], strict=True)
    return (min(across) + max(across)) / 2, (min(down) + max(down)) / 2


def _labelled(places: Iterable[Place]) -> set[str]:
    """The quartiers whose name has room beside those that have more cases."""
    taken: list[tuple[float, float, float]] = []
    named = set()
    for place in places:
        (x, y), half = _middle(place), len(place.name) * _LETTER / 2
        foot = _foot(place) + _LINE / 2
        if all(abs(foot - v) > _LINE or abs(x - u) > half + w for u, v, w in taken):
            named.add(place.code)
            taken.append((x, foot, half))
        taken.append((x, y, _LETTER))
    return named


def _points(spots: Iterable[Spot]) -> Iterator[tuple[int, bool, str]]:
    """One path for each size, those with something late apart: a point is a line of no length with a round end."""
    paths: dict[tuple[int, bool], str] = {}
    for spot in spots:
        kind = sum(spot.tally.cases > size for size in SIZES), spot.tally.late > 0
        paths[kind] = paths.get(kind, "") + f"M{spot.x} {spot.y}h0"
    for (size, late), path in sorted(paths.items()):
        yield size, late, path


def _table(found: ByPlace, as_list: Asked) -> Iterator[dict[str, Any]]:
    for place in found.places:
        yield _row(place.name, place.tally, as_list.address(quartier=place.code))
    named = {code: value for value, code in UNPLACED.items()}
    for label, code, tally in (
        ("Hors quartier prioritaire", "outside", found.outside), ("Quartier à préciser", "unknown", found.unknown),
    ):  # fmt: skip
        if tally.cases:
            yield _row(label, tally, as_list.address(quartier=named[code]))


def _row(label: str, tally: Tally, href: str) -> dict[str, Any]:
    return {"label": label, "cases": tally.cases, "late": tally.late, "href": href}
