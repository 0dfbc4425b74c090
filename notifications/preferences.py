"""Which reminders somebody wants: by category. What was asked for and what is said to them directly always leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from cases.tables.people import role_grant
from engine.model import Do, MailClass, Role
from notifications.tables import preference


class Category(StrEnum):
    """What a reminder is for, as its reader chooses it."""

    DUE = "due"
    """Something is to be done, and its day comes."""
    LATE = "late"
    """Something was not done: told to who is in charge."""
    NEWS = "news"
    """Something was done by another."""
    SURVEYS = "surveys"
    """Questions: how it goes, what it was worth."""
    WEEKLY = "weekly"
    """The list of exceptions, once a week."""


SAID: Final[Mapping[Category, tuple[str, str]]] = {
    Category.DUE: ("Ce que j’ai à faire", "Un rappel avant la date, et le jour même."),
    Category.LATE: ("Ce qui est en retard", "Une alerte quand une date est passée et que rien n’a bougé."),
    Category.NEWS: ("Les nouvelles des dossiers", "Un mot quand quelqu’un d’autre a fait avancer un dossier."),
    Category.SURVEYS: ("Les enquêtes et les bilans", "Deux questions, après l’aide et quelques mois plus tard."),
    Category.WEEKLY: ("La liste de la semaine", "Le lundi : ce que personne n’a débloqué, par territoire."),
}
"""Each category in words: its name, and what comes when it is wanted."""
SAID_TO_WHO_IS_HELPED: Final[Mapping[Category, tuple[str, str]]] = {
    **SAID,
    Category.NEWS: ("Les nouvelles de mon dossier", "Un mot quand quelqu’un fait avancer mon dossier."),
    Category.SURVEYS: ("Les questions après l’aide", "Deux questions, après l’aide et quelques mois plus tard."),
}
"""The same, to somebody who has one case: their own."""
_OFFERED: Final[Mapping[str, tuple[Category, ...]]] = {
    "entrepreneur": (Category.DUE, Category.NEWS, Category.SURVEYS),
    "branch": (Category.DUE, Category.LATE, Category.NEWS),
    "person": (Category.DUE, Category.LATE, Category.NEWS, Category.SURVEYS),
}
"""What may come to whom, by the first word of their key; the weekly list to the programme's admins alone."""
APPOINTMENTS: Final = frozenset({"appointment_set", "appointment_cancelled"})
"""Mails about an appointment, with which it goes as a file: at once, since a digest could not bear it."""
_SURVEYS: Final = frozenset({"survey", "follow_up_check"})
_OF_AN_ACT: Final = {str(Do.REMIND): Category.DUE, str(Do.ESCALATE): Category.LATE}


def may_be_stopped(row: Mapping[str, Any]) -> bool:
    """Whether the reader of a message may stop it and its like: a reminder, or what another put in their agenda."""
    return row["mail_class"] == MailClass.REMINDER or category_of(row) is not None


def category_of(row: Mapping[str, Any]) -> Category | None:
    """The category of a message; None for what cannot be refused, and for a digest: its parts have theirs."""
    if row["key"] in APPOINTMENTS and row["role"] != Role.ENTREPRENEUR:
        return Category.NEWS
    if row["mail_class"] != MailClass.REMINDER or row.get("kind") == "digest":
        return None
    if row["key"] == "exceptions":
        return Category.WEEKLY
    if row["key"] in _SURVEYS:
        return Category.SURVEYS
    return _OF_AN_ACT.get(str((row["facts"] or {}).get("do")), Category.NEWS)


def unwanted(db: Connection, rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """The messages, by their id, whose reader wants none of their category."""
    categories = {row["id"]: (row["recipient"], category) for row in rows if (category := category_of(row))}
    if not categories:
        return set()
    readers = {reader for reader, _ in categories.values()}
    refused = (preference.c.recipient.in_(readers), preference.c.wanted.is_(False))
    found = {(row.recipient, row.category) for row in db.execute(select(preference).where(*refused))}
    return {identifier for identifier, choice in categories.items() if choice in found}


def is_reader(recipient: object) -> bool:
    """Whether it names somebody to whom reminders come."""
    kind, _, own = str(recipient or "").partition(":")
    return kind in _OFFERED and bool(own)


def wanted_by(db: Connection, recipient: str) -> dict[Category, bool]:
    """What somebody wants, of every category that may come to them: all of it until they say otherwise."""
    said = db.execute(select(preference).where(preference.c.recipient == recipient))
    chosen = {row.category: row.wanted for row in said}
    kind, _, own = recipient.partition(":")
    weekly = (Category.WEEKLY,) if kind == "person" and _is_admin(db, own) else ()
    return {category: chosen.get(category, True) for category in (*_OFFERED[kind], *weekly)}


def choose(db: Connection, recipient: str, wanted: Mapping[Category, bool], now: datetime) -> None:
    """Keep what somebody wants, of these categories."""
    insert_or_not = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    for category, choice in wanted.items():
        row = {"recipient": recipient, "category": str(category), "wanted": choice, "at": now}
        said = insert_or_not(preference).values(**row)
        same = [preference.c.recipient, preference.c.category]
        db.execute(said.on_conflict_do_update(index_elements=same, set_={"wanted": choice, "at": now}))


def _is_admin(db: Connection, person_id: str) -> bool:
    held = (role_grant.c.person_id == person_id, role_grant.c.role == str(Role.ADMIN), role_grant.c.ended_at.is_(None))
    return db.execute(select(role_grant.c.id).where(*held).limit(1)).first() is not None
