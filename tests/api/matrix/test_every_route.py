"""Every route × every role × every object: no breach, and « not yours » is answered as « there is none », letter for letter."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings
from cases.clock import FixedClock
from cases.database import Database, connect
from tests.api.browser import HOST, application
from tests.api.doors import NOW
from tests.api.matrix.routes import DECLARED, DEMO, ROLES, Way, names_of
from tests.api.matrix.town import MISSING, OBJECTS, SEEN, Crossroads, a_crossroads
from tests.cases.conftest import database, migrated_file, migrated_template
from tests.postgres import PostgresServer

__all__ = ["database"]
CHANGING = re.compile(r'[0-9a-f]{64}|name="key" value="[^"]+"|"request_id": ?"[^"]+"|QP-[0-9A-Z]{4}-[0-9A-Z]{4}')
"""What differs from one answer to the next about the very same thing: the token of a form, its key, the id of the request, the reference asked for."""


def expected(role: str, name: str, way: Way, thing: str) -> tuple[int, ...]:
    """What the class of a route says of that role and that thing."""
    if way.public:
        return (404,) if way.about and thing == "missing" else way.ok
    page = "/api/v1" not in name
    if role in ("anonymous", "entrepreneur") or (page and role == "api_client"):
        return (401,) if not page else (403,) if way.bears_words else (303,)
    if way.about and thing not in SEEN[way.about].get(role, ()):
        return (404,)
    if way.roles is not None and role not in way.roles:
        return (way.refused,)
    return way.ok


def things(way: Way, town: Crossroads) -> list[str]:
    """The objects of a route: those of its kind, and the one that is missing."""
    if way.names_cases:
        return list(OBJECTS)
    return [*town.things.get(way.about, ()), "missing"] if way.about else ["own"]


def told(role: str, way: Way, town: Crossroads, answer: Any, thing: str) -> set[str]:
    """The cases of which an answer says something to who does not see them; the reference that was asked for is theirs to repeat."""
    seen = set(SEEN["case"].get(role, ()))
    if way.about == "link":
        seen = {"own"}
    asked = town.things["case"].get(thing) if way.about == "case" or way.names_cases else None
    words = {name: [mark for mark in marks if mark != asked] for name, marks in town.marks.items() if name not in seen}
    return {name for name, marks in words.items() if any(mark in answer.text for mark in marks)}


def masked(answer: Any, town: Crossroads) -> tuple[int, str, tuple[str, ...]]:
    """An answer without what was asked for and what is drawn for each."""
    text = answer.text
    for known in (*(one for kind in town.things.values() for one in kind.values()), *MISSING.values()):
        text = text.replace(known, "*")
    headers = sorted(
        f"{k}: {v}" for k, v in answer.headers.items() if k not in ("x-request-id", "content-length", "set-cookie")
    )
    return answer.status_code, CHANGING.sub("*", text), tuple(headers)


def walk(town: Crossroads, app: Any, names: Collection[str] = tuple(DECLARED)) -> Iterator[str]:
    """Everything that is wrong, a line each; what reads is asked first."""
    before = {thing: town.state(thing) for thing in town.things["case"]}
    for name in sorted(names, key=lambda one: (not one.startswith("GET"), one)):
        way = DECLARED[name]
        for role in ROLES if not way.held else ():
            answers = {thing: town.knock(app, role, name, way, thing) for thing in things(way, town)}
            for thing, answer in answers.items():
                wanted = expected(role, name, way, thing)
                if answer.status_code not in wanted:
                    yield f"{name} · {role} · {thing}: {answer.status_code}, not {wanted}"
                if wrong := told(role, way, town, answer, thing):
                    yield f"{name} · {role} · {thing}: tells of {sorted(wrong)}"
                missing = answers.get("missing")
                if wanted == (404,) != way.ok and missing is not None and masked(answer, town) != masked(missing, town):
                    yield f"{name} · {role} · {thing}: is not answered as one that is missing"
    if town.state("elsewhere") != before["elsewhere"]:
        yield "the case of another territory was changed"


@pytest.fixture
def town(database: Database) -> Iterator[Crossroads]:
    with a_crossroads(database) as found:
        yield found


def test_every_route_has_its_class_and_every_class_its_route(town: Crossroads) -> None:
    routes = names_of(application(town.database, town.clock, demo=True))
    assert routes == set(DECLARED)
    assert names_of(application(town.database, town.clock)) == set(DECLARED) - set(DEMO)


@pytest.mark.asvs("8.2.1", "8.2.2", "8.3.1", "8.4.1", "15.3.1")
@pytest.mark.long
def test_nobody_sees_or_changes_what_is_not_theirs_nor_learns_that_it_is_there(town: Crossroads) -> None:
    assert list(walk(town, application(town.database, town.clock))) == []


@pytest.mark.postgres
@pytest.mark.asvs("8.3.1", "8.4.1")
@pytest.mark.long
def test_with_the_filter_taken_away_the_database_refuses_alone(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    template = migrated_template(postgres_server, tmp_path_factory.getbasetemp())
    database = connect(postgres_server.new_database(template).app_url)
    with a_crossroads(database) as town:
        assert list(walk(town, application(database, town.clock, unfiltered=True))) == []
    database.close()


def test_a_breach_is_found(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Without the first wall, on a database that has no second one, the matrix tells what is seen that should not be."""
    shutil.copy(migrated_file(tmp_path_factory.getbasetemp()), tmp_path / "cases.db")
    database = connect(f"sqlite:///{tmp_path}/cases.db")
    with a_crossroads(database) as town:
        open_to_all = application(database, town.clock, unfiltered=True)
        found = "\n".join(walk(town, open_to_all, ("GET /api/v1/cases", "GET /dossiers/{reference}")))
    database.close()
    assert "GET /api/v1/cases · observer · own: tells of" in found
    assert "GET /dossiers/{reference} · mentor · elsewhere: 200, not (404,)" in found
    assert "GET /dossiers/{reference} · mentor · elsewhere: is not answered as one that is missing" in found


def test_the_first_wall_stands_in_production(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path}/none.db")
    production = Settings(env="production", secret_key="a key for the tests, and for nothing else", base_url=HOST)
    with pytest.raises(ValueError, match="production"):
        application(database, FixedClock(NOW), settings=production, unfiltered=True)
    database.close()
