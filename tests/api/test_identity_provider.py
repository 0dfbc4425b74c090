"""Signing in by an identity provider: tried against one that is not ours, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from sqlalchemy import select, update

from api.settings import Settings
from cases.clock import FixedClock, SystemClock
from cases.database import Database
from cases.tables.people import person, session
from tests.api.browser import HOST, SETTINGS, Browser, application
from tests.api.foreign_provider import CLIENT, SECRET, UNSIGNED
from tests.api.test_sign_in import Town, home
from tests.cases.conftest import database

__all__ = ["database"]

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""None of this depends on which database it is."""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of the foreign provider, ended by its id."""
    command = [sys.executable, "-m", "tests.api.foreign_provider", HOST]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


class Way:
    """The way of one person: to the provider and back."""

    def __init__(self, database: Database, issuer: str, who: str = "ines", **changes: Any) -> None:
        self.town, self.issuer = Town(database), issuer
        self.town.clock = FixedClock(SystemClock().now())
        chosen = {"oidc_issuer": issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, **changes}
        self.app = application(database, self.town.clock, settings=SETTINGS.model_copy(update=_as_settings(chosen)))
        self.app.include_router(home)
        self.browser = Browser(self.app)
        httpx2.get(f"{issuer}/become/{who}")

    def leave(self, suite: str = "/chez-moi") -> str:
        answer = self.browser.client.get(f"/connexion/fournisseur?suite={suite}")
        assert answer.status_code == 303
        return str(answer.headers["location"])

    def back(self, address: str) -> str:
        """Where the provider sends the browser."""
        found = httpx2.get(address)
        assert found.status_code == 303, found.text
        return str(found.headers["location"]).removeprefix(HOST)

    def go(self) -> Browser:
        return self.browser.open(self.back(self.leave()))


def _as_settings(chosen: dict[str, Any]) -> dict[str, Any]:
    """The same, as the settings would read them."""
    made = Settings(**chosen)
    return {name: getattr(made, name) for name in chosen}


@pytest.fixture
def way(database: Database, issuer: str) -> Way:
    return Way(database, issuer)


def test_whom_the_provider_vouches_for_comes_in_where_they_were_going(way: Way) -> None:
    assert "Entrer avec ProConnect" in way.browser.open("/connexion?suite=/chez-moi").page

    assert way.go().title == "Inès Morvan"

    assert way.browser.address == "/chez-moi"


@pytest.mark.asvs("10.1.2", "10.2.1")
def test_what_is_asked_of_it_is_bound_to_the_browser_by_a_state_a_nonce_and_a_challenge(way: Way) -> None:
    asked = [parse_qs(urlsplit(way.leave()).query) for _ in range(2)]

    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[0][name][0]) >= 32
        assert asked[0][name] != asked[1][name]
    assert asked[0]["code_challenge_method"] == ["S256"]
    assert asked[0]["redirect_uri"] == [f"{HOST}/connexion/fournisseur/retour"]


@pytest.mark.asvs("7.6.1")
def test_who_leaves_is_led_to_leave_the_provider_too_which_knows_its_own_token(way: Way) -> None:
    way.go()
    allowed = way.browser.answer.headers["content-security-policy"]
    token = way.browser.open("/mon-compte").answer.text.partition('name="csrf" value="')[2].partition('"')[0]

    left = way.browser.client.post("/deconnexion", data={"csrf": token}, headers={"Origin": HOST})

    assert left.headers["location"].startswith(f"{way.issuer}/end_session?")
    assert f"form-action 'self' {way.issuer};" in allowed
    assert way.back(left.headers["location"]).startswith("/connexion?state=")
    assert way.browser.open("/chez-moi").title == "Se connecter"
    assert [row.provider_token for row in way.town.rows(select(session))] == [None]


def test_an_address_that_nobody_has_here_lets_nobody_in(database: Database, issuer: str) -> None:
    browser = Way(database, issuer, "stranger").go()

    assert "L'adresse nobody@example.org n'a pas d'accès ici" in browser.page
    assert browser.open("/chez-moi").title == "Se connecter"


def test_a_disabled_person_does_not_come_in(way: Way) -> None:
    way.town.change(update(person).values(active=False))

    assert "n'a pas d'accès ici" in way.go().page


@pytest.mark.parametrize(
    ("who", "vouches", "enters"), [("liar", True, False), ("silent", False, False), ("silent", True, True)]
)
def test_an_address_that_is_not_verified_lets_nobody_in(
    database: Database, issuer: str, who: str, vouches: bool, enters: bool
) -> None:
    browser = Way(database, issuer, who, oidc_vouches=vouches).go()

    assert ("n'est pas vérifiée" in browser.page) is not enters
    assert (browser.open("/chez-moi").title == "Inès Morvan") is enters


@pytest.mark.asvs("6.8.2", "9.1.1")
def test_what_it_says_of_somebody_without_signing_it_is_not_believed(database: Database, issuer: str) -> None:
    assert "n'a pas signé sa réponse" in Way(database, issuer, oidc_client_id=UNSIGNED).go().page


@pytest.mark.asvs("10.1.2")
def test_an_answer_begun_on_another_browser_lets_nobody_in(way: Way) -> None:
    answer, victim = way.back(way.leave()), Browser(way.app)

    assert "n'a pas commencé ici" in victim.open(answer).page

    victim.client.get("/connexion/fournisseur")
    assert "n'a pas commencé ici" in victim.open(answer).page


@pytest.mark.parametrize(
    "changed", [{"state": "another"}, {"code": "another"}, {"code": ""}, {"iss": "https://evil.example"}]
)
@pytest.mark.asvs("10.2.1")
def test_an_answer_that_was_altered_lets_nobody_in(way: Way, changed: dict[str, str]) -> None:
    path, _, query = way.back(way.leave()).partition("?")
    asked = {name: values[0] for name, values in parse_qs(query).items()}

    way.browser.open(f"{path}?{urlencode({**asked, **changed})}")

    assert "recommencez" in way.browser.page
    assert way.browser.open("/chez-moi").title == "Se connecter"


@pytest.mark.asvs("10.5.1")
def test_an_answer_serves_once(way: Way) -> None:
    answer = way.back(way.leave())
    way.browser.open(answer)
    kept = way.browser.client.cookies["qp_session"]

    way.browser.open(answer)

    assert "recommencez" in way.browser.page
    assert way.browser.client.cookies["qp_session"] == kept


@pytest.mark.asvs("9.2.1")
def test_a_token_of_another_time_is_refused(way: Way) -> None:
    answer = way.back(way.leave())
    way.town.later(days=2)

    assert "recommencez" in way.browser.open(answer).page


@pytest.mark.asvs("16.5.2")
def test_when_it_does_not_answer_one_comes_in_by_mail(database: Database, issuer: str) -> None:
    way = Way(database, issuer, oidc_issuer="http://127.0.0.1:9")

    assert "entrez par un courriel" in way.browser.open("/connexion/fournisseur").page


def test_without_one_there_is_no_such_page(database: Database) -> None:
    browser = Browser(application(database, SystemClock()))

    assert browser.open("/connexion/fournisseur").status == 404
    assert "ProConnect" not in browser.open("/connexion").page
