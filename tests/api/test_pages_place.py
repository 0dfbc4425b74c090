"""Where a shop is: the register completes a SIRET, the map gives the quartier, and neither stands in the way of logging."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.settings import Settings
from cases.access import THE_SYSTEM
from cases.database import Database, Scope
from cases.importers.quartiers import import_quartiers
from cases.intake import Detection, log_case
from cases.tables.case import business
from cases.tables.territories import quartier
from tests.api.browser import SETTINGS, application
from tests.api.local_register import LocalServer
from tests.api.street import NOW, Town
from tests.cases.conftest import database
from tests.cases.importers.test_quartiers import contours, feature

__all__ = ["database"]

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SIRET = "552 100 554 00013"
INSIDE, NEAR_THE_BORDER = "3.1650,50.6920", "3.1802,50.6950"


@pytest.fixture
def register() -> Iterator[LocalServer]:
    running = LocalServer()
    yield running
    running.close()


def town_with(database: Database, **addresses: str) -> Town:
    town = Town(database)
    town.app = application(database, town.street.clock, settings=Settings(**{**SETTINGS.model_dump(), **addresses}))
    database.write(lambda db: import_quartiers(db, contours(feature()), now=NOW), Scope.worker())
    return town


def test_a_siret_gives_the_name_the_address_and_the_quartier(database: Database, register: LocalServer) -> None:
    register.answer["results"][0]["matching_etablissements"][0] |= {"longitude": "3.1650", "latitude": "50.6920"}
    town = town_with(database, sirene_url=register.address)

    town.logged(name=SIRET, situation="unknown")

    (shop,) = town.row(business)
    assert (shop["name"], shop["siret"], shop["naf"], shop["city"]) == (
        "SNACK DU COIN",
        "55210055400013",
        "56.10C",
        "ROUBAIX",
    )
    assert town.case()["situation"] == "inside"
    assert town.case()["quartier_id"] == town.row(quartier)[0]["id"]


def test_what_the_adviser_said_stands_whatever_the_register_knows(database: Database, register: LocalServer) -> None:
    town = town_with(database, sirene_url=register.address)

    town.logged(name=SIRET, address_line="devant la gare", situation="outside")

    assert town.row(business)[0]["address_line"] == "devant la gare"
    assert (town.case()["situation"], town.case()["quartier_id"]) == ("outside", None)


def test_a_register_that_is_down_does_not_stop_anybody(database: Database, register: LocalServer) -> None:
    register.status = 503
    town = town_with(database, sirene_url=register.address, geocode_url="http://127.0.0.1:9")

    town.logged(name=SIRET, address_line="12 rue de Lannoy", situation="unknown")

    assert town.row(business)[0]["name"] == "55210055400013"
    assert town.case()["situation"] == "unknown"


@pytest.mark.parametrize(
    ("position", "situation"),
    [
        (INSIDE, "inside"),
        ("3.30,50.80", "outside"),
        (NEAR_THE_BORDER, "unknown"),
        ("nan,nan", "unknown"),
        ("1", "unknown"),
        ("", "unknown"),
    ],
)
def test_standing_in_front_of_the_shop_gives_its_quartier_unless_the_border_is_near(
    database: Database, position: str, situation: str
) -> None:
    town = town_with(database)

    town.logged(situation="unknown", position=position)

    assert town.case()["situation"] == situation


@pytest.mark.parametrize(
    ("position", "said"),
    [
        (INSIDE, "Les Tilleuls, quartier prioritaire"),
        (
            "3.1798,50.6950",
            "À moins de 30 m de la limite d'un quartier prioritaire : dites si elle est dedans ou dehors",
        ),
        ("3.30,50.80", "Hors quartier prioritaire"),
        ("", "Quartier à préciser : l'adresse n'est pas située"),
    ],
)
def test_the_page_of_a_case_says_where_it_lies_or_that_nobody_knows(
    database: Database, position: str, said: str
) -> None:
    town = town_with(database)

    reference = town.logged(situation="unknown", position=position)

    assert said in town["ines"].open(f"/dossiers/{reference}").page


def test_a_code_says_that_the_business_is_in_that_quartier(database: Database) -> None:
    town = town_with(database)
    shop = Detection("Snack", territory="roubaix", consents=("contact",), channel="visit", quartier="QN05901M")

    database.write(lambda db: log_case(db, shop, by=THE_SYSTEM, now=NOW), Scope.worker())

    assert (town.case()["situation"], town.case()["quartier_id"]) == ("inside", town.row(quartier)[0]["id"])


def test_an_address_that_the_map_service_knows_gives_the_quartier(database: Database, register: LocalServer) -> None:
    at = {"type": "Point", "coordinates": [3.1650, 50.6920]}
    known = {"label": "12 rue de Lannoy", "score": 0.93, "citycode": "59512", "postcode": "59100", "city": "Roubaix"}
    register.answer = {"type": "FeatureCollection", "features": [{"geometry": at, "properties": known}]}
    town = town_with(database, geocode_url=register.address)

    reference = town.logged(address_line="12 rue de Lannoy", situation="unknown")

    assert town.case()["situation"] == "inside"
    assert "Les Tilleuls, quartier prioritaire" in town["ines"].open(f"/dossiers/{reference}").page
