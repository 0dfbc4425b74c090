"""The indicators of a territory: counted from its journal, frozen when its evaluation begins, and never moved by what comes after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from cases import intake, journey, programme, records
from cases.access import Grant, Identity, scope_of
from cases.database import Database, Scope
from cases.identifiers import new_id
from cases.intake import Detection
from cases.journey import Request
from cases.programme import TerritoryRequest
from cases.tables.people import person, role_grant
from cases.tables.territories import indicator_snapshot, territory
from cases.territory_indicators import indicators_at
from engine.model import Role
from engine.working_days import Calendar

NOW = datetime(2027, 2, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=40)
WORKER = Scope.worker()


@pytest.fixture
def manager(database: Database) -> Identity:
    """The manager of a territory in acceleration."""

    def place(db: Connection) -> Identity:
        home, who = new_id(NOW), new_id(NOW)
        named = {
            "slug": "roubaix",
            "name": "Roubaix",
            "kind": "commune",
            "state": "acceleration",
            "axes": ["local_trade"],
        }
        db.execute(insert(territory).values(id=home, state_since=NOW, created_at=NOW, **named))
        db.execute(insert(person).values(id=who, name="Laurent", created_at=NOW))
        grant = {"person_id": who, "role": "manager", "territory_id": home, "created_at": NOW}
        db.execute(insert(role_grant).values(id=new_id(NOW), **grant))
        return Identity(who, "Laurent", (Grant(Role.MANAGER, territory=home),), via="page")

    return database.write(place, WORKER)


def logged(database: Database, manager: Identity, name: str, now: datetime = NOW) -> str:
    shop = Detection(
        name, territory="roubaix", situation="inside", consents=("contact", "share"), channel="visit", met_in_person=True,
        needs=({"subject": "funding", "axis": "local_trade"},),
    )  # fmt: skip
    return database.write(lambda db: intake.log_case(db, shop, by=manager, now=now), WORKER).fired.reference


def does(database: Database, manager: Identity, reference: str, event: str, now: datetime = NOW, **given: Any) -> None:
    act = records.record if event == "aid" else journey.fire
    database.write(lambda db: act(db, Request(reference, event, payload=given), by=manager, now=now), WORKER)


def evaluated(database: Database, manager: Identity, now: datetime = NOW) -> None:
    request = TerritoryRequest("roubaix", "start_evaluation", {"decision": "Comité de février"})
    database.write(lambda db: programme.fire(db, request, by=manager, now=now), scope_of(manager))


def snapshots(database: Database) -> list[Any]:
    query = select(indicator_snapshot).order_by(indicator_snapshot.c.taken_at)
    return database.read(lambda db: list(db.execute(query).mappings()), WORKER)


def test_what_is_frozen_is_what_the_journal_tells(database: Database, manager: Identity) -> None:
    first, _ = logged(database, manager, "Pagnes"), logged(database, manager, "Garage")
    does(database, manager, first, "qualify", text="Un prêt.")
    does(database, manager, first, "aid", aid="Prêt", amount=Decimal("6500.00"), scope="qpv")
    evaluated(database, manager)

    (row,) = snapshots(database)
    data = row["data"]
    assert (row["reason"], data["day"], data["axes"]) == ("start_evaluation", "2027-02-02", ["local_trade"])
    assert data["cases_by_state"] == {"detection": 1, "orientation": 1}
    assert (data["events"]["log"], data["events"]["qualify"], data["events"]["close"]) == (2, 1, 0)
    assert data["aids"] == {"obtained": 1, "euros": {"qpv": "6500.00"}}


def test_nothing_that_comes_after_moves_what_was_frozen(database: Database, manager: Identity) -> None:
    first = logged(database, manager, "Pagnes")
    evaluated(database, manager)
    (before,) = snapshots(database)

    logged(database, manager, "Garage", LATER)
    does(database, manager, first, "qualify", LATER, text="Un prêt.")
    does(database, manager, first, "aid", LATER, aid="Prêt", amount=Decimal("9000.00"))

    (after,) = snapshots(database)
    assert dict(after) == dict(before)
    assert after["data"]["events"]["log"] == 1


def test_the_figures_of_a_past_day_are_counted_from_the_lines_of_that_day(
    database: Database, manager: Identity
) -> None:
    first = logged(database, manager, "Pagnes")
    evaluated(database, manager)
    does(database, manager, first, "qualify", LATER, text="Un prêt.")
    home = manager.grants[0].territory or ""

    def at(moment: datetime) -> dict[str, Any]:
        return database.read(lambda db: indicators_at(db, home, Calendar(), moment), WORKER)

    (row,) = snapshots(database)
    assert {**at(NOW), "axes": row["data"]["axes"]} == row["data"]
    assert at(LATER)["cases_by_state"] == {"orientation": 1}


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_itself_refuses_to_change_what_was_frozen(
    database: Database, manager: Identity, change: str
) -> None:
    evaluated(database, manager)
    statement = update(indicator_snapshot).values(reason="mieux") if change == "update" else delete(indicator_snapshot)
    with pytest.raises(DBAPIError):
        database.write(lambda db: db.execute(statement), WORKER)
    assert snapshots(database)[0]["reason"] == "start_evaluation"


def test_another_territorys_cases_are_not_counted(database: Database, manager: Identity) -> None:
    logged(database, manager, "Pagnes")
    elsewhere = database.read(lambda db: indicators_at(db, "nowhere", Calendar(), NOW), WORKER)
    assert (elsewhere["cases_by_state"], elsewhere["events"]["log"]) == ({}, 0)
