"""The one place that reads the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the unit of work, the sweep, the planner and the mailer ask for the time."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A time that somebody sets: virtual days for the demo and the tests."""

    at: datetime

    def now(self) -> datetime:
        """The instant that was set."""
        return self.at

    def set(self, at: datetime) -> None:
        """Make it another time. Raises ValueError when it would go back."""
        if at < self.at:
            raise ValueError("time does not go back")
        self.at = at
