"""Relancer: whoever runs the case asks again the one who must act and is late; the mail goes with the reminders of their day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from engine.clocks import due_at
from engine.facts import Situation
from engine.inputs import words
from engine.model import MailClass, Notify, Refusal, Role, Step
from engine.states import JOURNEY, TRACKS
from engine.steps.needs import ADVISER

_OWNERS: Final[Mapping[str, Role | None]] = {
    f"{journey.kind}.{state.code}.{rule.rule}": rule.owner or state.owner
    for journey in (JOURNEY, *TRACKS)
    for state in journey.states
    for rule in (*state.deadlines, *journey.extra_deadlines)
}
"""Who must act, by the name of the deadline."""
_ASKED: Final = (Role.ADVISER, Role.OPERATOR, Role.MENTOR, Role.OWNER)


def _late(at: Situation) -> frozenset[Role | None]:
    """Who is late on that track."""
    running = (d for d in at.case.deadlines if d.track == at.act.track and d.status == "open")
    return frozenset(_OWNERS.get(d.rule) for d in running if due_at(d, at.case.calendar) < at.act.now)


def _somebody_else_is_late(at: Situation) -> Refusal | None:
    late = _late(at)
    if not late:
        return Refusal("nothing_late", "Rien n’est en retard ici : il est trop tôt pour relancer.")
    if late == {Role.ADVISER} and at.case.referent == at.actor.person:
        return Refusal("own_turn", "C’est à vous d’agir : personne d’autre n’est attendu ici.")
    return None


def _is_late(role: Role) -> Callable[[Situation], bool]:
    return lambda at: role in _late(at)


NUDGE: Final = Step(
    "nudge",
    "Relancer",
    ADVISER,
    record=True,
    guards=(_somebody_else_is_late,),
    tells=tuple(Notify("nudged", role, MailClass.REMINDER, when=_is_late(role)) for role in _ASKED),
    inputs=(words("text", "Votre mot"),),
)
"""It moves nothing: the deadline stays late until it is met."""
