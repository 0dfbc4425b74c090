"""Webhooks: somebody has another tool told of each line that they may read; it is stopped when the tool answers no more."""

from __future__ import annotations

import base64
import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from cases.access import Identity
from cases.errors import Invalid, NotFound
from cases.identifiers import new_id
from cases.journal import shown
from cases.tables.webhooks import webhook, webhook_delivery, webhook_secret
from engine.definition import MACHINES
from engine.model import Role
from engine.records import CASE_RECORDS
from engine.sentences import say
from engine.territory_records import TERRITORY_RECORDS

AT_MOST: Final = 10
"""Webhooks of one person."""
SHOWN: Final = 50
"""Lines that the page of a webhook shows."""
SECRET_BEGINS: Final = "whsec_"  # noqa: S105 - how a secret begins, by Standard Webhooks
ANYWHERE: Final = frozenset({"*"})
"""The hosts at which any public address may be told."""
STOPPED_BY_HAND: Final = "Arrêté à la main."
_BYTES: Final = 32
_LONGEST: Final = 500
EVENTS: Final = frozenset(
    {*(event for machine in MACHINES.values() for event in machine.events), *CASE_RECORDS, *TERRITORY_RECORDS}
)
"""What may be told."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where to tell, and which events: all of them when none is named."""

    url: str
    events: tuple[str, ...] = ()


def make_webhook(
    db: Connection, who: Identity, wanted: Wanted, *, now: datetime, hosts: frozenset[str] = ANYWHERE
) -> dict[str, Any]:
    """Make a webhook, and give it with the secret that signs what it is sent: shown this once. Raises Invalid with what to change.

    `hosts` are those at which this installation lets tools be told.
    """
    _check_address(wanted.url)
    if not leads_to(wanted.url, hosts):
        raise Invalid(
            "Cette installation ne prévient pas ce site : demandez à qui l’administre de l’ajouter (QP_WEBHOOK_HOSTS).",
            "url",
        )
    if unknown := [event for event in wanted.events if event not in EVENTS]:
        raise Invalid(say("Cet événement n’existe pas : {event}.", event=unknown[0][:60]), "events")
    mine = select(func.count()).where(webhook.c.person_id == who.person)
    if int(db.execute(mine).scalar_one()) >= AT_MOST:
        raise Invalid(say("Vous avez déjà {at_most} webhooks : supprimez-en un.", at_most=AT_MOST))
    own, secret = new_id(now), SECRET_BEGINS + base64.b64encode(secrets.token_bytes(_BYTES)).decode()
    row = {"person_id": who.person, "url": wanted.url, "events": list(wanted.events), "created_at": now}
    db.execute(insert(webhook).values(id=own, **row))
    db.execute(insert(webhook_secret).values(webhook_id=own, secret=secret))
    return {**webhook_of(db, who, own), "secret": secret}


def leads_to(url: str, hosts: frozenset[str]) -> bool:
    """Whether an address is at one of these hosts."""
    return hosts >= ANYWHERE or (urlsplit(url).hostname or "") in hosts


def webhooks_of(db: Connection, who: Identity) -> list[dict[str, Any]]:
    """The webhooks that this person made, everybody's for an admin; the oldest first."""
    rows = db.execute(select(webhook).where(_theirs(who)).order_by(webhook.c.id)).mappings()
    return [_shown(db, row) for row in rows]


def webhook_of(db: Connection, who: Identity, identifier: str) -> dict[str, Any]:
    """One of them. Raises NotFound for another's as for none."""
    row = db.execute(select(webhook).where(webhook.c.id == identifier, _theirs(who))).mappings().first()
    if row is None:
        raise NotFound("Ce webhook n’existe pas, ou il n’est pas à vous.")
    return _shown(db, row)


def resume_webhook(db: Connection, who: Identity, identifier: str, *, now: datetime) -> dict[str, Any]:
    """Tell it again what waits and what comes; what happened while it was stopped is read in the journals. Raises NotFound."""
    webhook_of(db, who, identifier)
    db.execute(
        update(webhook)
        .where(webhook.c.id == identifier)
        .values(disabled_at=None, disabled_because=None, failing_since=None)
    )
    db.execute(
        update(webhook_delivery)
        .where(webhook_delivery.c.webhook_id == identifier, webhook_delivery.c.status == "waiting")
        .values(next_at=now, attempts=0)
    )
    return webhook_of(db, who, identifier)


def stop_webhook(db: Connection, who: Identity, identifier: str, *, now: datetime) -> None:
    """Tell it nothing for now: what happens meanwhile is read in the journals. Raises NotFound."""
    webhook_of(db, who, identifier)
    on = (webhook.c.id == identifier, webhook.c.disabled_at.is_(None))
    db.execute(update(webhook).where(*on).values(disabled_at=now, disabled_because=STOPPED_BY_HAND))


def deliveries_of(db: Connection, who: Identity, identifier: str) -> list[Mapping[str, Any]]:
    """The latest lines that were told to one of them, or are to be, the last first. Raises NotFound.

    Who sees the webhook of somebody else learns how it goes, and not of which case.
    """
    owner = webhook_of(db, who, identifier)["owner"]
    names = ("subject", "sequence", "status", "attempts", "next_at", "last_error", "created_at", "delivered_at")
    query = select(*(webhook_delivery.c[name] for name in names)).where(webhook_delivery.c.webhook_id == identifier)
    rows = db.execute(
        query.order_by(webhook_delivery.c.created_at.desc(), webhook_delivery.c.sequence.desc()).limit(SHOWN)
    ).mappings()
    return [{**row, "subject": row["subject"] if owner == who.person else None} for row in rows]


def remove_webhook(db: Connection, who: Identity, identifier: str) -> None:
    """Tell it nothing any more. Raises NotFound."""
    webhook_of(db, who, identifier)
    db.execute(delete(webhook_delivery).where(webhook_delivery.c.webhook_id == identifier))
    db.execute(delete(webhook_secret).where(webhook_secret.c.webhook_id == identifier))
    db.execute(delete(webhook).where(webhook.c.id == identifier))


def _theirs(who: Identity) -> ColumnElement[bool]:
    return webhook.c.id.is_not(None) if who.has(Role.ADMIN) else webhook.c.person_id == who.person


def _shown(db: Connection, row: Mapping[Any, Any]) -> dict[str, Any]:
    """A webhook as its owner reads it: where it goes, what waits, what went wrong last."""
    own = webhook_delivery.c.webhook_id == row["id"]
    counts = {
        found.status: found.number
        for found in db.execute(
            select(webhook_delivery.c.status, func.count().label("number"))
            .where(own)
            .group_by(webhook_delivery.c.status)
        )
    }
    last = select(webhook_delivery.c.last_error).where(own, webhook_delivery.c.last_error.is_not(None))
    error = db.execute(last.order_by(webhook_delivery.c.next_at.desc()).limit(1)).scalar()
    known: dict[str, Any] = shown({
        **{name: row[name] for name in ("id", "url", "events", "created_at", "failing_since", "disabled_at", "disabled_because")},
        "owner": row["person_id"], "waiting": counts.get("waiting", 0), "delivered": counts.get("delivered", 0), "failed": counts.get("failed", 0),
        "last_error": error,
    })  # fmt: skip
    return known


def _check_address(url: str) -> None:
    """An address that anybody may be told at: https, a name or a public number, no account in it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise Invalid("Cette adresse est illisible.", "url") from None
    if len(url) > _LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise Invalid("Cette adresse est trop longue, ou contient des lettres qu’une adresse n’a pas.", "url")
    if parts.scheme != "https" or not host or parts.username or parts.password or parts.fragment:
        raise Invalid("Donnez une adresse https://, sans compte ni ancre.", "url")
    if _is_private(host):
        raise Invalid("Cette adresse n’est pas publique : donnez-en une qui l’est.", "url")


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
