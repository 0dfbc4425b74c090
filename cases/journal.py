"""The journal: lines that nobody changes, chained by their hashes; words beside, where they can be erased."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Integer, Text, bindparam, insert, literal_column, select

from cases.tables.columns import Instant, in_utc
from cases.tables.memory import journal, journal_text
from cases.tables.webhooks import webhook, webhook_delivery
from cases.writing.batch import Batch
from engine.definition import VERSION
from engine.effects import Move

START = "sha256:" + "0" * 64
"""What the first line of a chain follows."""


def plain(value: Any) -> Any:
    """A value as JSON keeps it: instants in UTC with microseconds, days as YYYY-MM-DD, amounts as text."""
    return json.loads(canonical(value))


def shown(value: Any) -> Any:
    """A value as `plain` gives it, its names in the order in which they were said: what people read."""
    return json.loads(json.dumps(value, default=_as_json))


def canonical(value: Any) -> bytes:
    """The one way of writing a value: the same bytes on every database."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=_as_json).encode()


def _as_json(value: Any) -> Any:
    """What JSON does not know by itself."""
    if isinstance(value, datetime):
        return in_utc(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in the journal")


def hash_of(data: bytes) -> str:
    """A SHA-256, with its name before it."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


_TELL_WEBHOOKS = insert(webhook_delivery).from_select(
    ["webhook_id", "subject", "subject_id", "sequence", "status", "attempts", "next_at", "created_at"],
    select(
        webhook.c.id, bindparam("of_subject", type_=Text), bindparam("of_subject_id", type_=Text), bindparam("of_sequence", type_=Integer),
        literal_column("'waiting'"), literal_column("0"), bindparam("of_at", type_=Instant), bindparam("of_at", type_=Instant),
    ).where(webhook.c.disabled_at.is_(None)),
)  # fmt: skip
"""A line is to be told to each webhook that is on, in the transaction that writes it; whether it is theirs to read is asked when it leaves."""


@dataclass(slots=True)
class Chain:
    """The head of a subject's chain: the sequence and the hash of its last line."""

    subject: str
    subject_id: str
    sequence: int
    head: str

    def append(self, writes: Batch, move: Move, *, at: datetime, cause: int | None) -> dict[str, Any]:
        """Add the line of a move and its words to what is being written, and give what a step answers of it."""
        self.sequence += 1
        words, behalf = dict(move.words), dict(move.actor.on_behalf_of or {})
        if person := behalf.pop("person", None):
            words["on_behalf_person"] = str(person)
        line = _line(self, move, behalf, at, cause)
        line["words_hash"] = self._keep_words(writes, words)
        line["previous"] = self.head
        self.head = hash_of(canonical(line))
        writes.insert(journal, {**line, "at": at, "facts": plain(line["facts"]), "hash": self.head})
        writes.add(
            _TELL_WEBHOOKS,
            {"of_subject": self.subject, "of_subject_id": self.subject_id, "of_sequence": self.sequence, "of_at": at},
        )
        named = {"track": move.track, "event": move.event, "from": move.from_state, "to": move.to_state}
        return {"sequence": self.sequence, **named}

    def _keep_words(self, writes: Batch, words: Mapping[str, str]) -> str | None:
        if not words:
            return None
        salt = secrets.token_hex(16)
        row = {"subject_id": self.subject_id, "sequence": self.sequence, "salt": salt, "words": dict(words)}
        writes.insert(journal_text, row)
        return hash_of(salt.encode() + canonical(words))


def _line(chain: Chain, move: Move, behalf: Mapping[str, Any], at: datetime, cause: int | None) -> dict[str, Any]:
    cascade = move.cascade
    return {
        "subject": chain.subject, "subject_id": chain.subject_id, "sequence": chain.sequence, "at": at, "track": move.track, "event": move.event,
        "from_state": move.from_state, "to_state": move.to_state, "actor_role": str(move.actor.role), "actor_id": move.actor.person,
        "via": move.actor.via, "on_behalf": dict(behalf) or None, "reason": move.facts.get("reason"), "facts": dict(move.facts), "cause": cause,
        "cascade": {"event": cascade.event, "taken": cascade.taken, "reason": cascade.reason} if cascade else None, "definition": VERSION,
    }  # fmt: skip


def verify(db: Connection, subject_id: str) -> list[str]:
    """What is wrong with a subject's chain; nothing when each line follows the one before and its words are its own or erased."""
    wrong, previous = [], START
    texts = {
        row.sequence: row for row in db.execute(select(journal_text).where(journal_text.c.subject_id == subject_id))
    }
    for row in db.execute(
        select(journal).where(journal.c.subject_id == subject_id).order_by(journal.c.sequence)
    ).mappings():
        line = {key: value for key, value in row.items() if key != "hash"}
        if line["previous"] != previous:
            wrong.append(f"line {row['sequence']} does not follow the one before")
        if hash_of(canonical(line)) != row["hash"]:
            wrong.append(f"line {row['sequence']} was changed")
        text = texts.get(row["sequence"])
        if text is not None and hash_of(text.salt.encode() + canonical(text.words)) != row["words_hash"]:
            wrong.append(f"the words of line {row['sequence']} were changed")
        previous = row["hash"]
    return wrong
