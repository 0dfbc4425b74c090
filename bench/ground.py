"""The ground of a measure: a database with as many cases as asked, each with a referral that its operator may accept."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import psycopg
from sqlalchemy import Connection, insert

from cases import intake, journey, search
from cases.access import Grant, Identity
from cases.database import Scope, connect
from cases.identifiers import new_id
from cases.intake import Detection
from cases.journey import Request
from cases.tables.operators import branch, coverage, offer, operator
from cases.tables.people import person, role_grant
from cases.tables.territories import territory
from engine.model import Role

NOW = datetime(2027, 2, 2, 9, 0, tzinfo=UTC)
_TERRITORY_DAY, _BRANCH_DAY = NOW - timedelta(days=20), NOW - timedelta(days=10)
"""Identifiers begin with their instant: those of a territory, of a branch and of a case are told apart by it."""
PER_TERRITORY, PER_BRANCH = 1_000, 25
_TABLES = {
    "territory": (_TERRITORY_DAY, ("territory", "person")),
    "branch": (_BRANCH_DAY, ("branch", "coverage", "offer", "person", "role_grant")),
    "case": (NOW, (
        "business", "entrepreneur", "case_file", "need", "consent", "contact", "referral", "referral_need", "deadline", "journal",
        "journal_text", "stay", "outbox", "pending_step", "routing_proposal",
    )),
}  # fmt: skip
"""What is copied: whose rows begin with which instant, in the order of their references to each other."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the first case is made of; all the others are copies of it, with its identifiers moved on by their number."""

    case: str
    reference: str
    home: str
    adviser: str
    branch: str
    agent: str
    cases: int

    def identity(self, number: int) -> Identity:
        """The agent who is asked for that case."""
        group = number // PER_BRANCH
        grant = Grant(Role.OPERATOR, branch=moved(self.branch, group))
        return Identity(moved(self.agent, group), "Agent", (grant,))

    def adviser_of(self, number: int) -> Identity:
        """The adviser of that case's territory."""
        group = number // PER_TERRITORY
        grant = Grant(Role.ADVISER, territory=moved(self.home, group))
        return Identity(moved(self.adviser, group), "Adviser", (grant,))

    def request(self, number: int) -> Request:
        """That agent accepts that case: the measured step."""
        agent = moved(self.agent, number // PER_BRANCH)
        return Request(reference_of(number) if number else self.reference, "accept", "referral-1", {"agent": agent})

    def mover(self, number: int) -> Callable[[str], str]:
        """What a text of the first case becomes in the copy of that number."""
        changes = [(begin, f"{number // size:08x}") for begin, size in beginnings() if number // size]
        named = ((self.reference, reference_of(number)), (_searched(self.reference), _searched(reference_of(number))))
        return partial(_move, [*changes, *named])


def moved(identifier: str, number: int) -> str:
    """The identifier of the copy of that number; the first one is the original."""
    return f"{number:08x}{identifier[8:]}" if number else identifier


def reference_of(number: int) -> str:
    """The reference of the copy of that number."""
    return f"QP-{number // 10_000:04d}-{number % 10_000:04d}"


def _searched(reference: str) -> str:
    """A reference as it is found by: the last word of the case's `search_text`."""
    return search.text_of(reference=reference, phone=None, words=())


def first_case(url: str, cases: int) -> Ground:
    """Live the first case through the write path, up to the question to its operator."""
    database = connect(url)
    try:
        return database.write(lambda db: _first_case(db, cases), Scope.worker())
    finally:
        database.close()


def _first_case(db: Connection, cases: int) -> Ground:
    home, asked, agent, adviser = _place(db)
    adviser_there = Identity(adviser, "Adviser", (Grant(Role.ADVISER, territory=home),))
    detection = Detection(
        "Commerce", person_name="Nadia", territory=home, situation="inside", consents=("contact", "share"), channel="visit", met_in_person=True,
        email="nadia@example.org", needs=({"subject": "funding", "axis": "local_trade"},),
    )  # fmt: skip
    logged = intake.log_case(db, detection, by=adviser_there, now=NOW).fired

    def take(event: str, track: str = "case", **given: object) -> None:
        journey.fire(db, Request(logged.reference, event, track, given), by=adviser_there, now=NOW)

    take("qualify")
    needs = [row[0] for row in db.exec_driver_sql("SELECT id FROM need")]
    take("draft", "referral", branch=asked, needs=needs, reason="choix")
    take("send", "referral-1")
    return Ground(logged.case_id, logged.reference, home, adviser, asked, agent, cases)


def _place(db: Connection) -> tuple[str, str, str, str]:
    home, asked, agent, adviser = (
        new_id(_TERRITORY_DAY),
        new_id(_BRANCH_DAY),
        new_id(_BRANCH_DAY),
        new_id(_TERRITORY_DAY),
    )
    phase = {"state": "acceleration", "state_since": NOW, "created_at": NOW, "axes": []}
    db.execute(insert(territory), {"id": home, "slug": home, "name": "Territoire", "kind": "commune", **phase})
    db.execute(
        insert(operator),
        {"id": "operator", "slug": "operator", "name": "Réseau", "kind": "field", "axes": [], "levers": []},
    )
    where = {"operator_id": "operator", "email": "antenne@example.org", "capacity_per_week": PER_BRANCH}
    db.execute(insert(branch), {"id": asked, "name": "Antenne", **where})
    here = {"id": new_id(_BRANCH_DAY), "branch_id": asked, "level": "territory", "code": home}
    db.execute(insert(coverage), here)
    helps = {
        "name": "Financer un projet",
        "kind": "loan",
        "scope": "territory",
        "axes": ["local_trade"],
        "needs": ["funding"],
    }
    db.execute(insert(offer), {"id": new_id(_BRANCH_DAY), "branch_id": asked, **helps})
    db.execute(insert(person), [{"id": who, "name": "Quelqu’un", "created_at": NOW} for who in (agent, adviser)])
    grant = {"id": new_id(_BRANCH_DAY), "person_id": agent, "role": "operator", "branch_id": asked, "created_at": NOW}
    db.execute(insert(role_grant), grant)
    return home, asked, agent, adviser


# -- copies ---------------------------------------------------------------------------------------------------------------


def multiply_on_sqlite(path: str, ground: Ground) -> None:
    """Copy the first case, its branch and its territory as often as asked."""
    db = sqlite3.connect(path)
    for kind, (instant, tables) in _TABLES.items():
        for table in tables:
            names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]  # but for what the database works out
            said, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" for _ in names)
            rows = [row for row in db.execute(f"SELECT {said} FROM {table}").fetchall() if _is_of(row[0], instant)]
            copies = (
                tuple(move(value) if isinstance(value, str) else value for value in row)
                for move in _moves(kind, ground)
                for row in rows
            )
            if rows:
                db.executemany(f"INSERT INTO {table} ({said}) VALUES ({marks})", copies)
    db.commit()
    db.execute("ANALYZE")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def multiply_on_postgresql(url: str, ground: Ground) -> None:
    """The same on PostgreSQL, as a superuser, whom row-level security does not hold."""
    with psycopg.connect(url, autocommit=True) as db:
        for kind, (instant, tables) in _TABLES.items():
            for table in tables:
                with db.cursor().copy(f"COPY {table} TO STDOUT") as out:
                    lines = [line for line in b"".join(out).decode().splitlines() if _is_of(line, instant)]
                with db.cursor().copy(f"COPY {table} FROM STDIN") as into:
                    for move in _moves(kind, ground):
                        for line in lines:
                            into.write(move(line) + "\n")
        db.execute("VACUUM ANALYZE")
        db.execute("CHECKPOINT")


def _is_of(text: str, instant: datetime) -> bool:
    return str(text).startswith(_beginning(instant))


def _beginning(instant: datetime) -> str:
    return new_id(instant)[:8]


def beginnings() -> tuple[tuple[str, int], ...]:
    """How the identifiers of a territory, of a branch and of a case begin, and how many cases share each."""
    return (_beginning(_TERRITORY_DAY), PER_TERRITORY), (_beginning(_BRANCH_DAY), PER_BRANCH), (_beginning(NOW), 1)


def _moves(kind: str, ground: Ground) -> Iterator[Callable[[str], str]]:
    every = {"territory": PER_TERRITORY, "branch": PER_BRANCH, "case": 1}[kind]
    return (ground.mover(number) for number in range(every, ground.cases, every))


def _move(changes: list[tuple[str, str]], text: str) -> str:
    for old, new in changes:
        text = text.replace(old, new)
    return text
