"""The definition that runs: kept once, refused when it does not fit, and renamed states migrated line by line."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, literal, select, update

from cases import definitions, journal, journey, renaming
from cases.access import Identity
from cases.database import Database, connect
from cases.definitions import DefinitionRefused, Renames
from cases.errors import NotFound
from cases.journey import Fired, Request
from cases.tables.case import case_file
from cases.tables.memory import deadline, definition, stay
from cases.tables.memory import journal as lines
from engine.definition import VERSION, as_data, fingerprint
from engine.model import Kind
from tests.cases.test_write_path import NOW, WORKER, _a_case

NONE: Renames = {}
RENAMES: Renames = {Kind.CASE: {"spotted": "detection"}}
"""What a later version would say, had the first state been named otherwise."""


def in_an_older_state(database: Database) -> tuple[Identity, Fired]:
    """A case as an older version left it: its first state was `spotted`."""
    adviser, case = _a_case(database)
    older = literal("case.spotted.") + func.substr(deadline.c.rule, len("case.detection.") + 1)

    def unit(db: Connection) -> None:
        db.execute(update(case_file).values(state="spotted", next_rule="case.spotted.qualification"))
        db.execute(update(deadline).values(rule=older))

    database.write(unit, WORKER)
    return adviser, case


def start(database: Database, at: datetime = NOW, renames: Renames = NONE) -> None:
    database.write(lambda db: definitions.start(db, at, renames=renames), WORKER)


def test_a_new_version_is_kept_once_with_its_states_in_their_order(database: Database) -> None:
    start(database)
    start(database, NOW + timedelta(days=1))

    row = database.read(lambda db: db.execute(select(definition)).mappings().one(), WORKER)
    kept = database.read(lambda db: definitions.stored(db, VERSION), WORKER)

    assert (row["version"], row["fingerprint"], row["started_at"]) == (VERSION, fingerprint(), NOW)
    assert kept == as_data()
    assert list(kept["referral"]["states"]) == list(as_data()["referral"]["states"])


def test_a_version_that_never_ran_is_not_there(database: Database) -> None:
    with pytest.raises(NotFound, match="définition 7"):
        database.read(lambda db: definitions.stored(db, 7), WORKER)


def test_the_same_number_with_other_rules_does_not_start(database: Database) -> None:
    start(database)
    database.write(lambda db: db.execute(update(definition).values(fingerprint="sha256:other")), WORKER)

    with pytest.raises(DefinitionRefused, match="nouveau numéro"):
        start(database)


def test_a_database_without_tables_says_how_to_make_them(tmp_path: Path) -> None:
    empty = connect(f"sqlite:///{tmp_path}/empty.db")

    with pytest.raises(DefinitionRefused, match="qp db upgrade"):
        start(empty)
    empty.close()


def test_a_state_in_use_that_is_gone_stops_the_start_unless_it_is_renamed(database: Database) -> None:
    in_an_older_state(database)

    with pytest.raises(DefinitionRefused, match=r"l’état case\.spotted, l’échéance case\.spotted\.qualification"):
        start(database)
    start(database, renames=RENAMES)


def test_a_rule_that_runs_and_is_gone_stops_the_start(database: Database) -> None:
    _a_case(database)
    gone = update(deadline).where(deadline.c.rule == "case.detection.qualification")
    database.write(lambda db: db.execute(gone.values(rule="case.detection.verdict")), WORKER)

    with pytest.raises(DefinitionRefused, match=r"l’échéance case\.detection\.verdict"):
        start(database)


def test_what_is_to_be_renamed_is_said_and_nothing_is_written(database: Database) -> None:
    _, case = in_an_older_state(database)

    (one,) = database.read(lambda db: renaming.planned(db, RENAMES), WORKER)

    assert (one.name, one.track, one.old, one.new) == (case.reference, "case", "spotted", "detection")
    assert database.read(lambda db: db.execute(select(case_file.c.state)).scalar_one(), WORKER) == "spotted"


def test_a_renamed_case_has_a_line_a_stay_and_its_deadlines_and_goes_on(database: Database) -> None:
    adviser, case = in_an_older_state(database)
    later = NOW + timedelta(hours=1)

    assert [one.name for one in renaming.apply(database, later, RENAMES)] == [case.reference]

    row = database.read(lambda db: db.execute(select(case_file)).mappings().one(), WORKER)
    last = database.read(
        lambda db: db.execute(select(lines).order_by(lines.c.sequence.desc())).mappings().first(), WORKER
    )
    stays = database.read(lambda db: db.execute(select(stay).where(stay.c.left_at.is_(None))).mappings().all(), WORKER)
    rules = database.read(lambda db: set(db.execute(select(deadline.c.rule)).scalars()), WORKER)
    assert (row["state"], row["next_rule"], row["version"]) == (
        "detection",
        "case.detection.qualification",
        case.version + 1,
    )
    assert last is not None
    assert (last["event"], last["from_state"], last["to_state"], last["actor_role"]) == (
        "renamed",
        "spotted",
        "detection",
        "system",
    )
    assert [(s["state"], s["entered_at"]) for s in stays] == [("detection", later)]
    assert {rule.split(".")[1] for rule in rules} == {"detection"}
    assert database.read(lambda db: journal.verify(db, case.case_id), WORKER) == []
    start(database)
    request = Request(case.reference, "qualify")
    assert (
        database.write(lambda db: journey.fire(db, request, by=adviser, now=later), WORKER).lines[0]["to"]
        == "orientation"
    )


def test_deadlines_of_two_states_that_become_one_are_counted_on(database: Database) -> None:
    _a_case(database)
    again = deadline.c.rule == "case.detection.qualification"

    def unit(db: Connection) -> None:
        row = dict(db.execute(select(deadline).where(again)).mappings().one())
        db.execute(
            insert(deadline).values({**row, "id": "older", "rule": "case.spotted.qualification", "status": "met"})
        )

    database.write(unit, WORKER)
    renaming.apply(database, NOW, RENAMES)

    counted = select(deadline.c.occurrence).where(again).order_by(deadline.c.occurrence)
    assert database.read(lambda db: list(db.execute(counted).scalars()), WORKER) == [1, 2]
