"""The second wall: with the application's filter taken away, PostgreSQL alone keeps each case for those whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select

from cases.database import Scope, ask_everywhere, connect
from cases.tables.case import case_file
from cases.tables.people import person, role_grant
from tests.api.doors import NOW, Door, a_town
from tests.cases.conftest import migrated_file, migrated_template
from tests.postgres import PostgresServer

pytestmark = pytest.mark.postgres


@pytest.fixture
def walled(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Door]]:
    """The town on PostgreSQL, each in their own scope."""
    template = migrated_template(postgres_server, tmp_path_factory.getbasetemp())
    database = connect(postgres_server.new_database(template).app_url)
    with a_town(database) as people:
        yield people
    database.close()


def take_the_filter_away(people: dict[str, Door]) -> None:
    """From here on the application lets everybody through, as one made with `unfiltered` does."""
    people["adviser"].client.app.state.worker.unfiltered = True


@pytest.mark.parametrize("who", ["stranger", "bge", "mentor", "admin"])
def test_the_database_alone_refuses_anothers_case(walled: dict[str, Door], who: str) -> None:
    reference = walled["adviser"].referred("adie")
    before = walled["adviser"].get(f"/cases/{reference}").json()
    take_the_filter_away(walled)
    other = walled[who]

    assert other.get("/cases").json()["items"] == []
    for path in ("", "/steps", "/journal", "/deadlines", "/messages"):
        assert other.get(f"/cases/{reference}{path}").status_code == 404
    for path, body in (
        ("steps", {"step": "hold", "payload": {"reason": "health", "until": "2027-02-20"}}),
        ("notes", {"payload": {"text": "…"}}),
    ):
        assert other.post(f"/cases/{reference}/{path}", body).status_code == 404
    correction = {"person": {"name": "Une autre"}}
    assert other.patch(f"/cases/{reference}", correction, If_Match='"3"').status_code == 404
    assert walled["adviser"].get(f"/cases/{reference}").json() == before


@pytest.mark.parametrize("who", ["adviser", "manager", "adie", "boss"])
def test_those_whose_it_is_are_let_through(walled: dict[str, Door], who: str) -> None:
    reference = walled["adviser"].referred("adie")
    take_the_filter_away(walled)

    assert walled[who].get(f"/cases/{reference}").status_code == 200
    assert [item["reference"] for item in walled[who].get("/cases").json()["items"]] == [reference]


def test_without_the_filter_a_database_that_has_no_wall_shows_it(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The filter is really away in the tests above: SQLite, which has no second wall, gives the case."""
    path = tmp_path / "cases.db"
    path.write_bytes(migrated_file(tmp_path_factory.getbasetemp()).read_bytes())
    database = connect(f"sqlite:///{path}")
    with a_town(database) as people:
        reference = people["adviser"].referred("adie")
        take_the_filter_away(people)
        assert people["stranger"].get(f"/cases/{reference}").status_code == 200
    database.close()


def test_a_question_over_everybody_leaves_the_scope_as_it_was(walled: dict[str, Door]) -> None:
    walled["adviser"].logs()
    every_case = select(func.count()).select_from(case_file)

    def ask(db: Connection) -> tuple[int, int, str]:
        everywhere = ask_everywhere(db, every_case)[0][0]
        return everywhere, db.execute(every_case).scalar_one(), db.exec_driver_sql("SHOW qp.scope").scalar_one()

    database = walled["adviser"].database
    assert database.read(ask, Scope.of(person="nobody")) == (1, 0, "person")
    assert database.read(ask, Scope.nothing()) == (0, 0, "nothing")
    assert database.read(ask, Scope.worker()) == (1, 1, "worker")


def test_a_referent_is_chosen_by_everybodys_load_whoever_logs(walled: dict[str, Door]) -> None:
    """An agent of a branch sees no case of the territory, and yet the new one goes to who has the fewest."""
    adviser, agent = walled["adviser"], walled["adie"]
    for _ in range(2):
        adviser.logs(phone=None)
    adviser.database.write(_a_second_adviser(adviser.ids["roubaix"]), Scope.worker())

    reference = agent.logs(phone=None)

    assert adviser.get(f"/cases/{reference}").json()["referent"]["name"] == "Nora"
    assert agent.get(f"/cases/{reference}").status_code == 404


def _a_second_adviser(home: str) -> Callable[[Connection], object]:
    def add(db: Connection) -> None:
        db.execute(insert(person).values(id="nora", name="Nora", created_at=NOW))
        row = {"person_id": "nora", "role": "adviser", "territory_id": home, "created_at": NOW}
        db.execute(insert(role_grant).values(id="grant of nora", **row))

    return add


def test_a_duplicate_names_a_case_that_one_sees(walled: dict[str, Door]) -> None:
    mine, theirs = walled["adviser"].logs(), walled["stranger"].logs(territory="arras")
    kept = walled["adviser"].logs(name="La même")
    close = {"step": "close", "payload": {"reason": "duplicate", "keeps": theirs}}

    refused = walled["adviser"].post(f"/cases/{mine}/steps", close)
    close["payload"] = {"reason": "duplicate", "keeps": kept}
    closed = walled["adviser"].post(f"/cases/{mine}/steps", close)

    assert refused.json()["reasons"][0]["code"] == "no_case_kept"
    assert closed.status_code == 200, closed.json()
