"""Lengths of deadlines that a territory chose for itself, in the place of the programme's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from math import ceil
from typing import Any, Final

from engine import clocks
from engine.definition import RULES, owner_role, rule_of
from engine.facts import ArmedDeadline, Facts
from engine.model import Deadline, Kind, Role, Span, Unit

DEFAULT, TERRITORY = "default", "territory"
"""Where the length of a deadline comes from."""
TIMES: Final = 3
"""A territory takes from a third of the programme's length to three times as long: more or less would be another rule."""


def family_of(name: str) -> str:
    """A rule whatever the state in which it runs: `case.decide_next` for `case.orientation.decide_next`."""
    kind, _, rule = name.split(".")
    return f"{kind}.{rule}"


def _may_change(name: str, rule: Deadline) -> bool:
    """Months and dates are tied to other rules; the system's deadlines and a territory's own are the programme's."""
    counted = rule.within.unit in (Unit.WORKING_DAYS, Unit.DAYS)
    return counted and not name.startswith(f"{Kind.TERRITORY}.") and owner_role(name) is not Role.SYSTEM


CHANGEABLE: Final[Mapping[str, Deadline]] = {
    family_of(name): rule for name, rule in RULES.items() if _may_change(name, rule)
}
"""The rules whose length a territory may choose, by their family."""


LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    family: (ceil(rule.within.value / TIMES), rule.within.value * TIMES) for family, rule in CHANGEABLE.items()
}
"""The shortest and the longest length that a territory may choose, in the rule's unit."""


def chosen(facts: Facts, name: str) -> Span | None:
    """The length that the territory chose for a rule; None when it keeps the programme's."""
    value = facts.lengths.get(family_of(name))
    return replace(rule_of(name).within, value=value, words="") if value else None


def armed(
    facts: Facts, rule: Deadline, name: str, track: str, day: date, *, span: Span | None = None, **options: Any
) -> ArmedDeadline:
    """A deadline that starts that day with its territory's length, where the step does not give it another one."""
    own = chosen(facts, name) if span in (None, rule.repeat) else None
    source = TERRITORY if own else DEFAULT
    return clocks.arm(
        rule, name, track, day, facts.calendar, urgent=facts.urgent, span=own or span, source=source, **options
    )


def taken(facts: Facts, running: ArmedDeadline, day: date) -> ArmedDeadline:
    """A deadline once it has taken the length that is its territory's now: as many days sooner or later, its marks set anew.

    It is never brought to a day that has passed. What was extended, halved because it is urgent, or given a length by its
    step keeps its date; so does what stands still, and what is late either way.
    """
    rule = rule_of(running.rule)
    own = chosen(facts, running.rule)
    span = own or rule.within
    if not _follows(facts, rule, running) or running.length in (None, span.value):
        return running
    due_on = clocks.moved_by(running, span.value - (running.length or 0), facts.calendar)
    if due_on <= day and running.due_on <= day:
        return running
    source = TERRITORY if own else DEFAULT
    moved = replace(running, due_on=max(due_on, facts.calendar.shift(day, 1)), length=span.value, source=source)
    return clocks.marked_anew(rule, moved, day, facts.calendar)


def _follows(facts: Facts, rule: Deadline, running: ArmedDeadline) -> bool:
    its_rules_own = running.source == TERRITORY or running.length == rule.within.value
    return running.status == "open" and its_rules_own and not running.extended and not facts.urgent
