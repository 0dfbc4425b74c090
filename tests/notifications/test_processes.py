"""The worker as a process of its own, and what the terminal shows of messages: on a file, with a real SMTP server."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from api.cli import app
from api.settings import settings
from cases.clock import SystemClock
from cases.database import Database, connect
from notifications.clock import worker_is_alive
from notifications.tables import heartbeat
from tests.cases.conftest import migrated_file
from tests.cases.test_stories_in_memory import WORKER
from tests.notifications.mail_server import MailServer, free_port
from tests.notifications.scenes import Scene
from tests.waiting import SECONDS, until

ROOT = Path(__file__).parent.parent.parent


class Place:
    """A file with a case in it, and what the settings say."""

    def __init__(self, path: Path, server: MailServer) -> None:
        self.environment = {
            **os.environ,
            "QP_DATABASE_URL": f"sqlite:///{path}",
            "QP_SMTP_URL": f"smtp://127.0.0.1:{server.port}?starttls=off",
            "QP_MAIL_FROM": "Quartiers productifs <bonjour@quartiers.example>",
        }
        self.database: Database = connect(self.environment["QP_DATABASE_URL"])
        self.scene = Scene.of_the_snack_bar(self.database)

    def qp(self, *words: str) -> Result:
        """A command, in this process."""
        settings.cache_clear()
        return CliRunner().invoke(app, words, env=self.environment)

    @contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process that is asked to stop at the end, and does."""
        command = [sys.executable, "-m", "api.cli", *words]
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) in (0, -signal.SIGTERM)


@pytest.fixture
def place(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, mail_server: MailServer) -> Iterator[Place]:
    shutil.copy(migrated_file(tmp_path_factory.getbasetemp()), tmp_path / "cases.db")
    made = Place(tmp_path / "cases.db", mail_server)
    yield made
    made.database.close()
    settings.cache_clear()


def test_a_worker_process_sends_what_is_due_and_stops_when_asked(place: Place, mail_server: MailServer) -> None:
    place.scene.change_outbox_to_now()
    with place.running("worker") as process:
        until(lambda: len(place.scene.messages()) == 2)
        until(lambda: place.database.read(lambda db: worker_is_alive(db, SystemClock()), WORKER))
        assert process.poll() is None
    assert process.returncode == 0


def test_a_worker_of_two_processes_sends_each_mail_once_and_both_stop_when_asked(
    place: Place, mail_server: MailServer
) -> None:
    place.scene.change_outbox_to_now()
    with place.running("worker", "--processes", "2") as process:
        until(lambda: len(at_work(place)) == 2)
        until(lambda: len(mail_server.letters) == 2)
    assert process.returncode == 0
    assert len({letter["Message-ID"] for letter in mail_server.letters}) == 2
    assert not any(is_alive(pid) for pid in at_work(place))


def test_when_one_of_its_processes_is_killed_a_worker_ends_for_whoever_watches_it(place: Place) -> None:
    worker = [sys.executable, "-m", "api.cli", "worker", "--processes", "2"]
    process = subprocess.Popen(worker, cwd=ROOT, env=place.environment)
    until(lambda: len(at_work(place)) == 2)
    os.kill(at_work(place)[0], signal.SIGKILL)
    assert process.wait(SECONDS) == 1
    assert not any(is_alive(pid) for pid in at_work(place))


def at_work(place: Place) -> list[int]:
    """The processes that said that they work."""
    names = place.database.read(lambda db: db.execute(select(heartbeat.c.name)).scalars().all(), WORKER)
    return [int(name.rpartition(":")[2]) for name in names]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_serving_from_a_file_does_the_workers_part_too(place: Place) -> None:
    place.scene.change_outbox_to_now()
    port = free_port()
    with place.running("serve", "--port", str(port)):
        until(lambda: len(place.scene.messages()) == 2)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            assert answer.status == 200


def test_what_comes_is_shown_on_the_terminal(place: Place) -> None:
    place.scene.change_outbox_to_now()
    shown = place.qp("reminders", "preview", "--days", "1", "--json")
    found = {one["kind"]: one for one in json.loads(shown.stdout)}
    assert set(found["referral_sent"]) == {"at", "timezone", "recipient", "kind", "class", "case", "rule", "reason"}
    assert (found["referral_sent"]["class"], found["referral_sent"]["recipient"]) == ("direct", "Adie")
    assert "referral_sent" in place.qp("reminders", "preview", "--days", "1").stdout


def test_a_dead_letter_is_retried_or_given_up_from_the_terminal(place: Place, mail_server: MailServer) -> None:
    mail_server.refusals["antenne@example.org"] = "550 5.1.1 no such mailbox"
    place.scene.plan()
    place.scene.send(mail_server)
    (dead,) = json.loads(place.qp("messages", "list", "--status", "dead", "--json").stdout)
    assert dead["last_error"].startswith("550")
    assert place.qp("messages", "retry", dead["id"]).exit_code == 0
    assert place.qp("messages", "retry", dead["id"]).exit_code == 1
    assert place.qp("messages", "give-up", dead["id"]).exit_code == 1
    assert "waiting" in place.qp("messages", "list").stdout
