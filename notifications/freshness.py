"""Whether a message that waited is still true when it leaves: deadlines met, owners who acted and people who left need no mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from cases.appointments import appointment_of
from cases.surveys import is_answered
from cases.tables.case import case_file
from cases.tables.memory import deadline, journal, mark_fired
from cases.tables.people import person
from cases.writing.applying import track_row
from engine.model import CASE_TRACK, Do, Role

HOLDS_IN: Final[Mapping[str, frozenset[str]]] = {
    "referral_sent": frozenset({"sent"}),
    "referral_declined": frozenset({"declined"}),
    "referral_expired": frozenset({"expired"}),
    "question": frozenset({"info_requested"}),
    "who_calls": frozenset({"accepted", "engaged"}),
    "pair_proposed": frozenset({"proposed"}),
}
"""States of its track in which a message is still true."""
OVER: Final = frozenset({"met", "cancelled", "paused"})
"""States of a deadline in which nobody is reminded of it."""
OWNERS: Final[Mapping[str, frozenset[str]]] = {
    Role.ADVISER: frozenset({"adviser", "manager", "admin"}),
    Role.MANAGER: frozenset({"manager", "admin"}),
    Role.OPERATOR: frozenset({"operator", "operator_manager"}),
    Role.MENTOR: frozenset({"mentor"}),
    Role.OWNER: frozenset({"operator", "operator_manager", "adviser", "manager"}),
}
"""The roles in which the owner of a deadline acts."""


def why_drop(db: Connection, row: Mapping[str, Any]) -> str | None:
    """Why a message is not to be sent any more; None when it still is."""
    return (
        _nobody_there(db, row)
        or _track_moved_on(db, row)
        or _appointment_changed(db, row)
        or _survey_answered(db, row)
        or _deadline_over(db, row)
    )


def _nobody_there(db: Connection, row: Mapping[str, Any]) -> str | None:
    if row["person_id"] is not None:
        active = db.execute(select(person.c.active).where(person.c.id == row["person_id"])).scalar()
        return None if active else "this person works here no more"
    if row["entrepreneur_id"] is not None and row["case_id"] is not None:
        erased = db.execute(select(case_file.c.anonymised_at).where(case_file.c.id == row["case_id"])).scalar()
        return "the case was anonymised" if erased else None
    return None


def _track_moved_on(db: Connection, row: Mapping[str, Any]) -> str | None:
    states = HOLDS_IN.get(row["key"])
    if states is None or row["case_id"] is None or row["track"] == CASE_TRACK:
        return None
    table, where = track_row(row["track"], row["case_id"])
    state = db.execute(select(table.c.state).where(*where)).scalar()
    return None if state in states else f"the track is {state} now"


def _survey_answered(db: Connection, row: Mapping[str, Any]) -> str | None:
    if row["key"] != "survey" or row["entrepreneur_id"] is None or not is_answered(db, row["case_id"], row["track"]):
        return None
    return "the survey was answered"


def _appointment_changed(db: Connection, row: Mapping[str, Any]) -> str | None:
    if (
        row["key"] != "appointment_set"
        or appointment_of(db, row["case_id"], row["facts"].get("sequence") or 0) is not None
    ):
        return None
    return "the appointment was changed since"


def _deadline_over(db: Connection, row: Mapping[str, Any]) -> str | None:
    if row["deadline_id"] is None:
        return None
    clock = dict(db.execute(select(deadline).where(deadline.c.id == row["deadline_id"])).mappings().one())
    if clock["status"] in OVER:
        return f"the deadline is {clock['status']}"
    if row["facts"].get("do") in (Do.REMIND, Do.ESCALATE) and _owner_acted(db, clock, row["facts"]["mark"]):
        return "its owner acted since the last mark"
    return None


def _owner_acted(db: Connection, clock: Mapping[str, Any], mark: str) -> bool:
    """Whether the owner did something on the track since the mark before this one; since this one when it is the first."""
    since = _last_mark(db, clock["id"], mark)
    roles = OWNERS.get(clock["owner_role"] or "", frozenset())
    theirs = (
        journal.c.subject_id == clock["subject_id"],
        journal.c.track == clock["track"],
        journal.c.actor_role.in_(roles),
        journal.c.at > since,
    )
    return since is not None and db.execute(select(journal.c.sequence).where(*theirs).limit(1)).first() is not None


def _last_mark(db: Connection, deadline_id: str, mark: str) -> datetime | None:
    rows = db.execute(select(mark_fired.c.mark, mark_fired.c.at).where(mark_fired.c.deadline_id == deadline_id)).all()
    this = max((row.at for row in rows if row.mark == mark), default=None)
    return max((row.at for row in rows if this is not None and row.at < this), default=this)
