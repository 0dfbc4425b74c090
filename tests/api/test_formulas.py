"""Twelve formulas in every text that is taken away in a table: each comes out as words, in CSV and in XLSX, from every address that gives one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openpyxl import load_workbook

from cases.database import Database
from cases.tables.memory import import_file
from tests.api.matrix.routes import DECLARED
from tests.api.street import Town
from tests.cases.conftest import database

__all__ = ["database"]
FORMULAS = (
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|'/C calc'!A0", '=HYPERLINK("https://mal.example")', "\t=1+1", "=IMPORTXML(A1)", "+cmd|A", "-cmd|A", "@A1",
    "=WEBSERVICE(A1)",
)  # fmt: skip
TABLES = {
    "GET /dossiers/export.{format}": "/dossiers/export.{}", "GET /pilotage/export.{format}": "/pilotage/export.{}?territoire=roubaix",
    "GET /annuaire/export.{form}": "/annuaire/export.{}", "GET /imports/{identifier}/rapport.{kind}": "/imports/{id}/rapport.{}",
    "GET /imports/{identifier}/a-corriger.csv": "/imports/{id}/a-corriger.csv",
}  # fmt: skip
"""Every address that gives a table, and how it is asked."""
NUMBER = re.compile(r"[+-]?[\d\s.,()]+")
"""What begins like a formula and is a number, or that of a telephone."""


@pytest.fixture
def town(database: Database) -> Town:
    """Shops, an operator, a sheet of which every line is refused: all bear formulas."""
    town = Town(database)
    for place, formula in enumerate(FORMULAS):
        town.logged(
            name=formula, phone=f"06 39 98 20 {place:02d}", person_name=formula, activity=formula, address_line=formula
        )
    told = io.StringIO()
    sheet = csv.writer(told, delimiter=";")
    sheet.writerows(
        [
            ("Enseigne", "Personne", "Téléphone", "Accord", "Remarque"),
            *((one, one, one, "oui", one) for one in FORMULAS),
        ]
    )
    page = (
        town["ines"]
        .open("/imports")
        .send("/imports", f"{FORMULAS[0]}.csv", told.getvalue().encode(), territory="roubaix")
    )
    page.fill(f"{page.address}/importer")
    directory = io.StringIO()
    sheet = csv.writer(directory, delimiter=";")
    lines = [("Opérateur", f"formule-{n}", one, "field", one, "") for n, one in enumerate(FORMULAS)]
    sheet.writerows([("Nature", "Opérateur", "Nom", "Famille", "Ce qu’il fait", "Où elle travaille"), *lines,
                     *(("Antenne", f"formule-{n}", one, "", "", "commune 59512") for n, one in enumerate(FORMULAS))])  # fmt: skip
    page = (
        town["admin"].open("/annuaire/fichier").send("/annuaire/fichier", "annuaire.csv", directory.getvalue().encode())
    )
    page.fill(page.address)
    return town


def tables(town: Town) -> Iterator[tuple[str, Any]]:
    """Every table, as whoever may take it away."""
    known = town.row(import_file)[0]["id"]
    for route, asked in TABLES.items():
        name = "admin" if "annuaire" in route else "ines"
        for form in ("csv",) if route.endswith(".csv") else ("csv", "xlsx"):
            answer = town[name].client.get(asked.format(form, id=known))
            assert answer.status_code == 200, (route, form)
            yield f"{route} {form}", answer.content


def cells_of(content: bytes) -> list[str]:
    """The cells of a table; a formula of a workbook is given back with its sign before it."""
    if content.startswith(b"PK"):
        found = [cell for sheet in load_workbook(io.BytesIO(content)) for row in sheet.iter_rows() for cell in row]
        assert all(cell.hyperlink is None for cell in found)
        return [f"={cell.value}" if cell.data_type == "f" else f"'{cell.value}" for cell in found]
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
    return [cell for row in rows for cell in row]


def runs(cell: str) -> bool:
    """Whether a spreadsheet would run it: spaces before it are none for some of them."""
    return cell.lstrip(" \u00a0\ufeff")[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") and not NUMBER.fullmatch(cell)


def test_every_address_that_gives_a_table_is_tried() -> None:
    assert {name for name in DECLARED if re.search(r"\.(csv|xlsx|\{(format|form|kind)\})$", name)} == set(TABLES)
    assert len(set(FORMULAS)) == 12


def test_no_formula_runs_in_any_table_and_each_is_there_as_words(town: Town) -> None:
    for where, content in tables(town):
        cells = cells_of(content)
        assert not [cell for cell in cells if runs(cell)], where
        if "/pilotage" not in where:
            left = [one for one in FORMULAS if not any(one.strip() in cell.replace("’", "'") for cell in cells)]
            assert left == [], where


def test_a_formula_that_runs_would_be_found() -> None:
    assert all(runs(one) for one in FORMULAS)
    assert [one for one in ("Épicerie", "+33 6 39 98 00 01", "-12,5", "'=1+1") if runs(one)] == []
    assert runs(cells_of("a;=1+1\r\n".encode("utf-8-sig"))[1])
