"""All that is held on somebody who works here, or did: given to them whole, and wiped once they have long been gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select, update

from cases.tables.appointments import calendar_feed
from cases.tables.case import case_file
from cases.tables.memory import access_log, journal
from cases.tables.people import (
    absence,
    api_token,
    mentor_profile,
    person,
    provider_identity,
    role_grant,
    saved_view,
    session,
    sign_in_request,
)
from cases.tables.webhooks import webhook, webhook_delivery, webhook_secret
from notifications.tables import message, preference, snooze

NOBODY: Final = "Ancien membre"
"""The name of an account of which nothing is known any more: what it did keeps its id, its role and its date."""
_KEPT_BACK: Final = frozenset(
    {"token_hash", "provider_token", "leased_by", "leased_until", "outbox_key", "last_error", "attempts", "retry_at"}
)
"""What opens a door, and how the machine works."""
_OF_A_MAIL: Final = ("key", "subject", "status", "created_at", "sent_at")
"""Of the mails that somebody got: their words are about the people whom they help, and are given to those."""


def account_held(db: Connection, person_id: str) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """Each part of what is held on somebody, by its French name; of cases, the reference and what they did, no word of others."""
    tables = {
        "Compte": (person, person.c.id), "Rôles": (role_grant, role_grant.c.person_id), "Absences": (absence, absence.c.person_id),
        "Mentorat": (mentor_profile, mentor_profile.c.person_id), "Sessions": (session, session.c.person_id), "Jetons": (api_token, api_token.c.person_id),
        "Webhooks": (webhook, webhook.c.person_id), "Listes gardées": (saved_view, saved_view.c.person_id), "Agenda": (calendar_feed, calendar_feed.c.person_id),
        "Identité chez le fournisseur": (provider_identity, provider_identity.c.person_id),
    }  # fmt: skip
    given = {name: _rows(db, select(table).where(column == person_id)) for name, (table, column) in tables.items()}
    given["Rappels choisis"] = _rows(db, select(preference).where(preference.c.recipient == f"person:{person_id}"))
    columns = [message.c[name] for name in _OF_A_MAIL if name in message.c]
    given["Courriels reçus"] = _rows(
        db, select(*columns).where(message.c.person_id == person_id).order_by(message.c.created_at)
    )
    given["Consultations"] = _rows(
        db, _of_cases(access_log, access_log.c.person_id == person_id, access_log.c.what.label("how"))
    )
    given["Actes"] = _rows(
        db, _of_cases(journal, journal.c.actor_id == person_id, journal.c.event, journal.c.track, journal.c.actor_role)
    )
    return {name: rows for name, rows in given.items() if rows}


def anonymise_account(db: Connection, person_id: str, now: datetime) -> None:
    """Wipe who somebody was: their name, how to reach them, what opened a door for them and what they kept for themselves."""
    email = db.execute(select(person.c.email).where(person.c.id == person_id)).scalar()
    for table, where in _gone(person_id, email):
        db.execute(delete(table).where(where))
    db.execute(
        update(role_grant)
        .where(role_grant.c.person_id == person_id, role_grant.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    db.execute(update(mentor_profile).where(mentor_profile.c.person_id == person_id).values(skills=None, employer=None))
    db.execute(update(message).where(message.c.person_id == person_id).values(to_email=None, to_name=None))
    wiped = {
        "name": NOBODY,
        "email": None,
        "phone": None,
        "active": False,
        "disabled_at": func.coalesce(person.c.disabled_at, now),
    }
    db.execute(update(person).where(person.c.id == person_id).values(**wiped))


def _gone(person_id: str, email: str | None) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    own = select(webhook.c.id).where(webhook.c.person_id == person_id)
    yield webhook_delivery, webhook_delivery.c.webhook_id.in_(own)
    yield webhook_secret, webhook_secret.c.webhook_id.in_(own)
    for table in (webhook, absence, session, api_token, saved_view, calendar_feed, provider_identity, snooze):
        yield table, table.c.person_id == person_id
    yield absence, absence.c.substitute_id == person_id
    yield preference, preference.c.recipient == f"person:{person_id}"
    if email is not None:
        yield sign_in_request, sign_in_request.c.email == email


def _of_cases(table: Table, where: ColumnElement[bool], *columns: Any) -> Any:
    joined = table.join(case_file, case_file.c.id == table.c.subject_id)
    return select(table.c.at, case_file.c.reference, *columns).select_from(joined).where(where).order_by(table.c.at)


def _rows(db: Connection, query: Any) -> tuple[Mapping[str, Any], ...]:
    return tuple(
        {str(name): value for name, value in row.items() if value not in (None, "", [], {}) and name not in _KEPT_BACK}
        for row in db.execute(query).mappings()
    )
