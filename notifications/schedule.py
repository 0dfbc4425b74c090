"""When a mail may leave, in the recipient's own day: pure functions of a class, an instant and a calendar."""

from __future__ import annotations

import hashlib
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from engine.model import MailClass
from engine.working_days import MORNING, ONE_DAY, Calendar

DAY_BEGINS: Final = time(7)
"""From when a direct mail may leave, local to its recipient."""
DAY_ENDS: Final = time(20)
"""From when nothing but what was requested leaves, local to its recipient."""
A_DAY: Final = 2
"""Reminders that a person gets in a day, at most; a digest counts as one."""

TRIES: Final = 20
"""After how many tries a mail is a dead letter: more than three days with the delays below."""
_FIRST_DELAY: Final = timedelta(minutes=1)
_LONGEST_DELAY: Final = timedelta(hours=6)
_JITTER: Final = 0.25


def send_at(mail: MailClass, now: datetime, calendar: Calendar) -> datetime:
    """The first moment from `now` at which a mail of that class may leave. `calendar` is the recipient's."""
    if mail is MailClass.REQUESTED:
        return now
    hour = now.astimezone(ZoneInfo(calendar.timezone)).time()
    today = calendar.day_of(now)
    opens, works = (MORNING, calendar.works(today)) if mail is MailClass.REMINDER else (DAY_BEGINS, True)
    if works and opens <= hour < DAY_ENDS:
        return now
    if works and hour < opens:
        return calendar.at(today, opens)
    return next_morning(now, calendar) if mail is MailClass.REMINDER else calendar.at(today + ONE_DAY, opens)


def next_morning(now: datetime, calendar: Calendar) -> datetime:
    """The next working day's 08:30: when what was too much for today leaves."""
    return calendar.at(calendar.shift(calendar.day_of(now), 1), MORNING)


def try_again_at(now: datetime, attempts: int, seed: str) -> datetime:
    """When to try again after so many tries: twice as long each time, up to six hours, a quarter more or less so that mails do not
    come back all together. `seed` is what tells one mail from another."""
    doubled: timedelta = _FIRST_DELAY * (1 << min(attempts - 1, 16))
    drawn = int.from_bytes(hashlib.sha256(f"{seed} {attempts}".encode()).digest()[:4]) / 2**32
    return now + min(doubled, _LONGEST_DELAY) * (1 - _JITTER + 2 * _JITTER * drawn)
