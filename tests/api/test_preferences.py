"""The page of one's reminders, from the link of a mail: in words of one's own, and a refusal where the link names nobody."""

from __future__ import annotations

from typing import Any

import pytest

from cases.database import Database
from notifications.preferences import wanted_by
from tests.api.browser import Browser
from tests.api.test_my_case import Shop
from tests.cases.conftest import database
from tests.cases.test_stories_in_memory import WORKER

__all__ = ["database"]
NOBODY = (
    {},
    {"recipient": ""},
    {"recipient": "nobody"},
    {"recipient": "office:1"},
    {"recipient": "person:"},
    {"recipient": 7},
)


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)


def link_with(shop: Shop, data: dict[str, Any]) -> str:
    return shop.link("preferences", entrepreneur_id=None, case_id=None, data=data).removeprefix("/lien/")


def test_who_is_helped_chooses_in_words_about_their_own_case(shop: Shop) -> None:
    token = link_with(shop, {"recipient": f"entrepreneur:{shop.case.entrepreneur_id}", "categories": ["news"]})

    page = Browser(shop.app).open(f"/preferences/{token}").page

    assert "Les nouvelles de mon dossier" in page
    assert "Les nouvelles des dossiers" not in page
    assert "/mon-dossier" in page


def test_what_they_choose_is_answered_in_their_language(shop: Shop) -> None:
    shop.scene.entrepreneur_has(reads_in="tr")
    token = link_with(shop, {"recipient": f"entrepreneur:{shop.case.entrepreneur_id}", "categories": ["news"]})
    browser = Browser(shop.app).open(f"/preferences/{token}")
    assert browser.title == "Hatırlatmalarım"

    browser.fill(f"/preferences/{token}", wanted="due")

    assert "Not edildi." in browser.page


@pytest.mark.parametrize("data", NOBODY)
def test_a_link_that_names_nobody_is_refused_as_one_that_is_gone(shop: Shop, data: dict[str, Any]) -> None:
    token = link_with(shop, {**data, "categories": ["news"]})
    browser = Browser(shop.app)
    for opened in (browser.open(f"/preferences/{token}"), browser.open(f"/desabonnement/{token}")):
        assert (opened.status, opened.title) == (404, "Ce lien ne marche plus.")
    assert browser.client.post(f"/desabonnement/{token}", data={"List-Unsubscribe": "One-Click"}).status_code == 404


@pytest.mark.parametrize("categories", [[], ["weather"]])
def test_one_press_that_names_nothing_to_stop_stops_nothing(shop: Shop, categories: list[str]) -> None:
    owner = f"entrepreneur:{shop.case.entrepreneur_id}"
    token = link_with(shop, {"recipient": owner, "categories": categories})

    answer = Browser(shop.app).client.post(f"/desabonnement/{token}", data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 404
    assert all(shop.scene.database.read(lambda db: wanted_by(db, owner), WORKER).values())
