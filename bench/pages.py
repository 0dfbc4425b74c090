"""How long the pages take where there are many cases: each one as who opens it most would, again and again."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert

from api.sign_in import begin_session
from bench.ground import NOW, Ground
from bench.timing import percentile
from bench.write_path import DURABLE, ground_in, ground_on
from cases.clock import FixedClock
from cases.database import Database, Scope, connect
from cases.identifiers import new_id
from cases.tables.people import person, role_grant
from engine.model import Role
from tests.api.browser import Browser, application
from tests.postgres import shared_server

TIMES, WARM_UP = 40, 3
_LIST, _CASE = "/dossiers", "/dossiers/{reference}"
PAGES: Final[Mapping[str, tuple[str, ...]]] = {
    Role.ADVISER: ("/", _LIST, f"{_LIST}?q={{reference}}", _CASE, f"{_CASE}/orienter", "/relances", "/dossiers/nouveau", "/aides", "/annuaire"),
    Role.MANAGER: ("/", _LIST, "/pilotage", "/administration/messages", "/territoires"),
    Role.OPERATOR: ("/", "/orientations", _CASE),
    Role.ADMIN: ("/", "/pilotage", "/administration", "/administration/personnes"),
}  # fmt: skip
"""What each of them opens. Every case of the ground has the same words: only a reference finds one, as a name would."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One page: for whom, and how long the server took, in milliseconds."""

    database: str
    cases: int
    role: str
    page: str
    p50: float
    p95: float


def show_all(kind: str, cases: int) -> Iterator[Shown]:
    """Build the ground on a database of its own, then open each page."""
    with _ground(kind, cases) as (database, ground):
        sessions = database.write(lambda db: _sign_in(db, ground), Scope.worker())
        app = application(database, FixedClock(NOW))
        for role, pages in PAGES.items():
            browser = Browser(app)
            browser.client.cookies.set("qp_session", sessions[role])
            for page in pages:
                took = _open(browser, page.format(reference=ground.reference))
                yield Shown(kind, cases, role, page, percentile(took, 50), percentile(took, 95))


@contextmanager
def _ground(kind: str, cases: int) -> Iterator[tuple[Database, Ground]]:
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sqlite":
            url, ground = ground_in(f"{folder}/cases.db", cases)
            with closing(connect(url)) as database:
                yield database, ground
            return
        with shared_server(Path(folder), **DURABLE) as server:
            ground, template = ground_on(server, cases)
            with closing(connect(server.new_database(template).app_url)) as database:
                yield database, ground


def _sign_in(db: Connection, ground: Ground) -> dict[str, str]:
    """An adviser and a manager of the first case's territory, an operator of its branch, an admin: the secrets of their sessions."""
    here, asked = {"territory_id": ground.home}, {"branch_id": ground.branch}
    grants: dict[Role, dict[str, str]] = {Role.ADVISER: here, Role.MANAGER: here, Role.OPERATOR: asked, Role.ADMIN: {}}
    sessions = {}
    for role, where in grants.items():
        who = new_id(NOW)
        db.execute(insert(person).values(id=who, name="Quelqu’un", created_at=NOW))
        db.execute(insert(role_grant).values(id=new_id(NOW), person_id=who, role=role, created_at=NOW, **where))
        sessions[str(role)] = begin_session(db, who, now=NOW)
    return sessions


def _open(browser: Browser, address: str) -> list[float]:
    """How long it took each time, in seconds. Raises RuntimeError when something else than the page comes."""
    took = []
    for _ in range(WARM_UP + TIMES):
        began = time.perf_counter()
        answer = browser.client.get(address)
        took.append(time.perf_counter() - began)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}")
    return took[WARM_UP:]
