"""Who reads English takes files away in English; what is read again by an import is read again, whoever took it away."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from html import escape

import pytest
from openpyxl import load_workbook

from cases.database import Database
from engine.model import Kind
from engine.sentences import in_euros, say
from notifications.languages import said_again, shown, speaking
from tests.api.browser import Browser
from tests.api.english import WORKER, marked, place, signed_in, typed
from tests.api.street import Town
from tests.api.unsaid import unsaid
from tests.cases.conftest import database

__all__ = ["database", "marked", "place"]
MANAGER = "Maud Delattaye"
SHEET = "Enseigne;Personne;Téléphone;N° SIRET;Accord\nAu Bon Coin;Zoé Petit;06 39 98 20 01;123;oui\nLe Fournil;Ali Kaya;06 39 98 20 02;;oui\n"


def texts(content: bytes) -> Iterator[str]:
    """Every text of a table, CSV or XLSX."""
    if content[:2] != b"PK":
        for row in csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"):
            yield from row
        return
    for sheet in load_workbook(io.BytesIO(content)).worksheets:
        yield sheet.title
        yield from (str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)


def page_of(content: bytes) -> str:
    return "".join(f"<p>{escape(one)}</p>" for one in texts(content))


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("path", ["/dossiers/export.{}", "/pilotage/export.{}?territoire=roubaix"])
def test_a_list_and_its_figures_say_nothing_outside_of_the_catalogues(
    place: Database, marked: None, path: str, form: str
) -> None:
    answer = signed_in(place, MANAGER).client.get(path.format(form))
    assert answer.status_code == 200
    assert unsaid(page_of(answer.content), place.read(typed, WORKER)) == []


def test_files_have_english_columns_and_words_and_an_english_name(place: Database) -> None:
    answer = signed_in(place, MANAGER).client.get("/dossiers/export.csv")
    assert 'filename="cases-2026-11-24.csv"' in answer.headers["content-disposition"]
    first, *rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    assert {"Reference", "Shop name", "Stage", "Late"} <= set(first)
    assert {row["Stage"] for row in (first, *rows)} >= {"Detection", "Referral"}
    assert {row["Urgent"] for row in (first, *rows)} <= {"yes", ""}


# -- what is read again -----------------------------------------------------------------------------------------------------


@pytest.fixture
def town(database: Database) -> Town:
    town = Town(database)
    for name in ("ines", "admin"):
        town[name].client.cookies.set("qp_langue", "en")
    return town


def imported(town: Town) -> Browser:
    page = town["ines"].open("/imports").send("/imports", "tournee.csv", SHEET.encode(), territory="roubaix")
    return page.fill(f"{page.address}/importer")


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_the_lines_to_correct_keep_the_headers_of_their_author_and_say_in_english_what_to_do(town: Town) -> None:
    here = imported(town).address
    answer = town["ines"].client.get(f"{here}/a-corriger.csv")

    (line,) = rows_of(answer.content)
    assert list(line) == ["Enseigne", "Personne", "Téléphone", "N° SIRET", "Accord", "Line of the file", "To correct"]
    assert line["To correct"].startswith("N° SIRET: ")
    assert "SIRET" in line["To correct"]
    assert "numéro" not in line["To correct"]
    assert 'filename="lines-to-correct.csv"' in answer.headers["content-disposition"]

    corrected = answer.content.decode().replace(";123;", ";;").encode()
    again = town["ines"].open("/imports").send("/imports", "corrected.csv", corrected, territory="roubaix")
    assert "Import one case" in again.page


def test_the_report_of_an_import_is_in_english(town: Town) -> None:
    here = imported(town).address
    first, second = rows_of(town["ines"].client.get(f"{here}/rapport.csv").content)
    assert (first["Result"], first["Column"], first["Value"]) == ("to be corrected", "N° SIRET", "123")
    assert "numéro" not in first["To do"]
    assert second["Result"] == "case created"


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_directory_in_english_bears_the_names_of_json_and_is_read_again(town: Town, form: str) -> None:
    answer = town["admin"].client.get(f"/annuaire/export.{form}")
    said = list(texts(answer.content))
    assert {"nature", "operator", "name", "branch"} <= set(said)
    assert not {"Nature", "Opérateur", "Antenne", "oui", "non"} & set(said)

    page = town["admin"].open("/annuaire/fichier").send("/annuaire/fichier", f"directory.{form}", answer.content)
    assert "says what the directory already knows" in page.page


def test_what_is_held_on_somebody_is_told_in_english_on_a_page_and_under_the_same_names_for_machines(
    town: Town,
) -> None:
    answer = town["ines"].client.get("/mon-compte/donnees.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        page, data = archive.read("read-me.html").decode(), json.loads(archive.read("compte.json"))
    assert '<html lang="en" dir="ltr">' in page
    assert "Everything that is kept about you, on 24\u00a0November 2026." in page
    assert "<h3>Account</h3>" in page
    assert "Compte" in data


# -- drawings and amounts ---------------------------------------------------------------------------------------------------


def test_the_drawings_say_nothing_outside_of_the_catalogues(place: Database, marked: None) -> None:
    browser, data = signed_in(place, MANAGER), place.read(typed, WORKER)
    case = re.search(r'href="(/dossiers/QP-[^"/?]+)"', browser.client.get("/dossiers").text)
    assert case
    for path in (f"{case[1]}/parcours.svg", *(f"/administration/machines/{kind}/schema.svg" for kind in Kind)):
        drawn = browser.client.get(path)
        assert "⟦" in drawn.text
        whole = re.sub(r"</text>\s*<text[^>]*>", " ", drawn.text)
        assert unsaid(whole, data) == [], path


def test_the_json_interface_draws_in_the_language_that_is_asked_for(place: Database) -> None:
    browser = signed_in(place, MANAGER)
    browser.client.cookies.delete("qp_langue")
    for code, said in (("en", "Referral"), ("fr", "Orientation")):
        drawn = browser.client.get("/api/v1/workflow/case/diagram.svg", headers={"accept-language": code})
        assert said in drawn.text
        assert drawn.headers["content-language"] == code
    assert browser.client.get("/api/v1/workflow", headers={"accept-language": "en"}).headers["content-language"] == "fr"


def test_an_amount_is_written_in_the_english_way(place: Database) -> None:
    page = signed_in(place, MANAGER).open("/pilotage").page
    assert re.search(r'<span class="big">€[\d,]+</span>', page)
    with speaking("en"):
        said = say("Aide de minimis : il reste {left}, sur {over}.", left=in_euros(12000), over="3")
        assert "€12,000" in shown(said)
        assert said_again("300 000 € sur 3 ans") == "€300,000 over 3 years"
