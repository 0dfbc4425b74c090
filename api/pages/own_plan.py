"""A transition plan told to the person who is helped, in simple words: what happens now, where it stands, its actions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from api.pages.dates import before
from api.pages.own_words import Now, step_of_path
from cases.views.own_case import Helper, OwnCase
from engine.facts import Action, Plan, Track
from engine.lists import LEVER
from engine.sentences import say
from engine.state_names import PlanState
from notifications.grammar import first_name
from notifications.typography import day_long

_LOOKING = (PlanState.PLANNED, PlanState.DIAGNOSING)
_DECIDED = (PlanState.PLAN_READY, PlanState.IN_PROGRESS)
UNDER_WAY = (*_LOOKING, *_DECIDED)
"""The states in which somebody is at work on a plan."""


def plans_of(case: OwnCase, *states: str) -> list[Plan]:
    """The plans that are in one of these states, the oldest first."""
    return [track for track in case.tracks(*states) if isinstance(track, Plan)]


def now_of_plan(case: OwnCase, now: datetime) -> Now | None:
    """What happens now, when a plan is under way; None when none is."""
    for plan in plans_of(case, *_DECIDED):
        return Now("Votre plan est prêt.", _next_action(case, plan, now), _owner(case, plan), _about(plan))
    for plan in plans_of(case, *_LOOKING):
        owner = _owner(case, plan)
        title = (
            say("{who} fait le point avec vous.", who=first_name(owner.name)) if owner else "Un diagnostic commence."
        )
        return Now(title, "Vous regardez ensemble où vous en êtes, et ce qui peut aller mieux.", owner, _about(plan))
    return None


def steps_of_plan(track: Track) -> Iterator[dict[str, Any]]:
    """Where a plan stands on the way so far."""
    if not isinstance(track, Plan):
        return
    if track.state in _LOOKING:
        yield step_of_path("here", "Vous faites le point", _about(track), "transition_support")
    elif track.state in _DECIDED:
        yield step_of_path("here", "Votre plan est prêt", _about(track), "transition_support")
    elif track.state == PlanState.DONE:
        yield step_of_path("past", "Votre plan est terminé", _about(track))


def actions_of(case: OwnCase) -> list[dict[str, Any]]:
    """The actions of the plans that are decided, by day: as the macro `path` takes them."""
    todo = [action for plan in plans_of(case, *_DECIDED) for action in plan.actions]
    return [
        step_of_path("past", action.name, "C’est fait.")
        if action.done
        else step_of_path("next", action.name, say("Le {day}.", day=day_long(action.day)))
        for action in sorted(todo, key=_by_day)
    ]


def may_begin(case: OwnCase) -> str | None:
    """The plan of which they may say that a first action has begun; None when there is none."""
    return next(
        (plan.name for plan in plans_of(case, PlanState.PLAN_READY) if case.allows("start_action", plan.name)), None
    )


def _next_action(case: OwnCase, plan: Plan, now: datetime) -> str:
    waiting = sorted((one for one in plan.actions if not one.done), key=_by_day)
    if not waiting:
        return "Toutes les actions sont faites."
    first, today = waiting[0], case.facts.calendar.day_of(now)
    if first.day < today:
        return say("La prochaine action : {action}.", action=first.name)
    return say(
        "La prochaine action : {action}, {by}.", action=first.name, by=before(first.day, case.facts.calendar, now)
    )


def _by_day(action: Action) -> date:
    return action.day


def _owner(case: OwnCase, plan: Plan) -> Helper | None:
    return case.people.get(plan.owner or "")


def _about(plan: Plan) -> str:
    return LEVER.get(plan.lever or "", "")
