"""News of a track: where it stands in a word, kept as its status; its adviser is told at once when it is blocked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.effects import Effect, Put
from engine.facts import Situation
from engine.inputs import choice
from engine.lists import PROGRESS
from engine.model import Input, Notify, Role

STATUS: Final[Input] = choice(
    "status",
    "Où en est-on",
    PROGRESS,
    missing="Choisissez : ça avance, c’est ralenti, c’est bloqué, objectif atteint.",
)
"""What is asked."""


def status_is_kept(at: Situation) -> Iterator[Effect]:
    """The word is the track's status until the next news."""
    yield Put(at.act.track, {"progress": at.given("status")})


def _blocked(at: Situation) -> bool:
    return bool(at.given("status") == "blocked")


BLOCKED_IS_TOLD: Final = (Notify("blocked", Role.ADVISER, when=_blocked),)
