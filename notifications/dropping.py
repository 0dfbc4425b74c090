"""Why a message that waited never leaves: a code that is kept with it, and the words in which it is said."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from engine.sentences import say


class Dropped(StrEnum):
    """Why a message was dropped."""

    UNWANTED = "unwanted"
    """Its reader wants no reminder of its category."""
    PERSON_GONE = "person_gone"
    ANONYMISED = "anonymised"
    MOVED_ON = "moved_on"
    """Its track is in another state than the one that it tells of."""
    APPOINTMENT_CHANGED = "appointment_changed"
    SURVEY_ANSWERED = "survey_answered"
    DEADLINE_MET = "deadline_met"
    DEADLINE_CANCELLED = "deadline_cancelled"
    DEADLINE_PAUSED = "deadline_paused"
    OWNER_ACTED = "owner_acted"
    LATER_REMINDER = "later_reminder"
    NOTHING_LEFT = "nothing_left"
    """A digest of which every part was dropped."""


_SAID: Final[Mapping[str, str]] = {
    Dropped.UNWANTED: say("cette personne ne veut pas de ces rappels"),
    Dropped.PERSON_GONE: say("cette personne ne travaille plus ici"),
    Dropped.ANONYMISED: "les données de cette personne sont effacées",
    Dropped.MOVED_ON: "le suivi a avancé entre-temps",
    Dropped.APPOINTMENT_CHANGED: "le rendez-vous a changé entre-temps",
    Dropped.SURVEY_ANSWERED: "cette personne a déjà répondu à l’enquête",
    Dropped.DEADLINE_MET: "l’échéance est tenue",
    Dropped.DEADLINE_CANCELLED: "l’échéance n’a plus lieu d’être",
    Dropped.DEADLINE_PAUSED: "l’échéance est en pause",
    Dropped.OWNER_ACTED: "la personne relancée a déjà agi",
    Dropped.LATER_REMINDER: "un rappel plus récent de la même échéance l’a remplacé",
    Dropped.NOTHING_LEFT: "plus aucun de ses rappels n’est utile",
}


def why_dropped(reason: str | None) -> str:
    """« Abandonné, parce que l’échéance est tenue. », from the code that was kept; a digest that could not be written says so."""
    said = _SAID.get(reason or "", "il n’a pas pu être écrit : ses rappels sont partis un par un")
    return say("Abandonné, parce que {said}.", said=said)
