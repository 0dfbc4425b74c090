"""The pages of imports: a sheet is tried, its columns put right, confirmed; refused lines are corrected in place, taken away; the whole is undone."""

from __future__ import annotations

import io
import re

import pytest
from openpyxl import load_workbook
from sqlalchemy import Table, func, select

from api.headers import LARGEST_FILE
from cases.database import Database
from cases.tables.case import business, case_file, entrepreneur
from cases.tables.memory import import_content, import_file, import_line
from tests.api.browser import HOST, Browser
from tests.api.street import WORKER, Town
from tests.cases.conftest import database

__all__ = ["database"]

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HEADER = "Enseigne;Gérant;Téléphone;Accord"
GOOD = ("Snack du Pile;Nour Belkacem;06 39 98 00 11;oui", "Coiffure Awa;Awa Ndiaye;06 39 98 00 12;oui")
WRONG = "Garage du Canal;Yanis Roux;06 39;oui"


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def sheet(*lines: str, header: str = HEADER) -> bytes:
    return "\r\n".join((header, *lines)).encode()


def send(browser: Browser, content: bytes, name: str = "tournee.csv", territory: str = "roubaix") -> Browser:
    """Choose a file on the page and send it, as a browser does; then follow."""
    browser.open("/imports")
    found = re.search(r'name="csrf" value="([^"]+)"', browser.answer.text)
    assert found
    fields = {"csrf": found[1], "territory": territory}
    said = {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}
    answer = browser.client.post("/imports", data=fields, files={"file": (name, content)}, headers=said)
    browser._went(answer, "/imports")
    return browser


def imported(town: Town, *lines: str, who: str = "ines") -> Browser:
    browser = send(town[who], sheet(*lines))
    return browser.fill(f"{browser.address}/importer")


def count(town: Town, table: Table) -> int:
    query = select(func.count()).select_from(table)
    return int(town.street.database.read(lambda db: db.execute(query).scalar_one(), WORKER))


# -- trying ---------------------------------------------------------------------------------------------------------------


@SQLITE
def test_a_file_is_tried_before_anything_is_recorded(town: Town) -> None:
    browser = send(town["ines"], sheet(*GOOD, WRONG))

    assert browser.title == "Vérifier avant d'importer"
    assert "Importer 2 dossiers" in browser.page
    assert "Ligne 4" in browser.page
    assert "Garage du Canal" in browser.page
    assert not count(town, case_file)


def test_the_columns_may_be_said_otherwise(town: Town) -> None:
    browser = send(town["ines"], sheet("Snack du Pile;06 39 98 00 11", header="Enseigne;Ligne"))
    assert re.search(r'<option value="" selected>Ne pas reprendre', browser.page)

    browser.fill(f"{browser.address}/colonnes", **{"column.0": "name", "column.1": "phone"})
    browser.fill(f"{browser.address}/importer")

    assert [row["phone"] for row in town.row(entrepreneur)] == ["+33639980011"]
    assert count(town, import_file) == 1


@SQLITE
def test_columns_without_any_name_are_refused_and_the_try_stays(town: Town) -> None:
    browser = send(town["ines"], sheet(*GOOD))

    browser.fill(f"{browser.address}/colonnes", **{"column.2": "phone"})

    assert "Aucune colonne ne dit le nom" in browser.page
    assert "Importer 2 dossiers" in browser.page


@SQLITE
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Ce fichier est vide"),
        (b"%PDF-1.4 \x00\x01\x02\x03", "n'est pas un tableau"),
        (b"A;B\n1;2", "ne dit le nom"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(town: Town, content: bytes, sentence: str) -> None:
    browser = send(town["ines"], content)

    assert browser.status == 422
    assert sentence in browser.page
    assert 'href="#file"' in browser.page
    assert not count(town, import_file)


@SQLITE
def test_no_file_chosen_is_said_at_the_field(town: Town) -> None:
    browser = send(town["ines"], b"", name="")

    assert browser.status == 422
    assert "Choisissez un fichier." in browser.page


@SQLITE
def test_a_file_that_is_too_heavy_is_refused_with_a_page(town: Town) -> None:
    browser = send(town["ines"], b"x" * (LARGEST_FILE + 1))

    assert browser.status == 413
    assert "C'est trop lourd" in browser.page


# -- importing ------------------------------------------------------------------------------------------------------------


def test_a_confirmed_file_becomes_cases_and_its_bytes_are_forgotten(town: Town) -> None:
    browser = imported(town, *GOOD, WRONG)

    assert browser.title == "tournee.csv"
    assert "2</span>dossiers créés" in browser.page
    assert [row["name"] for row in town.row(business)] == ["Snack du Pile", "Coiffure Awa"]
    assert (count(town, import_file), count(town, import_content)) == (1, 0)
    assert "tournee.csv" in browser.open("/imports").page


@SQLITE
def test_a_file_that_was_imported_already_says_so_and_creates_nothing(town: Town) -> None:
    first = imported(town, *GOOD).address

    browser = send(town["bruno"], sheet(*GOOD))

    assert "Ce fichier a déjà été importé" in browser.page
    assert f'href="{first}"' in browser.page
    assert "/importer" not in browser.page
    assert count(town, case_file) == 2


@SQLITE
def test_a_case_that_is_known_is_linked_and_not_doubled(town: Town) -> None:
    reference = town.logged(name="Snack du Pile", phone="06 39 98 00 11")

    browser = imported(town, *GOOD)

    assert f'href="/dossiers/{reference}"' in browser.page
    assert count(town, case_file) == 2


@SQLITE
def test_what_the_file_says_otherwise_than_the_case_is_shown_before_anything_is_recorded(town: Town) -> None:
    reference = town.logged(name="Snack du Pile", phone="06 39 98 00 11")

    browser = send(town["ines"], sheet("Snack du Pile;Samir Roux;06 39 98 00 11;oui", GOOD[1]))

    assert f'href="/dossiers/{reference}"' in browser.page
    assert "Nom de la personne : « Samir Roux » dans le fichier, rien dans le dossier" in browser.page
    assert "Téléphone : «" not in browser.page
    browser.fill(f"{browser.address}/importer")
    assert town.row(entrepreneur)[0]["name"] != "Samir Roux", "nothing is written to the case"


@SQLITE
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_whole_report_is_taken_away_as_a_file_that_runs_nothing(town: Town, kind: str) -> None:
    browser = imported(town, *GOOD, "=HYPERLINK(1);@Roux;+33 6 39;oui")

    answer = browser.client.get(f"{browser.address}/rapport.{kind}")

    assert "attachment" in answer.headers["content-disposition"]
    if kind == "csv":
        lines = [line.split(";") for line in answer.content.decode("utf-8-sig").splitlines()]
    else:
        book = load_workbook(io.BytesIO(answer.content))
        lines = [[cell.value or "" for cell in row] for row in book["Rapport"]]
        assert {cell.data_type for row in book["Rapport"] for cell in row} <= {"s", "n", "inlineStr"}
    assert lines[0][:3] == ["Ligne", "Résultat", "Dossier"]
    assert [[str(line[0]), line[1]] for line in lines[1:]] == [
        ["2", "dossier créé"],
        ["3", "dossier créé"],
        ["4", "à corriger"],
    ]
    assert lines[1][2].startswith("QP-")
    assert lines[3][4] == "Téléphone"


@SQLITE
def test_the_report_of_another_territory_s_import_is_not_there(town: Town) -> None:
    address = imported(town, *GOOD).address
    assert town["stranger"].open(f"{address}/rapport.csv").status == 404
    assert town["ines"].open(f"{address}/rapport.exe").status in (404, 422)


def test_an_admin_imports_into_any_territory(town: Town) -> None:
    browser = imported(town, *GOOD, who="admin")

    assert "2</span>dossiers créés" in browser.page
    assert "/annuler" not in browser.page, "only the territory closes its cases"


@SQLITE
@pytest.mark.parametrize("who", ["karim", "jean", "observer"])
def test_imports_are_for_those_who_work_on_a_territory(town: Town, who: str) -> None:
    assert town[who].open("/imports").status == 404


def test_another_territory_s_import_is_not_there(town: Town) -> None:
    address = imported(town, *GOOD, WRONG).address
    stranger = town["stranger"]

    assert "tournee.csv" not in stranger.open("/imports").page
    for path in ("", "/a-corriger.csv", "/annuler"):
        assert stranger.open(f"{address}{path}").status == 404
    csrf = re.search(r'name="csrf" value="([^"]+)"', stranger.open("/imports").answer.text)
    assert csrf
    for path in ("/importer", "/annuler", "/colonnes", "/lignes/4"):
        assert stranger.post(f"{address}{path}", {"csrf": csrf[1]}).status == 404
    assert send(stranger, sheet(*GOOD), territory="roubaix").status == 404
    assert count(town, case_file) == 2


# -- putting right --------------------------------------------------------------------------------------------------------


def test_a_refused_line_is_put_right_in_place(town: Town) -> None:
    browser = imported(town, WRONG)
    address = browser.address

    browser.fill(f"{address}/lignes/2", **{"value.2": "06 39 98 00"})
    assert browser.status == 422
    assert 'value="06 39 98 00"' in browser.page
    assert 'href="#ligne-2-2"' in browser.page
    browser.fill(f"{address}/lignes/2", **{"value.2": "06 39 98 00 13"})

    assert "le dossier QP-" in browser.page
    assert [row["phone"] for row in town.row(entrepreneur)] == ["+33639980013"]
    assert "/lignes/2" not in browser.page


@SQLITE
def test_a_refused_line_is_recorded_without_what_cannot_be_read(town: Town) -> None:
    browser = imported(town, WRONG)

    browser.fill(f"{browser.address}/lignes/2", **{"value.2": "06 39", "without": "1"})

    assert [row["phone"] for row in town.row(entrepreneur)] == [None]


@SQLITE
def test_a_line_with_too_many_cells_is_put_right_as_a_whole(town: Town) -> None:
    browser = imported(town, "Snack;du Pile;Nour;06 39 98 00 11;oui")
    assert "sans cette valeur" not in browser.page

    fields = {"value.0": "Snack du Pile", "value.1": "Nour", "value.2": "0639980011", "value.3": "oui"}
    browser.fill(f"{browser.address}/lignes/2", **fields)

    assert [row["name"] for row in town.row(business)] == ["Snack du Pile"]


@SQLITE
def test_the_refused_lines_are_taken_away_as_a_sheet_that_runs_nothing(town: Town) -> None:
    browser = imported(town, "=HYPERLINK(1);@Roux;+33 6 39;oui")

    answer = browser.client.get(f"{browser.address}/a-corriger.csv")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "Enseigne;Gérant;Téléphone;Accord;Ligne du fichier;À corriger"
    assert lines[1].startswith("'=HYPERLINK(1);'@Roux;+33 6 39;oui;2;Téléphone : ")


# -- undoing --------------------------------------------------------------------------------------------------------------


def test_an_import_is_undone_but_for_the_cases_that_somebody_worked_on(town: Town) -> None:
    browser = imported(town, *GOOD, WRONG)
    address = browser.address
    worked_on = town.row(case_file)[0]["reference"]
    town["bruno"].open(f"/dossiers/{worked_on}/noter/note").fill(text="Elle rappelle lundi.")

    browser.open(f"{address}/annuler").fill()

    assert "L'import est annulé." in browser.page
    assert f'href="/dossiers/{worked_on}"' in browser.page
    assert sorted(row["state"] for row in town.row(case_file)) == ["closed", "detection"]
    assert not [row for row in town.row(import_line) if row["data"] is not None]
    closed = next(row for row in town.row(case_file) if row["state"] == "closed")
    assert "Import annulé : tournee.csv" in town["ines"].open(f"/dossiers/{closed['reference']}").page


@SQLITE
def test_an_undone_file_may_be_imported_again(town: Town) -> None:
    browser = imported(town, *GOOD)
    browser.open(f"{browser.address}/annuler").fill()

    browser = imported(town, *GOOD)

    assert "2</span>dossiers créés" in browser.page
    assert sorted(row["state"] for row in town.row(case_file)) == ["closed", "closed", "detection", "detection"]
