"""What will be sent next, and why: messages that wait, and every reminder that comes if nobody does anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select, true

from cases.facts.of_case import armed_of
from cases.tables.case import case_file
from cases.tables.memory import deadline, outbox
from engine import clocks
from engine.definition import RULES
from engine.facts import ArmedDeadline
from engine.model import Do, MailClass, Mark, Role
from engine.working_days import Calendar
from notifications.planner import told_by, why
from notifications.recipients import Place, Recipient, Told, place_of, recipients_of
from notifications.schedule import send_at
from notifications.snoozing import put_off, snoozed_by
from notifications.tables import message


@dataclass(frozen=True, slots=True)
class Coming:
    """One message to come: when, in whose day, to whom, as what, about which case, by which rule and why.

    `mark` and `do` say which moment of its deadline it is; None for what no deadline sends.
    """

    at: datetime
    timezone: str
    recipient: str
    kind: str
    mail_class: str
    case: str | None
    rule: str | None
    reason: str
    person: str | None = None
    deadline: str | None = None
    mark: str | None = None
    do: str | None = None


def coming(
    db: Connection, now: datetime, until: datetime, *, of: ColumnElement[bool] | None = None, at_most: int | None = None
) -> list[Coming]:
    """What leaves from now until then, the soonest first, as far as can be known today.

    `of`: a condition on the cases that it is about, else everything; `at_most`: so many of each kind are looked at.
    """
    kept = true() if of is None else of
    found = [
        *_waiting(db, until, kept, at_most),
        *_told(db, now, until, of, at_most),
        *_marks(db, now, until, kept, at_most),
    ]
    return sorted(found, key=lambda one: (one.at, one.recipient, one.kind))


def _waiting(db: Connection, until: datetime, of: ColumnElement[bool], at_most: int | None) -> Iterator[Coming]:
    joined = message.outerjoin(case_file, case_file.c.id == message.c.case_id)
    due = (message.c.status.in_(("waiting", "leased")), message.c.send_at <= until, of)
    asked = select(message, case_file.c.reference).select_from(joined).where(*due)
    for row in db.execute(asked.order_by(message.c.send_at, message.c.id).limit(at_most)):
        rule = row.facts.get("rule")
        yield Coming(
            row.send_at, row.timezone, row.to_name or "", row.key, row.mail_class, row.reference, rule, row.reason or "",
            row.person_id, row.deadline_id, row.facts.get("mark"), row.facts.get("do"),
        )  # fmt: skip


def _told(
    db: Connection, now: datetime, until: datetime, of: ColumnElement[bool] | None, at_most: int | None
) -> Iterator[Coming]:
    """What is told already and waits to be planned: an answer that may still be undone."""
    due: Select[Any] = select(outbox).where(outbox.c.not_before <= until)
    if of is not None:
        due = due.join(case_file, case_file.c.id == outbox.c.subject_id).where(of)
    for row in db.execute(due.order_by(outbox.c.not_before, outbox.c.id).limit(at_most)).mappings():
        told, at = told_by(row), max(row["not_before"], now)
        place = place_of(db, row["subject"], row["subject_id"])
        for one in recipients_of(db, told, place, now):
            yield _coming(told, one, place, MailClass(row["mail_class"]), at)


def _marks(
    db: Connection, now: datetime, until: datetime, of: ColumnElement[bool], at_most: int | None
) -> Iterator[Coming]:
    due = (deadline.c.status == "open", deadline.c.subject == "case", deadline.c.next_at <= until, of)
    joined = deadline.join(case_file, case_file.c.id == deadline.c.subject_id)
    asked = select(deadline).select_from(joined).where(*due).order_by(deadline.c.next_at, deadline.c.id)
    rows = db.execute(asked.limit(at_most)).all()
    snoozed, place_at = snoozed_by(db, [row.id for row in rows]), cache(lambda case: place_of(db, "case", case))
    for row in rows:
        armed, place = armed_of(row), place_at(row.subject_id)
        for at, mark in clocks.upcoming(RULES[armed.rule], armed, place.calendar):
            if now <= at <= until and mark.do is not Do.ACT:
                told = Told(mark.key, Role.OWNER, "case", row.subject_id, armed.track, facts=_data(armed, mark))
                for one in _of_mark(db, place, told, mark, at):
                    day = snoozed.get((one.person, row.id))
                    later = put_off(one.at, one.do, day, Calendar(timezone=one.timezone))
                    yield replace(one, at=later, deadline=row.id)


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
    return Coming(
        leaves, one.calendar.timezone, one.name, told.key, str(mail), reference, rule, why(told) + moment,
        one.person_id, None, told.facts.get("mark"), told.facts.get("do"),
    )  # fmt: skip
