"""Lengths that a territory chose: what starts follows them at once, what runs moves when it is asked to, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from engine import clocks, lengths
from engine.definition import RULES, rule_of
from engine.facts import ArmedDeadline, Facts
from engine.lengths import CHANGEABLE, LIMITS, family_of
from engine.marks import fire
from engine.model import Do, From, Span, Unit
from engine.working_days import Calendar

FRANCE = Calendar()
MONDAY = date(2026, 3, 2)
ANSWER, LOGBOOK = "referral.sent.answer", "mentoring_pair.active.logbook"
OURS = Facts(calendar=FRANCE)


def of_a_territory(**chosen: int) -> Facts:
    return Facts(calendar=FRANCE, lengths={name.replace("__", "."): value for name, value in chosen.items()})


def started(facts: Facts, name: str = ANSWER, day: date = MONDAY, span: Span | None = None) -> ArmedDeadline:
    return lengths.armed(facts, rule_of(name), name, "referral-1", day, span=span)


def test_what_starts_has_the_programmes_length_and_says_so() -> None:
    deadline = started(OURS)
    assert (deadline.due_on, deadline.length, deadline.source) == (date(2026, 3, 9), 5, "default")


def test_what_starts_has_the_length_that_its_territory_chose_and_says_so() -> None:
    deadline = started(of_a_territory(referral__answer=8))
    assert (deadline.due_on, deadline.length, deadline.source) == (date(2026, 3, 12), 8, "territory")


def test_an_urgent_case_has_half_of_what_its_territory_chose() -> None:
    urgent = replace(of_a_territory(referral__answer=8), urgent=True)
    assert started(urgent).due_on == date(2026, 3, 6)


def test_a_length_that_the_step_gives_is_nobodys_to_change() -> None:
    facts = of_a_territory(case__decide_next=15)
    deadline = started(facts, "case.orientation.decide_next", span=Span(2, Unit.WORKING_DAYS))
    assert (deadline.length, deadline.source) == (2, "default")


def test_a_logbook_that_begins_again_has_the_length_that_its_territory_chose() -> None:
    facts = of_a_territory(mentoring_pair__logbook=45)
    missed = replace(started(OURS, LOGBOOK), next_mark=None)
    fired = fire(facts, missed, datetime(2026, 6, 1, tzinfo=UTC))
    following = [effect.deadline for effect in fired.effects if getattr(effect, "deadline", missed) is not missed]
    assert [(d.length, d.source) for d in following if d.status == "open"] == [(45, "territory")]


def test_what_runs_moves_by_as_many_days_and_its_reminders_are_set_anew() -> None:
    moved = lengths.taken(of_a_territory(referral__answer=8), started(OURS), date(2026, 3, 4))
    assert (moved.due_on, moved.length, moved.source) == (date(2026, 3, 12), 8, "territory")
    assert [at for at, _ in clocks.upcoming(rule_of(ANSWER), moved, FRANCE)] == [
        datetime(2026, 3, 6, 7, 30, tzinfo=UTC),
        datetime(2026, 3, 12, 17, 0, tzinfo=UTC),
        datetime(2026, 3, 17, 17, 0, tzinfo=UTC),
    ]


def test_what_runs_comes_back_to_the_programmes_length() -> None:
    longer = started(of_a_territory(referral__answer=8))
    back = lengths.taken(OURS, longer, date(2026, 3, 4))
    assert (back.due_on, back.length, back.source) == (date(2026, 3, 9), 5, "default")


def test_a_shorter_length_never_makes_somebody_late_at_once() -> None:
    moved = lengths.taken(of_a_territory(referral__answer=2), started(OURS), date(2026, 3, 5))
    assert moved.due_on == date(2026, 3, 6)


def test_what_is_late_either_way_keeps_its_date() -> None:
    late = started(OURS)
    assert lengths.taken(of_a_territory(referral__answer=6), late, date(2026, 3, 20)) == late


def test_what_is_late_is_so_no_more_when_the_length_gives_it_time() -> None:
    moved = lengths.taken(of_a_territory(referral__answer=15), started(OURS), date(2026, 3, 11))
    assert moved.due_on == date(2026, 3, 23)
    assert moved.next_mark is not None


@pytest.mark.parametrize("change", [{"extended": True}, {"status": "paused", "left": 3}, {"length": 2}])
def test_what_was_extended_stands_still_or_has_a_length_of_its_own_keeps_its_date(change: dict[str, Any]) -> None:
    running = replace(started(OURS), **change)
    assert lengths.taken(of_a_territory(referral__answer=8), running, date(2026, 3, 4)) == running


def test_what_is_urgent_keeps_its_date() -> None:
    urgent = replace(of_a_territory(referral__answer=8), urgent=True)
    running = started(replace(OURS, urgent=True))
    assert lengths.taken(urgent, running, date(2026, 3, 3)) == running


def test_the_programmes_own_deadlines_and_those_tied_to_a_date_are_not_to_be_changed() -> None:
    fixed = {family_of(name) for name in RULES} - set(CHANGEABLE)
    assert {"territory.convention", "case.check", "mentoring_pair.mid_review", "case.satisfaction"} <= fixed
    assert {"referral.answer", "case.first_contact", "mentoring_pair.logbook"} <= set(CHANGEABLE)


def test_a_territory_takes_from_a_third_to_three_times_the_programmes_length() -> None:
    assert (LIMITS["referral.answer"], LIMITS["case.first_referral"]) == ((2, 15), (1, 6))


@pytest.mark.parametrize("family", CHANGEABLE)
def test_a_rule_is_the_same_in_whatever_state_it_runs(family: str) -> None:
    assert len({(rule.within, rule.marks) for name, rule in RULES.items() if family_of(name) == family}) == 1


@pytest.mark.parametrize("family", CHANGEABLE)
def test_marks_come_in_the_same_order_whatever_the_length(family: str) -> None:
    """A deadline keeps the position of its next mark in an order that is that of the programme's length."""
    marks = CHANGEABLE[family].marks
    counted_both_ways = {mark.at.origin for mark in marks if mark.at.origin is From.ENTRY or mark.at.offset < 0}
    assert len(counted_both_ways) <= 1
    assert all(mark.do is not Do.ACT or mark.at.origin is From.DUE for mark in marks)
