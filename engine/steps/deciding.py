"""What is due when nothing runs any more: the adviser decides what comes next."""

from __future__ import annotations

from engine.model import (
    CASE_TRACK,
    Armed,
    Deadline,
    Role,
    due,
    escalate,
    met_by,
    remind,
    working_days,
)

decide_next = Deadline(
    "decide_next",
    "Décider de la suite",
    "Décider de la suite",
    working_days(5),
    (remind(due, Role.ADVISER), escalate(due + 5, Role.MANAGER, key="case_stuck")),
    met_by(
        "a step of the case by adviser or manager, or a track open again",
        "case.*",
        "*.opens",
        anywhere=True,
        condition=lambda at, _: at.act.track != CASE_TRACK or at.actor.acts_as(Role.ADVISER),
    ),
    Armed.LAST_TRACK_ENDS,
    owner=Role.ADVISER,
)
"""Due when the last open track ends: the case stays where it is, and the adviser decides."""
