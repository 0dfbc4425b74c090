"""The collection of cases as another tool walks through it: its order, its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, literal, select

from cases.access import Identity
from cases.facts.of_case import NO_TERRITORY
from cases.tables.case import business, case_file
from cases.tables.columns import Instant
from cases.tables.people import person
from cases.tables.territories import territory
from cases.views.listing import FAR
from cases.views.narrowing import Narrowing, narrow
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


def cases(
    db: Connection, who: Identity, narrowed: Narrowing, asked: Asked, *, order: Order, now: datetime
) -> dict[str, Any]:
    """A page of the cases that one may see; no total. Raises Invalid when `after` is of another list."""
    key = Key("sorted_by", _ORDERS[order.by], order.descending)
    query = _joined(key).where(*narrow(db, who, narrowed, now=now).conditions)
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
        .outerjoin(territory, territory.c.id == case_file.c.territory_id)
    )
    around = (
        business.c.name.label("business_name"), person.c.name.label("referent_name"), territory.c.slug, territory.c.name.label("territory_name"),
        territory.c.holidays, territory.c.timezone,
    )  # fmt: skip
    return select(case_file, *around, key.column.label(key.name)).select_from(joined)


def _item(row: Mapping[Any, Any], now: datetime) -> dict[str, Any]:
    calendar = Calendar(row["holidays"], row["timezone"]) if row["holidays"] else NO_TERRITORY
    return head(row) | {
        "territory": {"slug": row["slug"], "name": row["territory_name"]} if row["slug"] else None,
        "business": {"name": row["business_name"]},
        "referent": {"id": row["referent_id"], "name": row["referent_name"]} if row["referent_id"] else None,
        "next_deadline": next_deadline(row, calendar, now),
    }
