"""Deadlines that stand still, hurry or are put back: on hold, on a question, while a branch is closed, when it is urgent, for a reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from engine import clocks
from engine.decision import decide
from engine.definition import OVER, rule_of
from engine.facts import Act, Actor, ArmedDeadline, CaseFacts, Referral
from engine.model import Do, Role
from engine.working_days import Calendar

FRANCE = Calendar()
MONDAY = date(2026, 3, 2)
ANSWER, ACCEPTANCE = "referral.sent.answer", "case.orientation.acceptance"
ADVISER = Actor(Role.ADVISER, "ines", "Inès")
AGENT = Actor(Role.OPERATOR, "karim", "Karim", "adie")
OTHER = Actor(Role.OPERATOR, "elodie", "Élodie", "cma")
SYSTEM = Actor(Role.SYSTEM)
ON_HOLD = {"reason": "seasonal", "until": date(2026, 3, 20)}
EXTENDED = {"deadline": ANSWER, "deadline_on": "referral-1", "to_date": date(2026, 3, 16), "reason": "congés"}


def running() -> CaseFacts:
    """A case whose demand was sent on Monday 2 March: an answer is due on the 9th, an acceptance on the 23rd."""
    asked = Referral(
        name="referral-1",
        state="sent",
        opened_on=MONDAY,
        branch="adie",
        branch_name="Adie",
        agents=frozenset({"karim"}),
    )
    deadlines = tuple(
        clocks.arm(rule_of(name), name, track, MONDAY, FRANCE)
        for name, track in ((ANSWER, "referral-1"), (ACCEPTANCE, "case"))
    )
    common: dict[str, Any] = {"territory": "t", "referent": "ines", "over": OVER, "consent_to_share": True}
    return CaseFacts(state="orientation", tracks={"referral-1": asked}, deadlines=deadlines, **common)


def after(
    facts: CaseFacts, day: date, event: str, actor: Actor, track: str = "case", given: Mapping[str, Any] | None = None
) -> CaseFacts:
    """The facts once the act is done at noon of that day."""
    decision = decide(
        facts, Act(track, event, actor, datetime(day.year, day.month, day.day, 11, tzinfo=UTC), given or {})
    )
    assert decision.allowed, decision.reasons
    found: CaseFacts = decision.facts
    return found


def refused(facts: CaseFacts, day: date, actor: Actor, given: Mapping[str, Any]) -> list[str]:
    act = Act("case", "extend_deadline", actor, datetime(day.year, day.month, day.day, 11, tzinfo=UTC), given)
    return [reason.code for reason in decide(facts, act).reasons]


def of(facts: CaseFacts, rule: str) -> ArmedDeadline:
    return next(deadline for deadline in facts.deadlines if deadline.rule == rule)


def march(day: int) -> date:
    return date(2026, 3, day)


def test_a_case_on_hold_stops_its_own_clocks_and_those_of_its_tracks() -> None:
    held = after(running(), march(4), "hold", ADVISER, given=ON_HOLD)
    assert [(of(held, rule).status, of(held, rule).left) for rule in (ANSWER, ACCEPTANCE)] == [
        ("paused", 3),
        ("paused", 13),
    ]

    resumed = after(held, march(20), "resume", SYSTEM)
    assert of(resumed, ANSWER).due_on == FRANCE.shift(march(20), 3)
    assert of(resumed, ACCEPTANCE).due_on == FRANCE.shift(march(20), 13)


def test_a_question_stops_the_operators_answer_and_nothing_else() -> None:
    asked = after(running(), march(4), "ask_info", AGENT, "referral-1", {"question": "Quel montant ?"})
    assert (of(asked, ANSWER).status, of(asked, ANSWER).paused_by) == ("paused", frozenset({"question"}))
    assert of(asked, ACCEPTANCE).status == "open"

    answered = after(asked, march(9), "answer_info", ADVISER, "referral-1", {"answer": "4 000 €"})
    assert (of(answered, ANSWER).status, of(answered, ANSWER).due_on) == ("open", march(12))


def test_a_closed_branch_stops_its_own_clocks_and_nothing_else() -> None:
    closed = after(running(), march(4), "closure", AGENT, "referral-1", {"from": march(4), "to": march(13)})
    assert (of(closed, ANSWER).paused_by, of(closed, ACCEPTANCE).status) == (frozenset({"closure"}), "open")

    opened = after(closed, march(16), "closure", SYSTEM, "referral-1", {"over": True})
    assert of(opened, ANSWER).due_on == march(19)


def test_a_closure_does_not_stop_what_is_urgent() -> None:
    urgent = after(running(), march(3), "set_urgent", ADVISER, given={"reason": "bail qui finit"})
    closed = after(urgent, march(4), "closure", AGENT, "referral-1", {"from": march(4), "to": march(13)})
    assert of(closed, ANSWER).status == "open"


def test_what_becomes_urgent_has_half_of_what_was_left_even_while_its_branch_is_closed() -> None:
    closed = after(running(), march(4), "closure", AGENT, "referral-1", {"from": march(4), "to": march(13)})
    urgent = after(closed, march(6), "set_urgent", ADVISER, given={"reason": "bail qui finit"})
    assert of(urgent, ANSWER).status == "open"
    assert of(urgent, ACCEPTANCE).due_on == FRANCE.shift(march(6), 6)


def test_a_question_and_a_hold_must_both_be_over() -> None:
    asked = after(running(), march(4), "ask_info", AGENT, "referral-1", {"question": "Quel montant ?"})
    held = after(asked, march(5), "hold", ADVISER, given=ON_HOLD)
    answered = after(held, march(9), "answer_info", ADVISER, "referral-1", {"answer": "4 000 €"})
    assert of(answered, ANSWER).paused_by == frozenset({"hold"})
    resumed = after(answered, march(20), "resume", SYSTEM)
    assert (of(resumed, ANSWER).status, of(resumed, ANSWER).due_on) == ("open", FRANCE.shift(march(20), 3))


def test_a_deadline_is_put_back_for_a_reason_and_its_marks_are_set_around_its_new_day() -> None:
    extended = of(after(running(), march(4), "extend_deadline", AGENT, given=EXTENDED), ANSWER)
    assert (extended.due_on, extended.extended) == (march(16), True)
    assert [mark.do for _, mark in clocks.upcoming(rule_of(ANSWER), extended, FRANCE)] == [Do.ESCALATE, Do.ACT]


@pytest.mark.parametrize(
    ("actor", "change", "code"),
    [
        (AGENT, {"reason": ""}, "missing_reason"),
        (AGENT, {"reason": "  "}, "reason"),
        (AGENT, {"to_date": march(9)}, "not_later"),
        (AGENT, {"to_date": march(3)}, "not_later"),
        (AGENT, {"deadline": "referral.sent.nothing"}, "deadline_not_open"),
        (OTHER, {}, "not_their_deadline"),
        (AGENT, {"deadline": ACCEPTANCE, "deadline_on": "case", "to_date": march(30)}, "not_their_deadline"),
    ],
)
def test_a_deadline_is_not_put_back_without_a_reason_nor_by_who_does_not_owe_it(
    actor: Actor, change: dict[str, Any], code: str
) -> None:
    assert any(code in found for found in refused(running(), march(4), actor, {**EXTENDED, **change}))


def test_a_deadline_is_put_back_once() -> None:
    extended = after(running(), march(4), "extend_deadline", AGENT, given=EXTENDED)
    assert refused(extended, march(5), AGENT, {**EXTENDED, "to_date": march(25)}) == ["extended_already"]
