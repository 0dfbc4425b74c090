"""Closing ends all that ran: a call that was owed too; and what moves to the case that is kept is no more of this one."""

from __future__ import annotations

from datetime import date

from engine.decision import decide
from engine.effects import Clocked, How
from engine.facts import Act, ArmedDeadline
from engine.model import CASE_TRACK, Kind, Role
from tests.engine.people_and_cases import MONDAY, a_case, a_track, actor_of

DAY = date(2026, 3, 2)
OWED = ArmedDeadline(CASE_TRACK, "case.accompaniment.real_contact", DAY, date(2026, 3, 4), "wd", 2)
PROGRESS = ArmedDeadline("referral-1", "referral.engaged.progress", DAY, date(2026, 4, 1), "wd", 20)


def close(reason: str, **more: object) -> Act:
    payload = {"reason": reason, "end_tracks": True, "outcomes": {"n1": "met", "n2": "met"}, **more}
    return Act(CASE_TRACK, "close", actor_of(Role.ADVISER), MONDAY, payload)


def test_a_call_that_was_owed_is_owed_no_more_once_the_case_is_closed() -> None:
    facts = a_case(state="accompaniment", referent="nora", deadlines=(OWED,))

    decision = decide(facts, close("activity_ceased"))

    assert decision.allowed, decision.reasons
    assert [d.rule for d in decision.facts.deadlines if d.live] == ["case.closed.satisfaction"]
    ended = [
        e.deadline.rule for m in decision.moves for e in m.effects if isinstance(e, Clocked) and e.how is How.CANCELLED
    ]
    assert ended == [OWED.rule]


def test_the_deadlines_of_a_track_that_moves_go_with_it_and_are_not_cancelled() -> None:
    referral = a_track(Kind.REFERRAL, "engaged")
    facts = a_case(state="accompaniment", referent="nora", deadlines=(OWED, PROGRESS), kept_case="orientation")

    decision = decide(facts.with_track(referral), close("duplicate", keeps="QP-2"))

    assert decision.allowed, decision.reasons
    assert [d.track for d in decision.facts.deadlines if d.live] == [CASE_TRACK]
    assert not [
        e for m in decision.moves for e in m.effects if isinstance(e, Clocked) and e.deadline.track == referral.name
    ]
