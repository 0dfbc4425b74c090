"""How long a proposal takes, among few branches and among many, and how many questions it asks."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, create_engine, event, insert, select

from api.migrations.run import upgrade
from bench.timing import percentile
from bench.write_path import migrated
from cases import intake, journey, routing
from cases.access import Grant, Identity, scope_of
from cases.database import Database, Scope, connect, widen_to_case
from cases.identifiers import new_id
from cases.intake import Detection
from cases.journey import Fired, Request
from cases.tables.case import business, case_file, entrepreneur
from cases.tables.memory import deadline
from cases.tables.operators import branch, coverage, offer, operator
from cases.tables.people import person, role_grant
from cases.tables.routing import routing_proposal
from cases.tables.territories import commune, territory
from cases.tables.tracks import referral
from engine.model import Role
from tests.postgres import shared_server

NOW: Final = datetime(2027, 2, 2, 9, 0, tzinfo=UTC)
NEAR: Final = (("commune", "59512", 24), ("departement", "59", 6), ("region", "32", 6), ("national", None, 4))
"""The branches that pass the territory filter, the same however many there are elsewhere."""
OFFERS: Final = (("funding", "qpv"), ("funding", "common_law"), ("management", "common_law"))
"""What each branch offers: three offers, of which two are about the need."""
PAST: Final = 40
"""Requests that each branch has answered, over 300 days."""
PER_CASE: Final = 10
TIMES, WARM_UP = 200, 20
_ROWS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Proposed:
    """One measure: among so many branches and past requests, how many candidates; milliseconds; statements, the wall's settings included.

    `own_p50` is the processor's time of this process, which other programs do not lengthen: on SQLite all that a proposal costs.
    """

    database: str
    branches: int
    offers: int
    past: int
    candidates: int
    p50: float
    p95: float
    own_p50: float
    statements: int


def measure(kind: str, branches: int, past: int = PAST) -> Proposed:
    """Build the ground on a database of its own and propose, once more for each of many cases."""
    with _database(kind) as (database, owner_url):
        adviser, logged = database.write(lambda db: _ground(db, branches, past), Scope.worker())
        _look_at_it(owner_url)
        cases = database.write(lambda db: _qualify(db, adviser, logged), Scope.worker())
        _look_at_it(owner_url)
        took, own, statements = _propose(database, adviser, cases)
        candidates = database.read(lambda db: _candidates(db, cases[0]), Scope.worker())
    figures = (percentile(took, 50), percentile(took, 95), percentile(own, 50))
    return Proposed(kind, branches, branches * len(OFFERS), branches * past, candidates, *figures, statements)


@contextmanager
def _database(kind: str) -> Iterator[tuple[Database, str]]:
    """A new database, and how its owner reaches it."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sqlite":
            url = f"sqlite:///{folder}/cases.db"
            upgrade(url)
            with closing(connect(url)) as database:
                yield database, url
            return
        with shared_server(Path(folder)) as server:
            urls = migrated(server)
            with closing(connect(urls.app_url)) as database:
                yield database, urls.owner_url


def _propose(database: Database, adviser: Identity, cases: list[str]) -> tuple[list[float], list[float], int]:
    took: list[float] = []
    own: list[float] = []
    asked: list[str] = []

    def unit(db: Connection, case_id: str) -> None:
        widen_to_case(db, case_id)
        asked.clear()
        event.listen(db, "before_cursor_execute", note)
        started, began = time.perf_counter(), time.thread_time()
        routing.propose(db, case_id, NOW)
        took.append(time.perf_counter() - started)
        own.append(time.thread_time() - began)
        event.remove(db, "before_cursor_execute", note)

    def note(*given: Any) -> None:
        asked.append(given[2])

    for case_id in cases:
        database.write(partial(unit, case_id=case_id), scope_of(adviser))
    return took[WARM_UP:], own[WARM_UP:], len(asked)


def _candidates(db: Connection, case_id: str) -> int:
    current = (routing_proposal.c.case_id == case_id, routing_proposal.c.current)
    return len(db.execute(select(routing_proposal.c.candidates).where(*current)).scalars().one())


def _look_at_it(owner_url: str) -> None:
    """Let the planner know what is there, as time does. PostgreSQL lets nobody but the owner ask for it."""
    engine = create_engine(owner_url)
    with engine.begin() as db:
        db.exec_driver_sql("ANALYZE")
    engine.dispose()


# -- the ground -----------------------------------------------------------------------------------------------------------


def _ground(db: Connection, branches: int, past: int) -> tuple[Identity, list[Fired]]:
    home = new_id(NOW)
    phase = {"state": "acceleration", "state_since": NOW, "created_at": NOW, "axes": ["local_trade"]}
    db.execute(insert(territory), {"id": home, "slug": "roubaix", "name": "Roubaix", "kind": "commune", **phase})
    db.execute(insert(commune).values(insee="59512", name="Roubaix", departement="59", region="32", territory_id=home))
    own = _branches(db, branches)
    adviser = Identity(None, "Adviser", (Grant(Role.ADVISER, territory=home),))
    logged = [intake.log_case(db, _shop(number), by=adviser, now=NOW).fired for number in range(WARM_UP + TIMES)]
    _past(db, logged[0].case_id, own, past)
    return adviser, logged


def _qualify(db: Connection, adviser: Identity, logged: list[Fired]) -> list[str]:
    for one in logged:
        journey.fire(db, Request(one.reference, "qualify"), by=adviser, now=NOW)
    return [one.case_id for one in logged]


def _shop(number: int) -> Detection:
    return Detection(
        f"Commerce {number}", person_name="Nadia", territory="roubaix", insee="59512", situation="inside", consents=("contact", "share"), channel="visit",
        met_in_person=True, phone=f"+33639981{number:03d}",
        needs=({"subject": "funding", "axis": "local_trade"},),
    )  # fmt: skip


def _branches(db: Connection, many: int) -> list[str]:
    db.execute(insert(operator).values(id="operator", slug="operator", name="Réseau", kind="field"))
    near = [(level, code) for level, code, count in NEAR for _ in range(count)]
    elsewhere = [("commune", f"{number // 20:05d}") for number in range(many - len(near))]
    ids = [new_id(NOW) for _ in range(many)]
    _add(db, branch, ({"id": own, "operator_id": "operator", "name": f"Antenne {n}"} for n, own in enumerate(ids)))
    _add(db, coverage, (
        {"id": new_id(NOW), "branch_id": own, "level": level, "code": code}
        for own, (level, code) in zip(ids, [*near, *elsewhere], strict=True)
    ))  # fmt: skip
    _add(db, offer, (
        {"id": new_id(NOW), "branch_id": own, "name": subject, "kind": "funding", "scope": scope, "axes": ["local_trade"], "levers": [],
         "needs": [subject], "eligibility": {"headcount_max": 10, "naf_except": ["64"]}}
        for own in ids for subject, scope in OFFERS
    ))  # fmt: skip
    people = [{"id": new_id(NOW), "name": f"Agent {n}", "created_at": NOW} for n in range(many)]
    _add(db, person, people)
    _add(db, role_grant, (
        {"id": new_id(NOW), "person_id": who["id"], "role": "operator", "branch_id": own, "created_at": NOW}
        for who, own in zip(people, ids, strict=True)
    ))  # fmt: skip
    return ids


def _past(db: Connection, like: str, branches: list[str], each: int) -> None:
    """Cases of before, ten requests each, spread over all branches and 300 days; four of five were answered in time."""
    joined = {
        table: select(table).where(table.c.id == _own(like, name))
        for table, name in ((business, "business_id"), (entrepreneur, "entrepreneur_id"))
    }
    models = {table: dict(db.execute(query).mappings().one()) for table, query in joined.items()}
    models[case_file] = dict(db.execute(select(case_file).where(case_file.c.id == like)).mappings().one())
    cases = [new_id(NOW) for _ in range(len(branches) * each // PER_CASE)]
    _add(db, business, ({**models[business], "id": f"b{own}"} for own in cases))
    _add(db, entrepreneur, ({**models[entrepreneur], "id": f"e{own}", "phone": None} for own in cases))
    _add(db, case_file, (
        {**models[case_file], "id": own, "reference": f"QP-{n:08d}", "business_id": f"b{own}", "entrepreneur_id": f"e{own}", "state": "closed"}
        for n, own in enumerate(cases)
    ))  # fmt: skip
    asked = islice(cycle(branches), len(cases) * PER_CASE)
    requests = [_request(cases[n // PER_CASE], n, own) for n, own in enumerate(asked)]
    _add(db, referral, requests)
    _add(db, deadline, (_answer(one) for one in requests))


def _own(case_id: str, name: str) -> Any:
    return select(case_file.c[name]).where(case_file.c.id == case_id).scalar_subquery()


def _request(case_id: str, number: int, own: str) -> dict[str, Any]:
    at = NOW - timedelta(days=10 + number * 7 % 300)
    return {
        "id": new_id(NOW), "case_id": case_id, "number": number % PER_CASE + 1, "state": "completed", "state_since": at, "opened_at": at, "branch_id": own,
    }  # fmt: skip


def _answer(one: dict[str, Any]) -> dict[str, Any]:
    late = timedelta(days=2 if one["number"] % 5 == 0 else -2)
    due, track = one["opened_at"], f"referral-{one['number']}"
    return {
        "id": new_id(NOW), "subject": "case", "subject_id": one["case_id"], "track": track, "rule": "referral.sent.answer", "occurrence": 1, "status": "met",
        "armed_at": due, "armed_on": due.date(), "due_on": due.date(), "due_at": due - late, "unit": "working_days", "ended_at": due,
    }  # fmt: skip


def _add(db: Connection, table: Any, rows: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> None:
    waiting = iter(rows)
    while some := list(islice(waiting, _ROWS)):
        db.execute(insert(table), some)
