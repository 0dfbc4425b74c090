"""Mails that somebody asks for themselves, and that leave at once: a way to sign in, a new link in place of one that is gone, a first one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from cases.database import Database, Scope
from cases.facts.of_case import NO_TERRITORY
from cases.identifiers import new_id
from cases.tables.case import entrepreneur
from cases.tables.people import person, role_grant, sign_in_request
from engine.model import TERRITORY_TRACK, MailClass, Role
from notifications.codes import hash_of_browser
from notifications.links import Link
from notifications.recipients import Place, Told, place_of, recipients_of
from notifications.tables import message

_ANSWERED_WITHIN: Final = timedelta(minutes=15)
_KEPT: Final = timedelta(days=1)


def note_request(db: Connection, email: str, browser: str, now: datetime, *, next_page: str) -> None:
    """Keep that a way in was asked for: the same work whether the address is known or not; `browser` is its secret."""
    row = {"email": email, "browser_hash": hash_of_browser(browser), "next_page": next_page, "created_at": now}
    db.execute(insert(sign_in_request).values(id=new_id(now), **row))


def answer_requests(db: Connection, now: datetime) -> int:
    """Have the mails leave to the addresses that are known, once each; give how many. Done after the page was answered; what is a day old goes."""
    db.execute(delete(sign_in_request).where(sign_in_request.c.created_at < now - _KEPT))
    waiting = (sign_in_request.c.answered_at.is_(None), sign_in_request.c.created_at > now - _ANSWERED_WITHIN)
    columns = (sign_in_request.c.id, sign_in_request.c.email, sign_in_request.c.next_page)
    rows = db.execute(update(sign_in_request).where(*waiting).values(answered_at=now).returning(*columns)).all()
    return sum(ask_sign_in(db, row.email, now, next_page=row.next_page, request=row.id) for row in rows)


def answer_all(database: Database, now: datetime) -> int:
    """The same, for a worker: those that nobody answered."""
    return database.write(lambda db: answer_requests(db, now), Scope.worker())


def ask_sign_in(db: Connection, email: str, now: datetime, *, next_page: str = "/", request: str = "") -> bool:
    """Have a sign-in link sent to that address, if somebody who may sign in has it; whether one leaves is never told to who asked.

    `next_page` is where the link leads once signed in: the message's fact `next_page`, then the link's data. `request`: what was
    asked for on a browser, where the mail's code may be typed too.
    """
    known = (person.c.email == email.strip().lower(), person.c.active)
    row = db.execute(select(person.c.id, person.c.name, person.c.email).where(*known)).first()
    if row is None:
        return False
    facts = {"next_page": next_page, **({"request": request} if request else {})}
    _ask(db, "sign_in", now, person_id=row.id, to_email=row.email, to_name=row.name, facts=facts)
    return True


def ask_invitation(db: Connection, person_id: str, now: datetime) -> bool:
    """Have somebody who was given a role told so, with their first way in; false when there is no address, or they are disabled."""
    known = (person.c.id == person_id, person.c.active, person.c.email.is_not(None))
    row = db.execute(select(person.c.id, person.c.name, person.c.email).where(*known)).first()
    if row is None:
        return False
    _ask(
        db, "invitation", now, reason="Un accès vous est ouvert", person_id=row.id, to_email=row.email, to_name=row.name
    )
    return True


def ask_new_link(db: Connection, gone: Link, now: datetime) -> bool:
    """Have a fresh link of the same purpose sent to whom the one that is gone was for; false when there is no address."""
    table = person if gone.person_id else entrepreneur
    who = gone.person_id or gone.entrepreneur_id
    row = db.execute(select(table).where(table.c.id == who)).first()
    if row is None or not row.email or (gone.person_id and not row.active):
        return False
    bound = {name: getattr(gone, name) for name in ("person_id", "entrepreneur_id", "case_id", "track")}
    facts = {"purpose": str(gone.purpose), "data": dict(gone.data)}
    _ask(db, "new_link", now, to_email=row.email, to_name=row.name, subject_id=gone.case_id, facts=facts, **bound)
    return True


def tell_managers(db: Connection, key: str, territory_id: str | None, facts: dict[str, Any], now: datetime) -> int:
    """Have a territory's managers told something that no step tells, the admins where there are none; give how many are."""
    place = place_of(db, "territory", territory_id) if territory_id else Place(NO_TERRITORY, None)
    told = Told(key, Role.MANAGER, "territory", territory_id or "", TERRITORY_TRACK, facts=facts)
    found = [one for one in recipients_of(db, told, place, now) if one.person_id and one.email]
    for one in found:
        row = {
            "subject_id": territory_id,
            "role": str(one.role),
            "to_email": one.email,
            "to_name": one.name,
            "facts": facts,
        }
        _ask(
            db,
            key,
            now,
            person_id=one.person_id,
            mail_class=str(MailClass.REMINDER),
            reason="Durées de conservation",
            **row,
        )
    return len(found)


def _ask(db: Connection, key: str, now: datetime, **row: Any) -> None:
    """Put a message in the queue; its words and its link are made when it leaves."""
    own, helped = new_id(now), row.get("entrepreneur_id")
    role = str(Role.ENTREPRENEUR) if helped else _first_role(db, row["person_id"])
    queued = {
        "mail_class": str(MailClass.REQUESTED), "status": "waiting", "send_at": now, "created_at": now, "role": role,
        "reason": "Vous l’avez demandé", "recipient": f"entrepreneur:{helped}" if helped else f"person:{row['person_id']}",
    }  # fmt: skip
    db.execute(insert(message).values(id=own, key=key, outbox_key=f"{key} {own}", **{**queued, **row}))


def _first_role(db: Connection, person_id: str) -> str:
    """What somebody is here, in one word; nothing for who has no role any more."""
    theirs = (role_grant.c.person_id == person_id, role_grant.c.ended_at.is_(None))
    return db.execute(select(role_grant.c.role).where(*theirs).order_by(role_grant.c.id).limit(1)).scalar() or ""
