"""Migrations: what they make is what the code expects, the journal stays as it was written, nobody sees past their scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Table, create_engine, insert, update
from sqlalchemy.exc import DBAPIError

from api.migrations.run import check, downgrade, upgrade
from cases.database import Database, Scope, connect, widen_to_case
from cases.tables.case import business, case_file, entrepreneur, need
from cases.tables.memory import deadline, idempotency_key, journal, pending_step
from cases.tables.operators import branch, operator
from cases.tables.people import person
from cases.tables.territories import territory
from cases.tables.tracks import mentoring_pair, referral, referral_need
from tests.cases.conftest import database, migrated_template
from tests.postgres import PostgresServer, PostgresUrls

__all__ = ["database"]

NOW = datetime(2027, 2, 2, 9, 0, tzinfo=UTC)
WORKER = Scope.worker()
LINE = {"subject": "case", "at": NOW, "track": "case", "event": "detected", "actor_role": "adviser", "via": "api", "facts": {},
        "definition": 1, "previous": "sha256:0", "hash": "sha256:1"}  # fmt: skip
CHILDREN = (business, entrepreneur, need, referral, referral_need, mentoring_pair, journal, deadline)


@pytest.fixture(params=["sqlite", "postgresql"])
def owner_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of one's own, before any migration."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/owner.db"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.new_database().owner_url


@pytest.fixture
def migrated(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> PostgresUrls:
    """A migrated PostgreSQL database."""
    return postgres_server.new_database(migrated_template(postgres_server, tmp_path_factory.getbasetemp()))


@pytest.fixture
def walled(migrated: PostgresUrls) -> Iterator[Database]:
    """PostgreSQL as the application sees it: a case in Roubaix, one in Marseille, one that has no territory yet."""
    database = connect(migrated.app_url)
    database.write(_three_cases, WORKER)
    yield database
    database.close()


def _three_cases(db: Connection) -> None:
    db.execute(insert(person), [{"id": who, "name": who, "created_at": NOW} for who in ("agent", "mentor", "referent")])
    db.execute(insert(operator).values(id="adie", slug="adie", name="Adie", kind="finance", axes=[], levers=[]))
    db.execute(insert(branch), [{"id": b, "operator_id": "adie", "name": b} for b in ("lille", "nice")])
    for place in ("roubaix", "marseille"):
        _a_territory(db, place)
        _a_case(db, place, territory_id=place, referent_id="referent" if place == "roubaix" else None)
    _a_case(db, "nowhere")
    track = {"number": 1, "state_since": NOW, "opened_at": NOW}
    db.execute(
        insert(referral).values(
            id="asked", case_id="in roubaix", state="sent", branch_id="lille", agent_id="agent", **track
        )
    )
    db.execute(insert(referral).values(id="draft", case_id="in marseille", state="draft", branch_id="nice", **track))
    db.execute(insert(referral_need).values(referral_id="asked", need_id="need roubaix"))
    db.execute(
        insert(mentoring_pair).values(id="pair", case_id="in marseille", state="active", mentor_id="mentor", **track)
    )


def _a_territory(db: Connection, place: str) -> None:
    row = {"kind": "commune", "state": "acceleration", "state_since": NOW, "created_at": NOW, "axes": []}
    db.execute(insert(territory).values(id=place, slug=place, name=place, **row))


def _a_case(db: Connection, place: str, **more: str | None) -> None:
    case_id = f"in {place}"
    db.execute(insert(business).values(id=f"shop {place}", name="Épicerie"))
    db.execute(insert(entrepreneur).values(id=f"owner {place}", name="Aminata"))
    db.execute(
        insert(case_file).values(
            id=case_id, reference=place, state="detection", state_since=NOW, opened_at=NOW, logged_at=NOW,
            updated_at=NOW, business_id=f"shop {place}", entrepreneur_id=f"owner {place}", **more,
        )
    )  # fmt: skip
    db.execute(insert(need).values(id=f"need {place}", case_id=case_id, subject="funding", levers=[], created_at=NOW))
    db.execute(insert(journal).values(subject_id=case_id, sequence=1, **LINE))
    db.execute(
        insert(deadline).values(
            id=f"deadline {place}", subject="case", subject_id=case_id, track="case", rule="call", occurrence=1, status="open",
            armed_at=NOW, armed_on=NOW.date(), due_on=NOW.date(), due_at=NOW, unit="working_days",
        )
    )  # fmt: skip


def _run(url: str, statement: str) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as db:
        db.exec_driver_sql(statement)
    engine.dispose()


def _seen(database: Database, scope: Scope) -> set[str]:
    return set(database.read(lambda db: db.execute(case_file.select()).scalars().all(), scope))


def test_a_migrated_database_is_what_the_code_expects(owner_url: str) -> None:
    upgrade(owner_url)

    assert check(owner_url) == []


def test_migrating_twice_changes_nothing_and_going_back_leaves_no_table(owner_url: str) -> None:
    upgrade(owner_url)
    upgrade(owner_url)
    assert check(owner_url) == []

    downgrade(owner_url, "base")
    assert any("add_table" in line for line in check(owner_url))

    upgrade(owner_url)
    assert check(owner_url) == []


def test_an_identifier_that_is_compared_as_a_word_is_reported(migrated: PostgresUrls) -> None:
    _run(migrated.owner_url, 'ALTER TABLE mark_fired ALTER COLUMN deadline_id TYPE text COLLATE "default"')
    [line] = check(migrated.owner_url)
    assert "'mark_fired', 'deadline_id'" in line


def test_a_dropped_trigger_is_reported_and_the_next_upgrade_lays_it_again(owner_url: str) -> None:
    upgrade(owner_url)
    of_table = "" if owner_url.startswith("sqlite") else " ON journal"
    _run(owner_url, f"DROP TRIGGER journal_refuses_update{of_table}")

    found = check(owner_url)

    assert len(found) == 1
    assert found[0].startswith("missing: trigger journal_refuses_update")
    assert check(owner_url) == found, "checking repairs nothing"
    upgrade(owner_url)
    assert check(owner_url) == []


def test_a_column_that_nobody_declared_is_reported(owner_url: str) -> None:
    upgrade(owner_url)
    _run(owner_url, "ALTER TABLE need ADD COLUMN colour TEXT")

    found = check(owner_url)

    assert len(found) == 1
    assert "colour" in found[0]


@pytest.mark.parametrize(
    "hole",
    [
        "DROP POLICY person_reads ON note",
        "ALTER POLICY person_reads ON note USING (true)",
        "CREATE POLICY door ON note USING (true)",
        "ALTER TABLE note NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE note DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE journal DISABLE TRIGGER journal_refuses_delete",
        "CREATE OR REPLACE FUNCTION qp_cases_by_track() RETURNS text[] LANGUAGE sql AS 'SELECT array_agg(id) FROM case_file'",
    ],
)
def test_a_hole_in_the_wall_is_reported(migrated: PostgresUrls, hole: str) -> None:
    assert check(migrated.owner_url) == []

    _run(migrated.owner_url, hole)

    assert check(migrated.owner_url)


def test_every_table_that_speaks_of_cases_stands_behind_the_wall(walled: Database) -> None:
    outside = walled.read(
        lambda db: db.exec_driver_sql(
            "SELECT DISTINCT c.table_name FROM information_schema.columns c JOIN pg_class t ON t.relname = c.table_name"
            " WHERE c.table_schema = 'public' AND c.column_name IN ('case_id', 'subject_id') AND NOT t.relforcerowsecurity"
        ).all(),
        WORKER,
    )

    assert outside == []


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_a_line_of_the_journal_is_never_changed_nor_deleted(database: Database, verb: str) -> None:
    database.write(lambda db: db.execute(insert(journal).values(subject_id="a case", sequence=1, **LINE)), WORKER)
    statement = update(journal).values(event="forged") if verb == "update" else journal.delete()

    with pytest.raises(DBAPIError, match="append-only"):
        database.write(lambda db: db.execute(statement), WORKER)

    assert [row.event for row in database.read(lambda db: db.execute(journal.select()).all(), WORKER)] == ["detected"]


@pytest.mark.parametrize(
    ("scope", "cases"),
    [
        pytest.param(Scope(), set(), id="nobody yet"),
        pytest.param(Scope(territories=frozenset({"roubaix"})), set(), id="a territory without a scope"),
        pytest.param(WORKER, {"in roubaix", "in marseille", "in nowhere"}, id="the system"),
        pytest.param(Scope.of(person="nobody"), set(), id="somebody without a role"),
        pytest.param(Scope.of(territories=["lyon"]), set(), id="another territory"),
        pytest.param(Scope.of(territories=["roubaix"]), {"in roubaix"}, id="their territory"),
        pytest.param(
            Scope.of(territories=["roubaix", "marseille"]), {"in roubaix", "in marseille"}, id="two territories"
        ),
        pytest.param(Scope.of(branches=["lille"]), {"in roubaix"}, id="a branch that was asked"),
        pytest.param(Scope.of(branches=["nice"]), set(), id="a branch whose request is a draft"),
        pytest.param(Scope.of(person="agent"), {"in roubaix"}, id="the agent"),
        pytest.param(Scope.of(person="referent"), {"in roubaix"}, id="the referent"),
        pytest.param(Scope.of(person="mentor"), {"in marseille"}, id="the mentor"),
        pytest.param(Scope.of(person="boss", admin=True), {"in nowhere"}, id="an admin"),
        pytest.param(Scope.of(person="nobody").on_case("in marseille"), {"in marseille"}, id="deciding on one case"),
        pytest.param(Scope().on_case("in marseille"), set(), id="one case without a scope"),
    ],
)
def test_people_see_their_cases_and_no_other(walled: Database, scope: Scope, cases: set[str]) -> None:
    assert _seen(walled, scope) == cases


@pytest.mark.parametrize("table", CHILDREN, ids=str)
def test_what_hangs_on_a_case_is_seen_with_it(walled: Database, table: Table) -> None:
    def rows(scope: Scope) -> list[str]:
        return walled.read(lambda db: [str(row) for row in db.execute(table.select())], scope)

    everything = rows(WORKER)
    of_roubaix = rows(Scope.of(territories=["roubaix"]))
    of_marseille = rows(Scope.of(territories=["marseille"]))

    assert of_roubaix or of_marseille
    assert set(of_roubaix + of_marseille) == {row for row in everything if "nowhere" not in row}
    assert not set(of_roubaix) & set(of_marseille)
    assert rows(Scope()) == []


def test_deciding_on_a_case_shows_the_whole_of_it_and_no_more(walled: Database) -> None:
    def widened(db: Connection) -> set[str]:
        widen_to_case(db, "in marseille")
        return set(db.execute(case_file.select()).scalars())

    assert walled.read(widened, Scope.of(territories=["roubaix"])) == {"in roubaix", "in marseille"}
    assert _seen(walled, Scope.of(territories=["roubaix"])) == {"in roubaix"}


def test_asking_for_their_tracks_leaves_the_scope_as_it_was(walled: Database) -> None:
    def ask(db: Connection) -> tuple[object, object]:
        seen = db.exec_driver_sql("SELECT qp_cases_by_track()").scalar()
        return seen, db.exec_driver_sql("SELECT current_setting('qp.scope')").scalar()

    assert walled.read(ask, Scope.of(person="agent")) == (["in roubaix"], "person")
    assert walled.read(ask, Scope(person="agent")) == ([], "nothing")


@pytest.mark.asvs("8.4.1")
def test_nobody_changes_what_they_cannot_see_nor_gives_a_case_away(walled: Database) -> None:
    mine = Scope.of(territories=["roubaix"])
    urgent = update(case_file).values(urgent=True)

    assert walled.write(lambda db: db.execute(urgent).rowcount, mine) == 1
    assert walled.write(lambda db: db.execute(urgent).rowcount, Scope()) == 0
    with pytest.raises(DBAPIError, match="row-level security"):
        walled.write(lambda db: db.execute(update(case_file).values(territory_id="marseille")), mine)


def test_nobody_adds_to_what_they_cannot_see(walled: Database) -> None:
    def one_more(place: str) -> Callable[[Connection], object]:
        row = {"id": f"more {place}", "case_id": f"in {place}", "subject": "funding", "levers": [], "created_at": NOW}
        return lambda db: db.execute(insert(need).values(**row))

    mine = Scope.of(person="p", territories=["roubaix"])

    walled.write(one_more("roubaix"), mine)
    for scope in (mine, Scope(territories=frozenset({"marseille"})), Scope.of(branches=["nice"])):
        with pytest.raises(DBAPIError, match="row-level security"):
            walled.write(one_more("marseille"), scope)


def test_a_new_case_is_logged_by_a_transaction_that_was_opened_on_it(walled: Database) -> None:
    mine = Scope.of(territories=["roubaix"])

    def elsewhere(db: Connection) -> None:
        widen_to_case(db, "in lens")
        _a_territory(db, "lens")
        _a_case(db, "lens", territory_id="lens")

    walled.write(elsewhere, mine)

    assert _seen(walled, mine) == {"in roubaix"}
    with pytest.raises(DBAPIError, match="row-level security"):
        walled.write(lambda db: _a_case(db, "nantes", territory_id="marseille"), mine)


def test_a_person_deletes_only_what_was_planned_on_their_cases(walled: Database) -> None:
    mine = Scope.of(territories=["roubaix"])
    planned = {"track": "case", "event": "resume", "payload": {}, "at": NOW}
    for place in ("roubaix", "marseille"):
        step = insert(pending_step).values(id=place, subject_id=f"in {place}", **planned)
        walled.write(lambda db, step=step: db.execute(step), WORKER)

    assert walled.write(lambda db: db.execute(need.delete()).rowcount, mine) == 0
    assert walled.write(lambda db: db.execute(pending_step.delete()).rowcount, mine) == 1
    assert walled.write(lambda db: db.execute(referral_need.delete()).rowcount, WORKER) == 1


def test_an_idempotency_key_is_seen_by_whoever_gave_it(walled: Database) -> None:
    key = insert(idempotency_key).values(scope="ines QP-1 steps", key="k", body_hash="h", created_at=NOW)
    walled.write(lambda db: db.execute(key), Scope.of(person="ines"))

    def keys(scope: Scope) -> int:
        return len(walled.read(lambda db: db.execute(idempotency_key.select()).all(), scope))

    assert keys(Scope.of(person="ines")) == keys(Scope.of(entrepreneur="ines")) == 1
    assert keys(Scope.of(person="paul")) == keys(Scope.of(territories=["roubaix"])) == keys(Scope()) == 0


def test_an_entrepreneur_sees_their_own_case(walled: Database) -> None:
    assert _seen(walled, Scope.of(entrepreneur="owner roubaix")) == {"in roubaix"}


@pytest.mark.asvs("13.2.2")
def test_the_application_cannot_take_the_wall_down(walled: Database) -> None:
    for statement in (
        "ALTER TABLE case_file DISABLE ROW LEVEL SECURITY",
        "TRUNCATE journal",
        "DELETE FROM alembic_version",
    ):
        with pytest.raises(DBAPIError, match=r"must be owner|permission denied"):
            walled.write(lambda db, statement=statement: db.exec_driver_sql(statement), WORKER)
