"""The cases on the map: each is counted at one place, nobody sees another's, and shops that stand together are one point."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from cases.access import Grant, scope_of
from cases.database import Database
from cases.tables.case import business, case_file
from cases.tables.territories import quartier
from cases.views.by_place import CELL, HEIGHT, WIDTH, ByPlace, Tally, cases_by_place
from cases.views.narrowing import Narrowing
from engine.model import Role
from tests.api.street import NOW, WORKER, Street, people_of_the_street
from tests.cases.conftest import database

__all__ = ["database"]

ALMA, PILE = (3.170, 50.695, 3.176, 50.700), (3.180, 50.685, 3.190, 50.692)
"""West, south, east, north."""


@pytest.fixture
def street(database: Database) -> Street:
    """Two quartiers with an outline, and a third of which none is known."""
    street = people_of_the_street(database)
    street.clock.set(NOW)
    for name, (west, south, east, north) in (("L’Alma", ALMA), ("Le Pile", PILE)):
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        box = {"west": west, "south": south, "east": east, "north": north, "geometry": [[ring]]}
        database.write(lambda db, box=box, name=name: db.execute(update(quartier).where(quartier.c.id == street.ids[name]).values(**box)), WORKER)  # fmt: skip
    return street


def shop(street: Street, name: str, at: tuple[float, float] | None = None, **said: str) -> None:
    """A shop of today, where the adviser stood before it."""
    street.log("11-24 08:00", "ines", name, {"name": name, "position": at, "situation": "unknown", **said})


def seen(street: Street, name: str = "ines", **narrowed: object) -> ByPlace:
    """The map of somebody, a month later: everything is late."""
    by = replace(Narrowing(open_only=True), **narrowed)  # type: ignore[arg-type]  # each test names its own
    who, later = street.who[name], NOW + timedelta(days=30)
    return street.database.read(lambda db: cases_by_place(db, who, by, now=later), scope_of(who))


def tallies(found: ByPlace) -> dict[str, int]:
    return {place.name: place.tally.cases for place in found.places}


def test_each_case_is_counted_at_one_place(street: Street) -> None:
    shop(street, "Épicerie", (3.173, 50.697))
    shop(street, "Garage", (3.185, 50.688))
    shop(street, "Coiffure", (3.186, 50.689))
    shop(street, "Loin", (3.178, 50.682))
    shop(street, "Quelque part")

    found = seen(street)

    assert tallies(found) == {"Le Pile": 2, "L’Alma": 1, "L’Épeule": 0}
    assert (found.outside.cases, found.unknown.cases) == (1, 1)
    assert found.places[0].tally == Tally(2, 2)


def test_nobody_sees_the_points_of_another_territory(street: Street) -> None:
    shop(street, "Épicerie", (3.173, 50.697))

    theirs = seen(street, "stranger")

    assert (theirs.homes, theirs.spots, sum(tallies(theirs).values())) == ((), (), 0)


def test_shops_that_stand_together_are_one_point_on_the_sheet(street: Street) -> None:
    for name in ("Un", "Deux", "Trois"):
        shop(street, name, (3.185, 50.688))
    shop(street, "Quatre", (3.173, 50.697))

    found = seen(street)

    assert sorted(spot.tally.cases for spot in found.spots) == [1, 3]
    assert all(0 <= spot.x <= WIDTH and 0 <= spot.y <= HEIGHT for spot in found.spots)
    assert {place.name for place in found.places if place.outlines} == {"L’Alma", "Le Pile"}


def test_a_position_far_away_does_not_shrink_the_town(street: Street) -> None:
    shop(street, "Épicerie", (3.173, 50.697))
    own = street.cases["Épicerie"]
    far = update(business).where(business.c.id.in_(_business_of(own))).values(longitude=-61.5, latitude=16.2)
    before = seen(street)
    street.database.write(lambda db: db.execute(far), WORKER)

    after = seen(street)

    assert after.spots == ()
    assert [place.outlines for place in after.places] == [place.outlines for place in before.places]
    assert tallies(after) == tallies(before)


def test_the_same_filters_narrow_the_map(street: Street) -> None:
    shop(street, "Épicerie", (3.173, 50.697))
    shop(street, "Garage", (3.185, 50.688))
    shop(street, "Loin", (3.178, 50.682))
    shop(street, "Quelque part")

    assert tallies(seen(street, quartier=("QN05901M",))) == {"L’Alma": 1, "Le Pile": 0, "L’Épeule": 0}
    assert seen(street, unplaced="outside").outside.cases == 1
    assert (seen(street, unplaced="unknown").unknown.cases, seen(street, unplaced="unknown").outside.cases) == (1, 0)
    assert sum(tallies(seen(street, state=("closed",))).values()) == 0


def test_who_has_cases_in_two_territories_chooses_one(street: Street) -> None:
    shop(street, "Épicerie", (3.173, 50.697))
    shop(street, "Ailleurs")
    elsewhere = update(case_file).where(case_file.c.reference == street.cases["Ailleurs"])
    street.database.write(lambda db: db.execute(elsewhere.values(territory_id=street.ids["arras"])), WORKER)

    ines = street.who["ines"]
    street.who["both"] = replace(ines, grants=(*ines.grants, Grant(Role.ADVISER, street.ids["arras"])))

    both = seen(street, "both")

    assert ([home.name for home in both.homes], both.places) == (["Arras", "Roubaix"], ())
    assert tallies(seen(street, "both", territory=("roubaix",)))["L’Alma"] == 1


def test_a_cell_is_small_beside_the_sheet() -> None:
    assert (WIDTH / CELL) * (HEIGHT / CELL) < 3000  # points at the most, however many the cases


def _business_of(reference: str) -> object:
    return case_file.select().with_only_columns(case_file.c.business_id).where(case_file.c.reference == reference)
