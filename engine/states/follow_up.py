"""Follow-up: nothing runs any more; the adviser asks at 3, 6 and 12 months how the business is."""

from __future__ import annotations

from engine.facts import ArmedDeadline, Situation
from engine.model import (
    Armed,
    Deadline,
    Role,
    Span,
    State,
    Unit,
    due,
    escalate,
    met_by,
    months,
    remind,
    tell,
    working_days,
)
from engine.state_names import CaseState
from engine.steps import in_any_open_state
from engine.steps.starts import reorient, start_accompaniment, start_mentoring, start_transition

MONTHS_AFTER = (3, 6, 12)


def _that_check(at: Situation, armed: ArmedDeadline) -> bool:
    return armed.item == f"{at.given('months')} months"


follow_up = State(
    CaseState.FOLLOW_UP,
    "Suivi",
    Role.ADVISER,
    "no track is open and every need has its outcome",
    steps=(start_accompaniment, start_mentoring, start_transition, reorient, *in_any_open_state),
    deadlines=(
        Deadline(
            "check",
            "Point de suivi",
            "Faire le point",
            Span(0, Unit.MONTHS, "3, 6 and 12 months"),
            (
                remind(due - 10, Role.ADVISER),
                tell(due, Role.ENTREPRENEUR, key="follow_up_check"),
                remind(due, Role.ADVISER),
                tell(due + 5, Role.ENTREPRENEUR, key="follow_up_check"),
                escalate(due + 10, Role.MANAGER, key="case_stuck"),
                tell(due + 15, Role.ENTREPRENEUR, key="follow_up_check"),
            ),
            met_by("a follow-up check is recorded", records=("check",), anywhere=True, condition=_that_check),
            items=tuple(months(count) for count in MONTHS_AFTER),
        ),
        Deadline(
            "close_or_reorient",
            "Clore ou réorienter",
            "Clore ou réorienter",
            working_days(10),
            (remind(due, Role.ADVISER), escalate(due + 10, Role.MANAGER, key="case_stuck")),
            met_by("close or reorient"),
            Armed.LAST_CHECK,
        ),
    ),
)
