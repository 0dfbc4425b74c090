"""Calendars of the territories: which days are worked, in which time zone."""

from __future__ import annotations

import calendar as months_of_the_year
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

MORNING: Final = time(8, 30)
"""When reminders and tellings happen, local time."""
EVENING: Final = time(18, 0)
"""When a day's work is due, and when escalations and acts happen, local time."""

ONE_DAY: Final = timedelta(days=1)


@lru_cache(maxsize=64)
def _holidays_of(name: str) -> holidays.HolidayBase:
    """The public holidays of a calendar: `FR` (11 days), `FR-974`, `FR-57` … Source: Code du travail, L3133-1 and L3134-13, L3422-2."""
    country, _, subdivision = name.partition("-")
    return holidays.country_holidays(country, subdiv=subdivision or None)


@lru_cache(maxsize=1 << 16)
def _is_worked(name: str, day: date) -> bool:
    return day.weekday() < 5 and day not in _holidays_of(name)


@lru_cache(maxsize=1 << 14)
def _worked_between(name: str, first: date, last: date) -> int:
    return sum(_is_worked(name, first + timedelta(days=i)) for i in range(1, (last - first).days + 1))


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days and the clock of a territory: `name` such as `FR` or `FR-974`, `timezone` an IANA name."""

    name: str = "FR"
    timezone: str = "Europe/Paris"

    def works(self, day: date) -> bool:
        """Whether people work that day: Monday to Friday, no public holiday."""
        return _is_worked(self.name, day)

    def shift(self, day: date, count: int) -> date:
        """The day that is `count` working days after (or before) this one; the day itself for 0."""
        step = ONE_DAY if count > 0 else -ONE_DAY
        while count:
            day += step
            if self.works(day):
                count -= 1 if count > 0 else -1
        return day

    def roll(self, day: date) -> date:
        """This day if it is worked, else the next one that is."""
        while not self.works(day):
            day += ONE_DAY
        return day

    def between(self, first: date, last: date) -> int:
        """Working days strictly after `first`, up to and including `last`; 0 when last is not after first."""
        return _worked_between(self.name, first, last)

    def day_of(self, instant: datetime) -> date:
        """The local day of an instant."""
        return instant.astimezone(ZoneInfo(self.timezone)).date()

    def at(self, day: date, hour: time) -> datetime:
        """The instant (UTC) of a local hour of a day."""
        return datetime.combine(day, hour, ZoneInfo(self.timezone)).astimezone(UTC)


def months_after(day: date, count: int) -> date:
    """The same day of the month `count` calendar months later, or the month's last day."""
    month = day.month - 1 + count
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, months_of_the_year.monthrange(year, month)[1]))
