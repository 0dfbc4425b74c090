"""A form that comes too late loses nothing: what was written is shown again, with the way back to it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest

from cases.database import Database
from cases.tables.case import note
from tests.api.browser import HOST
from tests.api.street import Town
from tests.cases.conftest import database

__all__ = ["database"]

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
WORDS = "Elle a rappelé : son frère l’aide <pour> les papiers."


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def test_what_was_written_when_the_session_ended_is_shown_again_with_the_way_back(town: Town) -> None:
    form = f"/dossiers/{town.logged()}/noter/note"
    browser = town["ines"].open(form)
    hidden = {"csrf": browser.answer.text.partition('name="csrf" value="')[2].partition('"')[0]}
    town.street.clock.set(town.street.clock.now() + timedelta(hours=2))

    browser.post(form, {**hidden, "text": WORDS}, Referer=f"{HOST}{form}?retour=/")

    assert (browser.status, browser.title, town.row(note)) == (403, "Votre session est terminée", [])
    assert WORDS.replace("’", "'") in browser.page
    assert f'href="/connexion?suite={quote(f"{form}?retour=/", safe="")}"' in browser.answer.text


def test_a_page_that_is_too_old_gives_back_what_was_written(town: Town) -> None:
    form = f"/dossiers/{town.logged()}/noter/note"
    browser = town["ines"].open(form)

    browser.post(form, {"csrf": "of another session", "text": WORDS}, Referer=f"{HOST}{form}")

    assert (browser.status, browser.title, town.row(note)) == (403, "Cette page est trop ancienne", [])
    assert WORDS.replace("’", "'") in browser.page
    assert f'href="{form}"' in browser.answer.text


def test_another_site_has_nothing_shown_here(town: Town) -> None:
    form = f"/dossiers/{town.logged()}/noter/note"

    town["ines"].post(form, {"text": "Cliquez ici vite"}, **{"Sec-Fetch-Site": "cross-site"})

    assert town["ines"].status == 403
    assert "Cliquez ici" not in town["ines"].page


def test_an_address_of_another_site_is_no_way_back(town: Town) -> None:
    form = f"/dossiers/{town.logged()}/noter/note"

    browser = town["ines"].post(form, {"text": WORDS}, Referer="https://ailleurs.example/dossiers")

    assert "ailleurs" not in browser.page
    assert 'class="btn go" href="/"' in browser.answer.text
