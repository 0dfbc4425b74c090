"""A territory's page: what its phase allows, why not yet, its diagnostic with sources, its roadmap in versions, what was frozen."""

from __future__ import annotations

import pytest

from api.pages.territory_view import ALLOWS, PHASES
from cases.database import Database
from cases.tables.territories import diagnostic, roadmap
from tests.api.street import Town
from tests.cases.conftest import database

__all__ = ["database"]

HERE = "/territoires/roubaix"
FIGURE = {
    "indicators.0.name": "Établissements pour 1 000 habitants", "indicators.0.value": "24",
    "indicators.0.source": "Insee, Sirene", "indicators.0.on": "2026-01-02",
}  # fmt: skip


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def test_a_diagnostic_shows_each_figure_with_its_source_and_its_day(town: Town) -> None:
    manager = (
        town["laurent"].open(f"{HERE}/actions/diagnostic").fill(published_on="2026-11-20", sources="Ville", **FIGURE)
    )
    assert manager.address == HERE
    assert "Établissements pour 1 000 habitants" in manager.page
    assert "Insee, Sirene, 2 janvier 2026" in manager.page
    (row,) = town.row(diagnostic)
    assert row["indicators"][0]["source"] == "Insee, Sirene"


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("name", "Nommez cet indicateur."),
        ("value", "Donnez sa valeur."),
        ("source", "Dites d'où vient ce chiffre."),
        ("on", "Dites de quel jour est ce chiffre."),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_figure_without_its_source_or_its_day_is_not_published(town: Town, missing: str, words: str) -> None:
    figure = {**FIGURE, f"indicators.0.{missing}": ""}
    manager = town["laurent"].open(f"{HERE}/actions/diagnostic").fill(published_on="2026-11-20", **figure)
    assert manager.status == 422
    assert words in manager.page
    assert f'href="#indicators.0.{missing}"' in manager.answer.text
    assert not town.row(diagnostic)


def test_a_roadmap_is_kept_in_versions_with_the_objectives_of_each_axis(town: Town) -> None:
    first = {
        "approved_on": "2026-11-20",
        "axes": "local_trade",
        "objectives.0.text": "Rouvrir dix vitrines",
        "objectives.0.axis": "local_trade",
    }
    town["laurent"].open(f"{HERE}/actions/roadmap").fill(**first)
    second = {
        "approved_on": "2026-11-23",
        "axes": "entrepreneurship",
        "objectives.1.text": "Cent créateurs",
        "objectives.1.axis": "entrepreneurship",
    }
    page = town["laurent"].open(f"{HERE}/actions/roadmap").fill(**second).page
    assert page.index("Version 2, approuvée le 23 novembre 2026") < page.index(
        "Version 1, approuvée le 20 novembre 2026"
    )
    assert "Cent créateurs" in page
    assert "Rouvrir dix vitrines" in page
    assert [row["version"] for row in town.row(roadmap)] == [1, 2]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_objective_without_its_axis_is_refused_where_it_was_typed(town: Town) -> None:
    manager = town["laurent"].open(f"{HERE}/actions/roadmap")
    manager.fill(approved_on="2026-11-20", axes="local_trade", **{"objectives.0.text": "Rouvrir dix vitrines"})
    assert manager.status == 422
    assert "Choisissez l'axe de cet objectif." in manager.page
    assert "Rouvrir dix vitrines" in manager.page


def test_reviews_are_listed_with_what_was_said(town: Town) -> None:
    manager = town["laurent"].open(f"{HERE}/actions/review").fill(on_day="2026-11-20", text="Deux antennes manquent.")
    assert "Revue trimestrielle du 20 novembre 2026" in manager.page
    assert "Deux antennes manquent." in manager.page


def test_the_evaluation_shows_what_was_frozen_and_later_cases_do_not_move_it(town: Town) -> None:
    town.qualified()
    manager = town["laurent"].open(f"{HERE}/actions/start_evaluation").fill(decision="Comité du 24 novembre")
    assert "Début de l'évaluation, 24 nov. 2026" in manager.page
    frozen = _figures(manager.page)
    assert "Entreprises signalées" in frozen
    town["ines"].open("/dossiers/nouveau").fill(
        name="Fleurs", phone="06 39 98 00 02", situation="inside", contact="1", needs="Financement"
    )
    assert _figures(town["laurent"].open(HERE).page) == frozen


def _figures(page: str) -> str:
    return page[page.index('id="indicateurs"') : page.index("Enregistrer")]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_each_phase_says_in_words_what_it_allows(town: Town) -> None:
    assert set(ALLOWS) == set(PHASES)
    page = town["laurent"].open(HERE).page
    assert "Les aides ciblées sur les axes choisis peuvent être proposées." in page
    assert "marquées « hors axe »" in page


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_phase_that_cannot_begin_says_why(town: Town) -> None:
    town["laurent"].open(f"{HERE}/actions/start_evaluation").fill(decision="Comité")
    page = town["admin"].open(HERE).page
    assert "Enregistrez d'abord le rapport d'évaluation." in page
    assert "Faites d'abord approuver une nouvelle version de la feuille de route." in page
