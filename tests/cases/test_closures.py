"""A branch that said when it closes: the clocks of its requests stand still on those days, whenever they were sent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cases import branches
from cases.sweep import sweep
from cases.tables.memory import deadline, journal, pending_step
from cases.tables.operators import branch_closure
from tests.cases.conftest import database
from tests.cases.test_routing import NOW, WORKER, Town, town

__all__ = ["database", "town"]
FIRST, LAST = date(2027, 2, 8), date(2027, 2, 12)
"""From Monday to Friday of the next week: NOW is a Tuesday."""
ANSWER = "referral.sent.answer"


def closes(town: Town, first: date = FIRST, last: date = LAST) -> None:
    own, agent = town.branches["adie"], town.agents["adie"]
    declare = branches.declare_closure
    town.database.write(lambda db: declare(db, own, first, last, by=agent, now=NOW), WORKER)


def asked(town: Town, at: datetime = NOW) -> str:
    reference = town.log(name=f"Commerce {at}")
    town.ask(reference, "adie")
    town.fire(reference, "send", "referral-1", at=at)
    return reference


def rows(town: Town, table: Any, *where: Any) -> list[Any]:
    query = select(table).where(*where).order_by(*table.primary_key)
    return list(town.database.read(lambda db: db.execute(query).all(), WORKER))


def clocks(town: Town) -> list[tuple[str, date]]:
    """What runs for an answer, each with its day; in the order in which it was asked."""
    running = (deadline.c.rule == ANSWER, deadline.c.status.in_(("open", "paused")))
    return [(row.status, row.due_on) for row in rows(town, deadline, *running)]


def evening(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 17, 1, tzinfo=UTC)


def come(town: Town, day: date) -> list[tuple[str, date]]:
    """The evening of that day; give the clocks then."""
    sweep(town.database, evening(day))
    return clocks(town)


def test_a_request_sent_after_the_closure_was_declared_stands_still_like_one_sent_before(town: Town) -> None:
    asked(town)
    closes(town)
    asked(town, NOW + timedelta(minutes=1))

    assert clocks(town) == [("open", date(2027, 2, 9))] * 2
    assert come(town, date(2027, 2, 5)) == [("paused", date(2027, 2, 9))] * 2
    assert come(town, LAST) == [("open", date(2027, 2, 16))] * 2


def test_one_sent_on_the_last_day_before_it_stands_still_at_once(town: Town) -> None:
    closes(town, date(2027, 2, 3), date(2027, 2, 5))

    asked(town)

    assert clocks(town) == [("paused", date(2027, 2, 9))]
    assert [row.event for row in rows(town, journal, journal.c.track == "referral-1")] == ["draft", "send", "closure"]
    assert come(town, date(2027, 2, 5)) == [("open", date(2027, 2, 12))]


def test_an_answer_that_is_undone_does_not_lose_the_closure(town: Town) -> None:
    closes(town)
    reference, agent = asked(town), town.agents["adie"]
    town.fire(reference, "decline", "referral-1", by=agent, reason="out_of_scope")
    assert rows(town, pending_step) == []

    town.fire(reference, "undo_answer", "referral-1", by=agent)

    assert [status for status, _ in come(town, date(2027, 2, 5))] == ["paused"]
    assert [status for status, _ in come(town, LAST)] == ["open"]


def test_one_that_is_asked_anew_while_the_branch_is_closed_begins_when_it_opens(town: Town) -> None:
    reference = asked(town)
    town.fire(reference, "withdraw", "referral-1", reason="sent_by_mistake")
    closes(town)

    town.fire(reference, "revive", "referral-1", at=evening(date(2027, 2, 10)))

    assert [status for status, _ in clocks(town)] == ["paused"]
    assert come(town, LAST) == [("open", date(2027, 2, 19))]


def test_a_closure_that_is_called_back_is_called_back_for_those_sent_meanwhile(town: Town) -> None:
    closes(town)
    asked(town)
    [closure] = rows(town, branch_closure)

    town.database.write(lambda db: branches.lift_closure(db, closure.id, by=town.agents["adie"], now=NOW), WORKER)

    assert rows(town, pending_step) == []
    assert come(town, date(2027, 2, 5)) == [("open", date(2027, 2, 9))]


def test_what_is_urgent_waits_for_no_branch(town: Town) -> None:
    closes(town)
    reference = asked(town)
    town.fire(reference, "set_urgent", reason="Le bail finit.")

    assert [status for status, _ in come(town, date(2027, 2, 5))] == ["open"]


@pytest.mark.parametrize("again", [date(2027, 2, 10), date(2027, 2, 15)], ids=["over the same days", "the next day"])
def test_two_closures_in_a_row_are_one_rest(town: Town, again: date) -> None:
    closes(town)
    closes(town, again, date(2027, 2, 19))

    asked(town)

    assert [status for status, _ in come(town, date(2027, 2, 5))] == ["paused"]
    assert [status for status, _ in come(town, LAST)] == ["paused"]
    assert come(town, date(2027, 2, 19)) == [("open", date(2027, 2, 23))]
