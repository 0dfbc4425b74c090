"""People who read English in a demo of a few lives, English that marks whatever it says, and what people typed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Connection, select, text, update

from api.sign_in import begin_session
from cases.clock import FixedClock
from cases.database import Database, Scope
from cases.tables.people import person
from engine.definition import MACHINES
from engine.model import Role
from notifications.languages import LANGUAGES
from notifications.typography import initials
from tests.api.browser import Browser, application
from tests.api.few_lives import TUESDAY, a_few_lives
from tests.api.unsaid import spoken_from, write_marked

WORKER: Final = Scope.worker()
ROLES: Final = (
    Role.ADVISER, Role.MANAGER, Role.OPERATOR, Role.OPERATOR_MANAGER, Role.MENTOR, Role.ADMIN, Role.OBSERVER,
)  # fmt: skip
OURS: Final = frozenset({"routing_proposal", "task", "outbox", "definition", "alembic_version"})
"""The tables that hold sentences of ours beside what people typed."""
NAMES: Final = {
    "Quartiers productifs", "QPV", "QP-7K3F-9XM2", *(one.name for one in LANGUAGES.values()), *LANGUAGES,
    *(code for machine in MACHINES.values() for code in (*machine.events, *machine.states)),
}  # fmt: skip
"""What is the same in every language: names and codes."""
NAMED: Final = re.compile(r", | (?=[A-ZÀÉ])")
"""Where a name may be cut: its first part is said alone."""


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A demo to be read, not changed."""
    with a_demo(tmp_path_factory) as database:
        yield database


@contextmanager
def a_demo(factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A demo of a few lives, whose people all read English."""
    with a_few_lives(factory.getbasetemp(), factory.mktemp("english") / "demo") as database:
        database.write(lambda db: db.execute(update(person).values(reads_in="en")), WORKER)
        yield database


@pytest.fixture
def marked(tmp_path: Path) -> Iterator[None]:
    """English in which every message is itself between brackets."""
    write_marked(tmp_path, "en")
    with spoken_from(tmp_path):
        yield


def signed_in(place: Database, name: str) -> Browser:
    clock = FixedClock(TUESDAY)

    def begin(db: Connection) -> str:
        own = db.execute(select(person.c.id).where(person.c.name == name)).scalar_one()
        return begin_session(db, own, now=TUESDAY)

    browser = Browser(application(place, clock))
    browser.client.cookies.set("qp_session", place.write(begin, WORKER))
    browser.client.cookies.set("qp_langue", "en")
    return browser


def typed(db: Connection) -> set[str]:
    """Every text that people typed or that names something: whatever the tables hold but sentences of ours."""
    found: set[str] = set()
    for (table,) in db.execute(text("select name from sqlite_master where type = 'table'")).all():
        columns = "subject, to_name" if table == "message" else "*"
        if table not in OURS and "fts" not in table and not table.startswith("search"):
            for row in db.execute(text(f'select {columns} from "{table}"')):
                found |= {one for value in row for one in leaves(value)}
    return found | {initials(one) for one in found if len(one) < 60} | NAMES


def leaves(value: Any) -> Iterator[str]:
    """The texts of a value, and of the JSON that it may be."""
    if isinstance(value, str):
        with suppress(ValueError):
            yield from leaves(json.loads(value) if value[:1] in "[{" else None)
        texts = (value, *value.splitlines(), *(NAMED.split(value, maxsplit=1) if NAMED.search(value) else ()))
        worded = [one for one in texts if re.search(r"[^\W\d_]{3}|^Q[PN]", one)]
        yield from (form for one in worded for form in (one, one[:1].upper() + one[1:]))
    elif isinstance(value, dict | list):
        parts = (*value, *value.values()) if isinstance(value, dict) else value
        yield from (one for part in parts for one in leaves(part))
