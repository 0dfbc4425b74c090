"""A canary is led through the whole product: no word of hers in a log, a figure, an error or an export without names; after her erasure, nowhere."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import APIRouter
from sqlalchemy import update
from structlog import get_logger

from api.security import new_token
from cases.database import Database
from cases.files import Files
from notifications import retention
from notifications.clock import tick
from notifications.tables import message
from tests.api.browser import SETTINGS, Browser, application
from tests.api.canary import EMAIL, NAME, SAID, TRACES, holds_a_trace, led_further, led_through, traces
from tests.api.lines import lines_of, written
from tests.api.street import WORKER, Town
from tests.cases.conftest import database
from tests.notifications.conftest import mail_server
from tests.notifications.mail_server import MailServer
from tests.notifications.scenes import post_to

__all__ = ["database", "mail_server", "written"]
faults = APIRouter()


@faults.get("/faute")
@faults.get("/api/v1/faute")
async def fail() -> None:
    """Go wrong with all that is known of her in the message."""
    raise ValueError(f"{NAME} <{EMAIL}> {SAID}")


@pytest.fixture
def town(database: Database, tmp_path: Path) -> Town:
    town = Town(database)
    chosen = SETTINGS.model_copy(update={"files_dir": tmp_path / "files"})
    town.app = application(database, town.street.clock, settings=chosen)
    town.app.include_router(faults)
    return town


def worked(town: Town, server: MailServer, *, hours: int) -> None:
    """The worker's part, some hours later: what is due happens, is planned and is mailed; the server is away, then refuses one letter."""
    later = town.street.clock.now() + timedelta(hours=hours)
    town.street.later(later)
    server.refuses_us = True
    asyncio.run(tick(town.street.database, town.street.clock, post_to(server)))
    server.refuses_us, server.answers = False, ["550 5.7.1 no", "451 4.7.1 later"]
    asyncio.run(tick(town.street.database, town.street.clock, post_to(server)))


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
    town: Town, written: io.StringIO, mail_server: MailServer
) -> None:
    reference = led_through(town)
    led_further(town, reference)
    worked(town, mail_server, hours=5)
    mail_server.refusals = {EMAIL: "550 5.1.1 nobody"}
    worked(town, mail_server, hours=30)
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
    town: Town, mail_server: MailServer, tmp_path: Path
) -> None:
    reference = led_through(town)
    led_further(town, reference)
    worked(town, mail_server, hours=5)
    files, street = Files(tmp_path / "files"), town.street
    assert kept_files(tmp_path) == [True]
    assert traces(street.database) >= {
        "saved_view.asked",
        "import_line.data",
        "message.text",
        "journal_text.words",
        "document.name",
    }

    town.known["laurent"] = street.sign_in("laurent", town.app)
    town["laurent"].open(f"/dossiers/{reference}/donnees").fill(f"/dossiers/{reference}/donnees/effacer", sure="1")
    for _ in range(3):
        worked(town, mail_server, hours=24)
    street.database.write(
        lambda db: db.execute(update(message).where(message.c.status == "waiting").values(status="sent")), WORKER
    )
    assert retention.keep_schedule(street.database, street.clock.now(), files) is not None

    assert traces(street.database) == set()
    assert kept_files(tmp_path) == []


def kept_files(folder: Path) -> list[bool]:
    """For each file that is kept, whether it bears a word of hers: in its bytes, or in its name."""
    found = [path for path in (folder / "files").rglob("*") if path.is_file()]
    return [holds_a_trace(path.read_bytes().decode("utf-8", "replace") + path.name) for path in found]


def test_a_word_of_hers_that_is_left_somewhere_would_be_found(town: Town, written: io.StringIO, tmp_path: Path) -> None:
    get_logger("api").warning("not_sent", why=f"550 <{EMAIL}> unknown")
    town.app.state.figures.requests.labels("GET", f"/dossiers/{SAID}", 200).inc()
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a").write_bytes(SAID.encode())

    assert holds_a_trace(written.getvalue())
    assert holds_a_trace(Browser(town.app).client.get("/metrics").text)
    assert found_in(iter([("a page", f"<p>{NAME}</p>"), ("another", "<p>Quelqu’un</p>")])) == [f"a page: <p>{NAME}</p>"]
    assert kept_files(tmp_path) == [True]
