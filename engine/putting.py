"""What the fields that an effect sets become in the facts, so that what follows in the same decision reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any, TypeVar

from engine.effects import Put, PutNeed
from engine.facts import Action, CaseFacts, Facts, Plan, Track
from engine.model import CASE_TRACK, TERRITORY_TRACK

F = TypeVar("F", bound=Facts)


def put(facts: Facts, effect: Put | PutNeed, day: date) -> Facts:
    """The facts once an effect has set its fields; what the facts do not know is for the memory alone."""
    if isinstance(effect, PutNeed):
        return _with_outcome(facts, effect)
    if effect.track == TERRITORY_TRACK:
        return _known_to(facts, effect.values)
    if not isinstance(facts, CaseFacts):
        raise TypeError("only a case has tracks")
    if effect.track == CASE_TRACK:
        return _case(facts, dict(effect.values), day)
    return facts.with_track(_track(facts.tracks[effect.track], dict(effect.values), day))


def _known_to(facts: F, values: Mapping[str, Any]) -> F:
    return facts.changed(**{name: value for name, value in values.items() if name in vars(facts)})


def _with_outcome(facts: Facts, effect: PutNeed) -> Facts:
    if not isinstance(facts, CaseFacts):
        raise TypeError("only a case has needs")
    return facts.changed(
        needs=tuple(replace(n, outcome=effect.outcome) if n.id == effect.need else n for n in facts.needs)
    )


def _case(facts: CaseFacts, values: dict[str, Any], day: date) -> CaseFacts:
    if "hold_until" in values:
        values["on_hold_until"] = values["hold_until"]
    if "closed_at" in values:
        values["closed_on"] = day
    if "opened_at" in values:
        values["attempts"] = ()
    if "attempt" in values:
        values["attempts"] = (*facts.attempts, (day, str(values["attempt"])))
    return _known_to(facts, values)


def _track(track: Track, values: dict[str, Any], day: date) -> Track:
    if "answered_at" in values:
        values["answered_on"] = day
    if "attempt" in values:
        values["attempts"] = getattr(track, "attempts", 0) + 1
    for party in ("mentor", "entrepreneur"):
        if f"{party}_signed_at" in values:
            values[f"{party}_signed"] = True
    if "action" in values and isinstance(track, Plan):
        values["actions"] = _actions(track, values.pop("action"))
    known = {field.name for field in fields(track)}
    return replace(track, **{name: value for name, value in values.items() if name in known})


def _actions(plan: Plan, news: dict[str, Any]) -> tuple[Action, ...]:
    if news["news"] == "new":
        return (*plan.actions, Action(str(news["id"]), str(news.get("name") or ""), news["day"]))
    how: dict[str, dict[str, Any]] = {"done": {"done": True}, "moved": {"day": news.get("day")}}
    changed = how[news["news"]]
    return tuple(replace(a, **changed) if a.id == news["id"] else a for a in plan.actions)
