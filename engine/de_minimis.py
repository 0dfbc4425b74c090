"""De minimis aid: how much an undertaking may have, by which text, and how much of it is used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from engine.sentences import say


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A ceiling in euros over so many years, the text that sets it, and the days on which that text applies."""

    euros: int
    years: int
    since: date
    until: date
    text: str
    source: str
    """Where the text can be read."""
    verified_on: date
    """When somebody last read that it is in force."""


CEILINGS: Final = (
    Ceiling(
        euros=300_000, years=3, since=date(2024, 1, 1), until=date(2030, 12, 31),
        text=say("règlement (UE) 2023/2831, article 3"), source="https://eur-lex.europa.eu/eli/reg/2023/2831/oj",
        verified_on=date(2026, 11, 27),
    ),
)  # fmt: skip
"""The ceilings, the oldest first: a text that follows is one entry more. Source: Regulation (EU) 2023/2831, articles 3(2) and 8."""


@dataclass(frozen=True, slots=True)
class Granted:
    """An aid that counts, on the day on which it was granted."""

    day: date
    euros: Decimal


@dataclass(frozen=True, slots=True)
class Total:
    """What counts on a day: the euros granted from `since` to `until`, both included."""

    euros: Decimal
    since: date
    until: date
    ceiling: Ceiling

    @property
    def exceeded(self) -> bool:
        """Whether it is above the ceiling."""
        return self.euros > self.ceiling.euros

    @property
    def left(self) -> Decimal:
        """Euros that may still be granted."""
        return max(Decimal(0), self.ceiling.euros - self.euros)

    @property
    def to_verify(self) -> bool:
        """Whether the text that sets the ceiling no longer applies on that day: another follows it, which is not known here."""
        return not self.ceiling.since <= self.until <= self.ceiling.until


def ceiling_on(day: date) -> Ceiling:
    """The ceiling of a day; the nearest known one where no text covers it."""
    begun = [ceiling for ceiling in CEILINGS if ceiling.since <= day]
    return begun[-1] if begun else CEILINGS[0]


def total_on(granted: Iterable[Granted], day: date, declared: Decimal | None = None) -> Total:
    """What an undertaking has had over the years that count on a day; at least what it `declared` itself."""
    ceiling = ceiling_on(day)
    since = _years_before(day, ceiling.years) + timedelta(days=1)
    noted = sum((one.euros for one in granted if since <= one.day <= day), Decimal(0))
    return Total(max(noted, declared or Decimal(0)), since, day, ceiling)


def _years_before(day: date, years: int) -> date:
    """The same day so many years before; the 28th for a 29th of February."""
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year - years, day=last)
