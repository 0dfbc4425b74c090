"""Appointments with an entrepreneur, before they take place: fixed, moved, cancelled; they are told each time."""

from __future__ import annotations

import re
from typing import Final

from engine.facts import Situation
from engine.guards import day_given
from engine.inputs import day, flag, of_kind, words
from engine.model import InputKind, Notify, Refusal, Role, Step

SHARED_CLOCKS: Final = frozenset({Role.ADVISER, Role.OPERATOR, Role.MENTOR})
"""Those who work with the entrepreneur."""
_HOUR: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _to_come(at: Situation) -> Refusal | None:
    if at.given("cancelled"):
        message = "Choisissez le rendez-vous qui est annulé."
        return None if at.given("appointment") else Refusal("missing_appointment", message, field="appointment")
    on = day_given(at, "day")
    if on is None:
        return Refusal("missing_day", "Choisissez le jour du rendez-vous.", field="day")
    if on < at.day:
        return Refusal(
            "date_in_past", "Choisissez un jour à venir ; s’il a eu lieu, notez un rendez-vous.", field="day"
        )
    return None


def _at_an_hour(at: Situation) -> Refusal | None:
    if not at.given("time") or _HOUR.fullmatch(str(at.given("time"))):
        return None
    return Refusal("not_an_hour", "Écrivez l’heure ainsi : 14:30.", field="time")


APPOINTMENT: Final = Step(
    "appointment",
    "Fixer un rendez-vous",
    SHARED_CLOCKS,
    record=True,
    guards=(_to_come, _at_an_hour),
    tells=(
        Notify("appointment_set", Role.ENTREPRENEUR, when=lambda at: not at.given("cancelled")),
        Notify("appointment_cancelled", Role.ENTREPRENEUR, when=lambda at: bool(at.given("cancelled"))),
    ),
    inputs=(
        day("day", "Quel jour"),
        words("time", "À quelle heure"),
        words("place", "Où"),
        of_kind(InputKind.APPOINTMENT, "appointment", "À la place de"),
        flag("cancelled", "Celui-là est annulé"),
    ),
)
"""An appointment to come: a new one, another day or hour of one that is known, or its end."""
