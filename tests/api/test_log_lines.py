"""What the processes write down: who came in or was refused, what failed, when and by which route; no name, no word, one line each."""

from __future__ import annotations

import io
import logging
import re
from datetime import datetime

import pytest
import structlog
from fastapi import APIRouter
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

from api.log_lines import write_lines
from cases.database import Database
from cases.tables.people import person
from notifications.links import new_link
from tests.api.browser import HOST, Browser
from tests.api.canary import EMAIL, NAME, holds_a_trace
from tests.api.lines import lines_of, written
from tests.api.street import NOW, WORKER, Town
from tests.cases.conftest import database

__all__ = ["database", "written"]
faults = APIRouter()


@faults.get("/faute/{kind}")
async def fail(kind: str) -> None:
    """Go wrong with her name in the message."""
    raise ValueError(f"{NAME} <{EMAIL}> {kind}")


@pytest.fixture
def town(database: Database) -> Town:
    """None of this depends on which database it is, but for what the database itself says."""
    town = Town(database)
    town.app.include_router(faults)
    return town


def enter(town: Town, link: str) -> Browser:
    browser = Browser(town.app, raises=False)
    return browser.open(link).fill(link)


@pytest.mark.asvs("16.2.1", "16.2.2", "16.2.4", "16.3.1")
def test_who_comes_in_is_written_down_with_when_where_and_how(town: Town, written: io.StringIO) -> None:
    who = town.street.ids["ines"]
    link = town.street.database.write(lambda db: new_link(db, "sign_in", now=NOW, person_id=who), WORKER)

    enter(town, f"/lien/{link}")

    [line] = lines_of(written, "signed_in")
    assert {name: line[name] for name in ("level", "logger", "person", "method", "route", "network")} == {
        "level": "info", "logger": "api.log_lines", "person": who, "method": "POST", "route": "/lien/{token}", "network": "127.0.0.1",
    }  # fmt: skip
    assert line["at"].endswith("Z")
    assert datetime.fromisoformat(line["at"]).utcoffset() is not None
    assert len(line["request_id"]) == 32
    assert link not in written.getvalue()


@pytest.mark.asvs("16.3.1", "16.3.3")
def test_who_does_not_come_in_is_written_down(town: Town, written: io.StringIO) -> None:
    browser = Browser(town.app)
    browser.open("/connexion").fill(email="ines@example.org")
    browser.fill("/connexion/code", code="000000")

    assert [(line["why"], line["route"], line["level"]) for line in lines_of(written, "sign_in_refused")] == [
        ("code", "/connexion/code", "warning")
    ]
    assert "ines@example.org" not in written.getvalue()


@pytest.mark.asvs("16.3.2", "16.3.3")
def test_what_is_refused_is_written_down_with_who_asked(town: Town, written: io.StringIO) -> None:
    reference = town.logged()
    said = {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}
    Browser(town.app).client.get("/api/v1/me", headers={"Authorization": "Bearer qp_wrong"})
    town["stranger"].client.get(f"/dossiers/{reference}")
    town["karim"].client.get("/administration")
    town["ines"].client.post("/dossiers/nouveau", data={"csrf": "forged"}, headers=said)
    town["ines"].client.post("/dossiers/nouveau", data={"name": "a" * 1_000_001}, headers=said)

    refused = [(line["status"], line["route"], line.get("person")) for line in lines_of(written, "request_refused")]
    ids = town.street.ids
    assert (401, "/me", None) in refused
    assert (404, "/dossiers/{reference}", ids["stranger"]) in refused
    assert (404, "/administration", ids["karim"]) in refused
    assert [status for status, route, _ in refused if route == "/dossiers/nouveau"] == [403, 413]
    assert reference not in written.getvalue()


@pytest.mark.asvs("16.2.5", "16.3.4")
def test_a_fault_is_written_down_by_its_kind_and_its_place_and_never_by_its_words(
    town: Town, written: io.StringIO
) -> None:
    Browser(town.app, raises=False).client.get("/faute/canarix-mot")
    logging.getLogger("uvicorn.error").error("Exception in ASGI application", exc_info=ValueError(NAME))

    [line] = lines_of(written, "request_failed")
    assert (line["level"], line["status"], line["error"], line["route"]) == (
        "error",
        500,
        "ValueError",
        "/faute/{kind}",
    )
    assert line["at_fault"][-1].startswith("tests/api/test_log_lines.py:")
    assert lines_of(written, "Exception in ASGI application")[0]["error"] == "ValueError"
    assert not holds_a_trace(written.getvalue())


@pytest.mark.asvs("16.2.5")
def test_an_error_of_the_database_bears_none_of_what_was_to_be_written(
    database: Database, written: io.StringIO
) -> None:
    row = {"name": NAME, "email": EMAIL, "created_at": NOW}
    with pytest.raises(DBAPIError) as found:
        database.write(lambda db: db.execute(insert(person).values(id=None, **row)), WORKER)

    logging.getLogger("uvicorn.error").error("it failed", exc_info=found.value)

    assert not holds_a_trace(str(found.value).partition("DETAIL")[0])
    assert not holds_a_trace(written.getvalue())


@pytest.mark.asvs("16.4.1")
@pytest.mark.parametrize("form", ["json", "text"])
def test_nobody_forges_a_line(form: str, town: Town, written: io.StringIO) -> None:
    lines = io.StringIO()
    write_lines(form, lines)
    forged = 'x\n{"event": "signed_in", "person": "admin"}\r\nat=\'now\' event=\'signed_in\'\x1b[2J'

    structlog.get_logger("api").warning("told", why=forged)
    Browser(town.app, raises=False).client.get(
        "/nulle-part/%0aevent=signed_in", headers={"X-Request-ID": "a b c d e f g\\n"}
    )

    assert len(lines.getvalue().splitlines()) == 2
    assert "\x1b" not in lines.getvalue()


@pytest.mark.asvs("16.2.3")
def test_what_others_write_below_a_warning_is_left_out(written: io.StringIO) -> None:
    logging.getLogger("httpx2").info("GET https://register.example/search?q=%s", NAME)
    logging.getLogger("apscheduler").info("job %s", NAME)
    logging.getLogger("uvicorn.error").info("Started server process")

    assert [line["event"] for line in lines_of(written)] == ["Started server process"]


def test_the_lines_of_a_terminal_are_words_and_values(written: io.StringIO) -> None:
    lines = io.StringIO()
    write_lines("text", lines)

    structlog.get_logger("api").info("told", count=3)

    assert re.fullmatch(r"at='20[^']+Z' level='info' logger='api' event='told' count=3\n", lines.getvalue())
