"""What meets a deadline: the steps and records that its rule names."""

from __future__ import annotations

from engine.definition import OVER
from engine.facts import ArmedDeadline, Situation
from engine.model import NEW, Deadline, Kind, Step


def meets(rule: Deadline, deadline: ArmedDeadline, step: Step, at: Situation) -> bool:
    """Whether a step or a record meets a deadline. `case.*` is any step that moves: a hold or an urgency decides nothing."""
    met, act = rule.met_by, at.act
    if deadline.track != act.track and not met.anywhere:
        return False
    if step.record:
        named = step.event in met.records
    else:
        kind = at.facts.kind_of(act.track)
        named = (
            f"{kind}.{step.event}" in met.steps
            or (f"{kind}.*" in met.steps and step.to is not None)
            or ("*.opens" in met.steps and _opens_a_track(step, at))
        )
        if not met.steps and not met.records:
            named = act.track == deadline.track and step.event in met.words.replace(",", " ").split()
    return named and (met.condition is None or met.condition(at, deadline))


def _opens_a_track(step: Step, at: Situation) -> bool:
    kind = at.facts.kind_of(at.act.track)
    if kind in (Kind.CASE, Kind.TERRITORY) or step.to is None:
        return False
    state = at.facts.state_of(at.act.track)
    return state == NEW or (state in OVER[kind] and step.to not in OVER[kind])
