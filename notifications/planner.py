"""Outbox rows become messages: one for each person, once, at an hour that suits them; a call to make where there is no address."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

import structlog
from sqlalchemy import Connection, RowMapping, Table, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from cases import tasks
from cases.database import Database, Scope
from cases.identifiers import new_id
from cases.tables.case import entrepreneur
from cases.tables.memory import deadline, journal, outbox
from cases.tables.operators import branch
from cases.tables.people import person
from cases.tasks import TO_A_PARTNER, TO_THE_HELPED, Asked
from engine.definition import MACHINES, record_of, rule_of
from engine.model import Kind, MailClass, Role
from engine.sentences import say
from notifications.composer import subjects_of
from notifications.dropping import Dropped
from notifications.freshness import moved_on
from notifications.letters import message_id_of, thread_of
from notifications.links import OF_PARTNERS, revoke_links
from notifications.preferences import unwanted
from notifications.recipients import Place, Recipient, Told, place_of, recipients_of
from notifications.said_rows import rows_for
from notifications.schedule import send_at
from notifications.snoozing import put_off, snoozed_by
from notifications.tables import message, suppression

AT_ONCE: Final = 200
"""Outbox rows that are read at once."""
_CALLED: Final[Mapping[str, Table]] = {"person": person, "entrepreneur": entrepreneur, "branch": branch}
"""Where the telephone of a recipient stands, by the first word of their key."""

_log = structlog.get_logger(__name__)


def plan(database: Database, now: datetime, *, domain: str = "localhost") -> int:
    """Turn what is to be told by now into messages, each thing in a transaction of its own; give how many messages.

    Any number of processes may plan at once. A row that cannot be planned stays, is logged, and stops no other.
    """
    count, after = 0, ""
    while due := database.read(partial(_due, now=now, after=after), Scope.worker()):
        for identifier in due:
            try:
                count += database.write(
                    partial(_plan_row, identifier=identifier, now=now, domain=domain), Scope.worker()
                )
            except Exception as error:  # a worker's loop: the others are planned all the same
                _log.error("not_planned", outbox=identifier, error=type(error).__name__)
        after = due[-1]
    return count


def told_by(row: RowMapping) -> Told:
    """What an outbox row tells, and to which role."""
    kept = {name: row[name] for name in ("subject", "subject_id", "track", "sequence")}
    return Told(row["kind"], Role(row["role"]), **kept, facts=row["facts"] or {})


def why(told: Told) -> str:
    """Why a message leaves, in French: the deadline or the action that sends it."""
    if "rule" in told.facts:
        return say("Échéance « {label} »", label=rule_of(told.facts["rule"]).label)
    kind = Kind(told.track.rsplit("-", 1)[0])
    event = str(told.facts.get("event", ""))
    step = MACHINES[kind].events.get(event) or record_of(kind, event)
    return say("Action « {label} »", label=step.label) if step else "Ce qui s’est passé dans le dossier"


def write_message(db: Connection, values: dict[str, Any], place: Place, now: datetime) -> int:
    """Write a message, unless it was already; a call to make instead of a mail that could not arrive."""
    address = values["to_email"]
    answers = address is not None and not suppressed(db, (address,))
    over = moved_on(db, (values,))
    if over:
        values |= {"status": "dropped", "last_error": over[values["id"]]}
    elif not answers:
        values |= {"kind": "task", "status": "task"}
    elif unwanted(db, (values,)):
        values |= {"status": "dropped", "last_error": Dropped.UNWANTED}
    insert_once = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    made = db.execute(insert_once(message).values(**values).on_conflict_do_nothing().returning(message.c.id)).first()
    if made is None:
        return 0
    if answers or over:
        _supersede(db, values)
    else:
        ask_to_call(db, values, place, now)
    return 1


# -- one row ----------------------------------------------------------------------------------------------------------------


def _due(db: Connection, now: datetime, after: str) -> list[str]:
    ready = (outbox.c.not_before <= now, outbox.c.id > after)
    return list(db.execute(select(outbox.c.id).where(*ready).order_by(outbox.c.id).limit(AT_ONCE)).scalars())


def _plan_row(db: Connection, identifier: str, now: datetime, domain: str) -> int:
    mine = (outbox.c.id == identifier, outbox.c.not_before <= now)
    row = db.execute(select(outbox).where(*mine).with_for_update(skip_locked=True)).mappings().first()
    if row is None:
        return 0
    told, place = _with_event(db, told_by(row)), place_of(db, row["subject"], row["subject_id"])
    if told.key == "please_erase":
        revoke_links(db, told.subject_id, now=now, purposes=OF_PARTNERS)
    known = _deadline_id(db, told)
    snoozed = snoozed_by(db, [known] if known else [])
    written = 0
    for one in recipients_of(db, told, place, now):
        values = _message(told, one, MailClass(row["mail_class"]), now, domain)
        values |= {
            "outbox_key": _once(told, one, identifier, known),
            "deadline_id": known,
            "created_at": row["created_at"],
            "send_at": put_off(
                values["send_at"], told.facts.get("do"), snoozed.get((one.person_id, known)), one.calendar
            ),
        }
        written += write_message(db, values, place, now)
    db.execute(delete(outbox).where(outbox.c.id == identifier))
    return written


def _with_event(db: Connection, told: Told) -> Told:
    """The same, with the journal line's event: what happened."""
    line = (journal.c.subject_id == told.subject_id, journal.c.sequence == told.sequence, journal.c.track == told.track)
    event = db.execute(select(journal.c.event).where(*line)).scalar()
    return replace(told, facts={"event": event, **told.facts}) if event else told


def _once(told: Told, one: Recipient, identifier: str, deadline_id: str | None) -> str:
    """What makes a message one and the same, however often its row is planned."""
    if deadline_id is not None:
        return f"{deadline_id} {told.facts.get('due_on')} {told.facts['mark']} {told.facts['do']} {one.key}"
    if told.sequence is not None:
        return f"{told.subject_id} {told.sequence} {told.key} {told.track} {one.key}"
    return f"{identifier} {one.key}"


def _deadline_id(db: Connection, told: Told) -> str | None:
    """The deadline whose mark this is: the last one of its rule that was due that day, or the last one of its rule."""
    if "rule" not in told.facts:
        return None
    same = (
        deadline.c.subject_id == told.subject_id,
        deadline.c.track == told.track,
        deadline.c.rule == told.facts["rule"],
        deadline.c.item == told.facts.get("item", ""),
    )
    rows = db.execute(select(deadline.c.id, deadline.c.due_on).where(*same).order_by(deadline.c.occurrence.desc()))
    found = [(row.due_on.isoformat() != told.facts.get("due_on"), row.id) for row in rows]
    return str(min(found, key=lambda entry: entry[0])[1]) if found else None


def _message(told: Told, one: Recipient, mail: MailClass, now: datetime, domain: str) -> dict[str, Any]:
    identifier = new_id(now)
    case_id = told.subject_id if told.subject == "case" else None
    return {
        "id": identifier, "key": told.key, "mail_class": str(mail), "role": str(one.role), "recipient": one.key, "person_id": one.person_id,
        "entrepreneur_id": one.entrepreneur_id, "case_id": case_id, "subject_id": told.subject_id, "track": told.track, "to_email": one.email,
        "to_name": one.name, "facts": {**told.facts, "sequence": told.sequence}, "timezone": one.calendar.timezone, "holidays": one.calendar.name,
        "kind": "mail", "status": "waiting", "attempts": 0, "send_at": send_at(mail, now, one.calendar), "reason": why(told),
        "message_id": message_id_of(identifier, domain), "thread_id": thread_of(told.subject_id, one.key, domain),
    }  # fmt: skip


def _supersede(db: Connection, values: Mapping[str, Any]) -> None:
    """Of the reminders of one deadline that wait for the same person, only the latest leaves, in whatever order they are planned."""
    if values["deadline_id"] is None:
        return
    waiting = (
        message.c.deadline_id == values["deadline_id"],
        message.c.recipient == values["recipient"],
        message.c.status == "waiting",
    )
    latest = select(func.max(message.c.created_at)).where(*waiting).scalar_subquery()
    older = update(message).where(*waiting, message.c.created_at < latest)
    db.execute(older.values(status="dropped", last_error=Dropped.LATER_REMINDER))


def suppressed(db: Connection, emails: Collection[str]) -> set[str]:
    """Of these addresses, those to which nothing is sent any more; in small letters."""
    if not emails:
        return set()
    asked = {email.lower() for email in emails}
    return set(db.execute(select(suppression.c.email).where(suppression.c.email.in_(asked))).scalars())


def ask_to_call(db: Connection, values: Mapping[str, Any], place: Place, now: datetime) -> None:
    """Ask the case's referent to call somebody to whom nothing can be written, and say what they would have read."""
    calendar = place.calendar
    kind, _, own = values["recipient"].partition(":")
    phone = db.execute(select(_CALLED[kind].c.phone).where(_CALLED[kind].c.id == own)).scalar()
    asked = Asked(
        values["case_id"], place.territory_id, place.referent_id, TO_THE_HELPED if values["entrepreneur_id"] else TO_A_PARTNER,
        say("Appeler {name}", name=values['to_name']), subjects_of(rows_for(db, (values,)), values, now),
        phone, values["id"], calendar.roll(calendar.day_of(values["send_at"])),
    )  # fmt: skip
    tasks.ask_to_call(db, asked, now)
