"""What will be sent next, and why: messages that wait, and every reminder that comes if nobody does anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from cases.facts.of_case import facts_of
from cases.sweep import upcoming
from cases.tables.case import case_file
from cases.tables.memory import deadline, outbox
from engine.facts import ArmedDeadline
from engine.model import Do, MailClass, Mark, Role
from notifications.planner import told_by, why
from notifications.recipients import Place, Recipient, Told, place_of, recipients_of
from notifications.schedule import send_at
from notifications.tables import message


@dataclass(frozen=True, slots=True)
class Coming:
    """One message to come: when, in whose day, to whom, as what, about which case, by which rule and why."""

    at: datetime
    timezone: str
    recipient: str
    kind: str
    mail_class: str
    case: str | None
    rule: str | None
    reason: str


def coming(db: Connection, now: datetime, until: datetime) -> list[Coming]:
    """What leaves from now until then, the soonest first, as far as can be known today."""
    found = [*_waiting(db, until), *_told(db, now, until), *_marks(db, now, until)]
    return sorted(found, key=lambda one: (one.at, one.recipient, one.kind))


def _waiting(db: Connection, until: datetime) -> Iterator[Coming]:
    joined = message.outerjoin(case_file, case_file.c.id == message.c.case_id)
    due = (message.c.status.in_(("waiting", "leased")), message.c.send_at <= until)
    for row in db.execute(select(message, case_file.c.reference).select_from(joined).where(*due)):
        rule = row.facts.get("rule")
        yield Coming(
            row.send_at, row.timezone, row.to_name or "", row.key, row.mail_class, row.reference, rule, row.reason or ""
        )


def _told(db: Connection, now: datetime, until: datetime) -> Iterator[Coming]:
    """What is told already and waits to be planned: an answer that may still be undone."""
    for row in db.execute(select(outbox).where(outbox.c.not_before <= until)).mappings():
        told, at = told_by(row), max(row["not_before"], now)
        place = place_of(db, row["subject"], row["subject_id"])
        for one in recipients_of(db, told, place, now):
            yield _coming(told, one, place, MailClass(row["mail_class"]), at)


def _marks(db: Connection, now: datetime, until: datetime) -> Iterator[Coming]:
    due = (deadline.c.status == "open", deadline.c.subject == "case", deadline.c.next_at <= until)
    cases = db.execute(select(deadline.c.subject_id).where(*due).distinct().order_by(deadline.c.subject_id)).scalars()
    for case_id in cases.all():
        place = place_of(db, "case", case_id)
        facts = facts_of(db, dict(place.case or {}), now.date())
        for at, armed, mark in upcoming(facts):
            if now <= at <= until and mark.do is not Do.ACT:
                yield from _of_mark(
                    db,
                    place,
                    Told(mark.key, Role.OWNER, "case", case_id, armed.track, facts=_data(armed, mark)),
                    mark,
                    at,
                )


def _data(armed: ArmedDeadline, mark: Mark) -> dict[str, str]:
    return {"rule": armed.rule, "item": armed.item, "mark": str(mark.at), "do": str(mark.do)}


def _of_mark(db: Connection, place: Place, told: Told, mark: Mark, at: datetime) -> Iterator[Coming]:
    for role in mark.to:
        for one in recipients_of(db, replace(told, role=role), place, at):
            yield _coming(told, one, place, MailClass.REMINDER, at)


def _coming(told: Told, one: Recipient, place: Place, mail: MailClass, at: datetime) -> Coming:
    reference: Any = place.case["reference"] if place.case else None
    leaves = send_at(mail, at, one.calendar)
    rule = told.facts.get("rule")
    moment = f" ({told.facts['mark']})" if rule else ""
    return Coming(leaves, one.calendar.timezone, one.name, told.key, str(mail), reference, rule, why(told) + moment)
