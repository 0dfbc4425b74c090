"""What every answer bears, what is too large or for another host, and how the application says that it is well."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fastapi import APIRouter
from sqlalchemy import insert, text

from api.settings import Settings
from cases.clock import FixedClock
from cases.database import Database, Scope
from cases.errors import Conflict, Refused
from cases.identifiers import new_id
from engine.model import Refusal, RefusedBy
from notifications.tables import heartbeat, message
from tests.api.browser import HOST, Browser, application
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
