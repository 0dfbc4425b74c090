"""A canary is led through the whole product: no word of hers in a log, a figure, an error or an export without names; after her erasure, nowhere."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from fastapi import APIRouter
from sqlalchemy import Connection, select, update
from structlog import get_logger

from api.security import new_token
from cases.access import Identity
from cases.clock import FixedClock
from cases.database import Database
from cases.files import Files
from cases.privacy.erasure import ON_REQUEST, close_for_good
from cases.tables.case import case_file
from engine.model import Role
from notifications import personal_data, retention
from notifications.clock import tick
from notifications.tables import message
from notifications.webhooks import deliver_due
from tests.api.browser import SETTINGS, Browser, application
from tests.api.canary import EMAIL, NAME, SAID, TRACES, holds_a_trace, led_further, led_through, traces
from tests.api.canary_by_other_doors import (
    answered_by_mail,
    led_by_a_sheet,
    led_by_herself,
    led_by_the_operator,
    told_to,
)
from tests.api.lines import lines_of, written
from tests.api.markup.payloads import Words
from tests.api.markup.steps import WrittenLives
from tests.api.reply_desk import DOMAIN, Letterbox
from tests.api.street import NOW, WORKER, Town
from tests.cases.conftest import database
from tests.files import JPEG
from tests.notifications.conftest import mail_server
from tests.notifications.mail_server import MailServer
from tests.notifications.scenes import post_to
from tests.notifications.tool_server import Tool

__all__ = ["database", "mail_server", "written"]
BEFORE = {
    "saved_view.asked", "import_line.data", "message.text", "journal_text.words", "document.name", "transition_plan.diagnostician", "plan_action.name",
    "meeting.place", "aid_obtained.aid", "entrepreneur.name", "business.name", "case_search.words",
}  # fmt: skip
"""Where she is, at the least, before she is erased."""
faults = APIRouter()


@faults.get("/faute")
@faults.get("/api/v1/faute")
async def fail() -> None:
    """Go wrong with all that is known of her in the message."""
    raise ValueError(f"{NAME} <{EMAIL}> {SAID}")


@pytest.fixture
def letterbox(database: Database, tmp_path: Path) -> Letterbox:
    return Letterbox(database, FixedClock(NOW), tmp_path / "files")


@pytest.fixture
def tool(tmp_path: Path) -> Iterator[Tool]:
    with Tool(tmp_path).running() as running:
        yield running


@pytest.fixture
def town(database: Database, letterbox: Letterbox, tmp_path: Path) -> Town:
    town = Town(database)
    letterbox.clock = town.street.clock
    chosen = SETTINGS.model_copy(update={"files_dir": tmp_path / "files"})
    town.app = application(database, town.street.clock, settings=chosen)
    town.app.include_router(faults)
    return town


def led_everywhere(town: Town, server: MailServer, letterbox: Letterbox, tool: Tool) -> str:
    """Through every door: the pages, a sheet, a mentor, a plan, the mails and their answers, her own link, a tool."""
    reference = led_through(town, photo=JPEG + SAID.encode())
    told_to(town, tool)
    led_by_the_operator(town, reference)
    led_further(town, reference)
    led_by_a_sheet(town)
    worked(town, server, hours=1)
    answered_by_mail(server, letterbox)
    led_by_herself(town, reference)
    for _ in range(2):
        asyncio.run(deliver_due(town.street.database, town.street.clock, tool.teller()))
    assert any(reference in request.body.decode() for request in tool.told)
    return reference


def worked(town: Town, server: MailServer, *, hours: int, hers: str = "451 4.7.1 later") -> None:
    """The worker's part, some hours later: what is due happens, is planned and is mailed; the server is away, then refuses what is to her and to her adviser."""
    later = town.street.clock.now() + timedelta(hours=hours)
    town.street.later(later)
    post = replace(post_to(server), reply_domain=DOMAIN)
    server.refuses_us = True
    asyncio.run(tick(town.street.database, town.street.clock, post))
    server.refuses_us, server.refusals = False, {EMAIL: hers, "ines@example.org": "550 5.7.1 no"}
    asyncio.run(tick(town.street.database, town.street.clock, post))
    server.refusals = {}


def errors_of(town: Town, reference: str) -> Iterator[tuple[str, str]]:
    """Every kind of error, as whoever meets it reads it."""
    street, now = town.street, town.street.clock.now()
    reader = Browser(town.app, raises=False).client
    token = street.database.write(lambda db: new_token(db, street.ids["stranger"], "outil", now=now), WORKER)
    own = street.database.write(lambda db: new_token(db, street.ids["ines"], "outil", now=now), WORKER)
    case = f"/api/v1/cases/{reference}"
    for address, bearer, sent in (
        ("/faute", "", None), ("/api/v1/faute", token, None), (case, token, None), (f"/api/v1/cases?sort={SAID}", own, None), (f"/api/v1/{SAID}", token, None),
        (f"/api/v1/cases/{SAID}", own, None), (f"{case}/steps", token, {"step": "hold", "payload": {"text": SAID}}),
        (f"{case}/steps", own, {"step": "close", "payload": {"reason": SAID}}), (f"{case}/notes", own, {"payload": {"text": f"{SAID}\x00"}}),
        ("/api/v1/cases", own, {"name": NAME, "phone": f"{SAID} 39987654", "email": SAID, "unknown": NAME}), (f"/dossiers/{reference}", "", None),
        (f"/nulle-part/{SAID}", "", None), (f"/lien/{SAID}", "", None),
    ):  # fmt: skip
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        answer = reader.post(address, json=sent, headers=headers) if sent else reader.get(address, headers=headers)
        assert answer.status_code >= 303, address
        problem = (
            {name: value for name, value in answer.json().items() if name != "instance"}
            if "json" in answer.headers.get("content-type", "")
            else answer.text
        )
        yield f"{address} {answer.status_code}", str(problem)
    for name in ("stranger", "observer", "elodie", "malik"):
        answer = town[name].client.get(f"/dossiers/{reference}")
        assert answer.status_code == 404
        yield f"{name} {answer.status_code}", answer.text


def without_names(town: Town) -> Iterator[tuple[str, str]]:
    """What leaves without names: the figures, on the page, as files and by the interface; as whoever reads nothing else."""
    street, now = town.street, town.street.clock.now()
    token = street.database.write(lambda db: new_token(db, street.ids["observer"], "outil", now=now), WORKER)
    for name in ("observer", "admin"):
        for address in ("/pilotage", "/pilotage/export.csv", "/pilotage/export.xlsx", "/territoires/roubaix"):
            answer = town[name].client.get(f"{address}?territoire=roubaix")
            if answer.status_code == 200:
                yield f"{name} {address}", _unpacked(answer.content)
    for address in ("/indicators", "/indicators/flow", "/backlog", "/offer-gaps", "/cases", "/territories/roubaix"):
        answer = Browser(town.app).client.get(
            f"/api/v1{address}?territory=roubaix", headers={"Authorization": f"Bearer {token}"}
        )
        yield f"observer {address} {answer.status_code}", answer.text


def _unpacked(content: bytes) -> str:
    if not content.startswith(b"PK"):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def found_in(texts: Iterator[tuple[str, str]]) -> list[str]:
    return [f"{where}: {_around(text)}" for where, text in texts if holds_a_trace(text)]


def _around(text: str) -> str:
    """The words around a trace, to know whence it comes."""
    at = min(place for trace in TRACES if (place := text.casefold().find(trace)) >= 0)
    return text[max(0, at - 60) : at + 30]


@pytest.mark.asvs("14.2.4", "16.2.5", "16.5.1")
def test_no_word_of_hers_is_in_a_log_a_figure_an_error_or_an_export_without_names(
    town: Town, written: io.StringIO, mail_server: MailServer, letterbox: Letterbox, tool: Tool
) -> None:
    reference = led_everywhere(town, mail_server, letterbox, tool)
    worked(town, mail_server, hours=5)
    worked(town, mail_server, hours=30, hers="550 5.1.1 nobody")
    assert any(holds_a_trace(str(letter)) for letter in mail_server.letters), "she is mailed about"

    for name in ("ines", "karim", "laurent", "observer", "admin"):
        town.known[name] = town.street.sign_in(name, town.app)
    assert found_in(errors_of(town, reference)) == []
    exported = list(without_names(town))
    assert len([where for where, _ in exported if "/pilotage/export" in where]) >= 2
    assert found_in(iter(exported)) == []
    assert not holds_a_trace(Browser(town.app).client.get("/metrics").text)
    events = {line["event"] for line in lines_of(written)}
    assert events >= {"request_refused", "request_failed", "mail_server_away"}
    assert [line for line in lines_of(written) if holds_a_trace(line)] == []
    assert not holds_a_trace(written.getvalue())


def test_after_her_erasure_she_is_in_no_table_and_in_no_file(
    town: Town, mail_server: MailServer, letterbox: Letterbox, tool: Tool, tmp_path: Path
) -> None:
    led_everywhere(town, mail_server, letterbox, tool)
    worked(town, mail_server, hours=5)
    files, street = Files(tmp_path / "files"), town.street
    assert kept_files(tmp_path / "files") == [True] * 4, "the photo, a document of each door"
    assert traces(street.database) >= BEFORE
    assert street.database.dialect == "postgresql" or any(kept_files(tmp_path, "cases.db*"))

    town.known["laurent"] = street.sign_in("laurent", town.app)
    for one in {row["reference"] for row in town.row(case_file)}:
        town["laurent"].open(f"/dossiers/{one}/donnees").fill(f"/dossiers/{one}/donnees/effacer", sure="1")
    for _ in range(3):
        worked(town, mail_server, hours=24)
    street.database.write(
        lambda db: db.execute(update(message).where(message.c.status == "waiting").values(status="sent")), WORKER
    )
    assert retention.keep_schedule(street.database, street.clock.now(), files) is not None

    assert traces(street.database) == set()
    assert kept_files(tmp_path / "files") == []
    assert not any(kept_files(tmp_path, "cases.db*"))


@pytest.mark.long
def test_whatever_field_she_was_written_in_her_erasure_reaches_it(database: Database, tmp_path: Path) -> None:
    """Her words in every field of every step and record that the rules declare: a field that joins them is written in too."""
    lives = WrittenLives(database, HerWords())
    lives.live()
    assert lives.left == set()
    assert len(traces(database)) > 10

    for case_id, reference in database.read(
        lambda db: db.execute(select(case_file.c.id, case_file.c.reference)).all(), WORKER
    ):
        database.write(
            partial(erased, case_id=case_id, reference=reference, by=lives.who(Role.MANAGER), now=lives.now), WORKER
        )
    database.overwrite_deleted()

    assert traces(database) == set()
    assert not any(kept_files(tmp_path, "cases.db*"))


class HerWords(Words):
    """What is written in each field: a word of hers."""

    def for_field(self, field: str, at_most: int) -> str:
        return f"{SAID} {field}"

    def written_whole(self, field: str) -> bool:
        return True


def erased(db: Connection, *, case_id: str, reference: str, by: Identity, now: datetime) -> None:
    """Close a case and anonymise it."""
    state = db.execute(select(case_file.c.state).where(case_file.c.id == case_id)).scalar_one()
    if state != "closed":
        close_for_good(db, reference, by=by, now=now)
    personal_data.erase(db, case_id, by=None, rule=ON_REQUEST, now=now)


def kept_files(folder: Path, named: str = "*") -> list[bool]:
    """For each file that is kept, whether it bears a word of hers: in its bytes, or in its name."""
    found = [path for path in folder.rglob(named) if path.is_file()]
    return [holds_a_trace(path.read_bytes() + path.name.encode()) for path in found]


def test_a_word_of_hers_that_is_left_somewhere_would_be_found(town: Town, written: io.StringIO, tmp_path: Path) -> None:
    get_logger("api").warning("not_sent", why=f"550 <{EMAIL}> unknown")
    town.app.state.figures.requests.labels("GET", f"/dossiers/{SAID}", 200).inc()
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a").write_bytes(SAID.encode())

    assert holds_a_trace(written.getvalue())
    assert holds_a_trace(Browser(town.app).client.get("/metrics").text)
    assert found_in(iter([("a page", f"<p>{NAME}</p>"), ("another", "<p>Quelqu’un</p>")])) == [f"a page: <p>{NAME}</p>"]
    assert kept_files(tmp_path / "files") == [True]
