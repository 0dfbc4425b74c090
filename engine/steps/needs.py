"""What becomes of the needs when a step gives their outcome, and who an adviser is."""

from __future__ import annotations

from collections.abc import Iterator

from engine.effects import (
    Effect,
    PutNeed,
)
from engine.facts import Situation
from engine.inputs import of_kind
from engine.lists import SETTLES_NEEDS
from engine.model import (
    InputKind,
    Role,
)

ADVISER = frozenset({Role.ADVISER})
SYSTEM_OR_ADVISER = frozenset({Role.SYSTEM, Role.ADVISER})

OUTCOMES = of_kind(InputKind.OUTCOMES, "outcomes", "Issue de chaque besoin")


def outcomes_are_kept(at: Situation) -> Iterator[Effect]:
    """The outcomes that were entered; those of a closing that settles every need by itself."""
    given: dict[str, str] = at.given("outcomes") or {}
    for need in at.case.needs:
        if need.id in given:
            yield PutNeed(need.id, given[need.id])
        elif need.outcome is None and at.act.event == "close" and at.given("reason") in SETTLES_NEEDS:
            yield PutNeed(need.id, "no_longer_needed")
