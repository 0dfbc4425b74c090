"""The collection of cases as another tool walks through it: what narrows it, its order, its pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Text, cast, func, literal, or_, select

from cases.access import Identity, visible_to
from cases.facts.of_case import NO_TERRITORY
from cases.tables.case import business, case_file, need
from cases.tables.columns import Instant
from cases.tables.operators import branch, operator
from cases.tables.people import person
from cases.tables.territories import quartier, territory
from cases.tables.tracks import referral
from cases.views.listing import FAR, said
from cases.views.paging import Asked, Key, page_of_rows
from cases.views.reading import head, next_deadline
from engine.working_days import Calendar


class Sort(StrEnum):
    """How the collection may be ordered; a minus sign before it turns it round."""

    LOGGED = "logged"
    UPDATED = "updated"
    STATE_SINCE = "state_since"
    NEXT_DUE = "next_due"
    NAME = "name"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Order:
    """An order, and whether the greatest comes first."""

    by: Sort = Sort.LOGGED
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What narrows the collection: each name is one that is asked for, several values of a name are alternatives."""

    state: tuple[str, ...] = ()
    territory: tuple[str, ...] = ()
    quartier: tuple[str, ...] = ()
    axis: tuple[str, ...] = ()
    lever: tuple[str, ...] = ()
    referent: tuple[str, ...] = ()
    operator: tuple[str, ...] = ()
    urgent: bool | None = None
    overdue: bool | None = None
    q: str | None = None
    updated_since: datetime | None = None
    in_state_since: datetime | None = None
    """In their state since that instant, or before."""


def cases(
    db: Connection, who: Identity, narrowed: Narrowing, asked: Asked, *, order: Order, now: datetime
) -> dict[str, Any]:
    """A page of the cases that one may see; no total. Raises Invalid when `after` is of another list."""
    key = Key("sorted_by", _ORDERS[order.by], order.descending)
    query = _joined(key).where(visible_to(who), *_conditions(narrowed, now))
    rows, more = page_of_rows(db, query, (key, Key("id", case_file.c.id, order.descending)), asked)
    return {"items": [_item(row, now) for row in rows], "next": more}


_ORDERS: Final[Mapping[Sort, ColumnElement[Any]]] = {
    Sort.LOGGED: case_file.c.logged_at,
    Sort.UPDATED: case_file.c.updated_at,
    Sort.STATE_SINCE: case_file.c.state_since,
    Sort.NEXT_DUE: func.coalesce(case_file.c.next_due_at, literal(FAR, Instant()), type_=Instant()),
    Sort.NAME: func.lower(business.c.name),
    Sort.REFERENCE: case_file.c.reference,
}


def _joined(key: Key) -> Any:
    joined = (
        case_file.join(business, business.c.id == case_file.c.business_id)
        .outerjoin(person, person.c.id == case_file.c.referent_id)
        .outerjoin(quartier, quartier.c.id == case_file.c.quartier_id)
        .outerjoin(territory, territory.c.id == case_file.c.territory_id)
    )
    around = (
        business.c.name.label("business_name"), person.c.name.label("referent_name"), territory.c.slug, territory.c.name.label("territory_name"),
        territory.c.holidays, territory.c.timezone,
    )  # fmt: skip
    return select(case_file, *around, key.column.label(key.name)).select_from(joined)


def _conditions(narrowed: Narrowing, now: datetime) -> Iterator[ColumnElement[bool]]:
    among: tuple[tuple[ColumnElement[Any], tuple[str, ...]], ...] = (
        (case_file.c.state, narrowed.state),
        (territory.c.slug, narrowed.territory),
        (quartier.c.code, narrowed.quartier),
        (case_file.c.referent_id, narrowed.referent),
    )
    for column, values in among:
        if values:
            yield column.in_(values)
    if narrowed.urgent is not None:
        yield case_file.c.urgent.is_(narrowed.urgent)
    if narrowed.overdue is not None:
        late = func.coalesce(case_file.c.next_due_at < now, False)
        yield late if narrowed.overdue else ~late
    yield from _of_needs_and_tracks(narrowed)
    yield from _of_words_and_time(narrowed)


def _of_needs_and_tracks(narrowed: Narrowing) -> Iterator[ColumnElement[bool]]:
    if narrowed.axis:
        yield _has_need(need.c.axis.in_(narrowed.axis))
    if narrowed.lever:
        levers = cast(need.c.levers, Text)
        yield _has_need(or_(*(levers.contains(f'"{lever}"', autoescape=True) for lever in narrowed.lever)))
    if narrowed.operator:
        joined = referral.join(branch, branch.c.id == referral.c.branch_id).join(
            operator, operator.c.id == branch.c.operator_id
        )
        asked = (operator.c.slug.in_(narrowed.operator), referral.c.state != "draft")
        yield case_file.c.id.in_(select(referral.c.case_id).select_from(joined).where(*asked))


def _has_need(which: ColumnElement[bool]) -> ColumnElement[bool]:
    return case_file.c.id.in_(select(need.c.case_id).where(which))


def _of_words_and_time(narrowed: Narrowing) -> Iterator[ColumnElement[bool]]:
    if narrowed.q and narrowed.q.strip():
        yield said(narrowed.q)
    if narrowed.updated_since:
        yield case_file.c.updated_at >= narrowed.updated_since
    if narrowed.in_state_since:
        yield case_file.c.state_since <= narrowed.in_state_since


def _item(row: Mapping[Any, Any], now: datetime) -> dict[str, Any]:
    calendar = Calendar(row["holidays"], row["timezone"]) if row["holidays"] else NO_TERRITORY
    return head(row) | {
        "territory": {"slug": row["slug"], "name": row["territory_name"]} if row["slug"] else None,
        "business": {"name": row["business_name"]},
        "referent": {"id": row["referent_id"], "name": row["referent_name"]} if row["referent_id"] else None,
        "next_deadline": next_deadline(row, calendar, now),
    }
