"""Working days: the public holidays of each place, counting, and local hours across the changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.working_days import EVENING, MORNING, Calendar, months_after

FRANCE, REUNION, MOSELLE, ALSACE = (
    Calendar(),
    Calendar("FR-974", "Indian/Reunion"),
    Calendar("FR-57"),
    Calendar("FR-6AE"),
)
EASTER = {
    2026: (4, 5), 2027: (3, 28), 2028: (4, 16), 2029: (4, 1), 2030: (4, 21), 2031: (4, 13),
    2032: (3, 28), 2033: (4, 17), 2034: (4, 9), 2035: (3, 25), 2036: (4, 13),
}  # fmt: skip
"""Easter Sundays, from the ecclesiastical tables."""
FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
DAYS = st.dates(date(2026, 1, 1), date(2036, 12, 31))
BOUNDED = settings(derandomize=True, deadline=None, max_examples=150)


def official(year: int) -> set[date]:
    """The eleven holidays of article L3133-1 of the Code du travail."""
    easter = date(year, *EASTER[year])
    moving = {easter + timedelta(days=after) for after in (1, 39, 50)}
    return moving | {date(year, month, day) for month, day in FIXED}


def week_days(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [day for n in range(366) if (day := first + timedelta(days=n)).year == year and day.weekday() < 5]


@pytest.mark.parametrize("year", EASTER)
def test_france_rests_on_its_eleven_holidays_and_no_other_week_day(year: int) -> None:
    assert {day for day in week_days(year) if not FRANCE.works(day)} == {d for d in official(year) if d.weekday() < 5}


@pytest.mark.parametrize("year", EASTER)
def test_reunion_also_rests_on_the_day_slavery_ended_there(year: int) -> None:
    expected = official(year) | {date(year, 12, 20)}
    assert {day for day in week_days(year) if not REUNION.works(day)} == {d for d in expected if d.weekday() < 5}


@pytest.mark.parametrize("year", EASTER)
@pytest.mark.parametrize("place", [MOSELLE, ALSACE], ids=lambda place: place.name)
def test_alsace_and_moselle_also_rest_on_good_friday_and_saint_stephen(place: Calendar, year: int) -> None:
    expected = official(year) | {date(year, *EASTER[year]) - timedelta(days=2), date(year, 12, 26)}
    assert {day for day in week_days(year) if not place.works(day)} == {d for d in expected if d.weekday() < 5}


def test_nobody_works_at_the_weekend() -> None:
    assert not FRANCE.works(date(2026, 3, 7))
    assert not FRANCE.works(date(2026, 3, 8))


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2026, 3, 2), 3, date(2026, 3, 5)),
        (date(2026, 3, 5), 2, date(2026, 3, 9)),
        (date(2026, 3, 7), 1, date(2026, 3, 9)),
        (date(2026, 4, 3), 1, date(2026, 4, 7)),
        (date(2026, 5, 7), 1, date(2026, 5, 11)),
        (date(2026, 12, 31), 1, date(2027, 1, 4)),
        (date(2026, 3, 9), -1, date(2026, 3, 6)),
    ],
)
def test_n_working_days_end_on_the_nth_worked_day_after(start: date, count: int, end: date) -> None:
    assert FRANCE.shift(start, count) == end


@BOUNDED
@given(DAYS, st.integers(1, 120))
def test_as_many_working_days_lie_between_as_were_counted(day: date, count: int) -> None:
    end = FRANCE.shift(day, count)
    assert FRANCE.works(end)
    assert FRANCE.between(day, end) == count
    assert FRANCE.between(day, end - timedelta(days=1)) == count - 1


@BOUNDED
@given(DAYS)
def test_a_day_rolls_to_the_first_worked_day_from_it(day: date) -> None:
    rolled = FRANCE.roll(day)
    assert FRANCE.works(rolled)
    assert rolled == day or FRANCE.between(day, rolled) == 1
    assert rolled == day or not FRANCE.works(day)


@pytest.mark.parametrize(
    ("day", "morning", "evening"),
    [
        (date(2026, 3, 27), 7.5, 17),
        (date(2026, 3, 30), 6.5, 16),
        (date(2026, 10, 23), 6.5, 16),
        (date(2026, 10, 26), 7.5, 17),
    ],
)
def test_paris_mornings_and_evenings_keep_their_hour_across_the_changes_of_the_clock(
    day: date, morning: float, evening: float
) -> None:
    midnight = datetime.combine(day, time(), UTC)
    assert FRANCE.at(day, MORNING) == midnight + timedelta(hours=morning)
    assert FRANCE.at(day, EVENING) == midnight + timedelta(hours=evening)


def test_reunion_never_changes_its_clock() -> None:
    for day in (date(2026, 3, 27), date(2026, 3, 30), date(2026, 10, 26)):
        assert REUNION.at(day, EVENING) == datetime.combine(day, time(14), UTC)


@pytest.mark.parametrize(
    ("instant", "paris", "reunion"),
    [
        (datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 3, 28), date(2026, 3, 29)),
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30), date(2026, 3, 30)),
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 22, 30, tzinfo=UTC), date(2026, 10, 25), date(2026, 10, 26)),
    ],
)
def test_an_instant_belongs_to_the_local_day(instant: datetime, paris: date, reunion: date) -> None:
    assert FRANCE.day_of(instant) == paris
    assert REUNION.day_of(instant) == reunion


@BOUNDED
@given(DAYS, st.sampled_from([MORNING, EVENING]), st.sampled_from([FRANCE, REUNION, MOSELLE]))
def test_a_local_hour_is_on_its_own_day(day: date, hour: time, place: Calendar) -> None:
    assert place.day_of(place.at(day, hour)) == day


@pytest.mark.parametrize(
    ("day", "count", "end"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 15), 12, date(2027, 12, 15)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
    ],
)
def test_months_end_on_the_same_day_or_on_the_last_of_the_month(day: date, count: int, end: date) -> None:
    assert months_after(day, count) == end
