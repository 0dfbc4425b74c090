"""The worker: it ticks until it is asked to stop, and says that it is alive."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from cases.clock import FixedClock
from notifications.clock import EVERY, SILENT, beat, run, tick, worker_is_alive
from tests.cases.test_stories_in_memory import WORKER
from tests.notifications.mail_server import MailServer
from tests.notifications.scenes import Scene, post_to


def alive(scene: Scene, at: Any) -> bool:
    return scene.database.read(lambda db: worker_is_alive(db, at), WORKER)


def test_one_tick_does_all_that_is_due(scene: Scene, mail_server: MailServer) -> None:
    scene.clock.set(scene.at("2027-02-04T08:30"))
    done = asyncio.run(tick(scene.database, scene.clock, post_to(mail_server)))
    assert (done.swept, done.planned, done.sent) == (1, 3, 3)


def test_a_worker_works_until_it_is_asked_to_stop(scene: Scene, mail_server: MailServer) -> None:
    async def work() -> None:
        stopping = asyncio.Event()
        at_work = asyncio.create_task(run(scene.database, scene.clock, post_to(mail_server, 1), stopping, name="one"))
        while not mail_server.letters:
            await asyncio.sleep(0.05)
        stopping.set()
        await asyncio.wait_for(at_work, 10)

    asyncio.run(asyncio.wait_for(work(), 20))
    assert alive(scene, scene.clock)


def test_a_worker_asked_to_stop_finishes_the_letter_under_way(scene: Scene, mail_server: MailServer) -> None:
    async def work() -> None:
        stopping = asyncio.Event()
        at_work = asyncio.create_task(run(scene.database, scene.clock, post_to(mail_server, 1), stopping, name="one"))
        while not mail_server.connections:
            await asyncio.sleep(0.02)
        stopping.set()
        await at_work

    scene.plan()
    mail_server.seconds = 0.5
    asyncio.run(asyncio.wait_for(work(), 60))
    assert [row.status for row in scene.messages()].count("sent") == len(mail_server.letters) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_job_that_fails_ticks_again(scene: Scene, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is to be told is out of reach, then there again: nobody starts the worker anew."""
    monkeypatch.setitem(EVERY, "plan", 1)
    monkeypatch.setitem(EVERY, "send", 1)

    async def work() -> None:
        stopping = asyncio.Event()
        at_work = asyncio.create_task(run(scene.database, scene.clock, post_to(mail_server, 1), stopping, name="one"))
        while not any(said["event"] == "tick_failed" and said["job"] == "plan" for said in told):
            await asyncio.sleep(0.05)
        rename(scene, "away", "outbox")
        while not mail_server.letters:
            await asyncio.sleep(0.05)
        stopping.set()
        await at_work

    rename(scene, "outbox", "away")
    with capture_logs() as told:
        asyncio.run(asyncio.wait_for(work(), 60))


def rename(scene: Scene, table: str, to: str) -> None:
    """Take a table away, or bring it back, behind the product's back."""
    with closing(sqlite3.connect(str(scene.database.engine.url.database))) as db:
        db.execute(f"ALTER TABLE {table} RENAME TO {to}")


def test_a_worker_that_is_silent_is_not_alive(scene: Scene) -> None:
    now = scene.clock.now()
    assert not alive(scene, scene.clock)
    beat(scene.database, scene.clock, "one")
    assert alive(scene, scene.clock)
    assert not alive(scene, FixedClock(now + SILENT + timedelta(seconds=1)))
