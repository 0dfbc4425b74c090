"""Who works here in English: each page that they can reach says nothing in French but what people typed, and so does the JSON interface."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

import pytest
from sqlalchemy import update

from api.demo.cast import PLAYERS
from cases.database import Database
from cases.tables.people import person
from tests.api.browser import Browser
from tests.api.doors import Door, town
from tests.api.english import ROLES, WORKER, marked, place, signed_in, typed
from tests.api.unsaid import unsaid
from tests.cases.conftest import database

__all__ = ["database", "marked", "place", "town"]

NO_PAGE: Final = re.compile(
    r"^/demo|\.(svg|csv|xlsx|zip|ics|pdf|json)(\?|$)|/documents/.|^/aide/composants|^/administration/courriels"
)
"""A drawing, a file to save, the pages for whoever tries or makes the product, and the mails, which have tests of their own."""
EACH_ROLE: Final = re.compile(r"^/[a-z]*(/REF)?$")
"""The pages that every role sees its own way; the others are looked at once."""
COMBINED: Final = re.compile(r"^/(dossiers|aides|orientations)\?.*&|^/dossiers\?chiffre=")


def kind_of(path: str) -> str:
    """What sort of page an address leads to."""
    known = re.sub(r"QP-[\w-]+", "REF", re.sub(r"#.*|[?&]retour=.*", "", path))
    return re.sub(r"=[^&]*", "=", re.sub(r"-\d+\b|/\d+$", "", re.sub(r"[0-9a-f-]{36}", "ID", known)))


def walk(browser: Browser, data: set[str], seen: set[str]) -> list[str]:
    """What the pages that somebody can reach say outside of the catalogues."""
    wrong, paths = [], ["/", "/dossiers/ensemble?geste=hand_over&tout=1"]
    while paths:
        path = paths.pop(0)
        if kind_of(path) in seen:
            continue
        seen.add(kind_of(path))
        answer = browser.client.get(path, follow_redirects=True)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        wrong += [f"{path}: {one}" for one in unsaid(answer.text, data)]
        links = [unescape(one) for one in re.findall(r'<a [^>]*href="(/[^"]*)"', answer.text)]
        paths += [one for one in links if not NO_PAGE.search(one) and not COMBINED.match(one)]
    return wrong


@pytest.mark.long
def test_the_pages_of_who_works_here_say_nothing_outside_of_the_catalogues(place: Database, marked: None) -> None:
    data, looked_at, wrong = place.read(typed, WORKER), set[str](), list[str]()
    for role in ROLES:
        name, seen = next(player.name for player in PLAYERS if player.role is role), set(looked_at)
        wrong += [f"{role} {one}" for one in walk(signed_in(place, name), data, seen)]
        looked_at |= {kind for kind in seen if not EACH_ROLE.match(kind)}
    assert not wrong, "\n".join(wrong[:400])
    assert {
        "/dossiers/REF/orienter",
        "/dossiers/REF/actions/close",
        "/territoires/roubaix",
        "/administration",
    } <= looked_at | {"/administration"}


# -- the JSON interface -----------------------------------------------------------------------------------------------------


def test_the_json_interface_says_its_words_in_the_language_that_is_asked_for(town: dict[str, Door]) -> None:
    adviser = town["adviser"]
    reference = adviser.qualified()
    french, english = (adviser.ask("GET", f"/cases/{reference}/steps", accept_language=code) for code in ("fr", "en"))

    assert (french.headers["content-language"], english.headers["content-language"]) == ("fr", "en")
    assert "Accept-Language" in english.headers["vary"]
    said = {one["step"]: one["label"] for one in english.json()["items"]}
    assert said["close"] == "Close the case"
    assert {one["step"]: one["label"] for one in french.json()["items"]}["close"] == "Clore le dossier"
    assert [one["step"] for one in french.json()["items"]] == [one["step"] for one in english.json()["items"]]
    assert adviser.ask("GET", f"/cases/{reference}", accept_language="en").json()["label"] == "Referral"


def test_a_problem_is_told_in_the_language_that_is_asked_for(town: dict[str, Door]) -> None:
    adviser = town["adviser"]
    reference = adviser.logs()
    known = adviser.ask(
        "POST", f"/cases/{reference}/steps", json={"step": "reopen", "track": "case"}, accept_language="en"
    )
    assert known.headers["content-language"] == "en"
    assert known.json()["title"] == "Step refused"
    assert "is not possible: the state is “detection”." in known.json()["detail"]
    assert all("«" not in one["message"] for one in known.json()["reasons"])
    assert adviser.ask("GET", "/cases/QP-0000-0000", accept_language="en").json()["title"] == "Not found"
    assert adviser.as_("nothing").ask("GET", "/me", accept_language="en").json()["title"] == "Sign-in needed"


def test_a_token_speaks_the_language_of_its_holder_when_none_is_asked_for(town: dict[str, Door]) -> None:
    adviser = town["adviser"]
    reference = adviser.logs()
    assert adviser.get(f"/cases/{reference}").json()["label"] == "Détection"
    adviser.database.write(lambda db: db.execute(update(person).values(reads_in="en")), WORKER)
    assert adviser.get(f"/cases/{reference}").json()["label"] == "Detection"
    assert adviser.ask("GET", f"/cases/{reference}", accept_language="fr").json()["label"] == "Détection"


def test_what_people_typed_is_never_said_in_another_language(town: dict[str, Door]) -> None:
    adviser = town["adviser"]
    reference = adviser.logs(name="Action « Au Bon Coin »", activity="Appeler Zoé")
    found = adviser.ask("GET", f"/cases/{reference}", accept_language="en").json()["business"]
    assert (found["name"], found["activity"]) == ("Action « Au Bon Coin »", "Appeler Zoé")
