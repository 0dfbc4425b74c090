"""On the first day nothing is there: each place says so, in a sentence that tells what will come."""

from __future__ import annotations

import pytest

from cases.database import Database
from tests.api.street import Town
from tests.cases.conftest import database

__all__ = ["database"]

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SAID = {
    ("ines", "/"): "Rien ne vous attend",
    ("ines", "/dossiers"): "Aucun dossier",
    ("ines", "/dossiers?vue=tableau"): "Aucun dossier",
    ("ines", "/dossiers?vue=carte"): "ne sont pas encore connus",
    ("ines", "/mentorat"): "Aucun binôme en cours",
    ("ines", "/relances"): "Rien à venir",
    ("ines", "/imports"): "Aucun",
    ("elodie", "/orientations"): "Aucune demande n'attend votre réponse",
    ("elodie", "/orientations?etat=en-cours"): "Aucun dossier en cours",
    ("jean", "/mentorat"): "Aucun binôme en cours",
    ("laurent", "/"): "Rien ne vous attend",
    ("laurent", "/pilotage"): "Rien à décider",
    ("laurent", "/administration/messages"): "Aucun courriel n'est resté là",
}


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


@pytest.mark.parametrize(("name", "path"), SAID)
def test_a_place_where_nothing_is_says_so(town: Town, name: str, path: str) -> None:
    browser = town[name].open(path)

    assert browser.status == 200
    assert SAID[name, path] in browser.page
