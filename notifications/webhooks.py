"""Other tools are told of each line: signed, to a public address and no other, again when it fails, at least once under the same id."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import json
import socket
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx2
import structlog
from sqlalchemy import Connection, delete, func, insert, select, update

from cases.access import identity_with
from cases.clock import Clock
from cases.database import Database, Scope
from cases.identifiers import new_id
from cases.tables.people import person
from cases.tables.webhooks import webhook, webhook_delivery, webhook_secret
from cases.views.told import line_told
from cases.webhooks import ANYWHERE, SECRET_BEGINS, leads_to
from engine.model import MailClass, Role
from engine.sentences import say
from notifications.tables import message

PATIENCE: Final = 5.0
"""Seconds for a tool to answer, its name to be found included."""
RETRIES: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""How long after each failure it is tried again: 76 hours in all. Source: Standard Webhooks."""
STOPPED_AFTER: Final = timedelta(days=1)
"""A tool that has answered nothing well for that long when a line is given up is told nothing any more."""
AT_ONCE: Final = 50
"""Lines told to one tool between two looks at the others."""
IN_A_ROW: Final = 3
"""Failures after which a tool is left alone until the next tick."""
KEPT: Final = timedelta(days=30)
"""How long it is remembered that a line was told."""
_LEASE: Final = timedelta(seconds=60)
_WELL: Final = range(200, 300)
_GONE: Final = 410

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
T = TypeVar("T")
_log = structlog.get_logger(__name__)
_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")
"""Addresses of version 6 that lead to one of version 4, which is their end (RFC 6052)."""


class NotTold(Exception):
    """A tool was not told; the message is French, for its owner. `gone`: it says itself that nothing is to be told there any more."""

    def __init__(self, message: str, *, gone: bool = False) -> None:
        super().__init__(message)
        self.gone = gone


def is_public(address: Address) -> bool:
    """Whether an address is on the public network: never a machine of ours or of a neighbour."""
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if address in _TRANSLATED:
        mapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.is_global and not address.is_multicast and (mapped is None or is_public(mapped))


async def addresses_of(name: str, port: int) -> list[Address]:
    """Where a name leads. Raises OSError when it leads nowhere."""
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


@dataclass(frozen=True, slots=True)
class Teller:
    """How tools are reached: whom to trust, which addresses may be connected to, and where a name leads."""

    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    allowed: Callable[[Address], bool] = is_public
    find: Callable[[str, int], Awaitable[list[Address]]] = addresses_of
    hosts: frozenset[str] = ANYWHERE
    """Those at which this installation lets tools be told."""

    async def tell(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Say it once. Raises NotTold."""
        if not leads_to(url, self.hosts):
            raise NotTold("Cette installation ne prévient pas ce site.")
        try:
            async with asyncio.timeout(PATIENCE):
                status = await self._post(url, body, headers)
        except (TimeoutError, httpx2.TimeoutException):
            raise NotTold(say("Pas de réponse en {patience:.0f} secondes.", patience=PATIENCE)) from None
        except (httpx2.HTTPError, OSError, ValueError) as error:
            raise NotTold(say("Connexion impossible ({error}).", error=type(error).__name__)) from None
        if status not in _WELL:
            raise NotTold(say("Réponse {status}.", status=status), gone=status == _GONE)

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Connect to the very address that was looked at, under the tool's own name; follow nothing, read nothing of the answer."""
        parts = urlsplit(url)
        name, port = parts.hostname or "", parts.port or 443
        address = await self._found(name, port)
        at = f"[{address}]" if address.version == 6 else str(address)
        there = f"https://{at}:{port}{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        said = {**headers, "Host": name if port == 443 else f"{name}:{port}"}
        async with (
            httpx2.AsyncClient(verify=self.trust, trust_env=False, follow_redirects=False, timeout=PATIENCE) as client,
            client.stream("POST", there, content=body, headers=said, extensions={"sni_hostname": name}) as answer,
        ):
            return int(answer.status_code)

    async def _found(self, name: str, port: int) -> Address:
        """The first address of a name; none of them may be elsewhere than where it is allowed. Raises NotTold."""
        addresses = await self.find(name, port)
        if not addresses or not all(self.allowed(address) for address in addresses):
            raise NotTold("Cette adresse n’est pas publique.")
        return addresses[0]


async def deliver_due(
    database: Database, clock: Clock, teller: Teller, *, stopping: Callable[[], bool] = lambda: False
) -> int:
    """Tell every tool what is due, side by side; give how many lines were told. Any number of workers may do it at once."""
    due = await _read(database, partial(_due, now=clock.now()))
    by_webhook: dict[str, list[Key]] = defaultdict(list)
    for key in due:
        by_webhook[key.webhook_id].append(key)
    told = await asyncio.gather(*(_tell_all(database, clock, teller, keys, stopping) for keys in by_webhook.values()))
    if sum(told):
        await _write(database, partial(_forget, now=clock.now()))
    return sum(told)


@dataclass(frozen=True, slots=True)
class Key:
    """Which line is to be told to which webhook."""

    webhook_id: str
    subject_id: str
    sequence: int

    @property
    def message_id(self) -> str:
        """What a tool knows it by, however often it is told."""
        return f"msg_{self.subject_id}_{self.sequence}"

    @property
    def where(self) -> tuple[Any, ...]:
        """Its row."""
        own = (getattr(webhook_delivery.c, name) == getattr(self, name) for name in ("webhook_id", "subject_id", "sequence"))  # fmt: skip
        return tuple(own)


@dataclass(frozen=True, slots=True)
class Told:
    """A line as it leaves."""

    url: str
    secret: str
    body: bytes


async def _tell_all(
    database: Database, clock: Clock, teller: Teller, keys: Iterable[Key], stopping: Callable[[], bool]
) -> int:
    told, failures = 0, 0
    for key in keys:
        if stopping() or failures >= IN_A_ROW:
            break
        well = await _tell_one(database, clock, teller, key)
        told, failures = told + (well is True), failures + 1 if well is False else 0
    return told


async def _tell_one(database: Database, clock: Clock, teller: Teller, key: Key) -> bool | None:
    """Tell one line; None when it is not ours to tell, or nobody's to read."""
    ready = await _write(database, partial(_take, key=key, now=clock.now()))
    if ready is None:
        return None
    try:
        await teller.tell(ready.url, ready.body, signed(key.message_id, ready.body, ready.secret, clock.now()))
    except NotTold as error:
        await _write(database, partial(_failed, key=key, error=error, now=clock.now()))
        return False
    await _write(database, partial(_delivered, key=key, now=clock.now()))
    return True


def signed(message_id: str, body: bytes, secret: str, now: datetime) -> dict[str, str]:
    """The headers of a line, signed. Source: Standard Webhooks, HMAC-SHA256 of `id.timestamp.body`."""
    stamp = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix(SECRET_BEGINS))
    signature = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json", "User-Agent": "quartiers-productifs", "webhook-id": message_id, "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }  # fmt: skip


# -- rows -------------------------------------------------------------------------------------------------------------------


def _due(db: Connection, now: datetime) -> list[Key]:
    """What is due, the oldest first, so much for each webhook that is on."""
    columns = (webhook_delivery.c.webhook_id, webhook_delivery.c.subject_id, webhook_delivery.c.sequence)
    place = func.row_number().over(
        partition_by=webhook_delivery.c.webhook_id,
        order_by=(webhook_delivery.c.created_at, webhook_delivery.c.subject_id, webhook_delivery.c.sequence),
    )
    ready = (webhook_delivery.c.status == "waiting", webhook_delivery.c.next_at <= now, webhook.c.disabled_at.is_(None))
    joined = webhook_delivery.join(webhook, webhook.c.id == webhook_delivery.c.webhook_id)
    ranked = select(*columns, place.label("place")).select_from(joined).where(*ready).subquery()
    rows = db.execute(select(ranked).where(ranked.c.place <= AT_ONCE).order_by(ranked.c.webhook_id, ranked.c.place))
    return [Key(row.webhook_id, row.subject_id, row.sequence) for row in rows]


def _take(db: Connection, *, key: Key, now: datetime) -> Told | None:
    """Make a line ours for a minute, and write it as the webhook's owner may read it now."""
    free = (*key.where, webhook_delivery.c.status == "waiting", webhook_delivery.c.next_at <= now)
    taken = update(webhook_delivery).where(*free).values(next_at=now + _LEASE, attempts=webhook_delivery.c.attempts + 1)
    row = db.execute(taken.returning(webhook_delivery.c.subject)).first()
    if row is None:
        return None
    joined = webhook.join(webhook_secret, webhook_secret.c.webhook_id == webhook.c.id)
    own = select(webhook, webhook_secret.c.secret).select_from(joined).where(webhook.c.id == key.webhook_id)
    known = db.execute(own).mappings().one()
    who = identity_with(db, known["person_id"], via="api")
    line = line_told(db, who, row.subject, key.subject_id, key.sequence) if who else None
    if line is None or (known["events"] and line["event"] not in known["events"]):
        db.execute(update(webhook_delivery).where(*key.where).values(status="dropped"))
        return None
    return Told(known["url"], known["secret"], json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode())


def _delivered(db: Connection, *, key: Key, now: datetime) -> None:
    done = {"status": "delivered", "delivered_at": now, "last_error": None}
    db.execute(update(webhook_delivery).where(*key.where).values(**done))
    failing = (webhook.c.id == key.webhook_id, webhook.c.failing_since.is_not(None))
    db.execute(update(webhook).where(*failing).values(failing_since=None))


def _failed(db: Connection, *, key: Key, error: NotTold, now: datetime) -> None:
    """Try again later, less and less often; give it up after the last time, and the webhook with it when it answers nothing."""
    attempts = int(db.execute(select(webhook_delivery.c.attempts).where(*key.where)).scalar_one())
    over = attempts > len(RETRIES)
    again = {"status": "failed"} if over else {"next_at": now + RETRIES[attempts - 1]}
    db.execute(update(webhook_delivery).where(*key.where).values(last_error=str(error), **again))
    first = (webhook.c.id == key.webhook_id, webhook.c.failing_since.is_(None))
    db.execute(update(webhook).where(*first).values(failing_since=now))
    since = db.execute(select(webhook.c.failing_since).where(webhook.c.id == key.webhook_id)).scalar_one()
    if error.gone or (over and now - since >= STOPPED_AFTER):
        _stop(db, key, str(error), now)


def _forget(db: Connection, *, now: datetime) -> None:
    over = (webhook_delivery.c.status.in_(("delivered", "dropped")), webhook_delivery.c.created_at < now - KEPT)
    db.execute(delete(webhook_delivery).where(*over))


def _stop(db: Connection, key: Key, why: str, now: datetime) -> None:
    """Tell a tool nothing any more, and its owner that it is so."""
    on = (webhook.c.id == key.webhook_id, webhook.c.disabled_at.is_(None))
    row = db.execute(
        update(webhook).where(*on).values(disabled_at=now, disabled_because=why).returning(webhook.c.person_id)
    ).first()
    if row is None:
        return
    _log.warning("webhook_stopped", webhook=key.webhook_id, why=why)
    own, owner = new_id(now), db.execute(select(person).where(person.c.id == row.person_id)).one()
    queued = {
        "key": "webhook_stopped", "mail_class": str(MailClass.DIRECT), "status": "waiting", "send_at": now, "created_at": now, "role": str(Role.API_CLIENT),
        "recipient": f"person:{owner.id}", "person_id": owner.id, "to_email": owner.email, "to_name": owner.name, "outbox_key": f"webhook_stopped {own}",
        "reason": "Un webhook que vous avez créé ne répond plus",
    }  # fmt: skip
    db.execute(insert(message).values(id=own, **queued))


async def _read(database: Database, unit: Callable[[Connection], T]) -> T:
    return await asyncio.to_thread(database.read, unit, Scope.worker())


async def _write(database: Database, unit: Callable[[Connection], T]) -> T:
    return await asyncio.to_thread(database.write, unit, Scope.worker())
