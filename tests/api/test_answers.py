"""What every door answers, whoever asks: its true type, to no other origin, by no other method, with no secret in an address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Table, func, select

from api.app import create_app
from api.settings import Settings
from cases.clock import FixedClock
from cases.database import Database
from cases.tables.people import api_token, person, session
from notifications.tables import signed_link
from tests.api.browser import HOST, SETTINGS, Browser, application
from tests.api.matrix.routes import DECLARED
from tests.api.street import NOW, WORKER, Town
from tests.api.test_components import Page
from tests.cases.conftest import database

__all__ = ["database"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""None of this depends on which database it is."""
ELSEWHERE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
PUBLIC = ("/connexion", "/aide", "/api/v1/workflow", "/api/openapi.json", "/healthz", "/nulle-part", "/mon-dossier/x")


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def pages(town: Town) -> Iterator[str]:
    """Every address that names nothing, and the pages of one case."""
    yield from sorted(
        name.removeprefix("GET ")
        for name, way in DECLARED.items()
        if name.startswith("GET ") and "{" not in name and way.held is None
    )
    case = f"/dossiers/{town.asked()}"
    yield from (
        f"{case}{place}"
        for place in ("", "/donnees", "/parcours.svg", "/noter/note", "/actions/hold", "/documents", "/orienter")
    )
    yield from (
        "/dossiers/export.csv",
        "/dossiers/export.xlsx",
        "/api/v1/workflow/case/diagram.svg",
        "/service-worker.js",
        "/manifest.webmanifest",
    )


@pytest.mark.asvs("4.1.1")
def test_every_answer_says_its_type_and_texts_say_their_charset(town: Town) -> None:
    types = {}
    for address in pages(town):
        for name in ("ines", "admin"):
            answer = town[name].client.get(address)
            if answer.content:
                types[address, name] = answer.headers.get("content-type", "")
    assert len(types) > 80
    assert not [where for where, given in types.items() if not given]
    texts = {
        where: given
        for where, given in types.items()
        if given.startswith("text/") or "xml" in given.split(";")[0].split("+")[-1:]
    }
    assert len(texts) > 50
    assert not {where: given for where, given in texts.items() if not given.endswith("charset=utf-8")}
    drawn = town["ines"].client.get("/api/v1/workflow/case/diagram.svg")
    assert drawn.headers["content-type"] == "image/svg+xml; charset=utf-8"
    assert drawn.content.startswith(b"<svg")


@pytest.mark.asvs("3.4.2")
def test_no_other_origin_may_read_an_answer(town: Town) -> None:
    client = town["ines"].client
    asked = {**ELSEWHERE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    for address in (*PUBLIC, "/", "/dossiers", "/api/v1/me", "/api/v1/cases"):
        for answer in (client.get(address, headers=ELSEWHERE), client.options(address, headers=asked)):
            assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.asvs("3.5.2")
def test_the_interface_is_opened_by_no_cookie_so_that_no_other_site_lends_one(town: Town) -> None:
    client = town["ines"].client
    assert client.get("/dossiers").status_code == 200

    assert client.get("/api/v1/cases").status_code == 401
    for sent in ("text/plain", "application/x-www-form-urlencoded", "application/json"):
        answer = client.post(
            "/api/v1/cases", content='{"name": "Un commerce"}', headers={**ELSEWHERE, "Content-Type": sent}
        )
        assert answer.status_code == 401


@pytest.mark.asvs("13.4.4")
@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PUT", "PROPFIND"])
def test_a_method_that_is_not_meant_is_refused(town: Town, method: str) -> None:
    for address in ("/connexion", "/dossiers", "/api/v1/cases", "/healthz"):
        answer = town["ines"].client.request(method, address, headers={"X-Secret": "told"})
        assert answer.status_code == 405
        assert "told" not in answer.text


@pytest.mark.asvs("13.4.1", "13.4.3")
@pytest.mark.parametrize(
    "address",
    [
        "/.git/config",
        "/.git/HEAD",
        "/.svn/entries",
        "/.env",
        "/static/",
        "/static",
        "/static/css/",
        "/static/../settings.py",
        "/static/%2e%2e/app.py",
        "/files/",
    ],
)
def test_no_folder_and_no_source_is_served(town: Town, address: str) -> None:
    answer = town["ines"].client.get(address)

    assert answer.status_code in (404, 405)
    assert "Index of" not in answer.text


@pytest.mark.asvs("14.2.1")
def test_no_secret_is_taken_from_an_address(town: Town) -> None:
    secret = town.street.secret("ines")
    stranger = Browser(town.app).client
    for name in ("qp_session", "session", "token", "access_token", "api_key", "authorization"):
        assert stranger.get(f"/dossiers?{name}={secret}").status_code == 303
        assert stranger.get(f"/api/v1/me?{name}={secret}").status_code == 401


@pytest.mark.asvs("3.3.4", "14.2.1")
def test_the_secret_of_a_session_stands_in_its_cookie_and_nowhere_else(town: Town) -> None:
    browser = town["ines"]
    secret = browser.client.cookies["qp_session"]
    read = [browser.client.get(address) for address in pages(town)]
    assert len(read) > 40
    assert not [
        answer.url
        for answer in read
        if secret in answer.text or secret in str(answer.url) or secret in str(answer.headers)
    ]


@pytest.mark.asvs("14.3.1")
def test_who_leaves_has_the_browser_forget_its_pages(town: Town) -> None:
    browser = town["ines"].open("/")
    hidden = re.search(r'name="csrf" value="([^"]+)"', browser.answer.text)
    assert hidden

    left = browser.client.post(
        "/deconnexion", data={"csrf": hidden[1]}, headers={"Origin": HOST, "Sec-Fetch-Site": "same-origin"}
    )

    assert left.headers["clear-site-data"] == '"cache"'
    assert {"qp_session", "Max-Age=0"} <= set(re.split(r"[=; ]+|; ", left.headers["set-cookie"])) | set(
        left.headers["set-cookie"].split("; ")
    )
    assert browser.open("/dossiers").title == "Se connecter"


@pytest.mark.asvs("6.3.2")
def test_a_new_installation_has_no_account_and_no_way_in(database: Database) -> None:
    def count(table: Table) -> int:
        return database.read(lambda db: int(db.execute(select(func.count()).select_from(table)).scalar_one()), WORKER)

    assert [count(table) for table in (person, api_token, session, signed_link)] == [0, 0, 0, 0]


@pytest.mark.asvs("6.4.2")
def test_the_door_asks_for_an_address_and_a_code_and_for_nothing_that_one_remembers(town: Town) -> None:
    asked = set()
    for address in ("/connexion", "/connexion/envoye"):
        page = Page(Browser(town.app).open(address).answer.text)
        asked |= {one["name"] for one in page.all("input") if one.get("type") != "hidden"}
    assert asked == {"email", "code"}


@pytest.mark.asvs("15.3.7")
def test_a_parameter_is_read_where_it_belongs_and_once(town: Town) -> None:
    stranger = Browser(town.app)
    hidden = re.search(r'name="csrf" value="([^"]+)"', stranger.open("/connexion").answer.text)
    assert hidden
    said = {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}

    assert (
        stranger.client.post("/connexion?email=ines@example.org", data={"csrf": hidden[1]}, headers=said).status_code
        == 422
    )
    assert (
        stranger.client.post(
            f"/connexion?csrf={hidden[1]}", data={"email": "ines@example.org"}, headers=said
        ).status_code
        == 403
    )
    ines = town["ines"].client
    town.logged()
    both = ines.get("/dossiers?q=traore&q=personne").text
    assert both.count("Épicerie Traoré") == ines.get("/dossiers?q=personne").text.count("Épicerie Traoré")


@pytest.mark.asvs("1.2.2")
def test_what_is_looked_for_is_encoded_in_the_addresses_that_bear_it(town: Town) -> None:
    wanted = 'a&etat=closed#x"><b>é%41'
    page = Page(town["ines"].client.get("/dossiers", params={"q": wanted}).text)
    led = [urlsplit(one["href"]) for one in page.all("a") if one.get("href", "").startswith("/dossiers?")]
    kept = [parse_qs(one.query) for one in led if "q=" in one.query]
    assert len(kept) > 3
    assert {tuple(one["q"]) for one in kept if "q" in one} == {(wanted,)}
    assert not [one for one in led if one.fragment]


@pytest.mark.asvs("1.2.2")
def test_no_link_of_a_page_leads_by_another_protocol(town: Town) -> None:
    found = set()
    for address in pages(town):
        for name in ("ines", "admin"):
            answer = town[name].client.get(address)
            if answer.headers.get("content-type", "").startswith("text/html"):
                found |= {urlsplit(one["href"]).scheme for one in Page(answer.text).all("a") if "href" in one}
    assert found <= {"", "https", "tel", "mailto", "http"}


@pytest.mark.asvs("4.1.2", "12.2.1")
def test_in_production_a_page_in_clear_leads_to_its_encrypted_address_and_anything_else_is_refused(
    database: Database,
) -> None:
    chosen = Settings(env="production", secret_key="k" * 32, base_url="https://quartiers.example")
    client = Browser(application(database, FixedClock(NOW), settings=chosen)).client

    led = client.get("/dossiers?q=a%26b")
    assert (led.status_code, led.headers["location"]) == (308, "https://quartiers.example/dossiers?q=a%26b")
    assert "strict-transport-security" in led.headers
    for method, address in (("GET", "/api/v1/me"), ("POST", "/api/v1/cases"), ("POST", "/connexion")):
        refused = client.request(method, address, headers={"Authorization": "Bearer qp_x"})
        assert (refused.status_code, refused.json()["code"]) == (403, "tls_needed")
        assert "location" not in refused.headers
    assert client.get("/healthz").status_code == 200
    client.base_url = client.base_url.copy_with(scheme="https")
    assert client.get("/connexion").status_code == 200


@pytest.mark.asvs("3.4.3", "3.4.4", "3.4.5", "3.4.6", "14.2.2", "14.3.2")
@pytest.mark.parametrize("who", ["", "ines", "admin"])
def test_every_answer_forbids_frames_guesses_other_sources_and_copies(town: Town, who: str) -> None:
    client = town[who].client if who else Browser(town.app).client
    for address in (
        *PUBLIC,
        "/",
        "/dossiers",
        "/dossiers/export.csv",
        "/administration",
        "/mon-compte",
        "/deconnexion",
    ):
        answer = client.get(address)
        policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
        assert (policy["default-src"], policy["object-src"], policy["base-uri"], policy["frame-ancestors"]) == (
            "'self'",
            "'none'",
            "'none'",
            "'none'",
        )
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] in ("no-store", "private, no-cache")


@pytest.mark.asvs("15.2.3", "13.4.2", "13.4.5")
def test_in_production_nothing_of_the_demonstration_nor_of_debugging_is_there(database: Database) -> None:
    chosen = SETTINGS.model_copy(update={"env": "production", "base_url": "https://quartiers.example"})
    app = create_app(database, FixedClock(NOW), settings=chosen)
    client = Browser(app, network="198.51.100.7").client
    client.base_url = client.base_url.copy_with(scheme="https")

    assert app.debug is False
    for address in ("/demo", "/demo/messagerie", "/docs", "/redoc", "/openapi.json", "/debug", "/metrics"):
        assert client.get(address).status_code == 404
