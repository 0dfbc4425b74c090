"""What an identity provider says is believed by its own key, for us, now, for this very attempt: one forgery of each kind lets nobody in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI

from cases.clock import FixedClock, SystemClock
from cases.database import Database
from tests.api.browser import SETTINGS, Browser, application
from tests.api.hostile_provider import CLIENT, Lies, lying
from tests.api.test_identity_provider import _as_settings
from tests.api.test_sign_in import Town, home
from tests.cases.conftest import database

__all__ = ["database"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""None of this depends on which database it is."""


@contextmanager
def back_from(database: Database, lies: Lies) -> Iterator[Browser]:
    """Somebody leaves for the provider and comes back with what it says."""
    town, asked = Town(database), {"nonce": ""}
    town.clock = FixedClock(SystemClock().now())
    with lying(lies, lambda: asked["nonce"], int(town.clock.now().timestamp())) as issuer:
        yield come_back(Browser(application_with(town, issuer)), asked)


def application_with(town: Town, issuer: str) -> FastAPI:
    chosen = {"oidc_issuer": issuer, "oidc_client_id": CLIENT, "oidc_client_secret": "a-secret"}
    app = application(town.database, town.clock, settings=SETTINGS.model_copy(update=_as_settings(chosen)))
    app.include_router(home)
    return app


def come_back(browser: Browser, asked: dict[str, str]) -> Browser:
    """Leave for the provider, and come back with what it says."""
    led = browser.client.get("/connexion/fournisseur")
    said = parse_qs(urlsplit(led.headers.get("location", "")).query)
    asked["nonce"] = said.get("nonce", [""])[0]
    return browser.open(f"/connexion/fournisseur/retour?code=c&state={said.get('state', [''])[0]}")


def entered(browser: Browser) -> bool:
    return browser.open("/chez-moi").title == "Inès Morvan"


def test_the_same_provider_without_a_lie_lets_in(database: Database) -> None:
    with back_from(database, Lies()) as browser:
        assert entered(browser)


@pytest.mark.asvs("6.8.2", "9.1.1", "9.1.2")
def test_a_token_that_nobody_signed_lets_nobody_in(database: Database) -> None:
    with back_from(database, Lies(header={"alg": "none"})) as browser:
        assert not entered(browser)


@pytest.mark.asvs("9.1.2")
def test_a_token_signed_by_the_public_key_as_if_it_were_a_secret_lets_nobody_in(database: Database) -> None:
    with back_from(database, Lies(header={"alg": "HS256"})) as browser:
        assert not entered(browser)


@pytest.mark.asvs("6.8.2", "9.1.1", "9.1.3")
@pytest.mark.parametrize("named", ["none", "jwk", "jku", "x5u"])
def test_a_token_signed_by_a_key_that_it_brings_itself_lets_nobody_in(database: Database, named: str) -> None:
    lies = Lies(header={"alg": "RS256"})
    lies.signed_by = lies.others
    brought = {
        "jwk": lies.others.as_dict(private=False),
        "jku": "https://evil.example/keys",
        "x5u": "https://evil.example/cert",
    }
    lies.header |= {named: brought[named]} if named in brought else {}
    with back_from(database, lies) as browser:
        assert not entered(browser)


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"aud": "another-client"}, id="audience"), pytest.param({"iss": "https://evil.example"}, id="issuer"),
        pytest.param({"exp": 1_000_000_000}, id="past"), pytest.param({"nbf": 4_000_000_000}, id="future"),
        pytest.param({"nonce": "of-another-time"}, id="nonce"), pytest.param({"nonce": ""}, id="no nonce"), pytest.param({"sub": "2"}, id="somebody else"),
    ],
)  # fmt: skip
@pytest.mark.asvs("9.2.1", "9.2.3", "10.5.1", "10.5.4", "10.1.2")
def test_a_token_for_another_of_another_or_of_another_time_lets_nobody_in(
    database: Database, claims: dict[str, object]
) -> None:
    with back_from(database, Lies(claims=claims)) as browser:
        assert not entered(browser)


@pytest.mark.asvs("9.2.2")
def test_what_says_who_somebody_is_does_not_stand_for_what_says_that_they_came(database: Database) -> None:
    with back_from(database, Lies(swapped=True)) as browser:
        assert not entered(browser)


@pytest.mark.parametrize("about", [{"aud": "another-client"}, {"iss": "https://evil.example"}, {"sub": "2"}])
@pytest.mark.asvs("9.2.3", "10.5.4")
def test_what_it_says_of_the_person_is_for_us_and_of_the_same_person(
    database: Database, about: dict[str, object]
) -> None:
    with back_from(database, Lies(about=about)) as browser:
        assert not entered(browser)


@pytest.mark.asvs("10.5.3")
@pytest.mark.parametrize("issuer", ["https://evil.example", "", "http://127.0.0.1:1"])
def test_metadata_of_another_issuer_is_not_believed(database: Database, issuer: str) -> None:
    with back_from(database, Lies(metadata={"issuer": issuer})) as browser:
        assert not entered(browser)


@pytest.mark.asvs("10.1.1")
def test_the_tokens_of_the_provider_never_come_to_the_browser(database: Database) -> None:
    given: list[str] = []
    lies = Lies()
    sign: Callable[[dict[str, object]], str] = lies.sign
    lies.sign = lambda claims: given.append(sign(claims)) or given[-1]  # type: ignore[func-returns-value, method-assign]  # the liar of the tests keeps what it signs
    with back_from(database, lies) as browser:
        assert entered(browser)
        assert len(given) == 2
        read = [browser.client.get(address).text for address in ("/chez-moi", "/mon-compte", "/")]
        kept = [value for cookie in browser.client.cookies.jar for value in (cookie.value or "",)]
    assert not [token for token in given if any(token in text for text in (*read, *kept))]


@pytest.mark.asvs("10.5.2")
def test_an_address_that_was_given_to_a_successor_does_not_open_the_account_of_who_had_it(database: Database) -> None:
    lies, town, asked = Lies(), Town(database), {"nonce": ""}
    town.clock = FixedClock(SystemClock().now())
    with lying(lies, lambda: asked["nonce"], int(town.clock.now().timestamp())) as issuer:
        app = application_with(town, issuer)

        assert entered(come_back(Browser(app), asked))
        lies.claims, lies.about = {"sub": "the successor"}, {"sub": "the successor"}
        successor = come_back(Browser(app), asked)
        assert "demandez à l'administration du programme de le délier" in successor.page
        assert not entered(successor)
        lies.claims, lies.about = {}, {"email": "another.address@roubaix.example"}
        assert entered(come_back(Browser(app), asked)), "the same person, whose address changed there"
