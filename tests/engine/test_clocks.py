"""How one deadline lives: armed, halved, paused, resumed, extended, and when its marks come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import clocks
from engine.definition import RULES, rule_of
from engine.facts import ArmedDeadline
from engine.model import Do, Span, Unit
from engine.working_days import Calendar

FRANCE = Calendar()
MONDAY = date(2026, 3, 2)
ANSWER, LOGBOOK, CHECK = "referral.sent.answer", "mentoring_pair.active.logbook", "case.follow_up.check"
BOUNDED = settings(derandomize=True, deadline=None, max_examples=150)
DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))


def armed(name: str = ANSWER, day: date = MONDAY, *, urgent: bool = False, span: Span | None = None) -> ArmedDeadline:
    return clocks.arm(rule_of(name), name, "referral-1", day, FRANCE, urgent=urgent, span=span)


def test_an_operator_has_five_working_days_to_answer() -> None:
    assert armed().due_on == date(2026, 3, 9)


def test_an_urgent_case_has_half_rounded_up() -> None:
    assert armed(urgent=True).due_on == date(2026, 3, 5)


def test_a_logbook_is_due_thirty_days_later_on_a_worked_day() -> None:
    assert armed(LOGBOOK, date(2026, 3, 6)).due_on == date(2026, 4, 7)


def test_a_check_is_due_months_later() -> None:
    assert armed(CHECK, date(2026, 3, 2), span=Span(3, Unit.MONTHS)).due_on == date(2026, 6, 2)


def test_a_rule_that_gives_a_date_needs_that_date() -> None:
    with pytest.raises(ValueError, match="needs that date"):
        armed("transition_plan.in_progress.action")


def test_an_answer_is_reminded_twice_then_escalated_then_expires() -> None:
    marks = list(clocks.upcoming(rule_of(ANSWER), armed(), FRANCE))
    assert [(at, mark.do) for at, mark in marks] == [
        (datetime(2026, 3, 4, 7, 30, tzinfo=UTC), Do.REMIND),
        (datetime(2026, 3, 6, 7, 30, tzinfo=UTC), Do.REMIND),
        (datetime(2026, 3, 9, 17, 0, tzinfo=UTC), Do.ESCALATE),
        (datetime(2026, 3, 12, 17, 0, tzinfo=UTC), Do.ACT),
    ]


def test_an_urgent_answer_is_not_reminded_after_it_was_due() -> None:
    marks = list(clocks.upcoming(rule_of(ANSWER), armed(urgent=True), FRANCE))
    assert [mark.do for _, mark in marks] == [Do.REMIND, Do.ESCALATE, Do.ACT]


def test_a_pause_keeps_what_is_left_and_a_resumption_gives_it_back() -> None:
    paused = clocks.pause(armed(), date(2026, 3, 4), "question", FRANCE)
    assert (paused.status, paused.left, paused.paused_by) == ("paused", 3, frozenset({"question"}))
    resumed = clocks.resume(paused, date(2026, 3, 11), "question", FRANCE)
    assert (resumed.status, resumed.due_on, resumed.left) == ("open", date(2026, 3, 16), None)


def test_two_causes_of_a_pause_must_both_be_over() -> None:
    paused = clocks.pause(clocks.pause(armed(), date(2026, 3, 4), "hold", FRANCE), date(2026, 3, 5), "closure", FRANCE)
    assert paused.left == 3
    waiting = clocks.resume(paused, date(2026, 3, 6), "hold", FRANCE)
    assert (waiting.status, waiting.paused_by) == ("paused", frozenset({"closure"}))
    assert clocks.resume(waiting, date(2026, 3, 9), "closure", FRANCE).due_on == date(2026, 3, 12)


def test_an_extended_deadline_is_reminded_around_its_new_date_only() -> None:
    extended = clocks.extend(rule_of(ANSWER), armed(), date(2026, 3, 21), date(2026, 3, 4), FRANCE)
    assert extended.due_on == date(2026, 3, 23)
    assert [mark.do for _, mark in clocks.upcoming(rule_of(ANSWER), extended, FRANCE)] == [Do.ESCALATE, Do.ACT]


def test_a_halved_deadline_has_half_of_what_was_left() -> None:
    halved = clocks.halve(rule_of(ANSWER), armed(), date(2026, 3, 4), FRANCE)
    assert halved.due_on == date(2026, 3, 6)


def test_a_logbook_missed_begins_again_and_is_told_after_the_second() -> None:
    assert clocks.begins_again_when_missed(rule_of(LOGBOOK))
    assert not clocks.missed_marks(rule_of(LOGBOOK), 1)
    assert len(clocks.missed_marks(rule_of(LOGBOOK), 2)) == 1


def test_a_deadline_whose_marks_have_all_fired_has_nothing_to_come() -> None:
    rule, deadline = rule_of(ANSWER), armed()
    for _ in clocks.marks_of(rule):
        deadline = clocks.advance(rule, deadline, FRANCE)
    assert deadline.next_mark is None
    assert clocks.next_at(rule, deadline, FRANCE) is None


@BOUNDED
@given(st.sampled_from(sorted(RULES)), DAYS, st.booleans())
def test_whatever_is_armed_is_due_later_on_a_worked_day_and_its_marks_come_in_order(
    name: str, day: date, urgent: bool
) -> None:
    rule = rule_of(name)
    on = None if rule.within.unit is not Unit.DATE else day
    span = rule.items[0] if rule.items else None
    deadline = clocks.arm(rule, name, "case", day, FRANCE, urgent=urgent, on=on, span=span)
    assert FRANCE.works(deadline.due_on)
    assert deadline.due_on > day or rule.within.unit is Unit.DATE
    instants = [at for at, _ in clocks.upcoming(rule, deadline, FRANCE)]
    assert instants == sorted(instants)
    assert all(FRANCE.day_of(at) > day or at >= clocks.due_at(deadline, FRANCE) or on for at in instants)


@BOUNDED
@given(st.sampled_from([ANSWER, "case.orientation.acceptance"]), DAYS, st.integers(0, 30), st.integers(0, 90))
def test_a_pause_never_takes_a_working_day_away(name: str, day: date, before: int, during: int) -> None:
    deadline = armed(name, day)
    paused_on = FRANCE.shift(day, before)
    paused = clocks.pause(deadline, paused_on, "hold", FRANCE)
    resumed_on = FRANCE.shift(paused_on, during) if during else FRANCE.roll(paused_on)
    resumed = clocks.resume(paused, resumed_on, "hold", FRANCE)
    assert FRANCE.between(resumed_on, resumed.due_on) == paused.left
    assert replace(resumed, due_on=deadline.due_on) == replace(deadline, paused_by=frozenset())
