"""Every mark of every rule comes once, at its local hour, on each local day of eleven years: through the changes of the clock too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from engine import clocks
from engine.definition import RULES
from engine.effects import Clocked, How
from engine.facts import ArmedDeadline, CaseFacts
from engine.marks import fire
from engine.model import Deadline, Do, Unit
from engine.working_days import Calendar

PARIS, REUNION = Calendar(), Calendar("FR-974", "Indian/Reunion")
FIRST, LAST = date(2026, 1, 1), date(2036, 12, 31)
ONE_DAY, HALF_AN_HOUR = timedelta(days=1), timedelta(minutes=30)
MORNING, EVENING = time(8, 30), time(18)
CHANGES = {
    2026: ((3, 29), (10, 25)), 2027: ((3, 28), (10, 31)), 2028: ((3, 26), (10, 29)), 2029: ((3, 25), (10, 28)), 2030: ((3, 31), (10, 27)),
    2031: ((3, 30), (10, 26)), 2032: ((3, 28), (10, 31)), 2033: ((3, 27), (10, 30)), 2034: ((3, 26), (10, 29)), 2035: ((3, 25), (10, 28)),
    2036: ((3, 30), (10, 26)),
}  # fmt: skip
"""The last Sundays of March and October, when Paris changes its clock (directive 2000/84/CE)."""
CHANGE_DAYS = [date(year, *day) for year, both in CHANGES.items() for day in both]
SHAPES = {(rule.within, tuple((mark.at, mark.do) for mark in rule.marks)): name for name, rule in RULES.items()}
NAMES = sorted(SHAPES.values())
"""A rule of each shape: its length, and its marks with what they do."""


def armed(name: str, day: date, place: Calendar) -> ArmedDeadline:
    rule = RULES[name]
    on = day if rule.within.unit is Unit.DATE else None
    return clocks.arm(rule, name, "case", day, place, on=on, span=rule.items[0] if rule.items else None)


def every_day() -> Iterator[date]:
    for number in range((LAST - FIRST).days + 1):
        yield FIRST + number * ONE_DAY


def hour_of(do: Do) -> time:
    return MORNING if do in (Do.REMIND, Do.TELL) else EVENING


@pytest.mark.parametrize("place", [PARIS, REUNION], ids=lambda place: place.timezone)
@pytest.mark.parametrize("name", NAMES)
def test_whatever_the_day_every_mark_of_every_rule_comes_once_on_a_worked_day_at_its_local_hour(
    name: str, place: Calendar
) -> None:
    rule, zone = RULES[name], ZoneInfo(place.timezone)
    for day in every_day():
        deadline = armed(name, day, place)
        coming = list(clocks.upcoming(rule, deadline, place))
        assert len({(mark.at, mark.do, mark.to) for _, mark in coming}) == len(coming), day
        local = [(at.astimezone(zone), mark) for at, mark in coming]
        assert all(at.time() == hour_of(mark.do) and place.works(at.date()) for at, mark in local), day
        assert [at for at, _ in coming] == sorted(at for at, _ in coming), day


def fired(
    rule: Deadline, deadline: ArmedDeadline, place: Calendar, days: tuple[date, date]
) -> Counter[tuple[str, str]]:
    """What fires when the sweep comes by each half-hour of these days: each mark with its local minute, and how often."""
    found: Counter[tuple[str, str]] = Counter()
    now, end = (datetime.combine(day, time(), UTC) for day in days)
    while now <= end:
        done = fire(CaseFacts(calendar=place), deadline, now)
        for effect in done.effects:
            if isinstance(effect, Clocked) and effect.how is How.ADVANCED:
                deadline = effect.deadline
        for one in done.happened:
            found[f"{one.mark} {one.do}", one.at.astimezone(ZoneInfo(place.timezone)).isoformat()[:16]] += 1
            assert timedelta() <= now - one.at < 4 * HALF_AN_HOUR
        now += HALF_AN_HOUR
    return found


@pytest.mark.parametrize("place", [PARIS, REUNION], ids=lambda place: place.timezone)
@pytest.mark.parametrize("change", CHANGE_DAYS, ids=str)
def test_what_falls_around_a_change_of_the_clock_fires_once_at_its_local_hour(change: date, place: Calendar) -> None:
    days = (change - 5 * ONE_DAY, change + 6 * ONE_DAY)
    for name in ("case.detection.first_contact", "referral.sent.answer", "referral.engaged.progress"):
        rule = RULES[name]
        for before in range(12):
            deadline = armed(name, place.shift(change, 3 - before) - timedelta(days=rule.within.value * 7 // 5), place)
            coming = list(clocks.upcoming(rule, deadline, place))
            if place.day_of(coming[0][0]) <= days[0]:
                continue
            due = {
                (f"{mark.at} {mark.do}", at.astimezone(ZoneInfo(place.timezone)).isoformat()[:16])
                for at, mark in coming
                if at <= datetime.combine(days[1], time(), UTC)
            }
            assert fired(rule, deadline, place, days) == dict.fromkeys(due, 1)


def test_paris_has_two_changes_of_the_clock_each_year_and_reunion_none() -> None:
    for place, expected in ((PARIS, CHANGE_DAYS), (REUNION, [])):
        offsets = [(day, datetime.combine(day, time(12), ZoneInfo(place.timezone)).utcoffset()) for day in every_day()]
        changed = [day for (_, before), (day, after) in pairwise(offsets) if before != after]
        assert changed == expected
