"""What a page weighs: at first view with all that it needs, and afterwards, when the browser has kept its files. Bytes are counted, not time."""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from sqlalchemy import Connection, insert, update

from cases.clock import FixedClock
from cases.database import connect
from cases.identifiers import new_id, new_reference
from cases.tables.case import business, case_file, entrepreneur
from cases.tables.territories import quartier
from tests.api.browser import Browser, application
from tests.api.street import NOW, WORKER, Street, a_street
from tests.api.test_pages import PLACES
from tests.cases.conftest import migrated_file

FIRST: Final = 60_000
AFTER: Final = 10_000
"""Bytes, compressed."""
MANY: Final = 10_000
FILE: Final = re.compile(r'(?:href|src)="(/(?:static/[^"#]+|manifest\.webmanifest))')
STATES: Final = ("detection", "orientation", "accompaniment", "mentoring", "transition_support", "follow_up", "closed")
CROWDED: Final = {
    "/": ("ines", "laurent"),
    "/dossiers": ("ines", "laurent"),
    "/dossiers?vue=tableau": ("ines",),
    "/dossiers?vue=carte": ("ines",),
    "/dossiers?q=Atelier": ("ines",),
    "/pilotage": ("laurent",),
    "/mentorat": ("ines",),
    "/relances?pour=territoire": ("ines",),
}
"""Where ten thousand cases are seen."""
LARGE: Final = {"/dossiers?vue=carte": FIRST}
"""A page whose drawing weighs more afterwards, and how much it may."""


def weight_of(browser: Browser, path: str) -> tuple[int, int]:
    """Bytes of a page at first view, and afterwards."""
    page = browser.open(path).answer.content
    files = {found for found in FILE.findall(page.decode()) if found != path}
    assert len(files) >= 4  # its style, its scripts, its icons: a page without them is no page
    after = len(gzip.compress(page))
    return after + sum(len(gzip.compress(browser.client.get(one).content)) for one in files), after


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Street]:
    """A file in which the street has lived until its morning, and who its people are."""
    path = tmp_path_factory.mktemp("weights") / "street.db"
    shutil.copy(migrated_file(tmp_path_factory.getbasetemp()), path)
    street = a_street(connect(f"sqlite:///{path}"))
    street.database.close()
    return path, street


@pytest.fixture(scope="module")
def street(lived: tuple[Path, Street]) -> Iterator[Street]:
    with opened(lived, "as-it-is") as street:
        yield street


@pytest.fixture(scope="module")
def town(lived: tuple[Path, Street]) -> Iterator[Street]:
    """The same street, in a town of ten thousand cases."""
    with opened(lived, "crowded") as street:
        street.database.write(lambda db: _crowd(db, street), WORKER)
        yield street


@contextmanager
def opened(lived: tuple[Path, Street], name: str) -> Iterator[Street]:
    """A copy of the street, of its own."""
    path = shutil.copy(lived[0], lived[0].with_name(f"{name}.db"))
    street = replace(lived[1], database=connect(f"sqlite:///{path}"), clock=FixedClock(NOW))
    yield street
    street.database.close()


def _crowd(db: Connection, street: Street) -> None:
    chance = Random(5)  # the same town each time
    homes = [street.ids[name] for name in ("L’Alma", "Le Pile", "L’Épeule")]
    for place, own in enumerate(homes):
        west, south = 3.16 + place * 0.02, 50.68
        ring = [[west, south], [west + 0.015, south], [west + 0.015, south + 0.02], [west, south + 0.02], [west, south]]
        box = {"west": west, "south": south, "east": west + 0.015, "north": south + 0.02, "geometry": [[ring]]}
        db.execute(update(quartier).where(quartier.c.id == own).values(**box))
    shops, people, cases = [], [], []
    for _ in range(MANY):
        shop, helped, place = new_id(NOW), new_id(NOW), chance.randrange(3)
        at = {"longitude": 3.16 + place * 0.02 + chance.random() * 0.015, "latitude": 50.68 + chance.random() * 0.02}
        shops.append({"id": shop, "name": f"Atelier {chance.randrange(10**9)}", **at})
        people.append({"id": helped, "name": f"Personne {chance.randrange(10**9)}"})
        cases.append(_case(chance, street, shop, helped, homes[place]))
    db.execute(insert(business), shops)
    db.execute(insert(entrepreneur), people)
    db.execute(insert(case_file), cases)


def _case(chance: Random, street: Street, shop: str, helped: str, home: str) -> dict[str, Any]:
    reference = new_reference()
    return {
        "id": new_id(NOW), "reference": reference, "territory_id": street.ids["roubaix"], "state": chance.choice(STATES), "state_since": NOW,
        "referent_id": street.ids[chance.choice(("ines", "bruno"))], "business_id": shop, "entrepreneur_id": helped, "situation": "inside",
        "quartier_id": home, "opened_at": NOW, "logged_at": NOW, "updated_at": NOW, "search_text": f"atelier {reference}".lower(),
    }  # fmt: skip


@pytest.mark.parametrize("path", [path for path in PLACES if not path.endswith(".svg")])
def test_a_page_is_light(street: Street, path: str) -> None:
    address = re.sub(r"\{(\w+)\}", lambda found: street.cases[found[1]], path)
    app = application(street.database, street.clock)
    for name in PLACES[path]:
        first, after = weight_of(street.sign_in(name, app), address)
        assert first <= FIRST, f"{path} of {name}: {first} bytes at first view"
        assert after <= AFTER, f"{path} of {name}: {after} bytes afterwards"


@pytest.mark.parametrize("path", CROWDED)
def test_a_page_stays_light_with_ten_thousand_cases(town: Street, path: str) -> None:
    app = application(town.database, town.clock)
    for name in CROWDED[path]:
        first, after = weight_of(town.sign_in(name, app), path)
        assert first <= FIRST, f"{path} of {name}: {first} bytes at first view"
        assert after <= LARGE.get(path, AFTER), f"{path} of {name}: {after} bytes afterwards"


def test_a_heavy_page_would_be_seen(street: Street) -> None:
    noise = Random(1)
    words = "".join(chr(noise.randrange(97, 123)) for _ in range(20_000))
    browser = street.sign_in("ines").open("/dossiers")
    light = len(gzip.compress(browser.answer.content))
    assert len(gzip.compress(browser.answer.content + words.encode())) > AFTER > light
