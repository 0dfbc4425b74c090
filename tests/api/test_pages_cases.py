"""The list of cases as people work in it: one step on several cases, views of their own, a file to take away, words typed wrong."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import Connection, select

from cases import saved_views
from cases.database import Database
from cases.errors import Invalid
from cases.tables.case import case_file
from cases.tables.memory import idempotency_key
from cases.tables.people import person, saved_view
from cases.views.listing import PAGE
from tests.api.browser import Browser
from tests.api.street import WORKER, Town
from tests.cases.conftest import database

__all__ = ["database"]

HOSTILE = '=HYPERLINK("http://mauvais.example";"Traoré")'


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


@pytest.fixture
def shops(town: Town) -> list[str]:
    """Three shops that Inès logged."""
    names = ("Épicerie Traoré", "Garage du Pile", "Couscous & Cie")
    phones = ("06 39 98 66 90", "06 39 98 66 91", "06 39 98 66 92")
    return [town.logged(name=name, phone=phone) for name, phone in zip(names, phones, strict=True)]


def chosen(browser: Browser, act: str, *references: str) -> Browser:
    """The form of a step for the cases that are ticked in the list."""
    return browser.open(f"/dossiers/ensemble?geste={act}" + "".join(f"&dossier={one}" for one in references))


def sent(browser: Browser, references: list[str], **fields: str) -> Browser:
    """The form of the page, with these cases ticked."""
    hidden = dict(
        re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', browser._form("/dossiers/ensemble"))
    )
    browser.post("/dossiers/ensemble", {**hidden, **fields, "dossier": references})
    return browser


def referents(town: Town) -> list[str]:
    joined = case_file.join(person, person.c.id == case_file.c.referent_id)
    query = select(person.c.name).select_from(joined).order_by(case_file.c.logged_at, case_file.c.id)
    return town.street.database.read(lambda db: list(db.execute(query).scalars()), WORKER)


def test_several_cases_are_given_to_a_colleague_and_taken_back(town: Town, shops: list[str]) -> None:
    browser = chosen(town["laurent"], "hand_over", *shops)
    assert browser.title == "Confier 3 dossiers"
    assert "aucun dossier ouvert" in browser.page, "the load of each is beside the name"

    sent(browser, shops, referent=town.street.ids["bruno"])

    assert browser.title == "3 dossiers confiés"
    assert referents(town) == ["Bruno Wattez"] * 3
    browser.fill(f"{browser.address}/annuler")
    assert "3 dossiers rendus." in browser.page
    assert referents(town) == ["Inès Morvan"] * 3


def test_the_verdict_of_each_case_is_its_own(town: Town, shops: list[str]) -> None:
    town["ines"].open(f"/dossiers/{shops[1]}/actions/set_urgent").fill(reason="Le froid est en panne.")

    browser = sent(chosen(town["ines"], "set_urgent", *shops), shops, reason="Une fuite d’eau dans la rue.")

    assert browser.title == "2 dossiers urgents"
    assert "1 dossier reste comme avant, voici pourquoi." in browser.page
    assert "Le dossier est déjà urgent." in browser.page
    assert [row["urgent"] for row in town.row(case_file)] == [True] * 3


def test_a_form_that_is_sent_twice_is_done_once_and_says_the_same(town: Town, shops: list[str]) -> None:
    browser = chosen(town["ines"], "hold", *shops)
    form = browser.answer
    fields = {"reason": "seasonal", "until": (town.street.clock.now().date() + timedelta(days=20)).isoformat()}
    first = sent(browser, shops, **fields).page
    browser.answer = form

    assert sent(browser, shops, **fields).page == first
    assert browser.title == "3 dossiers en attente"


def test_nothing_is_done_as_long_as_the_form_is_not_whole(town: Town, shops: list[str]) -> None:
    browser = sent(chosen(town["laurent"], "hand_over", *shops), shops)
    assert browser.status == 422
    assert "Choisissez la personne." in browser.page
    browser = sent(chosen(town["laurent"], "hand_over", *shops), [], referent=town.street.ids["bruno"])
    assert browser.status == 422
    assert "Choisissez au moins un dossier." in browser.page
    assert referents(town) == ["Inès Morvan"] * 3


def test_the_whole_of_a_view_is_taken_at_once(town: Town, shops: list[str]) -> None:
    browser = town["laurent"].open("/dossiers/ensemble?geste=hand_over&tout=1&q=garage")
    assert browser.title == "Confier 1 dossier"
    assert "Garage du Pile" in browser.page
    assert "Couscous" not in browser.page


def test_the_cases_of_another_territory_are_neither_shown_nor_touched(town: Town, shops: list[str]) -> None:
    browser = chosen(town["stranger"], "hand_over", *shops)
    assert "Aucun dossier choisi" in browser.page
    assert not any(shop in browser.page for shop in shops)
    key = chosen(town["ines"], "hand_over", *shops)
    verdict = sent(key, shops, referent=town.street.ids["bruno"]).address
    assert town["stranger"].open(verdict).status == 404
    assert town["ines"].open("/dossiers/ensemble/none%00such").status == 404
    kept = [row["answer"] for row in town.row(idempotency_key) if row["scope"].endswith("ensemble")]
    assert kept
    assert "Garage" not in str(kept), "the verdict bears no name: it outlives an erasure"
    assert chosen(town["ines"], "no_such_step", *shops).status == 404


# -- views and files ------------------------------------------------------------------------------------------------------


def test_a_view_is_kept_under_a_name_and_forgotten(town: Town, shops: list[str]) -> None:
    browser = town["ines"].open("/dossiers?etat=detection&axe=entrepreneurship")
    browser.fill("/dossiers/vues", nom="Financement à voir")
    assert browser.address == "/dossiers?etat=detection&axe=entrepreneurship"
    assert "Financement à voir" in browser.page
    assert "Financement à voir" not in town["laurent"].open("/dossiers").page, "it is one's own"
    kept = town.row(saved_view)[0]
    town["laurent"].post(f"/dossiers/vues/{kept['id']}/oublier", {"csrf": _csrf(town["laurent"])})
    assert town["laurent"].status == 404
    browser.fill(f"/dossiers/vues/{kept['id']}/oublier")
    assert not town.row(saved_view)


def _csrf(browser: Browser) -> str:
    return re.findall(r'name="csrf" value="([^"]+)"', browser.open("/dossiers").answer.text)[0]


def test_a_view_without_a_name_or_one_too_many_is_said(town: Town, database: Database) -> None:
    browser = town["ines"].open("/dossiers").fill("/dossiers/vues", nom="  ")
    assert "Donnez un nom à cette vue" in browser.page
    who, now = town.street.who["ines"], town.street.clock.now()

    def twelve(db: Connection) -> None:
        for number in range(saved_views.AT_MOST):
            saved_views.keep_view(db, who, f"Vue {number}", "/dossiers", now=now)
        with pytest.raises(Invalid, match="oubliez-en une"):
            saved_views.keep_view(db, who, "Une de trop", "/dossiers", now=now)

    database.write(twelve, WORKER)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_view_is_taken_away_as_a_file_that_runs_no_formula(town: Town) -> None:
    town.logged(name=HOSTILE)
    town.logged(name="Garage du Pile", phone="06 39 98 66 91")
    answer = town["ines"].client.get("/dossiers/export.csv?q=traore")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert [row["Enseigne"] for row in rows] == [f"'{HOSTILE}"]
    assert rows[0]["Téléphone"] == "+33639986690"
    assert rows[0]["Étape"] == "Détection"
    assert "attachment" in answer.headers["content-disposition"]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(town["ines"].client.get("/dossiers/export.xlsx").content))
    names = [row[1] for row in sheet.get_sheet_by_index(0).to_python()]
    assert sorted(names[1:]) == sorted([HOSTILE, "Garage du Pile"])
    assert town["ines"].client.get("/dossiers/export.pdf").status_code in (404, 422)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_words_typed_wrong_show_what_comes_close_and_say_so(town: Town, shops: list[str]) -> None:
    browser = town["ines"].open("/dossiers?q=epicrie")
    assert "Aucun dossier ne contient exactement « epicrie »" in browser.page
    assert browser.answer.text.count('class="name"') == 1
    assert "Aucun dossier" in town["ines"].open("/dossiers?q=boulanger").page


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_figures_are_taken_away_as_they_are_shown(town: Town, shops: list[str]) -> None:
    answer = town["laurent"].client.get("/pilotage/export.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    total = next(
        row["Valeur"]
        for row in rows
        if (row["Rubrique"], row["Ligne"], row["Mesure"]) == ("Étape et âge", "Détection", "Total")
    )
    assert total == "3"
    book = CalamineWorkbook.from_filelike(io.BytesIO(town["laurent"].client.get("/pilotage/export.xlsx").content))
    assert book.sheet_names == [
        "Étape et âge",
        "En retard",
        "Délais",
        "Opérateurs",
        "Axes et leviers",
        "Sans offre",
        "Flux",
    ]
    assert town["ines"].client.get("/pilotage/export.csv").status_code == 200
    assert town["karim"].client.get("/pilotage/export.csv?territoire=roubaix").status_code == 404


def test_a_list_goes_on_page_after_page_without_losing_or_repeating_a_case(town: Town) -> None:
    for number in range(PAGE + 4):
        town.street.log(f"11-{10 + number % 9} 10:00", "ines", str(number), {"name": f"Commerce {number % 7}"})

    for order in ("", "&tri=nom", "&tri=anciennete", "&tri=recents"):
        pages: list[list[str]] = []
        href: str | None = f"/dossiers?vue=liste{order}"
        while href:
            text = town["ines"].open(href).answer.text
            pages.append(re.findall(r'class="name" href="/dossiers/([^"]+)"', text))
            following = re.search(r'href="([^"]+)" rel="next"', text)
            href = following[1].replace("&amp;", "&") if following else None
        assert [len(page) for page in pages] == [PAGE, 4]
        assert {one for page in pages for one in page} == set(town.street.cases.values())
