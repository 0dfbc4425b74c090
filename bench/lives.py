"""Ten thousand random events on each database, then `qp verify`: what the tests do with a few hundred."""

from __future__ import annotations

import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from api.migrations.run import upgrade
from bench.write_path import migrated
from cases.database import Database, Scope, connect
from cases.tables.case import case_file
from cases.verification import verify_case, verify_territory
from tests.cases.lives import HOME, Lives
from tests.postgres import shared_server


@dataclass(frozen=True, slots=True)
class Lived:
    """What became of a walk: events taken and refused, cases, and what the verification found."""

    database: str
    taken: int
    refused: int
    cases: int
    wrong: list[str]
    seconds: float


def live(database: Database, events: int, seed: int = 7) -> Lives:
    """So many events, taken or refused, with what came by itself meanwhile."""
    lives = Lives(database, random.Random(seed))
    lives.begin()
    for number in range(events):
        lives.go_on()
        if number % 10 == 0:
            lives.let_come()
    return lives


def wrong_in(database: Database) -> list[str]:
    """What `qp verify` finds."""

    def unit(db: Connection) -> list[str]:
        cases = db.execute(select(case_file.c.id)).scalars().all()
        return [line for case in cases for line in verify_case(db, case)] + verify_territory(db, HOME)

    return database.read(unit, Scope.worker())


def live_on(kind: str, events: int) -> Lived:
    """The walk on a new database of that kind."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sqlite":
            url = f"sqlite:///{folder}/cases.db"
            upgrade(url)
            return _lived(kind, url, events)
        with shared_server(Path(folder)) as server:
            return _lived(kind, migrated(server).app_url, events)


def _lived(kind: str, url: str, events: int) -> Lived:
    database, started = connect(url), time.monotonic()
    lives = live(database, events)
    seconds = round(time.monotonic() - started, 1)
    found = Lived(kind, lives.done, lives.refused, len(lives.references), wrong_in(database), seconds)
    database.close()
    return found
