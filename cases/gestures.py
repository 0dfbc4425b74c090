"""Gestures: what somebody does in one press, as the events that the machines know."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from cases import intake, journey
from cases.access import THE_SYSTEM, Identity
from cases.errors import Refused
from cases.identifiers import new_id
from cases.intake import Detection, Logged
from cases.journal import canonical, hash_of
from cases.journey import Request
from cases.writing.idempotency import claim, claim_of, keep_answer
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


def ask_to_be_called(db: Connection, detection: Detection, *, now: datetime) -> None:
    """Somebody asks for help by themselves: a case, which is theirs from its first line. The same words sent twice in a day ask once.

    Raises what `intake.log_case` raises; then nothing is written.
    """
    words = asdict(detection)
    asked = claim_of(THE_SYSTEM, "contact", f"{now.date()} {hash_of(canonical(words))}")
    if claim(db, asked, words, now) is None:
        themselves = Identity(name=detection.person_name or "", via="page", entrepreneur=new_id(now))
        intake.log_case(db, detection, by=themselves, now=now)
        keep_answer(db, asked, {})


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
