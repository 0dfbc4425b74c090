"""Appointments with an entrepreneur: made, moved, cancelled; each change is a line, and the appointment stays one and the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from cases.access import Identity
from cases.errors import Invalid
from cases.tables.appointments import appointment


def keep_appointment(db: Connection, payload: Mapping[str, Any], common: Mapping[str, Any], by: Identity) -> None:
    """Keep what a line says of an appointment: a new one, another day, or none any more. Raises Invalid for one that is not of the case."""
    known = payload.get("appointment")
    said = {name: payload.get(name) or None for name in ("day", "time", "place")}
    here = {"case_id": common["case_id"], "track": common["track"]}
    if not known:
        row = {"id": common["id"], "person_id": by.person, "sequence": common["sequence"], **here, **said}
        db.execute(insert(appointment).values(**row))
        return
    changed: dict[str, Any] = {"sequence": common["sequence"], "changes": appointment.c.changes + 1}
    changed |= {"cancelled_at": common["at"]} if payload.get("cancelled") else said
    alive = (
        appointment.c.id == known,
        appointment.c.case_id == common["case_id"],
        appointment.c.cancelled_at.is_(None),
    )
    if db.execute(update(appointment).where(*alive).values(**changed)).rowcount != 1:
        raise Invalid("Ce rendez-vous n’existe pas, ou il est déjà annulé.", "appointment")


def appointment_of(db: Connection, case_id: str, sequence: int) -> Any:
    """The appointment that a line was the last to speak of; None when another line has changed it since."""
    mine = (appointment.c.case_id == case_id, appointment.c.sequence == sequence)
    return db.execute(select(appointment).where(*mine)).first()
