"""Whatever a shop and its owner are called, it is logged harmless, or refused with a sentence: on the page, by the JSON interface, in what comes out."""

from __future__ import annotations

import pytest

from tests.api.doors import SHOP, Door
from tests.api.doors import town as doors
from tests.api.street import Town
from tests.api.test_markup import town
from tests.cases.conftest import database
from tests.notifications.test_hostile_names import NAMES

__all__ = ["database", "doors", "town"]
HOSTILE = {**NAMES, "no letter at all": "Nadia\x00B"}
REFUSED = {"no letter at all", "ten thousand letters", "ten thousand accents"}
"""What no database keeps, and what no name is."""


@pytest.mark.parametrize("kind", HOSTILE)
def test_by_the_json_interface_it_is_logged_whole_or_refused_with_a_sentence(doors: dict[str, Door], kind: str) -> None:
    adviser, name = doors["adviser"], HOSTILE[kind]

    answer = adviser.post("/cases", {**SHOP, "name": name, "person_name": name})

    if kind in REFUSED or not name.strip():
        said = [one["message"] for one in answer.json()["fields"] + answer.json().get("reasons", [])]
        assert answer.status_code == 422
        assert said
        assert all(one[0].isupper() and one[-1] in ".?" for one in said)
        assert adviser.get("/cases").json()["items"] == []
    else:
        assert answer.status_code == 201
        [case] = adviser.get("/cases").json()["items"]
        assert case["business"]["name"] == name.strip()


@pytest.mark.parametrize("kind", HOSTILE)
def test_on_the_pages_it_stands_as_words_and_is_no_header(town: Town, kind: str) -> None:
    name = HOSTILE[kind]

    town["ines"].open("/dossiers/nouveau").fill(name=name, person_name=name, phone="06 39 98 00 77", contact="1")

    shown = [town["ines"].answer, town["ines"].client.get("/dossiers"), town["ines"].client.get("/")]
    assert all(one.status_code in (200, 422) for one in shown)
    for one in shown:
        assert "<script>alert" not in one.text
        assert "\x00" not in one.text
        assert not {"bcc", "x-evil"} & set(one.headers)
