"""A request that is sent twice has one effect: the key that it bears is claimed first, and its answer kept with what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from cases.access import Identity
from cases.errors import KeyReused
from cases.journal import canonical, hash_of
from cases.tables.memory import idempotency_key


@dataclass(frozen=True, slots=True)
class Claim:
    """A key, for whom and for what it was given: the same key elsewhere is another."""

    scope: str
    key: str


def claim_of(who: Identity, what: str, key: str) -> Claim:
    """The claim of somebody on something: their id comes first, so that the database knows whose it is."""
    return Claim(f"{who.person or who.entrepreneur or 'system'} {what}", key)


def claim(db: Connection, wanted: Claim, body: Any, now: datetime) -> Mapping[str, Any] | None:
    """Claim a key: None for who does the work, the stored answer for who comes later with the same body.

    Of several at once, the others wait for the first. Raises KeyReused for another body. A refused try leaves no claim.
    """
    fingerprint = hash_of(canonical(body))
    row = {"scope": wanted.scope, "key": wanted.key, "body_hash": fingerprint, "created_at": now}
    insert_once = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    first = insert_once(idempotency_key).values(**row).on_conflict_do_nothing().returning(idempotency_key.c.key)
    if db.execute(first).first() is not None:
        return None
    found = db.execute(select(idempotency_key).where(*_mine(wanted))).one()
    if found.body_hash != fingerprint:
        raise KeyReused
    return dict(found.answer)


def kept_answer(db: Connection, wanted: Claim) -> Mapping[str, Any] | None:
    """What was answered under that key; None when nothing was."""
    found = db.execute(select(idempotency_key.c.answer).where(*_mine(wanted))).scalar()
    return dict(found) if found else None


def keep_answer(db: Connection, claimed: Claim, answer: Mapping[str, Any]) -> None:
    """Keep the answer, in the transaction that did the work."""
    db.execute(update(idempotency_key).where(*_mine(claimed)).values(answer=dict(answer)))


def _mine(wanted: Claim) -> tuple[Any, ...]:
    return idempotency_key.c.scope == wanted.scope, idempotency_key.c.key == wanted.key
