"""The JSON interface asked at random, by everybody, from its own description: what fails, what answers otherwise than it says, who is let in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Connection, insert

from api.meter import Meter
from api.migrations.run import upgrade
from api.rate_limits import Counted
from api.security import new_token
from api.work import Worker
from cases.database import Database, connect
from cases.identifiers import new_id
from cases.tables.people import person, role_grant
from tests.api.doors import NOW, WORKER, Door, a_town

ROLES: Final = ("adviser", "manager", "stranger", "adie", "boss", "mentor", "admin", "observer", "api_client")
"""Everybody of the town who has a role, each of the eight roles and an adviser of elsewhere."""
CHECKS: Final = (
    status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance, ignored_auth,
)  # fmt: skip
SHOWN: Final = 20
MORE: Final = 110
"""In a hundred: where a route has little to vary, fewer are made than were asked for."""
PATIENCE: Final = 120
"""Seconds: a machine that does much else answers late, and that is no fault of the interface."""


class Uncounted(Meter):
    """Nobody is told to wait here: how often one may ask is tried elsewhere."""

    async def spend(self, work: Worker, who: Mapping[Counted, str], now: datetime) -> None:
        """Let it pass."""


@dataclass
class Asked:
    """What was asked, by whom, and what came of it."""

    cases: int = 0
    by: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    shown: list[str] = field(default_factory=list)

    @property
    def server_errors(self) -> int:
        """Answers that are a failure of ours; 503 is one too, nothing is busy here."""
        return sum(times for status, times in self.statuses.items() if status >= 500)

    def told(self) -> dict[str, Any]:
        """The whole as JSON."""
        counted = {"by": self.by, "statuses": self.statuses, "failures": self.failures}
        told = {name: {str(key): times for key, times in sorted(counter.items())} for name, counter in counted.items()}
        return {"cases": self.cases, **told, "shown": self.shown, "server_errors": self.server_errors}


def ask_as_everybody(folder: str, cases: int, roles: Collection[str] = ROLES) -> Asked:
    """Ask about that many cases in all, on a town of SQLite."""
    upgrade(f"sqlite:///{folder}/contract.db")
    database = connect(f"sqlite:///{folder}/contract.db")
    try:
        with a_town(database) as town:
            _fill(town, database)
            app: Any = town["adviser"].client.app
            app.state.meter = Uncounted()
            return ask_each(app, {role: town[role].token for role in roles}, cases)
    finally:
        database.close()


def ask_each(app: Any, tokens: Mapping[str, str], cases: int) -> Asked:
    """Ask every route of an application, as everybody who has a token."""
    schema, found = schemathesis.openapi.from_asgi("/api/openapi.json", app), Asked()
    schema.config.request_timeout = PATIENCE
    operations = [one.ok() for one in schema.get_all_operations()]
    each = -(-cases * MORE // (100 * len(tokens) * len(operations)))
    for role, token in tokens.items():
        for operation in operations:
            _of_one(operation, token, role, each, found)()
    return found


def _fill(town: dict[str, Door], database: Database) -> None:
    """Two more people, and cases to find."""
    adviser = town["adviser"]
    for role in ("observer", "api_client"):
        town[role] = adviser.as_(database.write(partial(_one_more, role=role, ids=adviser.ids), WORKER))
    for _ in range(3):
        adviser.referred()


def _one_more(db: Connection, *, role: str, ids: dict[str, str]) -> str:
    who = new_id(NOW)
    place = {"territory_id": ids["roubaix"]} if role == "observer" else {}
    db.execute(insert(person).values(id=who, name=role, email=f"{role}@example.org", created_at=NOW))
    db.execute(insert(role_grant).values(id=new_id(NOW), person_id=who, role=role, created_at=NOW, **place))
    return new_token(db, who, "contract", now=NOW)


def _of_one(operation: Any, token: str, role: str, times: int, found: Asked) -> Callable[[], None]:
    """One route, asked so many times by one person, with what it describes as good and with what it does not."""
    headers = {"Authorization": f"Bearer {token}"}

    good, bad = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)

    @seed(len(role) * 1000 + len(operation.path))
    @settings(
        max_examples=times,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=good | bad)
    def ask(case: Any) -> None:
        answer = case.call(headers=headers, timeout=PATIENCE)
        found.cases += 1
        found.by[role] += 1
        found.statuses[answer.status_code] += 1
        found.shown += [told for told in _wrong(case, answer, headers, found) if len(found.shown) < SHOWN]

    return ask


def _wrong(case: Any, answer: Any, headers: dict[str, str], found: Asked) -> Iterator[str]:
    try:
        case.validate_response(answer, checks=list(CHECKS), headers=headers)
    except FailureGroup as group:
        for failure in group.exceptions:
            found.failures[type(failure).__name__] += 1
            yield f"{case.method} {case.formatted_path}: {answer.status_code} {failure.title}: {failure.message}"[:300]
