"""The simulation: the same acts on every run, in the order of their instants, none of them to come."""

from __future__ import annotations

from datetime import date

import pytest

from cases.simulation import LIVES, Act, Stage, acts
from engine.working_days import Calendar

STAGE = Stage(("ines", "hugo"), Calendar())


def told(today: date, seed: int = 59) -> list[Act]:
    return list(acts(today, STAGE, seed))


def test_the_same_day_and_seed_tell_the_same_story() -> None:
    today = date(2026, 11, 24)

    assert told(today) == told(today)
    assert told(today) != told(today, seed=60)


def test_there_are_a_hundred_and_fifty_cases_each_begun_by_a_detection() -> None:
    first = {act.case: act.event for act in reversed(told(date(2026, 11, 24)))}

    assert len(first) == sum(count for _, count, _, _ in LIVES) == 150
    assert set(first.values()) == {"log"}


@pytest.mark.parametrize("today", [date(2026, 11, 24), date(2026, 11, 22), date(2027, 1, 1), date(2027, 5, 6)])
def test_acts_are_in_order_on_working_days_and_before_today(today: date) -> None:
    calendar = Calendar()
    instants = [act.at for act in told(today)]

    assert instants == sorted(instants)
    assert all(calendar.works(calendar.day_of(at)) for at in instants)
    assert calendar.day_of(instants[-1]) < today


def test_another_day_moves_the_story_and_changes_no_word_of_it() -> None:
    one, other = told(date(2026, 11, 24)), told(date(2027, 3, 16))

    def words(story: list[Act]) -> list[tuple[int, str, str, object]]:
        return sorted((act.case, act.event, act.track, str(act.given)) for act in story)

    assert words(one) == words(other)
