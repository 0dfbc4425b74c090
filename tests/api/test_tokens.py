"""Tokens of the JSON interface: what each may be used for, until when, how often; and who is told before one ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from api import meter
from api.rate_limits import LIMITS, Counted, count
from api.security import TokenScope, new_token, scope_for
from cases.errors import Invalid
from cases.tables.people import api_token, rate_count
from notifications.expiring import warn_of_tokens
from notifications.tables import message
from tests.api.doors import NOW, SHOP, WORKER, Door, town
from tests.cases.conftest import database

__all__ = ["database", "town"]

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def with_a_token(door: Door, *scopes: TokenScope, who: str = "adviser", days: float = 100) -> Door:
    lasts = timedelta(days=days)
    made = door.database.write(
        lambda db: new_token(db, door.ids[who], "outil", now=door.clock.now(), scopes=scopes, lasts=lasts), WORKER
    )
    return door.as_(made)


def test_a_token_that_reads_writes_nothing_and_says_which_right_it_lacks(town: dict[str, Door]) -> None:
    reader = with_a_token(town["adviser"], TokenScope.READ)
    assert reader.get("/cases").status_code == 200
    assert reader.get("/me").json()["scopes"] == ["read"]

    for answer, lacking in (
        (reader.post("/cases", SHOP), "write"),
        (reader.ask("POST", "/imports?territory=roubaix", content=b"x"), "import"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
        assert f"« {lacking} »" in answer.json()["detail"]
    assert town["adviser"].get("/cases").json()["items"] == []


@on_sqlite
@pytest.mark.asvs("8.2.1")
def test_each_right_opens_its_own_door(town: dict[str, Door]) -> None:
    writer, importer = (with_a_token(town["adviser"], scope) for scope in (TokenScope.WRITE, TokenScope.IMPORT))

    assert writer.post("/cases", SHOP).status_code == 201
    assert writer.get("/cases").status_code == 403
    assert importer.get("/imports/nowhere").status_code == 404
    assert importer.get("/me").status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/v1/cases", "read"),
        ("HEAD", "/api/v1/me", "read"),
        ("POST", "/api/v1/cases/QP-1/steps", "write"),
        ("PATCH", "/api/v1/cases/QP-1", "write"),
        ("GET", "/api/v1/imports/1", "import"),
        ("POST", "/api/v1/imports", "import"),
        ("GET", "/api/v1/webhooks", "webhooks"),
    ],
)
def test_what_is_asked_says_which_right_it_needs(method: str, path: str, scope: str) -> None:
    assert scope_for(method, path) == scope


def test_a_token_ends_on_its_day_and_none_lasts_more_than_a_year(town: dict[str, Door]) -> None:
    door = town["adviser"]
    short = with_a_token(door, TokenScope.READ, days=1)
    assert short.get("/me").status_code == 200
    door.clock.set(NOW + timedelta(days=1))

    assert short.get("/me").status_code == 401
    for days in (0, -1, 367):
        with pytest.raises(Invalid):
            with_a_token(door, TokenScope.READ, days=days)


def test_its_last_use_is_noted_now_and_then(town: dict[str, Door]) -> None:
    door = with_a_token(town["adviser"], TokenScope.READ)

    def used() -> object:
        query = select(api_token.c.used_at).where(api_token.c.name == "outil")
        return door.database.read(lambda db: db.execute(query).scalar(), WORKER)

    door.get("/me")
    door.clock.set(NOW + timedelta(minutes=4))
    door.get("/me")
    assert used() == NOW
    door.clock.set(NOW + timedelta(minutes=5))
    door.get("/me")
    assert used() == NOW + timedelta(minutes=5)


def test_whose_token_ends_is_told_a_fortnight_before_and_three_days_before_once_each(town: dict[str, Door]) -> None:
    door = town["adviser"]
    with_a_token(door, TokenScope.READ, days=30)
    told = []
    for day in range(31):
        now = NOW + timedelta(days=day)
        for _ in range(2):
            if warn_of_tokens(door.database, now):
                told.append(day)

    assert told == [16, 27]
    rows = door.database.read(lambda db: db.execute(select(message)).mappings().all(), WORKER)
    assert {(row["key"], row["to_email"], row["facts"]["token"]) for row in rows} == {
        ("token_expires", "adviser@example.org", "outil")
    }


@on_sqlite
def test_a_token_of_a_week_is_told_of_once(town: dict[str, Door]) -> None:
    with_a_token(town["adviser"], TokenScope.READ, days=7)

    assert [day for day in range(8) if warn_of_tokens(town["adviser"].database, NOW + timedelta(days=day))] == [4]


# -- how often --------------------------------------------------------------------------------------------------------------


NETWORK = "testclient"
"""From where all requests of a test come."""


def leave(door: Door, what: Counted, who: str, times: int) -> None:
    """Have so much been asked in this hour that so many times are left."""
    used = LIMITS[what].most - times
    door.database.write(lambda db: count(db, what, who, NOW, used), WORKER)


@pytest.mark.asvs("2.3.2", "2.4.1")
def test_one_person_asks_so_often_and_their_neighbours_are_not_held_back(
    town: dict[str, Door],
) -> None:
    leave(town["adviser"], Counted.REST, town["adviser"].ids["adviser"], 30)

    answers = [town["adviser"].get("/me") for _ in range(35)]

    assert [answer.status_code for answer in answers] == [200] * 30 + [429] * 5
    problem = answers[-1].json()
    assert (problem["code"], answers[-1].headers["content-type"]) == ("too_many_requests", "application/problem+json")
    assert int(answers[-1].headers["retry-after"]) == 3600
    other_token = with_a_token(town["adviser"], TokenScope.READ)
    assert other_token.get("/me").status_code == 429
    assert town["manager"].get("/me").status_code == 200
    town["adviser"].clock.set(NOW + timedelta(hours=1))
    assert town["adviser"].get("/me").status_code == 200


@on_sqlite
def test_a_network_and_everybody_have_their_own_bounds(town: dict[str, Door]) -> None:
    leave(town["adviser"], Counted.REST_FROM, NETWORK, 100)
    people = ("adviser", "manager", "stranger", "adie")

    statuses = [town[people[number // 30]].get("/me").status_code for number in range(110)]

    assert statuses.count(200) == 100


@on_sqlite
@pytest.mark.asvs("4.1.3", "15.3.4")
def test_who_tries_tokens_is_told_to_wait_whatever_the_headers_say(town: dict[str, Door]) -> None:
    leave(town["adviser"], Counted.REFUSED_FROM, NETWORK, 10)
    thief = town["adviser"].as_("qp_guess")

    statuses = [thief.ask("GET", "/me", X_Forwarded_For=f"192.0.2.{number}").status_code for number in range(12)]

    assert statuses == [401] * 10 + [429] * 2
    assert town["adviser"].get("/me").status_code == 200


def test_what_is_counted_is_shared_by_all_processes_but_for_a_handful(town: dict[str, Door]) -> None:
    door = town["adviser"]
    for _ in range(meter.HANDFUL + 1):
        door.get("/me")

    query = select(rate_count.c.times).where(rate_count.c.what == Counted.REST)
    counted = door.database.read(lambda db: list(db.execute(query).scalars()), WORKER)

    assert max(counted) == meter.HANDFUL + 1
