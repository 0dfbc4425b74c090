"""Why a step is not possible: unknown, from another state, for another role, or by a guard; and all that is possible now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.definition import MACHINES, record_of
from engine.facts import Act, Actor, CaseFacts, Facts, Pair, Referral, Situation
from engine.model import (
    CASE_TRACK,
    NEW,
    TERRITORY_TRACK,
    Input,
    InputKind,
    Kind,
    Refusal,
    RefusedBy,
    Role,
    Step,
    acts_as,
)
from engine.sentences import lowered, say

_CLOSED = Refusal("case_closed", "Le dossier est clos : rouvrez-le d’abord.")
_EVEN_WHEN_CLOSED = ("survey", "correct", "news", "break_glass")
"""What is said after a closing: how it went and how it goes, that a fact was wrong (RGPD, article 16), that the programme opened it with a reason."""
_NOT_QUALIFIED = Refusal("case_not_qualified", "Qualifiez d’abord le besoin : rien ne part avant.")


def step_for(facts: Facts, act: Act) -> Step | None:
    """The step or the record that an act asks for, from the state where its track is; None when there is none."""
    kind = facts.kind_of(act.track)
    found = MACHINES[kind].steps.get((facts.state_of(act.track), act.event))
    return found or record_of(kind, act.event)


def refusals(at: Situation, step: Step | None) -> tuple[Refusal, ...]:
    """Every reason why an act is not possible now; none when it is."""
    if step is None:
        return (_not_from_here(at),)
    roles = acts_as(at.actor.role)
    if not roles & step.by or not _is_party(at):
        return (_not_their_role(at, step),)
    lived = _while_the_case_lives(at, step)
    if lived:
        return (lived,)
    missing = () if at.asking else _missing(at, step)
    return missing or tuple(r for guard in step.guards if (r := guard(at)) is not None)


def _not_from_here(at: Situation) -> Refusal:
    kind = at.facts.kind_of(at.act.track)
    compiled = MACHINES[kind]
    if at.act.event not in compiled.events:
        return Refusal("unknown_step", "Cette étape n’existe pas.", RefusedBy.EVENT)
    state = at.facts.state_of(at.act.track)
    track = getattr(at.facts, "tracks", {}).get(at.act.track)
    if isinstance(track, Referral) and track.withdrawn_for and state == "withdrawn":
        return Refusal(
            "sibling_taken", "Une autre structure a répondu la première, il n’y a plus rien à faire.", RefusedBy.STATE
        )
    if isinstance(at.facts, CaseFacts) and at.facts.closed_reason == "duplicate":
        return Refusal("duplicate", "Ce dossier est un doublon, ouvrez l’autre.", RefusedBy.STATE)
    french = lowered(compiled.states[state].french) if state in compiled.states else "à créer"
    label = compiled.events[at.act.event].label
    return Refusal(
        "not_from_this_state",
        say("« {label} » n’est pas possible : l’état est « {state} ».", label=label, state=french),
        RefusedBy.STATE,
    )


def _is_party(at: Situation) -> bool:
    """Roles are relations: an agent of this referral's branch, the mentor of this pair."""
    track = getattr(at.facts, "tracks", {}).get(at.act.track)
    if isinstance(track, Referral) and at.actor.acts_as(Role.OPERATOR):
        return at.actor.branch == track.branch
    if isinstance(track, Pair) and at.actor.role is Role.MENTOR:
        return at.actor.person == track.mentor
    return True


def _not_their_role(at: Situation, step: Step) -> Refusal:
    track = getattr(at.facts, "tracks", {}).get(at.act.track)
    message: str
    if isinstance(track, Referral):
        message = say("Cette orientation est suivie par {operator}.", operator=track.operator_name or "un opérateur")
    elif isinstance(track, Pair):
        message = say("Ce binôme est suivi par {mentor}.", mentor=track.mentor_name or say("son mentor"))
    elif at.act.track == TERRITORY_TRACK:
        message = "Cette étape revient au responsable du territoire ou au programme."
    elif step.by == {Role.SYSTEM}:
        message = "Cette étape se fait toute seule."
    else:
        message = "Cette étape revient au conseiller qui suit le dossier."
    return Refusal("not_your_role", message, RefusedBy.ROLE)


def _while_the_case_lives(at: Situation, step: Step) -> Refusal | None:
    """No track of a closed case takes a step or is created, and none is created in detection; nothing is recorded on a closed case."""
    if not isinstance(at.facts, CaseFacts):
        return None
    state = at.facts.state
    if (
        state == "closed"
        and (at.act.track != CASE_TRACK or step.record)
        and step.event not in _EVEN_WHEN_CLOSED
        and at.actor.role is not Role.SYSTEM
    ):
        return _CLOSED
    if state in ("detection", NEW) and at.act.track != CASE_TRACK and at.facts.state_of(at.act.track) == NEW:
        return _NOT_QUALIFIED
    return None


def _missing(at: Situation, step: Step) -> tuple[Refusal, ...]:
    """What the step asks for and was not given, or not in the list."""
    found = []
    for asked in step.inputs:
        value = at.given(asked.name)
        absent = value is None or value == "" or value == [] or value == {}
        if absent and asked.required and not (at.actor.role is Role.SYSTEM and asked.kind is InputKind.CHOICE):
            found.append(Refusal(f"missing_{asked.name}", asked.missing, field=asked.name))
        elif not absent and asked.choices is not None and value not in asked.choices:
            found.append(
                Refusal(
                    f"unknown_{asked.name}",
                    "Cette valeur n’est pas dans la liste : choisissez parmi celles proposées.",
                    field=asked.name,
                )
            )
    return tuple(found)


# -- what is possible -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Possible:
    """One step of one machine of the case: allowed, or the reasons why not."""

    track: str
    step: str
    label: str
    to: str | None
    inputs: tuple[Input, ...]
    reasons: tuple[Refusal, ...]

    @property
    def allowed(self) -> bool:
        """Whether it may be taken, once what it asks for is given."""
        return not self.reasons


def available(facts: Facts, actor: Actor, now: datetime) -> tuple[Possible, ...]:
    """Every step of every machine of a case or a territory, for this actor: the possible ones, and the others with why not."""
    if not isinstance(facts, CaseFacts):
        return _of_track(facts, TERRITORY_TRACK, Kind.TERRITORY, actor, now)
    found = list(_of_track(facts, CASE_TRACK, Kind.CASE, actor, now))
    for name, track in facts.tracks.items():
        found += _of_track(facts, name, track.kind, actor, now)
    for kind in (Kind.REFERRAL, Kind.MENTORING_PAIR, Kind.TRANSITION_PLAN):
        for step in MACHINES[kind].journey.creations:
            found.append(_ask(facts, f"{kind}-0", step, actor, now, shown_as=str(kind)))
    return tuple(found)


def _of_track(facts: Facts, track: str, kind: Kind, actor: Actor, now: datetime) -> tuple[Possible, ...]:
    compiled = MACHINES[kind]
    created = {step.event for step in compiled.journey.creations}
    return tuple(
        _ask(facts, track, step, actor, now) for event, step in compiled.events.items() if event not in created
    )


def _ask(facts: Any, track: str, step: Step, actor: Actor, now: datetime, shown_as: str | None = None) -> Possible:
    situation = Situation(facts, Act(track, step.event, actor, now, payload=None), facts.calendar.day_of(now))
    reasons = refusals(situation, step_for(facts, situation.act))
    return Possible(shown_as or track, step.event, step.label, str(step.to) if step.to else None, step.inputs, reasons)
