"""Deadlines and dates as the pages show them: « 5 j de retard », « 18 h 00 », « jeu. 3 déc. »."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from itertools import groupby
from typing import Any

from engine.sentences import capital, say, together
from engine.working_days import EVENING, Calendar
from notifications.languages import shown
from notifications.typography import day_long, day_short, hour

Chip = dict[str, str]
"""A deadline as the macro `due` takes it: {kind, text, before?}."""


def due_chip(due_on: date | None, calendar: Calendar, now: datetime) -> Chip | None:
    """How a deadline stands: late, due today, or its day; None when there is none."""
    if due_on is None:
        return None
    today = calendar.day_of(now)
    if calendar.at(due_on, EVENING) < now:
        count = calendar.between(due_on, today)
        return {"kind": "late", "text": say("{count} j de retard", count=count) if count else say("en retard")}
    if due_on == today:
        return {"kind": "today", "text": hour(EVENING, minutes=True)}
    return {"kind": "soon", "text": _day(due_on, today)}


def paused_chip(until: date | None, today: date) -> Chip:
    """A deadline that stands still, until a day when one is known."""
    if until is None:
        return {"kind": "paused", "text": say("en pause")}
    return {"kind": "paused", "text": _day(until, today), "before": "en pause jusqu’au"}


def case_chip(due_on: date | None, hold_until: date | None, calendar: Calendar, now: datetime) -> Chip | None:
    """The chip of a case in a list: its pause, or its next deadline."""
    if hold_until is not None:
        return paused_chip(hold_until, calendar.day_of(now))
    return due_chip(due_on, calendar, now)


def _day(day: date, today: date) -> str:
    if day.year != today.year and (day - today).days > 180:
        return day_short(day, year=True)
    return day_short(day, weekday=(day - today).days < 30)


def before(due_on: date, calendar: Calendar, now: datetime) -> str:
    """« avant ce soir 18 h », « avant mardi 1ᵉʳ décembre », « dès maintenant » once it is late."""
    today = calendar.day_of(now)
    if calendar.at(due_on, EVENING) < now:
        return "dès maintenant"
    if due_on == today:
        return say("avant ce soir {hour}", hour=hour(EVENING))
    return say("avant {day}", day=day_long(due_on))


def until(due_on: date, calendar: Calendar, now: datetime) -> str:
    """`before`, and for what is late the day when it was due: « soit mardi 17 novembre au plus tard »."""
    if calendar.at(due_on, EVENING) < now:
        return say("soit {day} au plus tard", day=day_long(due_on))
    return before(due_on, calendar, now)


def by_day(rows: Iterable[tuple[date, dict[str, Any]]], today: date) -> list[dict[str, Any]]:
    """Rows under their days, as the macro `days` takes them: « Aujourd’hui », « Mercredi 25 novembre », its year when it is another one."""
    return [
        {"date": day.isoformat(), "label": "Aujourd’hui" if day == today else capital(day_long(day, year=day.year != today.year)), "rows": [row for _, row in found]}
        for day, found in groupby(rows, key=lambda row: row[0])
    ]  # fmt: skip


def sentence(text: str) -> str:
    """A text with its full stop, in the language of who reads: an abbreviated month has one already."""
    text = shown(text)
    return text if text.endswith((".", "?", "…")) else f"{text}."


def working_days(count: int) -> str:
    """« 1 jour ouvré », « 5 jours ouvrés »."""
    return say("{count} jour ouvré" if count == 1 else "{count} jours ouvrés", count=count)


def when(instant: datetime, calendar: Calendar, now: datetime) -> str:
    """« Auj. 18 h », « Ven. 27 nov., 8 h 30 »."""
    today, day = calendar.day_of(now), calendar.day_of(instant)
    if day == today:
        return say("Auj. {when}", when=hour(instant, calendar.timezone))
    said = day_short(day, weekday=True, year=day.year != today.year and (day - today).days > 180)
    return together((capital(said), hour(instant, calendar.timezone)), ", ")


def when_long(instant: datetime, calendar: Calendar, now: datetime) -> str:
    """« aujourd’hui à 18 h », « vendredi 27 novembre à 8 h 30 », inside a sentence."""
    today, day, at = calendar.day_of(now), calendar.day_of(instant), hour(instant, calendar.timezone)
    if day == today:
        return say("aujourd’hui à {hour}", hour=at)
    return say("{day} à {hour}", day=day_long(day, year=day.year != today.year), hour=at)


def day_label(day: date, today: date) -> str:
    """The day of a journal: « Auj. 24 nov. », « Jeu. 19 nov. », « 3 févr. 2025 »."""
    if day == today:
        return say("Auj. {when}", when=day_short(day))
    said = day_short(day, weekday=day.year == today.year, year=day.year != today.year)
    return capital(said)
