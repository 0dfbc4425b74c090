"""A small town that comes in by the JSON interface: each person has a token, nobody has rights that they were not given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection

from api.app import create_app
from api.security import new_token
from cases.clock import FixedClock
from cases.database import Database, Scope
from cases.identifiers import new_id
from cases.tables.operators import aid, branch, coverage, offer, operator
from cases.tables.people import person, role_grant
from cases.tables.territories import commune, quartier, territory
from tests.rows import Row, insert_all

NOW = datetime(2027, 2, 2, 9, 0, tzinfo=UTC)
WORKER = Scope.worker()
SHOP = {"name": "Épicerie du Pile", "territory": "roubaix", "situation": "inside", "consents": ["contact", "share"], "channel": "visit", "met_in_person": True,
        "phone": "+33639980001", "needs": [{"subject": "funding", "axis": "local_trade"}]}  # fmt: skip


@dataclass
class Door:
    """The interface as somebody who has a token comes in."""

    client: TestClient
    token: str
    clock: FixedClock
    database: Database
    ids: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.ask("POST", path, json=body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.ask("PATCH", path, json=body, **headers)

    def ask(self, method: str, path: str, *, json: Any = None, content: bytes | None = None, **headers: str) -> Any:
        given = {"Authorization": f"Bearer {self.token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.client.request(method, f"/api/v1{path}", json=json, content=content, headers=given)

    def as_(self, token: str) -> Door:
        return Door(self.client, token, self.clock, self.database, self.ids)

    def logs(self, **changes: Any) -> str:
        answer = self.post("/cases", {**SHOP, **changes})
        assert answer.status_code == 201, answer.json()
        return str(answer.json()["case"]["reference"])

    def takes(self, reference: str, step: str, track: str = "case", **payload: Any) -> Any:
        key = "kind" if step in ("draft", "propose", "open") else "track"
        answer = self.post(f"/cases/{reference}/steps", {"step": step, key: track, "payload": payload})
        assert answer.status_code == 200, answer.json()
        return answer.json()

    def qualified(self, **changes: Any) -> str:
        reference = self.logs(**changes)
        self.takes(reference, "qualify")
        return reference

    def needs(self, reference: str) -> list[str]:
        return [need["id"] for need in self.get(f"/cases/{reference}").json()["needs"]]

    def referred(self, to: str = "adie", **changes: Any) -> str:
        """A case of which a branch was asked."""
        reference = self.qualified(**changes)
        wanted = {"branch": self.ids[f"branch {to}"], "needs": self.needs(reference), "reason": "son choix"}
        self.takes(reference, "draft", "referral", **wanted)
        self.takes(reference, "send", "referral-1")
        return reference


@pytest.fixture
def town(database: Database) -> Iterator[dict[str, Door]]:
    """Its people by name, on both databases: see `a_town`."""
    with a_town(database) as people:
        yield people


@contextmanager
def a_town(database: Database) -> Iterator[dict[str, Door]]:
    """Its people by name: adviser, manager, stranger (adviser elsewhere), adie, bge and boss of branches, mentor, admin."""
    clock, ids = FixedClock(NOW), dict[str, str]()
    tokens = database.write(lambda db: _people(db, ids), WORKER)
    with TestClient(create_app(database, clock)) as client:
        yield {name: Door(client, token, clock, database, ids) for name, token in tokens.items()}


def _people(db: Connection, ids: dict[str, str]) -> dict[str, str]:
    """Let them in; their tokens by their names."""
    insert_all(db, _town(ids))
    return {name: new_token(db, ids[name], "test", now=NOW) for name in PEOPLE}


PEOPLE: Final = {
    "adviser": ("adviser", {"territory_id": "roubaix"}), "manager": ("manager", {"territory_id": "roubaix"}),
    "stranger": ("adviser", {"territory_id": "arras"}), "adie": ("operator", {"branch_id": "branch adie"}),
    "bge": ("operator", {"branch_id": "branch bge"}), "boss": ("operator_manager", {"branch_id": "branch adie"}),
    "mentor": ("mentor", {}), "admin": ("admin", {}),
}  # fmt: skip
"""The role of each, and where they have it."""


def _town(ids: dict[str, str]) -> Iterator[Row]:
    row = {"kind": "commune", "state": "acceleration", "state_since": NOW, "created_at": NOW, "axes": ["local_trade"]}
    for slug in ("roubaix", "arras"):
        ids[slug] = new_id(NOW)
        yield territory, {"id": ids[slug], "slug": slug, "name": slug.capitalize(), **row}
    home = {"insee": "59512", "territory_id": ids["roubaix"]}
    yield commune, {"name": "Roubaix", "postcode": "59100", "departement": "59", "region": "32", **home}
    yield quartier, {"id": new_id(NOW), "code": "QN05901M", "name": "Le Pile", **home}
    for slug in ("adie", "bge"):
        yield from _a_branch(ids, slug)
    for name, (role, where) in PEOPLE.items():
        ids[name] = new_id(NOW)
        yield person, {"id": ids[name], "name": name.capitalize(), "email": f"{name}@example.org", "created_at": NOW}
        there = {column: ids[place] for column, place in where.items()}
        yield role_grant, {"id": new_id(NOW), "person_id": ids[name], "role": role, "created_at": NOW, **there}


def _a_branch(ids: dict[str, str], slug: str) -> Iterator[Row]:
    own, ids[f"branch {slug}"] = new_id(NOW), new_id(NOW)
    rules: dict[str, Any] = {"axes": ["local_trade"], "levers": []}
    yield operator, {"id": own, "slug": slug, "name": slug.upper(), "kind": "field", **rules}
    row = {"operator_id": own, "name": f"{slug.capitalize()} Roubaix", "email": f"{slug}@example.org"}
    yield branch, {"id": ids[f"branch {slug}"], **row}
    where = {"id": new_id(NOW), "branch_id": ids[f"branch {slug}"]}
    yield coverage, {**where, "level": "commune", "code": "59512"}
    known = {"kind": "funding", "scope": "common_law", "needs": ["funding"], "eligibility": {}}
    yield offer, {**where, "name": f"Prêt {slug}", **known, **rules}
    known = {"scope": "common_law", "confidence": "A", "verified_on": NOW.date()}
    yield aid, {"id": new_id(NOW), "slug": f"pret-{slug}", "name": f"Prêt {slug}", **known, **rules}
