"""The state of a case whose operators are being asked."""

from __future__ import annotations

from engine.model import Armed, Deadline, Role, State, due, entry, escalate, met_by, remind, tell, working_days
from engine.state_names import CaseState
from engine.steps import in_any_open_state
from engine.steps.deciding import decide_next
from engine.steps.starts import enter_follow_up, start_accompaniment, start_mentoring, start_transition

orientation = State(
    CaseState.ORIENTATION,
    "Orientation",
    Role.ADVISER,
    "contact made and needs recorded",
    steps=(start_accompaniment, start_mentoring, start_transition, enter_follow_up, *in_any_open_state),
    deadlines=(
        Deadline(
            "first_referral",
            "Première orientation",
            "Transmettre à un opérateur",
            working_days(2),
            (remind(due, Role.ADVISER), escalate(due + 3, Role.MANAGER, key="case_stuck")),
            met_by("a referral is sent", "referral.send", anywhere=True),
            Armed.ENTRY_BUT_LABELLISATION,
        ),
        Deadline(
            "acceptance",
            "Accord d’un opérateur",
            "Trouver un opérateur",
            working_days(15),
            (
                tell(entry + 5, Role.ENTREPRENEUR, key="still_looking"),
                tell(entry + 10, Role.ENTREPRENEUR, key="still_looking"),
                remind(due, Role.ADVISER),
                escalate(due + 3, Role.MANAGER, key="case_stuck"),
            ),
            met_by("a referral is accepted or engaged", "referral.accept", "referral.first_contact", anywhere=True),
            Armed.ENTRY_BUT_LABELLISATION,
        ),
        decide_next,
    ),
)
