"""The photo of a shop front: kept with the case that is logged, once, never instead of it, and never another file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cases.database import Database
from cases.tables.case import case_file, document
from tests.api.browser import HOST, SETTINGS, Browser, application
from tests.api.street import SHOP, Town
from tests.cases.conftest import database
from tests.files import JPEG, PDF, PNG

__all__ = ["database"]

FORM = "/dossiers/nouveau"


@pytest.fixture
def town(database: Database, tmp_path: Path) -> Town:
    town = Town(database)
    chosen = SETTINGS.model_copy(update={"files_dir": tmp_path / "files"})
    town.app = application(database, town.street.clock, settings=chosen)
    return town


def logged_with(town: Town, name: str, content: bytes, *, who: str = "ines", **fields: str) -> Browser:
    """The form, filled in, with a file in the place of the photo."""
    return town[who].open(FORM).send(FORM, name, content, field="photo", **{**SHOP, **fields})


def photos(town: Town) -> list[tuple[str, str, int]]:
    return [(row["name"], row["media_type"], row["size"]) for row in town.row(document)]


def test_the_photo_is_the_first_document_of_the_case(town: Town) -> None:
    page = logged_with(town, "IMG_0012.JPG", JPEG)

    assert photos(town) == [("vitrine.jpg", "image/jpeg", len(JPEG))]
    assert page.address == f"/dossiers/{town.case()['reference']}"
    assert "vitrine.jpg" in page.open(f"{page.address}/documents").page


def test_a_shop_is_logged_without_a_photo_too(town: Town) -> None:
    logged_with(town, "", b"")

    assert (photos(town), len(town.row(case_file))) == ([], 1)


@pytest.mark.parametrize(("name", "content"), [("devis.pdf", PDF), ("vide.jpg", b""), ("faux.jpg", b"MZ")])
def test_what_is_no_photo_is_said_and_nothing_is_logged(town: Town, name: str, content: bytes) -> None:
    page = logged_with(town, name, content)

    assert (page.status, photos(town), len(town.row(case_file))) == (422, [], 0)
    assert SHOP["name"] in page.page
    assert 'id="photo-error"' in page.answer.text


def test_a_telephone_that_sends_it_twice_has_it_kept_once(town: Town) -> None:
    browser = town["ines"].open(FORM)
    asked = browser.client.get("/dossiers/gardes").json()
    fields = {**SHOP, "territory": "roubaix", "key": "noted-in-the-street", "csrf": asked["csrf"]}
    for _ in range(2):
        said = {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}
        answer = browser.client.post("/dossiers/gardes", data=fields, files={"photo": ("a.jpg", JPEG)}, headers=said)
        assert answer.status_code == 201, answer.text

    assert (len(photos(town)), len(town.row(case_file))) == (1, 1)


@pytest.mark.parametrize("fields", [{}, {"phone": "06"}], ids=["a look-alike", "a number that cannot be read"])
def test_a_form_that_is_shown_again_keeps_the_photo(town: Town, fields: dict[str, str]) -> None:
    logged_with(town, "", b"")
    page = logged_with(town, "a.jpg", JPEG, **fields)
    assert page.status in (409, 422)
    assert "Votre photo est gardée." in page.page

    page.fill(**SHOP, autre="1")

    assert photos(town) == [("vitrine.jpg", "image/jpeg", len(JPEG))]


def test_a_photo_that_is_taken_again_stands_in_the_place_of_the_one_that_was_kept(town: Town) -> None:
    logged_with(town, "", b"")
    page = logged_with(town, "a.jpg", JPEG)

    page.send(FORM, "b.png", PNG, field="photo", **SHOP, autre="1")

    assert photos(town) == [("vitrine.png", "image/png", len(PNG))]


def test_nobody_makes_a_photo_of_a_file_that_they_did_not_send(town: Town) -> None:
    """Neither by writing its place, nor with the mark of somebody else's form."""
    logged_with(town, "", b"")
    theirs = re.findall(r'name="photo_kept" value="([^"]+)"', logged_with(town, "a.jpg", JPEG).answer.text)[0]
    for given in (theirs, theirs.rpartition(".")[0]):
        town["laurent"].open(FORM).fill(**SHOP, photo_kept=given, autre="1")

    assert (photos(town), len(town.row(case_file))) == ([], 3)


def test_who_will_not_follow_the_case_is_not_asked_for_a_photo(town: Town) -> None:
    assert 'name="photo"' not in town["elodie"].open(FORM).answer.text
    logged_with(town, "a.jpg", JPEG, who="elodie")

    assert (photos(town), len(town.row(case_file))) == ([], 1)


def test_a_shop_in_no_known_territory_is_logged_and_leads_back_to_the_form(town: Town) -> None:
    browser = town["ines"].open(FORM)
    asked = browser.client.get("/dossiers/gardes").json()
    browser.post(FORM, {**SHOP, "territory": "", "csrf": asked["csrf"]})

    assert (browser.status, browser.address, len(town.row(case_file))) == (200, FORM, 1)
    assert "est enregistrée" in browser.page
