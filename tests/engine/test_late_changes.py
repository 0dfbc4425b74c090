"""What changes late is counted anew: a moved last action, a pause that ends on a Sunday."""

from __future__ import annotations

from datetime import UTC, date, datetime

from engine.clocks import pause, resume
from engine.decision import decide
from engine.definition import OVER
from engine.effects import Forget, Later
from engine.facts import Act, Action, Actor, ArmedDeadline, CaseFacts, Plan
from engine.model import Role
from engine.working_days import Calendar

PLAN = Plan(
    name="transition_plan-1", state="in_progress", lever="digital", branch="cma", actions=(Action("a1", "Boutique", date(2027, 4, 1)),)
)  # fmt: skip


def test_moving_the_last_action_moves_the_day_when_the_plan_must_be_finished() -> None:
    facts = CaseFacts(state="transition_support", territory="t", over=OVER, tracks={PLAN.name: PLAN})
    payload = {"action": "a1", "news": "moved", "day": "2027-06-01"}

    decision = decide(
        facts, Act(PLAN.name, "action", Actor(Role.ADVISER), datetime(2027, 3, 1, 9, tzinfo=UTC), payload)
    )

    effects = decision.moves[0].effects
    assert Forget(PLAN.name, "last_action_passed") in effects
    assert [e.at for e in effects if isinstance(e, Later)] == [datetime(2027, 6, 1, 16, tzinfo=UTC)]


def test_what_had_no_day_left_is_due_on_a_working_day_when_it_goes_on() -> None:
    calendar, sunday = Calendar(), date(2026, 3, 22)
    armed = ArmedDeadline("case", "case.orientation.first_referral", date(2026, 3, 16), date(2026, 3, 18), "wd", 2)

    again = resume(pause(armed, date(2026, 3, 18), "hold", calendar), sunday, "hold", calendar)

    assert again.due_on == date(2026, 3, 23)
