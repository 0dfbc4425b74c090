"""Accompaniment: an operator works with the entrepreneur."""

from __future__ import annotations

from engine.model import Role, State
from engine.state_names import CaseState
from engine.steps import in_any_open_state
from engine.steps.deciding import decide_next
from engine.steps.starts import enter_follow_up, reorient, start_mentoring, start_transition

accompaniment = State(
    CaseState.ACCOMPANIMENT,
    "Accompagnement",
    Role.ADVISER,
    "a referral is engaged",
    steps=(start_mentoring, start_transition, reorient, enter_follow_up, *in_any_open_state),
    deadlines=(decide_next,),
    owner_says="the owner of its oldest open track, else adviser",
)
