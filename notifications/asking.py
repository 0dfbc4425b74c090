"""Mails that somebody asks for themselves, and that leave at once: a link to sign in, a new link in place of one that is gone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from cases.identifiers import new_id
from cases.tables.case import entrepreneur
from cases.tables.people import person, role_grant
from engine.model import MailClass, Role
from notifications.links import Link
from notifications.tables import message


def ask_sign_in(db: Connection, email: str, now: datetime, *, next_page: str = "/") -> bool:
    """Have a sign-in link sent to that address, if somebody who may sign in has it; whether one leaves is never told to who asked.

    `next_page` is where the link leads once signed in: the message's fact `next_page`, then the link's data.
    """
    known = (person.c.email == email.strip().lower(), person.c.active)
    row = db.execute(select(person.c.id, person.c.name, person.c.email).where(*known)).first()
    if row is None:
        return False
    _ask(db, "sign_in", now, person_id=row.id, to_email=row.email, to_name=row.name, facts={"next_page": next_page})
    return True


def ask_new_link(db: Connection, gone: Link, now: datetime) -> bool:
    """Have a fresh link of the same purpose sent to whom the one that is gone was for; false when there is no address."""
    table = person if gone.person_id else entrepreneur
    who = gone.person_id or gone.entrepreneur_id
    row = db.execute(select(table.c.name, table.c.email).where(table.c.id == who)).first()
    if row is None or not row.email:
        return False
    bound = {name: getattr(gone, name) for name in ("person_id", "entrepreneur_id", "case_id", "track")}
    facts = {"purpose": str(gone.purpose), "data": dict(gone.data)}
    _ask(db, "new_link", now, to_email=row.email, to_name=row.name, subject_id=gone.case_id, facts=facts, **bound)
    return True


def _ask(db: Connection, key: str, now: datetime, **row: Any) -> None:
    """Put a message in the queue; its words and its link are made when it leaves."""
    own, helped = new_id(now), row.get("entrepreneur_id")
    role = str(Role.ENTREPRENEUR) if helped else _first_role(db, row["person_id"])
    queued = {
        "mail_class": str(MailClass.REQUESTED), "status": "waiting", "send_at": now, "created_at": now, "reason": "Vous l’avez demandé",
        "role": role, "recipient": f"entrepreneur:{helped}" if helped else f"person:{row['person_id']}",
    }  # fmt: skip
    db.execute(insert(message).values(id=own, key=key, outbox_key=f"{key} {own}", **queued, **row))


def _first_role(db: Connection, person_id: str) -> str:
    """What somebody is here, in one word; nothing for who has no role any more."""
    theirs = (role_grant.c.person_id == person_id, role_grant.c.ended_at.is_(None))
    return db.execute(select(role_grant.c.role).where(*theirs).order_by(role_grant.c.id).limit(1)).scalar() or ""
