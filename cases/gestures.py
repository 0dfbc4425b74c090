"""Gestures: what somebody does in one press, as the events that the machines know."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from cases import intake, journey
from cases.access import Identity
from cases.errors import Refused
from cases.intake import Detection, Logged
from cases.journey import Request
from engine.model import CASE_TRACK, Refusal

TALKED: Final = "reached"
_OF_A_CALL: Final = frozenset({"contact", "attempt", "first_contact"})


def event_of_a_call(event: str, track: str, result: str | None) -> str:
    """A call in which nobody was reached is an attempt; one in which they talked is an exchange, the first one of a referral a step."""
    if event not in _OF_A_CALL:
        return event
    if result not in (None, "", TALKED):
        return "attempt"
    return "contact" if event == "attempt" or track == CASE_TRACK else event


def log_and_qualify(
    db: Connection, detection: Detection, *, by: Identity, now: datetime, key: str | None = None
) -> tuple[Logged, tuple[Refusal, ...]]:
    """Log a business and qualify it at once: one transaction, two lines. What is missing to qualify it is said, and the log stays.

    Raises what `intake.log_case` raises; then nothing is written.
    """
    logged = intake.log_case(db, detection, by=by, now=now, key=key)
    if logged.fired.replayed:
        return logged, ()
    savepoint = db.begin_nested()
    try:
        journey.fire(db, Request(logged.fired.reference, "qualify"), by=by, now=now)
    except Refused as refused:
        savepoint.rollback()
        return logged, refused.reasons
    savepoint.commit()
    return logged, ()
