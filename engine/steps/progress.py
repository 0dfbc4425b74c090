"""Saying how the work on a track goes: its status, and the adviser who is told when it is blocked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.effects import Effect, Put
from engine.facts import Situation
from engine.inputs import choice
from engine.lists import PROGRESS
from engine.model import Input, Notify, Role, Step

_STATUS = choice(
    "status",
    "Où en est-on",
    PROGRESS,
    missing="Choisissez : ça avance, c’est ralenti, c’est bloqué, objectif atteint.",
)


def progress_step(
    label: str, by: frozenset[Role], *inputs: Input, kept: Mapping[str, Any] | None = None, guard_says: str, effect_says: str
) -> Step:  # fmt: skip
    """The step of a track that says how it goes, with `inputs` beside its status; `kept`: what else is then known of the track."""
    return Step(
        "record_progress",
        label,
        by,
        inputs=(_STATUS, *inputs),
        effects=(_status_with(kept or {}),),
        tells=(Notify("blocked", Role.ADVISER, when=_blocked),),
        guard_says=f"on_track, slowed, blocked or goal_reached, {guard_says}",
        effect_says=f"shown as {effect_says} status; blocked: adviser told",
    )


def _status_with(kept: Mapping[str, Any]) -> Callable[[Situation], Iterator[Effect]]:
    def status_is_kept(at: Situation) -> Iterator[Effect]:
        yield Put(at.act.track, {"progress": at.given("status"), **kept})

    return status_is_kept


def _blocked(at: Situation) -> bool:
    return bool(at.given("status") == "blocked")
