"""Calendars as every agenda reads them (iCalendar): an appointment that goes with a mail, and a person's own, which their agenda comes and reads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import icalendar

from cases.views.agenda import Entry

PUBLISH: Final = "PUBLISH"
CANCEL: Final = "CANCEL"
LENGTH: Final = timedelta(hours=1)
"""An appointment's, as far as an agenda must show one."""
_MADE_BY: Final = "-//Quartiers productifs//FR"
_READ_EVERY: Final = timedelta(hours=1)


def invitation(entry: Entry, now: datetime) -> tuple[str, bytes]:
    """The file that goes with a mail about an appointment, and what it asks of the agenda. A change has the same UID, and the next SEQUENCE."""
    method = CANCEL if entry.cancelled else PUBLISH
    found = _calendar()
    found.add("method", method)
    found.add_component(_event(entry, now, base_url=""))
    return method, bytes(found.to_ical())


def feed(entries: Iterable[Entry], *, name: str, base_url: str, now: datetime) -> bytes:
    """A person's whole calendar, each line leading to its case."""
    found = _calendar()
    found.add("x-wr-calname", name)
    found.add("refresh-interval", _READ_EVERY, parameters={"value": "DURATION"})
    for entry in entries:
        found.add_component(_event(entry, now, base_url=base_url))
    return bytes(found.to_ical())


def _calendar() -> icalendar.Calendar:
    found = icalendar.Calendar()
    found.add("prodid", _MADE_BY)
    found.add("version", "2.0")
    return found


def _event(entry: Entry, now: datetime, *, base_url: str) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", f"{entry.id}@quartiers-productifs")
    event.add("sequence", entry.changes)
    event.add("dtstamp", now)
    event.add("summary", entry.title)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    if entry.time is None:
        event.add("dtstart", entry.day)
        event.add("dtend", entry.day + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
    else:
        begins = datetime.combine(entry.day, time.fromisoformat(entry.time), ZoneInfo(entry.timezone)).astimezone(
            now.tzinfo
        )
        event.add("dtstart", begins)
        event.add("dtend", begins + LENGTH)
    if entry.place:
        event.add("location", entry.place)
    if base_url:
        event.add("url", f"{base_url.rstrip('/')}{entry.path}")
    return event
