"""Working days: the public holidays of each place, counting, and local hours across the changes of the clock."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

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
YEARS = range(2026, 2037)
PUBLIC_HOLIDAYS = list(csv.DictReader(Path(__file__).with_name("public_holidays.csv").open(encoding="utf-8")))
"""Dates as they are published (Code du travail, L3133-1, L3134-13 and L3422-2), written out: nothing of them is computed here."""
DAYS = st.dates(date(2026, 1, 1), date(2036, 12, 31))
BOUNDED = settings(derandomize=True, deadline=None, max_examples=150)


def official(place: Calendar) -> set[date]:
    """The public holidays of a place, from the table."""
    here = {"FR", place.name}
    return {date.fromisoformat(row["day"]) for row in PUBLIC_HOLIDAYS if here & set(row["where"].split())}


def worked(place: Calendar, year: int) -> list[date]:
    """The week days of a year that are no public holiday, from the table."""
    first = date(year, 1, 1)
    days = [day for n in range(366) if (day := first + timedelta(days=n)).year == year]
    return [day for day in days if day.weekday() < 5 and day not in official(place)]


def test_the_table_gives_each_year_its_eleven_holidays() -> None:
    years = Counter(row["day"][:4] for row in PUBLIC_HOLIDAYS if row["where"] == "FR")
    assert years == {str(year): 11 for year in YEARS}


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("place", [FRANCE, REUNION, MOSELLE, ALSACE], ids=lambda place: place.name)
def test_the_working_days_of_a_year_are_those_of_the_official_list(place: Calendar, year: int) -> None:
    first = date(year, 1, 1)
    days = [day for n in range(366) if (day := first + timedelta(days=n)).year == year]
    assert [day for day in days if place.works(day)] == worked(place, year)
    assert place.between(date(year - 1, 12, 31), date(year, 12, 31)) == len(worked(place, year))


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
