"""Writes sent together, and rows asked for together, are the same on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from cases.database import Database, Scope
from cases.facts.documents import answer, day_in, documents, instant_in, question
from cases.tables.memory import deadline, journal, stay
from cases.writing.batch import Batch

WORKER = Scope.worker()
NOW = datetime(2027, 2, 2, 9, 0, 0, 250_000, tzinfo=UTC)
STAY = {"id": "s1", "subject_id": "c1", "track": "case", "state": "detection", "entered_at": NOW, "definition": 1}
DEADLINE = {
    "id": "d1", "subject": "case", "subject_id": "c1", "track": "case", "rule": "case.detection.qualification", "occurrence": 1, "status": "open",
    "armed_at": NOW, "armed_on": date(2027, 2, 2), "due_on": date(2027, 2, 16), "due_at": NOW, "unit": "working_days",
}  # fmt: skip
LEAVE = update(stay).where(stay.c.subject_id == bindparam("of_subject"))


def test_writes_are_done_in_the_order_in_which_they_were_added(database: Database) -> None:
    def unit(db: Connection) -> int:
        writes = Batch(db)
        writes.insert(stay, STAY)
        writes.add(LEAVE, {"of_subject": "c1", "left_at": NOW})
        writes.insert(stay, {**STAY, "id": "s2"})
        return writes.send()

    database.write(unit, WORKER)

    rows = database.read(lambda db: db.execute(select(stay)).all(), WORKER)
    left = {row.id: row.left_at for row in rows}
    assert left == {"s1": NOW, "s2": None}


def test_a_batch_says_how_many_rows_its_last_write_changed(database: Database) -> None:
    def unit(db: Connection) -> tuple[int, int, int]:
        writes = Batch(db)
        nothing = writes.send()
        for name in ("s1", "s2"):
            writes.insert(stay, {**STAY, "id": name})
        writes.add(LEAVE, {"of_subject": "c1", "left_at": NOW})
        both = writes.send()
        writes.add(LEAVE, {"of_subject": "nobody", "left_at": NOW})
        return nothing, both, writes.send()

    assert database.write(unit, WORKER) == (0, 2, 0)


def test_writes_that_are_alike_are_done_together_and_rows_may_change_until_then(database: Database) -> None:
    def unit(db: Connection) -> None:
        writes = Batch(db)
        for name in ("s1", "s2"):
            waiting = writes.insert_whole(stay, {**STAY, "id": name})
            writes.add(LEAVE, {"of_subject": name.replace("s", "c"), "left_at": NOW})
            waiting["subject_id"] = name.replace("s", "c")
        writes.send_alike_together()
        writes.send_alike_together()

    database.write(unit, WORKER)

    rows = database.read(lambda db: db.execute(select(stay).order_by(stay.c.id)).all(), WORKER)
    assert [(row.id, row.subject_id, row.left_at) for row in rows] == [("s1", "c1", NOW), ("s2", "c2", NOW)]


def test_rows_that_are_inserted_together_keep_each_kind_of_value(database: Database) -> None:
    reunion, words = timezone(timedelta(hours=4)), 'Œuvre « d’été » "à" 100 % \\ \n 🎪'
    line = {
        "subject_id": "c1", "subject": "case", "at": NOW.astimezone(reunion), "track": "case", "event": "note", "actor_role": "adviser", "via": "page",
        "reason": words, "facts": {"words": words, "many": [1, 2.5, None, True]}, "on_behalf": None, "definition": 1, "previous": "", "hash": "h",
    }  # fmt: skip

    def unit(db: Connection) -> None:
        writes = Batch(db)
        for number in (1, 2):
            writes.insert_whole(
                journal, {**line, "sequence": number, "cascade": "words alone" if number == 2 else None}
            )
            writes.insert_whole(
                deadline, {**DEADLINE, "id": f"d{number}", "occurrence": number, "extended": number == 2}
            )
        writes.send_alike_together()

    database.write(unit, WORKER)

    lines = database.read(lambda db: db.execute(select(journal).order_by(journal.c.sequence)).mappings().all(), WORKER)
    assert [{name: row[name] for name in line} for row in lines] == [line, line]
    assert [row["cascade"] for row in lines] == [None, "words alone"]
    assert database.read(
        lambda db: db.execute(select(journal.c.sequence).where(journal.c.cascade.is_(None))).all(), WORKER
    ) == [(1,)]
    kept = database.read(lambda db: db.execute(select(deadline).order_by(deadline.c.id)).mappings().all(), WORKER)
    assert [(row["due_on"], row["due_at"], row["extended"], row["left"]) for row in kept] == [
        (date(2027, 2, 16), NOW, False, None), (date(2027, 2, 16), NOW, True, None)
    ]  # fmt: skip


def test_an_error_of_the_driver_is_one_of_sqlalchemy(database: Database) -> None:
    def unit(db: Connection) -> None:
        writes = Batch(db)
        writes.insert(stay, STAY)
        writes.insert(stay, STAY)
        writes.send()

    with pytest.raises(IntegrityError):
        database.write(unit, WORKER)
    assert database.read(lambda db: db.execute(select(stay)).all(), WORKER) == []


def test_a_column_that_is_not_named_takes_its_default(database: Database) -> None:
    database.write(lambda db: _insert_deadline(db), WORKER)

    row = database.read(lambda db: db.execute(select(deadline)).mappings().one(), WORKER)
    assert (row["item"], row["extended"], row["attempts"], row["left"]) == ("", False, 0, None)


def test_a_document_holds_days_instants_and_flags_alike_on_both_databases(database: Database) -> None:
    names = ("id", "due_on", "due_at", "extended", "left")
    asked = question(documents("deadline", *(deadline.c[name] for name in names)), documents("stay", stay.c.id))
    reunion = timezone(timedelta(hours=4))

    def unit(db: Connection) -> None:
        _insert_deadline(db, due_at=NOW.astimezone(reunion), extended=True)

    database.write(unit, WORKER)
    found = database.read(lambda db: answer(db, asked, {}), WORKER)

    (row,) = found["deadline"]
    assert (row["id"], bool(row["extended"]), row["left"]) == ("d1", True, None)
    assert (day_in(row["due_on"]), instant_in(row["due_at"])) == (date(2027, 2, 16), NOW)
    assert found["stay"] == []


def _insert_deadline(db: Connection, **known: object) -> None:
    writes = Batch(db)
    writes.insert(deadline, DEADLINE | known)
    writes.send()
