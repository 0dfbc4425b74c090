"""Aids: the catalogue is searched, held against a business, and what was obtained is counted against the de minimis ceiling."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import update

from cases.database import Database, Scope
from cases.importers.aids import import_aids
from cases.tables.case import aid_obtained, business
from cases.tables.operators import aid
from cases.views.aids import PAGE
from tests.api.street import NOW, Town
from tests.api.test_components import Page
from tests.cases.conftest import database

__all__ = ["database"]

CATALOGUE = [
    {"slug": "halles", "name": "Prêt des halles", "financers": ["Adie"], "axes": "entrepreneurship|local_trade", "headcount_max": 9,
     "verified_on": "2026-11-01"},
    {"slug": "quartier", "name": "Prime du quartier", "financers": ["Ville de Roubaix"], "axes": "local_trade|entrepreneurship", "scope": "qpv",
     "de_minimis": True, "verified_on": "2026-11-01", "valid_until": "2026-12-31"},
    {"slug": "energie", "name": "Chèque énergie", "financers": ["ADEME"], "levers": "ecological", "verified_on": "2024-01-02"},
    {"slug": "clos", "name": "Chèque numérique", "levers": "digital", "status": "closed", "verified_on": "2026-11-01"},
]  # fmt: skip


@pytest.fixture
def town(database: Database) -> Town:
    town = Town(database)
    content = json.dumps(CATALOGUE).encode()
    database.write(lambda db: import_aids(db, content, now=NOW, today=NOW.date()), Scope.worker())
    return town


def names(town: Town, address: str) -> list[str]:
    page = town["ines"].open(address).page
    return [one["name"] for one in CATALOGUE if f"<h2>{one['name']}" in page.replace("&#39;", "'")]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["Prêt des halles", "Prime du quartier", "Chèque énergie", "Chèque numérique"]),
        ("?q=CHEQUE", ["Chèque énergie", "Chèque numérique"]),
        ("?q=roubaix+prime", ["Prime du quartier"]),
        ("?q=100%25", []),
        ("?axe=local_trade", ["Prêt des halles", "Prime du quartier"]),
        ("?levier=ecological", ["Chèque énergie"]),
        ("?portee=qpv", ["Prime du quartier"]),
        ("?organisme=Adie", ["Prêt des halles"]),
        ("?organisme=Personne", []),
        ("?axe=nulle-part&q=pret", ["Prêt des halles"]),
    ],
)
def test_the_catalogue_is_searched_and_narrowed_in_the_address(town: Town, asked: str, found: list[str]) -> None:
    assert names(town, f"/aides{asked}") == found


def test_what_is_old_says_that_it_is_to_be_verified(town: Town) -> None:
    page = town["ines"].open("/aides?q=energie").page
    assert "à vérifier" in page
    assert "vérifié le 2 janv. 2024" in page
    assert "valable jusqu'au 31 déc. 2026" in town["ines"].open("/aides?q=prime").page


def test_the_catalogue_goes_on_page_after_page(town: Town, database: Database) -> None:
    others = [
        {"slug": f"aide-{number}", "name": f"Aide {number}", "verified_on": "2026-11-01"} for number in range(PAGE - 3)
    ]
    content = json.dumps(others).encode()
    database.write(lambda db: import_aids(db, content, now=NOW, today=NOW.date()), Scope.worker())

    first = town["ines"].open("/aides")

    assert f"{PAGE} sur {PAGE + 1}" in first.page
    (href,) = (one["href"] for one in _links(first.answer.text) if one.get("rel") == "next")
    assert names(town, href) == ["Prime du quartier"]


def _links(text: str) -> list[dict[str, str]]:
    return [{name: (value or "").replace("&amp;", "&") for name, value in one.items()} for one in Page(text).all("a")]


def test_an_aid_says_of_a_business_whether_it_may_have_it_and_why_not(town: Town) -> None:
    reference = town.logged(situation="outside")
    page = town["ines"].open(f"/aides?dossier={reference}").page
    assert "Épicerie Traoré" in page
    assert "L'aide est réservée aux quartiers prioritaires : l'adresse est en dehors." in page
    assert "pas éligible" in page
    assert "Le nombre de salariés n'est pas connu : à vérifier." in page
    assert "L'aide est close." in page


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_aids_of_another_territorys_case_are_not_shown(town: Town) -> None:
    reference = town.logged()
    assert town["stranger"].open(f"/aides?dossier={reference}").status == 404
    assert town["ines"].open("/aides?dossier=QP-0000-0000").status == 404
    assert town["ines"].open("/aides?suite=n%C3%A9ant").status == 422


def test_an_aid_that_is_noted_from_the_catalogue_keeps_what_the_catalogue_says_of_it(town: Town) -> None:
    reference = town.logged()
    browser = town["ines"].open(f"/aides?dossier={reference}&q=prime")
    (href,) = (one["href"] for one in _links(browser.answer.text) if "/noter/aid?" in one.get("href", ""))
    browser.open(href).fill(
        aid="Prime du quartier", amount="12 000", granted_on="2026-10-05", de_minimis="1", scope="qpv"
    )
    (row,) = town.row(aid_obtained)
    assert (row["scope"], row["de_minimis"], row["granted_on"]) == ("qpv", True, date(2026, 10, 5))
    assert row["aid_id"] in [one["id"] for one in town.row(aid) if one["slug"] == "quartier"]
    case = town["ines"].open(f"/dossiers/{reference}").page
    assert "12 000 €, accordée le 5 oct. 2026, de minimis" in case
    assert "Aides de minimis notées du 25 nov. 2023 au 24 nov. 2026 : 12 000 €, pour un plafond de 300 000 €." in case
    assert "2023/2831" in case


def _with_a_plan_to_validate(town: Town) -> str:
    reference = town.qualified()
    case, adviser = f"/dossiers/{reference}", town["ines"]
    adviser.open(f"{case}/actions/open?suivi=transition_plan").fill(lever="digital")
    adviser.open(f"{case}/actions/start_diagnosis?suivi=transition_plan-1").fill()
    notes = {f"dimensions.{name}": "2" for name in ("presence", "sales", "management", "data_security", "skills")}
    adviser.open(f"{case}/noter/score?suivi=transition_plan-1").fill(when="before", **notes)
    return case


@pytest.mark.asvs("2.2.3", "2.3.2")
def test_a_plan_is_not_validated_above_the_ceiling_that_all_the_cases_of_the_business_reach_together(
    town: Town,
) -> None:
    first = town.logged(name="Traoré frères", phone="06 39 98 00 01")
    town["ines"].open(f"/dossiers/{first}/noter/aid").fill(aid="Prime", amount="300 000", de_minimis="1")
    case = _with_a_plan_to_validate(town)
    shops = {row["name"]: row["id"] for row in town.row(business)}
    for name, siret in (("Traoré frères", "73282932000074"), ("Épicerie Traoré", "73282932000082")):
        change = update(business).where(business.c.id == shops[name]).values(siret=siret)
        town.street.database.write(lambda db, change=change: db.execute(change), Scope.worker())

    asked = town["ines"].open(f"{case}/actions/validate_plan?suivi=transition_plan-1")
    assert "300 000 €, pour un plafond de 300 000 €" in asked.page
    town["ines"].open(f"{case}/noter/aid").fill(aid="Autre prime", amount="0,50", de_minimis="1")

    refused = town["ines"].open(f"{case}/actions/validate_plan?suivi=transition_plan-1").page
    assert "Le total des aides de minimis dépasse 300 000 € sur trois ans" in refused


def test_what_the_business_declares_is_held_against_the_ceiling_too(town: Town) -> None:
    case = _with_a_plan_to_validate(town)
    actions = {"actions.0.name": "Ouvrir un site", "actions.0.day": "2027-02-01"}
    plan = town["ines"].open(f"{case}/actions/validate_plan?suivi=transition_plan-1")
    assert plan.fill(de_minimis_total="300001", **actions).status == 422
    assert "Le total des aides de minimis dépasse 300 000 € sur trois ans" in plan.page
    plan.fill(de_minimis_total="299000", **actions)
    assert "Plan d'action validé" in town["ines"].open(case).page or "plan d'action validé" in plan.page
