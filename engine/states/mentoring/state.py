"""The state of a case whose entrepreneur has a mentor."""

from __future__ import annotations

from engine.model import (
    Role,
    State,
)
from engine.state_names import CaseState
from engine.steps import in_any_open_state
from engine.steps.deciding import decide_next
from engine.steps.starts import back_to_accompaniment, enter_follow_up, reorient, start_transition

mentoring = State(
    CaseState.MENTORING,
    "Mentorat",
    Role.ADVISER,
    "a mentoring pair is active",
    steps=(start_transition, back_to_accompaniment, reorient, enter_follow_up, *in_any_open_state),
    deadlines=(decide_next,),
    owner_says="the owner of its oldest open track, else adviser",
)
