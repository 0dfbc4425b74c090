"""Who saw what since then: the reads of cases, what was written, what was handed over, in one list. For a breach, and for an answer in 72 hours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from cases.tables.case import case_file
from cases.tables.memory import access_log, journal
from cases.tables.operators import branch
from cases.tables.people import person
from cases.tables.privacy import privacy_act


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody who had a case before their eyes: when, under which role, how (« page », « api », « link », « write », « export » …)."""

    at: datetime
    name: str
    email: str | None
    role: str
    how: str
    reference: str


def seen_since(
    db: Connection, since: datetime, *, until: datetime | None = None, email: str | None = None, reference: str | None = None
) -> list[Seen]:  # fmt: skip
    """Everything that was seen between two instants, of everybody or of one person, of every case or of one; the oldest first."""
    found: list[Seen] = []
    for table, case_id, person_id, at, how, role in _SOURCES:
        joined = table.join(case_file, case_file.c.id == case_id).outerjoin(person, person.c.id == person_id)
        named: Any = person.c.name
        if table is access_log:
            joined, named = (
                joined.outerjoin(branch, branch.c.id == access_log.c.branch_id),
                func.coalesce(person.c.name, branch.c.name),
            )
        columns = (
            at.label("at"),
            named.label("name"),
            person.c.email,
            case_file.c.reference,
            how.label("how"),
            *([role.label("role")] if role is not None else []),
        )
        query = (
            select(*columns)
            .select_from(joined)
            .where(named.is_not(None), *_narrowed(at, since, until, email, reference))
        )
        found += _seen(db.execute(query).mappings(), table.name)
    return sorted(found, key=lambda one: (one.at, one.name, one.reference))


def _narrowed(
    at: Any, since: datetime, until: datetime | None, email: str | None, reference: str | None
) -> Iterator[Any]:
    yield at >= since
    if until is not None:
        yield at < until
    if email is not None:
        yield person.c.email == email.strip().lower()
    if reference is not None:
        yield case_file.c.reference == reference


_SOURCES: Any = (
    (
        access_log,
        access_log.c.subject_id,
        access_log.c.person_id,
        access_log.c.at,
        access_log.c.what,
        access_log.c.role,
    ),
    (journal, journal.c.subject_id, journal.c.actor_id, journal.c.at, journal.c.event, journal.c.actor_role),
    (privacy_act, privacy_act.c.case_id, privacy_act.c.by_id, privacy_act.c.at, privacy_act.c.kind, None),
)


def _seen(rows: Any, source: str) -> Iterator[Seen]:
    for row in rows:
        how = f"write: {row['how']}" if source == "journal" else row["how"]
        yield Seen(row["at"], row["name"], row["email"], _role(row), how, row["reference"])


def _role(row: Mapping[Any, Any]) -> str:
    return str(row.get("role") or "")
