"""Appointments with an entrepreneur, before they take place: fixed, moved, cancelled; whoever comes is told each time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from engine.facts import Situation
from engine.guards import day_given
from engine.inputs import day, flag, of_kind, words
from engine.model import CASE_TRACK, InputKind, Kind, Notify, Refusal, Role, Step

SHARED_CLOCKS: Final = frozenset({Role.ADVISER, Role.OPERATOR, Role.MENTOR})
"""Those who work with the entrepreneur."""
_WITH: Final[Mapping[str, Role]] = {
    CASE_TRACK: Role.ADVISER, Kind.REFERRAL: Role.OPERATOR, Kind.MENTORING_PAIR: Role.MENTOR, Kind.TRANSITION_PLAN: Role.OWNER,
}  # fmt: skip
"""With whom an appointment is, by the kind of its track."""
_HOUR: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _told(key: str, *, cancelled: bool) -> tuple[Notify, ...]:
    """Who comes to it: the entrepreneur, and whoever the track is with; on the case itself its adviser. Never who noted it."""

    def comes(kind: str) -> Callable[[Situation], bool]:
        return lambda at: bool(at.given("cancelled")) is cancelled and at.act.track.startswith(kind)

    return (
        Notify(key, Role.ENTREPRENEUR, when=comes("")),
        *(Notify(key, role, when=comes(kind)) for kind, role in _WITH.items()),
    )


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
    tells=(*_told("appointment_set", cancelled=False), *_told("appointment_cancelled", cancelled=True)),
    inputs=(
        day("day", "Quel jour"),
        words("time", "À quelle heure"),
        words("place", "Où"),
        of_kind(InputKind.APPOINTMENT, "appointment", "À la place de"),
        flag("cancelled", "Celui-là est annulé"),
    ),
)
"""An appointment to come: a new one, another day or hour of one that is known, or its end."""
