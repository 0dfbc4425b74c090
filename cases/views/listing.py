"""Lists of cases and their board: their order, and their pages by keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select

from cases.access import Identity, visible_to
from cases.facts.of_case import NO_TERRITORY, referral_rows
from cases.tables.case import business, case_file, entrepreneur, need
from cases.tables.columns import Instant
from cases.tables.people import person
from cases.tables.territories import quartier, territory
from cases.tables.tracks import mentoring_pair, referral
from cases.views.narrowing import Narrowing, narrow
from cases.views.paging import Asked, Key, page_of_rows
from engine.definition import owner_role
from engine.model import CASE_TRACK, Role
from engine.working_days import Calendar

PAGE: Final = 30
"""Cases of one page of a list."""
COUNTED: Final = 1000
"""Beyond that many cases, a number says no more than « many »."""
FAR: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""When what has no deadline is due."""


class Order(StrEnum):
    """How a list is ordered."""

    DUE = "echeance"
    AGE = "anciennete"
    LATEST = "recents"
    NAME = "nom"


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case of a list, as somebody who may see it reads it."""

    id: str
    reference: str
    name: str
    person: str | None
    phone: str | None
    state: str
    state_since: datetime
    age: int
    """Working days in the state."""
    urgent: bool
    hold_until: date | None
    due_at: datetime | None
    due_on: date | None
    """The local day of the next deadline."""
    rule: str | None
    track: str | None
    referent_id: str | None
    referent: str | None
    place: str | None
    """The quartier's name."""
    situation: str
    territory: str | None
    calendar: Calendar
    needs: tuple[str, ...] = ()
    """Subjects, the oldest first."""
    holder: str | None = None
    """Who has the next deadline: a person's or an operator's name; None when nobody has one."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list; `after` continues it, None at its end."""

    rows: tuple[CaseRow, ...]
    after: str | None = None
    lanes: Mapping[str, int] = field(default_factory=dict)
    """On the board: how many cases are in each state."""
    near: bool = False
    """No case contains the words that were looked for: these come close."""


def list_cases(
    db: Connection,
    who: Identity,
    narrowed: Narrowing,
    *,
    now: datetime,
    order: Order = Order.DUE,
    after: str | None = None,
) -> Page:
    """A page of the cases that one may see; no total. Raises Invalid when `after` is not of this very list."""
    key, latest_first = _key_of(order)
    kept = narrow(db, who, narrowed, now=now)
    sorted_from = (
        case_file.join(business, business.c.id == case_file.c.business_id) if order is Order.NAME else case_file
    )
    query = select(case_file.c.id, key.label("sorted_by")).select_from(sorted_from).where(*kept.conditions)
    keys = (Key("sorted_by", key, latest_first), Key("id", case_file.c.id, latest_first))
    found, more = page_of_rows(db, query, keys, Asked(PAGE, after or None, [order, asdict(narrowed)]))
    return Page(tuple(_complete(db, _rows_of(db, [one["id"] for one in found], now))), more, near=kept.near)


def board(db: Connection, who: Identity, narrowed: Narrowing, *, now: datetime, each: int = 8) -> Page:
    """The first cases of each state, the soonest due first, and how many there are."""
    kept = narrow(db, who, narrowed, now=now)
    key, _ = _key_of(Order.DUE)
    rank = func.row_number().over(partition_by=case_file.c.state, order_by=(key, case_file.c.id)).label("rank")
    ranked = select(case_file.c.id, rank).where(*kept.conditions).subquery()
    first = select(ranked.c.id).where(ranked.c.rank <= each)
    found = db.execute(_joined().where(case_file.c.id.in_(first)).order_by(key, case_file.c.id)).mappings()
    rows = _complete(db, [_row(row, now) for row in found])
    counted = select(case_file.c.state, func.count()).where(*kept.conditions).group_by(case_file.c.state)
    lanes = {state: number for state, number in db.execute(counted)}
    return Page(tuple(rows), lanes=lanes, near=kept.near)


def counts_of(db: Connection, who: Identity, lists: Sequence[Narrowing], *, now: datetime) -> tuple[int, ...]:
    """How many cases each of several lists has, as far as COUNTED: one question for all."""
    found = [
        select(case_file.c.id).where(*narrow(db, who, one, now=now).conditions).limit(COUNTED).subquery()
        for one in lists
    ]
    counted = (select(func.count()).select_from(one).scalar_subquery() for one in found)
    return tuple(db.execute(select(*counted)).one())


def every_case(
    db: Connection, who: Identity, narrowed: Narrowing, *, now: datetime, at_most: int
) -> tuple[CaseRow, ...]:
    """All the cases of a list, the soonest due first, as far as `at_most`: for a file, or for one step on all of them."""
    key, _ = _key_of(Order.DUE)
    query = _joined().where(*narrow(db, who, narrowed, now=now).conditions)
    found = db.execute(query.order_by(key, case_file.c.id).limit(at_most)).mappings()
    return tuple(_complete(db, [_row(row, now) for row in found]))


def named(db: Connection, who: Identity, references: tuple[str, ...], *, now: datetime) -> tuple[CaseRow, ...]:
    """Cases by their references, those that one may see."""
    key, _ = _key_of(Order.LATEST)
    found = db.execute(_joined().where(visible_to(who), case_file.c.reference.in_(references)).order_by(key))
    return tuple(_complete(db, [_row(row, now) for row in found.mappings()]))


# -- order and pages ------------------------------------------------------------------------------------------------------


def _key_of(order: Order) -> tuple[ColumnElement[Any], bool]:
    """What a list is ordered by, and whether the greatest comes first."""
    if order is Order.AGE:
        return case_file.c.state_since, False
    if order is Order.LATEST:
        return case_file.c.logged_at, True
    if order is Order.NAME:
        return func.lower(business.c.name), False
    return func.coalesce(case_file.c.next_due_at, literal(FAR, Instant()), type_=Instant()), False


# -- rows -----------------------------------------------------------------------------------------------------------------


def _joined() -> Select[Any]:
    columns = (
        "id", "reference", "state", "state_since", "urgent", "hold_until", "next_due_at", "next_rule", "next_track", "situation", "referent_id",
    )  # fmt: skip
    names = (
        business.c.name.label("business_name"), entrepreneur.c.name.label("person_name"), entrepreneur.c.phone, person.c.name.label("referent_name"),
        quartier.c.name.label("quartier_name"), territory.c.name.label("territory_name"), territory.c.holidays, territory.c.timezone,
    )  # fmt: skip
    joined = (
        case_file.join(business, business.c.id == case_file.c.business_id)
        .join(entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id)
        .outerjoin(person, person.c.id == case_file.c.referent_id)
        .outerjoin(quartier, quartier.c.id == case_file.c.quartier_id)
        .outerjoin(territory, territory.c.id == case_file.c.territory_id)
    )
    return select(*(case_file.c[name] for name in columns), *names).select_from(joined)


def _rows_of(db: Connection, ids: list[str], now: datetime) -> list[CaseRow]:
    """These cases, in this order: their page is chosen first, so that the rights on each business and each person are asked of a page alone."""
    if not ids:
        return []
    found = {row["id"]: row for row in db.execute(_joined().where(case_file.c.id.in_(ids))).mappings()}
    return [_row(found[one], now) for one in ids if one in found]


def _row(row: Mapping[Any, Any], now: datetime) -> CaseRow:
    calendar = Calendar(row["holidays"], row["timezone"]) if row["holidays"] else NO_TERRITORY
    today, due_at = calendar.day_of(now), row["next_due_at"]
    return CaseRow(
        id=row["id"], reference=row["reference"], name=row["business_name"], person=row["person_name"], phone=row["phone"], state=row["state"],
        state_since=row["state_since"], age=calendar.between(calendar.day_of(row["state_since"]), today), urgent=row["urgent"],
        hold_until=row["hold_until"], due_at=due_at, due_on=calendar.day_of(due_at) if due_at else None, rule=row["next_rule"],
        track=row["next_track"], referent_id=row["referent_id"], referent=row["referent_name"], place=row["quartier_name"],
        situation=row["situation"], territory=row["territory_name"], calendar=calendar,
    )  # fmt: skip


def _complete(db: Connection, rows: list[CaseRow]) -> list[CaseRow]:
    """The rows with their needs and with who has the next deadline: three reads, however many rows; none for no row."""
    if not rows:
        return rows
    ids = [row.id for row in rows]
    needs: dict[str, list[str]] = defaultdict(list)
    asked = select(need.c.case_id, need.c.subject).where(need.c.case_id.in_(ids)).order_by(need.c.created_at, need.c.id)
    for found in db.execute(asked):
        needs[found.case_id].append(found.subject)
    holders = track_holders(db, ids)
    return [replace(row, needs=tuple(needs[row.id]), holder=_holder(row, holders)) for row in rows]


def track_holders(db: Connection, case_ids: list[str]) -> dict[tuple[str, str], str]:
    """Who works on each track of these cases, by case and track: the operator's or the mentor's name."""
    found = {}
    for row in db.execute(referral_rows(referral.c.case_id.in_(case_ids))):
        found[row.case_id, f"referral-{row.number}"] = row.operator_name
    joined = mentoring_pair.join(person, person.c.id == mentoring_pair.c.mentor_id)
    pairs = select(mentoring_pair.c.case_id, mentoring_pair.c.number, person.c.name).select_from(joined)
    for row in db.execute(pairs.where(mentoring_pair.c.case_id.in_(case_ids))):
        found[row.case_id, f"mentoring_pair-{row.number}"] = row.name
    return found


def _holder(row: CaseRow, holders: Mapping[tuple[str, str], str]) -> str | None:
    if row.rule is None or owner_role(row.rule) is Role.ADVISER:
        return row.referent
    return holders.get((row.id, row.track or CASE_TRACK), row.referent)
