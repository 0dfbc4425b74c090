"""What a tool sends in any text of any body is words: sixty payloads in each, taken and shown as words, or refused with a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cases.database import Database
from engine.inputs import LONGEST_NAME, LONGEST_TEXT
from tests.api.browser import application
from tests.api.markup.bodies import Place, every_place
from tests.api.markup.payloads import BORNE, PAYLOADS, Words
from tests.api.markup.reading import faults_of
from tests.api.matrix.routes import JSON
from tests.api.matrix.town import Crossroads, a_crossroads
from tests.cases.conftest import database

__all__ = ["database"]
TAKEN = {
    "POST /api/v1/cases name", "POST /api/v1/cases activity", "POST /api/v1/cases address_line", "POST /api/v1/cases city", "POST /api/v1/cases person_name",
    "POST /api/v1/cases legal_basis", "POST /api/v1/cases needs/0/detail", "PATCH /api/v1/cases/{reference} business/name",
    "PATCH /api/v1/cases/{reference} business/activity", "PATCH /api/v1/cases/{reference} business/address/line",
    "PATCH /api/v1/cases/{reference} business/address/city", "PATCH /api/v1/cases/{reference} person/name",
    "POST /api/v1/cases/{reference}/{collection} payload/text notes",
}  # fmt: skip
"""Fields of free words, at the least, that must have taken them: a test in which everything is refused proves nothing."""
ALL_BUT_A_FEW = 50
"""One payload has a tab, which a name has not: what came with it is refused too."""
LISTS = (
    "/", "/dossiers", "/imports", "/pilotage", "/relances", "/territoires/roubaix", "/administration", "/administration/journal",
    "/administration/webhooks", "/administration/personnes",
)  # fmt: skip


@pytest.fixture
def town(database: Database) -> Iterator[Crossroads]:
    with a_crossroads(database) as found:
        yield found


def sent(town: Crossroads, app: Any, place: Place, words: str) -> Any:
    """The answer to a body that has these words in one of its texts."""
    way = JSON[place.route]
    role = "admin" if way.roles == {"admin"} else "operator" if way.about == "branch" else "adviser"
    headers = {}
    if "If-Match" in way.headers:
        fresh = town.knock(app, role, "GET /api/v1/cases/{reference}", JSON["GET /api/v1/cases/{reference}"], "own")
        headers = {"If-Match": fresh.headers["etag"]}
    asked = replace(way, json=place.holding(words), headers=headers, fill={**way.fill, **dict(place.fill)})
    return town.knock(app, role, place.route, asked, "own")


def wrong_with(answer: Any) -> Iterator[str]:
    """What should not be so in an answer to a tool: it is data that no browser reads as a page, and a refusal says why."""
    if answer.status_code >= 500:
        yield f"{answer.status_code}"
    kind = answer.headers.get("content-type", "")
    if (
        kind not in ("application/json", "application/problem+json")
        or answer.headers["x-content-type-options"] != "nosniff"
    ):
        yield f"{kind}, {answer.headers.get('x-content-type-options')}"
    elif answer.status_code >= 400:
        told = answer.json()
        said = [told["detail"], *(one["message"] for one in (*told.get("fields", ()), *told.get("reasons", ())))]
        yield from (f"says « {one} »" for one in said if not one or one[0].islower() or one[-1] not in ".?!")


def written(town: Crossroads, app: Any, places: list[Place]) -> Iterator[tuple[Place, set[str], str]]:
    """Write in each: all sixty at once, then as many as a name holds; the payloads that were taken, and what is wrong.

    What refuses them all at once and then the first that a name holds is a date, a code, an id: it has had the sixty.
    """
    for place in places:
        taken, words, longest = set[str](), Words(), LONGEST_TEXT
        while not words.written_whole(place.name) or longest == LONGEST_TEXT:
            sent_words = (
                Words().for_field(place.name, longest)
                if longest == LONGEST_TEXT
                else words.for_field(place.name, longest)
            )
            answer = sent(town, app, place, sent_words)
            yield from ((place, taken, one) for one in wrong_with(answer))
            if answer.status_code < 300:
                taken |= set(BORNE.findall(sent_words))
            if len(taken) == len(PAYLOADS) or (longest == LONGEST_NAME and not taken):
                break
            longest = LONGEST_NAME
        yield place, taken, ""


def shown(town: Crossroads, app: Any) -> Iterator[tuple[str, str]]:
    """The pages on which what was sent is shown, to the adviser, their manager and the admin."""
    told = town.knock(app, "adviser", "GET /api/v1/cases", replace(JSON["GET /api/v1/cases"]), "own").json()
    references = [one["reference"] for one in told["items"]]
    sheets = [f"/dossiers/{one}{page}" for one in references for page in ("", "/donnees")]
    for role, addresses in (("adviser", (*LISTS, *sheets)), ("manager", LISTS), ("admin", LISTS)):
        client = town._client(app)
        client.cookies.set("qp_session", town.secrets[role])
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code < 500, address
            yield f"{role} {address}", answer.text


@pytest.mark.long
@pytest.mark.asvs("1.1.2", "1.2.1", "1.3.5")
def test_whatever_is_written_in_any_text_of_any_body_is_words(town: Crossroads) -> None:
    app = application(town.database, town.clock)
    places = list(every_place(app.openapi()))
    assert len({place.route for place in places}) == len([1 for way in JSON.values() if way.json is not None])

    told = list(written(town, app, places))

    assert [f"{place.name}: {wrong}" for place, _, wrong in told if wrong] == []
    assert {
        name for name in TAKEN if name not in {place.name for place, taken, _ in told if len(taken) >= ALL_BUT_A_FEW}
    } == set()
    pages = dict(shown(town, app))
    assert {where: wrong for where, text in pages.items() if BORNE.search(text) and (wrong := faults_of(text))} == {}
    assert {number for text in pages.values() for number in BORNE.findall(text)} == {
        BORNE.findall(one)[0] for one in PAYLOADS
    }
