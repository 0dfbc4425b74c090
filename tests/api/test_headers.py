"""What every answer bears, what is too large or for another host, and how the application says that it is well."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import insert, text
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.errors import ERRORS
from api.rate_limits import asker_of
from api.settings import Settings
from cases.clock import FixedClock
from cases.database import Database, Scope
from cases.errors import Conflict, Refused
from cases.identifiers import new_id
from engine.model import Refusal, RefusedBy
from notifications.tables import heartbeat, message
from tests.api.browser import HOST, SETTINGS, Browser, application
from tests.cases.conftest import database

__all__ = ["database"]

NOW = datetime(2027, 2, 2, 9, 0, tzinfo=UTC)
PUBLIC = (
    "/connexion",
    "/aide",
    "/accessibilite",
    "/donnees-personnelles",
    "/nulle-part",
    "/healthz",
    "/lien/x",
    "/api/v1/me",
)
faults = APIRouter()


@faults.get("/faute/{kind}")
@faults.get("/api/v1/faute/{kind}")
async def fail(kind: str) -> None:
    """Go wrong in that way."""
    raise {
        "bug": ZeroDivisionError("a secret detail"),
        "conflict": Conflict({"reference": "QP-7K3F-9XM2", "version": 3, "state": "orientation"}),
        "refused": Refused([Refusal("x", "Donnez une issue à chaque besoin.")]),
        "role": Refused([Refusal("x", "Cela revient au conseiller.", RefusedBy.ROLE)]),
    }[kind]


pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""None of this depends on which database it is."""


@pytest.fixture
def browser(database: Database) -> Browser:
    app = application(database, FixedClock(NOW))
    app.include_router(faults)
    return Browser(app, raises=False)


@pytest.mark.parametrize("address", PUBLIC)
def test_every_answer_bears_its_safe_headers_and_its_id(browser: Browser, address: str) -> None:
    answer = browser.open(address).answer

    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.headers["x-request-id"]) == 32


def test_a_proxys_request_id_is_kept_and_a_strange_one_is_not(browser: Browser) -> None:
    def given(value: str) -> str:
        return str(browser.client.get("/healthz", headers={"X-Request-ID": value}).headers["x-request-id"])

    assert given("abc-12345678") == "abc-12345678"
    assert given("<script>") != "<script>"


@pytest.mark.asvs("5.2.1", "15.2.2")
def test_a_body_that_is_too_large_is_refused_however_it_is_sent(browser: Browser) -> None:
    heavy = {"email": "a" * 1_000_001}

    assert browser.post("/connexion", heavy).status == 413
    assert "trop lourd" in browser.title
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    in_pieces = iter([b"email=", b"a" * 1_000_001])
    assert browser.client.post("/connexion", content=in_pieces, headers=form).status_code == 413
    assert browser.client.post("/imports", content=b"a" * 2_000_000).status_code != 413


def test_only_the_hosts_of_the_settings_are_answered(database: Database) -> None:
    settings = Settings(secret_key="k" * 32, trusted_hosts="quartiers.example, www.quartiers.example")
    client = Browser(application(database, FixedClock(NOW), settings=settings)).client

    assert client.get("/healthz").status_code == 200
    assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.asvs("16.5.1")
def test_what_goes_wrong_is_a_page_for_people_and_a_problem_for_tools(browser: Browser) -> None:
    expected = {"bug": 500, "conflict": 409, "refused": 422, "role": 403}
    for kind, status in expected.items():
        assert browser.open(f"/faute/{kind}").status == status
        assert "<h1>" in browser.answer.text
        problem = browser.open(f"/api/v1/faute/{kind}").answer
        assert (problem.status_code, problem.headers["content-type"]) == (status, "application/problem+json")
        assert "secret detail" not in browser.page


def test_a_conflict_says_where_the_case_is_now_and_leads_back_to_it(browser: Browser) -> None:
    page = browser.open("/faute/conflict").page

    assert "Le dossier QP-7K3F-9XM2 est maintenant à l'étape « Orientation »." in page
    assert 'href="/dossiers/QP-7K3F-9XM2"' in page


@pytest.mark.asvs("13.4.2", "16.5.1")
def test_a_fault_gives_its_number_and_no_detail(browser: Browser) -> None:
    answer = browser.open("/faute/bug").answer

    assert answer.headers["x-request-id"] in answer.text
    assert "ZeroDivisionError" not in answer.text


def test_it_is_ready_once_a_worker_was_heard_of_and_the_tables_are_the_newest(
    browser: Browser, database: Database
) -> None:
    assert browser.open("/readyz").answer.json() == {
        "ready": False,
        "database": True,
        "migrations": True,
        "worker": False,
    }
    assert browser.status == 503

    database.write(lambda db: db.execute(insert(heartbeat).values(name="worker", at=NOW)), Scope.worker())

    assert browser.open("/readyz").status == 200


def test_an_older_schema_is_not_ready(browser: Browser, database: Database) -> None:
    database.write(lambda db: db.execute(text("UPDATE alembic_version SET version_num = '0000'")), Scope.worker())

    found = browser.open("/readyz").answer

    assert (found.status_code, found.json()["migrations"]) == (503, False)


def test_a_problem_leads_to_the_page_that_says_what_its_code_means(browser: Browser) -> None:
    page = browser.open("/aide/erreurs").answer.text
    assert {"not_found", "scope_missing", "file_too_big", "too_many_requests"} <= set(ERRORS)
    assert all(f'<section class="sec" id="{code}">' in page for code in ERRORS)

    for address in (
        "/api/v1/nulle-part",
        "/api/v1/me",
        "/api/v1/faute/bug",
        "/api/v1/faute/conflict",
        "/api/v1/faute/role",
    ):
        problem = browser.client.get(address).json()
        assert problem["type"].endswith(f"/aide/erreurs#{problem['code']}")
        assert problem["code"] in ERRORS


def test_every_error_of_a_file_has_its_sentence_on_that_page(database: Database) -> None:
    assert len([one for one in ERRORS.values() if one.title == "Fichier refusé"]) > 5
    assert all(one.sentence.endswith((".", "…", ")")) and 400 <= one.status < 600 for one in ERRORS.values())


def test_the_interface_is_shown_by_a_page_of_ours_with_every_route(browser: Browser) -> None:
    page = browser.open("/api/docs")

    routes = browser.client.get("/api/openapi.json").json()["paths"]
    assert page.status == 200
    assert all(path in page.page for path in routes)
    assert "<script" not in re.sub(r'<script src="/static[^>]*>', "", page.answer.text)


@pytest.mark.asvs("13.4.5")
def test_figures_are_for_this_machine_or_for_who_has_their_token(database: Database) -> None:
    alone, far = application(database, FixedClock(NOW)), "198.51.100.7"
    assert Browser(alone).open("/metrics").status == 200
    assert Browser(alone, network=far).open("/metrics").status == 404
    assert Browser(alone).client.get("/metrics", headers={"X-Forwarded-For": far}).status_code == 404

    app = application(
        database, FixedClock(NOW), settings=SETTINGS.model_copy(update={"metrics_token": SecretStr("monitor")})
    )
    client = Browser(app, network=far).client
    given = [
        client.get("/metrics", headers={"Authorization": f"Bearer {one}"}).status_code
        for one in ("monitor", "", "another")
    ]
    assert given == [200, 404, 404]
    assert Browser(app).open("/metrics").status == 404


@pytest.mark.asvs("4.1.3", "15.3.4")
def test_only_a_proxy_of_the_settings_is_believed_on_where_a_request_comes_from(database: Database) -> None:
    seen = APIRouter()

    @seen.get("/d-ou")
    async def from_where(request: Request) -> str:
        """Whence."""
        return asker_of(request)

    app = FastAPI()
    app.include_router(seen)
    behind = ProxyHeadersMiddleware(app, trusted_hosts=Settings(trusted_proxies="10.0.0.1, *").proxies)
    said = {"X-Forwarded-For": "192.0.2.1, 203.0.113.5"}

    def whence(network: str) -> object:
        return TestClient(behind, client=(network, 1)).get("/d-ou", headers=said).json()

    assert whence("10.0.0.1") == "203.0.113.5"
    assert whence("198.51.100.7") == "198.51.100.7"
    assert whence("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64"


def test_in_production_the_host_of_the_links_alone_is_answered(database: Database) -> None:
    settings = Settings(secret_key="k" * 32, env="production", base_url="https://quartiers.example")
    client = Browser(application(database, FixedClock(NOW), settings=settings)).client

    assert client.get("/healthz").status_code == 200
    assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 400


def test_the_figures_count_routes_and_never_an_address(browser: Browser) -> None:
    browser.open("/lien/a-secret-token")
    figures = browser.open("/metrics").answer.text

    assert 'qp_requests_total{method="GET",route="/lien/{token}",status="404"} 1.0' in figures
    assert "a-secret-token" not in figures
    assert "qp_messages_waiting 0.0" in figures
    assert "qp_deadlines_late 0.0" in figures
    assert HOST not in figures


def test_a_mail_that_could_not_leave_is_counted(browser: Browser, database: Database) -> None:
    row = {"id": new_id(NOW), "key": "deadline_due", "mail_class": "reminder", "status": "dead", "outbox_key": "once"}
    database.write(lambda db: db.execute(insert(message).values(**row, send_at=NOW, created_at=NOW)), Scope.worker())

    figures = browser.open("/metrics").answer.text

    assert "qp_messages_failed 1.0" in figures
    assert "qp_messages_waiting 0.0" in figures
