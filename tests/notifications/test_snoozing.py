"""« Plus tard »: one's own reminders wait until the day that was chosen; alerts to others, and other people's choices, do not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from cases.access import scope_of
from cases.tables.memory import deadline
from engine.model import Do
from engine.working_days import Calendar
from notifications.snoozing import days_to_choose, put_off, snooze_reminders
from notifications.tables import snooze
from tests.notifications.scenes import Scene

FRIDAY = datetime(2027, 2, 5, 9, 0, tzinfo=UTC)
MONDAY = date(2027, 2, 8)
FRANCE, REUNION = Calendar(), Calendar("FR-974", "Indian/Reunion")


def test_a_reminder_waits_for_the_morning_of_the_day_that_was_chosen() -> None:
    assert put_off(FRIDAY, Do.REMIND, MONDAY, FRANCE) == datetime(2027, 2, 8, 7, 30, tzinfo=UTC)
    assert put_off(FRIDAY, Do.REMIND, MONDAY, REUNION) == datetime(2027, 2, 8, 4, 30, tzinfo=UTC)


def test_what_leaves_later_anyway_leaves_then() -> None:
    tuesday = datetime(2027, 2, 9, 7, 30, tzinfo=UTC)
    assert put_off(tuesday, Do.REMIND, MONDAY, FRANCE) == tuesday


@pytest.mark.parametrize("do", [Do.TELL, Do.ESCALATE, None])
def test_alerts_and_news_are_never_put_off(do: str | None) -> None:
    assert put_off(FRIDAY, do, MONDAY, FRANCE) == FRIDAY


def test_the_next_five_working_days_can_be_chosen() -> None:
    days = [day.isoformat() for day in days_to_choose(FRANCE, FRIDAY)]
    assert days == ["2027-02-08", "2027-02-09", "2027-02-10", "2027-02-11", "2027-02-12"]


def test_what_somebody_chose_is_seen_and_changed_by_them_alone(scene: Scene) -> None:
    adviser, manager = scene.who({"by": "adviser"}), scene.who({"by": "manager"})
    now = scene.clock.now()
    (known,) = scene.rows(select(deadline.c.id).where(deadline.c.rule == "case.orientation.acceptance"))
    for day in days_to_choose(FRANCE, now)[:2]:
        scene.database.write(
            lambda db, day=day: snooze_reminders(db, adviser, known.id, day, now=now), scope_of(adviser)
        )

    assert len(scene.rows(select(snooze))) == 1
    seen_by = {
        who.person: len(scene.database.read(lambda db: db.execute(select(snooze)).all(), scope_of(who)))
        for who in (adviser, manager)
    }
    assert seen_by[adviser.person] == 1
    if scene.database.dialect == "postgresql":
        assert seen_by[manager.person] == 0
