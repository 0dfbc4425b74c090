"""What is remembered and told of a reply: it is filed once, the case's adviser reads it, a known address hears of what came from another one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from cases.identifiers import new_id
from cases.tables.memory import outbox
from engine.model import MailClass, Role
from notifications.links import Link
from notifications.tables import inbound_mail, message

AT_MOST: Final = 30
"""Replies to one mail that are filed in an hour: more is a loop."""


def is_ours(db: Connection, message_id: str) -> bool:
    """Whether a mail that comes in is one that we sent."""
    return db.execute(select(message.c.id).where(message.c.message_id == message_id)).first() is not None


def too_many(db: Connection, link: Link, now: datetime) -> bool:
    """Whether replies to one mail come so fast that no person writes them."""
    lately = (inbound_mail.c.link_id == link.id, inbound_mail.c.received_at > now - timedelta(hours=1))
    return int(db.execute(select(func.count()).where(*lately)).scalar_one()) >= AT_MOST


def first_time(db: Connection, link: Link, fingerprint: str, now: datetime) -> bool:
    """Note that a reply is being filed; false when it was before: whoever hands it in again is told that all is well."""
    row = {
        "id": new_id(now),
        "link_id": link.id,
        "fingerprint": fingerprint,
        "case_id": link.case_id,
        "received_at": now,
    }
    insert_once = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    made = insert_once(inbound_mail).values(**row).on_conflict_do_nothing().returning(inbound_mail.c.id)
    return db.execute(made).first() is not None


def tell_adviser(db: Connection, case_id: str, track: str, sequence: int, now: datetime) -> None:
    """Have the case's adviser read what was answered; who wrote it is not told of it."""
    row = {
        "subject": "case", "subject_id": case_id, "sequence": sequence, "track": track, "kind": "reply_received", "role": str(Role.ADVISER),
        "mail_class": str(MailClass.DIRECT), "facts": {}, "not_before": now, "created_at": now,
    }  # fmt: skip
    db.execute(insert(outbox).values(id=new_id(now), **row))


def tell_not_filed(db: Connection, link: Link, to: tuple[str, str], role: Role, now: datetime) -> None:
    """Tell the known address (`to`: name, address), once a day at most, that a reply came from another one and was not filed."""
    name, email = to
    values = {
        "id": new_id(now), "key": "reply_refused", "mail_class": str(MailClass.DIRECT), "status": "waiting", "send_at": now, "created_at": now,
        "outbox_key": f"reply_refused {link.id} {now.date()}", "reason": "Une réponse est venue d’une autre adresse", "role": str(role),
        "recipient": f"person:{link.person_id}" if link.person_id else f"branch:{email}", "to_email": email, "to_name": name,
        "person_id": link.person_id, "case_id": link.case_id, "subject_id": link.case_id, "track": link.track,
    }  # fmt: skip
    insert_once = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    db.execute(insert_once(message).values(**values).on_conflict_do_nothing())
