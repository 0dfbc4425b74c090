"""What is noted on a case: its line by the one write path, and its row in the table of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from cases import corrections, intake, journey, routing, surveys
from cases.access import Identity
from cases.appointments import keep_appointment
from cases.facts.of_case import NO_TERRITORY
from cases.identifiers import new_id
from cases.journey import Fired, Request
from cases.tables.case import (
    action_plan,
    case_file,
    contact,
    document,
    follow_up_check,
    meeting,
    note,
)
from cases.tables.territories import territory
from cases.tables.tracks import mentoring_session
from cases.writing.aids_obtained import keep_aid
from engine.working_days import Calendar


def record(db: Connection, request: Request, *, by: Identity, now: datetime) -> Fired:
    """Note something on a case: a contact, a need, a meeting … Raises what `journey.fire` raises."""
    request = journey.as_entered(request, by, now)
    said = request
    if request.event == "correct":
        request = replace(request, payload=corrections.as_read(request.payload))
        said = replace(request, payload=corrections.as_said(request.payload))
    fired = journey.fire(db, said, by=by, now=now)
    if not fired.replayed:
        _keep(db, request, fired, by, now)
    return fired


def _keep(db: Connection, request: Request, fired: Fired, by: Identity, now: datetime) -> None:
    payload = request.payload
    if request.event == "need":
        intake.add_need(db, fired.case_id, {**payload, "detail": payload.get("text")}, now)
        routing.propose(db, fired.case_id, now)
        return
    if request.event == "correct":
        corrections.write_facts(db, fired.case_id, payload, by=by, now=now)
        return
    common = {
        "id": new_id(now),
        "case_id": fired.case_id,
        "track": fired.track,
        "at": now,
        "sequence": fired.lines[0]["sequence"],
    }
    today = request.day or _local_day(db, fired.case_id, now)
    match request.event:
        case "contact" | "attempt":
            result = payload.get("result") or "reached"
            said = {
                "kind": request.event,
                "channel": payload["channel"],
                "result": result,
                "day": today,
                "person_id": by.person,
            }
            db.execute(insert(contact).values(**common, **said))
        case "note":
            db.execute(insert(note).values(**common, author_id=by.person, shared=bool(payload.get("shared"))))
        case "meeting":
            db.execute(insert(meeting).values(**common, day=payload.get("day") or today, place=payload.get("place")))
        case "session":
            db.execute(
                insert(mentoring_session).values(
                    **common, day=payload.get("day") or today, length_minutes=payload.get("minutes")
                )
            )
        case "action_plan":
            db.execute(insert(action_plan).values(**common))
        case _:
            _keep_other(db, request, common, by)


def _keep_other(db: Connection, request: Request, common: Mapping[str, Any], by: Identity) -> None:
    payload = request.payload
    case_only = {name: value for name, value in common.items() if name != "track"}
    match request.event:
        case "check":
            known = {name: payload.get(name) for name in ("months", "still_active", "jobs", "turnover")}
            db.execute(insert(follow_up_check).values(**case_only, **known))
        case "document":
            kind = {
                "media_type": payload.get("media_type", "text/plain"),
                "size": payload.get("size", 0),
                "sha256": payload.get("sha256", ""),
            }
            db.execute(insert(document).values(**common, name=payload["name"], **kind))
        case "appointment":
            keep_appointment(db, payload, common, by)
        case "aid":
            keep_aid(db, common["case_id"], common["track"], payload, common["at"])
        case "survey":
            if payload.get("left"):
                surveys.keep_sent(db, common["case_id"], common["track"], now=common["at"])


def _local_day(db: Connection, case_id: str, now: datetime) -> date:
    joined = case_file.join(territory, territory.c.id == case_file.c.territory_id)
    row = db.execute(
        select(territory.c.holidays, territory.c.timezone).select_from(joined).where(case_file.c.id == case_id)
    ).first()
    return (Calendar(row.holidays, row.timezone) if row else NO_TERRITORY).day_of(now)
