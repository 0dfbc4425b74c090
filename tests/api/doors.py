"""A small town that comes in by the JSON interface: each person has a token, nobody has rights that they were not given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, insert

from api.app import create_app
from api.security import new_token
from cases.clock import FixedClock
from cases.database import Database, Scope
from cases.identifiers import new_id
from cases.tables.operators import aid, branch, coverage, offer, operator
from cases.tables.people import person, role_grant
from cases.tables.territories import commune, quartier, territory

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
    for slug in ("roubaix", "arras"):
        _a_territory(db, ids, slug)
    db.execute(
        insert(commune).values(
            insee="59512", name="Roubaix", postcode="59100", departement="59", region="32", territory_id=ids["roubaix"]
        )
    )
    row = {"code": "QN05901M", "insee": "59512", "name": "Le Pile", "territory_id": ids["roubaix"]}
    db.execute(insert(quartier).values(id=new_id(NOW), **row))
    for slug in ("adie", "bge"):
        _a_branch(db, ids, slug)
    roles: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("adviser", "adviser", {"territory_id": ids["roubaix"]}), ("manager", "manager", {"territory_id": ids["roubaix"]}),
        ("stranger", "adviser", {"territory_id": ids["arras"]}), ("adie", "operator", {"branch_id": ids["branch adie"]}),
        ("bge", "operator", {"branch_id": ids["branch bge"]}), ("boss", "operator_manager", {"branch_id": ids["branch adie"]}),
        ("mentor", "mentor", {}), ("admin", "admin", {}),
    )  # fmt: skip
    return {name: _a_person(db, ids, name, role, where) for name, role, where in roles}


def _a_territory(db: Connection, ids: dict[str, str], slug: str) -> None:
    ids[slug] = new_id(NOW)
    row = {"kind": "commune", "state": "acceleration", "state_since": NOW, "created_at": NOW, "axes": ["local_trade"]}
    db.execute(insert(territory).values(id=ids[slug], slug=slug, name=slug.capitalize(), **row))


def _a_branch(db: Connection, ids: dict[str, str], slug: str) -> None:
    own, ids[f"branch {slug}"] = new_id(NOW), new_id(NOW)
    db.execute(
        insert(operator).values(id=own, slug=slug, name=slug.upper(), kind="field", axes=["local_trade"], levers=[])
    )
    row = {"operator_id": own, "name": f"{slug.capitalize()} Roubaix", "email": f"{slug}@example.org"}
    db.execute(insert(branch).values(id=ids[f"branch {slug}"], **row))
    where = {"id": new_id(NOW), "branch_id": ids[f"branch {slug}"]}
    db.execute(insert(coverage).values(**where, level="commune", code="59512"))
    known = {
        "kind": "funding",
        "scope": "common_law",
        "axes": ["local_trade"],
        "levers": [],
        "needs": ["funding"],
        "eligibility": {},
    }
    db.execute(insert(offer).values(**where, name=f"Prêt {slug}", **known))
    known = {"axes": ["local_trade"], "levers": [], "scope": "common_law", "confidence": "A", "verified_on": NOW.date()}
    db.execute(insert(aid).values(id=new_id(NOW), slug=f"pret-{slug}", name=f"Prêt {slug}", **known))


def _a_person(db: Connection, ids: dict[str, str], name: str, role: str, where: dict[str, str]) -> str:
    ids[name] = new_id(NOW)
    row = {"name": name.capitalize(), "email": f"{name}@example.org", "created_at": NOW}
    db.execute(insert(person).values(id=ids[name], **row))
    db.execute(insert(role_grant).values(id=new_id(NOW), person_id=ids[name], role=role, created_at=NOW, **where))
    return new_token(db, ids[name], "test", now=NOW)
