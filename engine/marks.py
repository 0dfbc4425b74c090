"""What happens when a mark of a deadline comes: who is reminded, told or alerted, and what the system does by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from engine import clocks, lengths
from engine.definition import RULES, rule_of
from engine.effects import Clocked, Effect, How, Tell
from engine.facts import SYSTEM, Act, ArmedDeadline, CaseFacts, Facts, Situation
from engine.model import Deadline, Do, MailClass, Mark
from engine.records import survey_may_leave

BEGIN_AGAIN: Final = "begin the next period"


@dataclass(frozen=True, slots=True)
class Happened:
    """One mark that fired: `at` is the moment it was set for, whenever the sweep came by."""

    at: datetime
    mark: str
    do: str
    to: tuple[str, ...] = ()
    act: str | None = None


@dataclass(frozen=True, slots=True)
class Fired:
    """What a mark brings: what happened, the effects to apply, and the act that the system takes, if any."""

    happened: tuple[Happened, ...]
    effects: tuple[Effect, ...]
    act: Act | None = None


def fire(facts: Facts, deadline: ArmedDeadline, now: datetime) -> Fired:
    """Fire the next mark of an open deadline whose moment has come. Pure: the sweep applies it, and decides the act."""
    rule = rule_of(deadline.rule)
    at = clocks.next_at(rule, deadline, facts.calendar)
    if at is None or at > now:
        return Fired((), ())
    marks = clocks.marks_of(rule)
    if deadline.next_mark is None or deadline.next_mark >= len(marks):
        return _begin_again(facts, rule, deadline)
    mark = marks[deadline.next_mark]
    advanced = clocks.advance(rule, deadline, facts.calendar)
    if mark.do is Do.ACT:
        return _act(facts, mark, deadline, advanced, at)
    happened = Happened(at, str(mark.at), str(mark.do), tuple(str(role) for role in mark.to))
    return Fired((happened,), (Clocked(How.ADVANCED, advanced), *_tells(mark, deadline)))


def only_speaks(rule: str, next_mark: int | None) -> bool:
    """Whether the next mark of a deadline reminds, tells or alerts, and no more: a calendar is all that it reads of its case."""
    if next_mark is None or rule not in RULES:
        return False
    marks = clocks.marks_of(RULES[rule])
    return 0 <= next_mark < len(marks) and marks[next_mark].do is not Do.ACT


def _tells(mark: Mark, deadline: ArmedDeadline) -> tuple[Tell, ...]:
    data = {
        "rule": deadline.rule,
        "item": deadline.item,
        "due_on": deadline.due_on.isoformat(),
        "mark": str(mark.at),
        "do": str(mark.do),
    }
    return tuple(Tell(mark.key, role, MailClass.REMINDER, deadline.track, data=data) for role in mark.to)


def _act(facts: Facts, mark: Mark, deadline: ArmedDeadline, advanced: ArmedDeadline, at: datetime) -> Fired:
    payload = _payload(facts, mark.event, deadline, at)
    happened = Happened(at, str(mark.at), str(mark.do), act=mark.act)
    if mark.event == "survey" and not payload["left"]:
        return Fired((happened,), (Clocked(How.CANCELLED, replace(deadline, status="cancelled")),))
    return Fired((happened,), (Clocked(How.ADVANCED, advanced),), Act(deadline.track, mark.event, SYSTEM, at, payload))


def _payload(facts: Facts, event: str, deadline: ArmedDeadline, at: datetime) -> Mapping[str, Any]:
    if event == "survey" and isinstance(facts, CaseFacts):
        asked = Situation(facts, Act(deadline.track, event, SYSTEM, at), facts.calendar.day_of(at))
        return {"left": survey_may_leave(asked)}
    if event == "decline_pair":
        return {"reason": "other", "text": "La charte n’a pas été signée à temps."}
    return {"deadline": deadline.rule}


def _begin_again(facts: Facts, rule: Deadline, deadline: ArmedDeadline) -> Fired:
    """A repeated deadline was missed: its next period begins at its due moment, and it is said after the second and the third."""
    count = deadline.missed + 1
    following = lengths.armed(facts, rule, deadline.rule, deadline.track, deadline.due_on, missed=count)
    at = clocks.due_at(deadline, facts.calendar)
    marks = clocks.missed_marks(rule, count)
    happened = [Happened(at, f"missed {count}", BEGIN_AGAIN)]
    happened += [Happened(at, str(m.at), str(m.do), tuple(str(role) for role in m.to)) for m in marks]
    effects: list[Effect] = [Clocked(How.MISSED, replace(deadline, status="missed")), Clocked(How.ARMED, following)]
    for mark in marks:
        effects += _tells(mark, deadline)
    return Fired(tuple(happened), tuple(effects))
