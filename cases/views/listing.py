"""Lists of cases: what narrows them, their order, and their pages by keys."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, func, literal, or_, select

from cases.access import Identity, visible_to
from cases.facts.of_case import NO_TERRITORY, referral_rows
from cases.tables.case import business, case_file, entrepreneur, need
from cases.tables.columns import Instant
from cases.tables.memory import deadline, mark_fired
from cases.tables.people import person
from cases.tables.territories import quartier, territory
from cases.tables.tracks import mentoring_pair, referral
from cases.views.paging import Asked, Key, page_of_rows
from engine.definition import RULES, owner_role
from engine.model import CASE_TRACK, Do, Role
from engine.working_days import Calendar

PAGE: Final = 30
"""Cases of one page of a list."""
MINE: Final = "moi"
FAR: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""When what has no deadline is due."""


class Order(StrEnum):
    """How a list is ordered."""

    DUE = "echeance"
    AGE = "anciennete"
    LATEST = "recents"
    NAME = "nom"


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a list. `age` is in working days in the state: from, and to (None: no end), both included."""

    states: tuple[str, ...] = ()
    territory: str | None = None
    """The territory's slug."""
    referent: str | None = None
    """A person's id, or `moi`."""
    overdue: bool = False
    urgent: bool = False
    stuck: bool = False
    """Something is late and its manager was alerted."""
    age: tuple[int, int | None] | None = None
    owner: str | None = None
    """Who must act on an overdue deadline: a role."""
    words: str = ""
    """A name, a telephone number, a SIRET or a reference."""


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


def list_cases(
    db: Connection,
    who: Identity,
    filters: Filters,
    *,
    now: datetime,
    order: Order = Order.DUE,
    after: str | None = None,
) -> Page:
    """A page of the cases that one may see; no total. Raises Invalid when `after` is not of this very list."""
    key, latest_first = _key_of(order)
    query = _joined(key).where(visible_to(who), *_conditions(who, filters, _calendar_of(db, filters), now))
    keys = (Key("sorted_by", key, latest_first), Key("id", case_file.c.id, latest_first))
    found, more = page_of_rows(db, query, keys, Asked(PAGE, after or None, [order, asdict(filters)]))
    return Page(tuple(_complete(db, [_row(row, now) for row in found])), more)


def board(db: Connection, who: Identity, filters: Filters, *, now: datetime, each: int = 8) -> Page:
    """The first cases of each state, the soonest due first, and how many there are."""
    narrowed = (visible_to(who), *_conditions(who, filters, _calendar_of(db, filters), now))
    key, _ = _key_of(Order.DUE)
    rank = func.row_number().over(partition_by=case_file.c.state, order_by=(key, case_file.c.id)).label("rank")
    ranked = _searchable(select(case_file.c.id, rank)).where(*narrowed).subquery()
    first = select(ranked.c.id).where(ranked.c.rank <= each)
    found = db.execute(_joined(key).where(case_file.c.id.in_(first)).order_by(key, case_file.c.id)).mappings()
    rows = _complete(db, [_row(row, now) for row in found])
    counted = _searchable(select(case_file.c.state, func.count())).where(*narrowed).group_by(case_file.c.state)
    return Page(tuple(rows), lanes={state: number for state, number in db.execute(counted)})


def named(db: Connection, who: Identity, references: tuple[str, ...], *, now: datetime) -> tuple[CaseRow, ...]:
    """Cases by their references, those that one may see."""
    key, _ = _key_of(Order.LATEST)
    found = db.execute(_joined(key).where(visible_to(who), case_file.c.reference.in_(references)).order_by(key))
    return tuple(_complete(db, [_row(row, now) for row in found.mappings()]))


def stuck() -> ColumnElement[bool]:
    """The condition on `case_file` under which its manager was alerted of a deadline that is still open."""
    alerts = or_(*(and_(mark_fired.c.rule == name, mark_fired.c.mark.in_(marks)) for name, marks in _STUCK.items()))
    joined = mark_fired.join(deadline, deadline.c.id == mark_fired.c.deadline_id)
    open_now = (deadline.c.status == "open", mark_fired.c.do == str(Do.ESCALATE))
    return case_file.c.id.in_(select(mark_fired.c.subject_id).select_from(joined).where(*open_now, alerts))


def _alerts_of_managers() -> dict[str, tuple[str, ...]]:
    found = {
        name: tuple(str(m.at) for m in rule.marks if m.do is Do.ESCALATE and Role.MANAGER in m.to)
        for name, rule in RULES.items()
    }
    return {name: marks for name, marks in found.items() if marks}


_STUCK: Final = _alerts_of_managers()


def before_day(days: int, calendar: Calendar, today: date) -> datetime:
    """The instant before which a case entered its state when it has been there for that many working days or more."""
    first = calendar.shift(today + timedelta(days=1), -days)
    return datetime.combine(first, time(), ZoneInfo(calendar.timezone))


# -- what narrows ---------------------------------------------------------------------------------------------------------


def _calendar_of(db: Connection, filters: Filters) -> Calendar:
    if filters.territory is None or filters.age is None:
        return NO_TERRITORY
    named = select(territory.c.holidays, territory.c.timezone).where(territory.c.slug == filters.territory)
    row = db.execute(named).first()
    return Calendar(row.holidays, row.timezone) if row else NO_TERRITORY


def _conditions(who: Identity, filters: Filters, calendar: Calendar, now: datetime) -> Iterable[ColumnElement[bool]]:
    yield case_file.c.state.in_(filters.states) if filters.states else case_file.c.state != "closed"
    if filters.territory:
        yield case_file.c.territory_id.in_(select(territory.c.id).where(territory.c.slug == filters.territory))
    if filters.referent:
        yield case_file.c.referent_id == (who.person if filters.referent == MINE else filters.referent)
    if filters.urgent:
        yield case_file.c.urgent
    yield from _of_delay(filters, now)
    if filters.age:
        yield from _of_age(filters.age, calendar, now)
    if filters.words.strip():
        yield said(filters.words)


def _of_delay(filters: Filters, now: datetime) -> Iterable[ColumnElement[bool]]:
    if filters.overdue:
        yield case_file.c.next_due_at < now
    if filters.stuck:
        yield stuck()
    if filters.owner:
        late = (deadline.c.status == "open", deadline.c.due_at < now, deadline.c.owner_role == filters.owner)
        yield case_file.c.id.in_(select(deadline.c.subject_id).where(*late))


def _of_age(age: tuple[int, int | None], calendar: Calendar, now: datetime) -> Iterable[ColumnElement[bool]]:
    today = calendar.day_of(now)
    least, most = age
    if least:
        yield case_file.c.state_since < before_day(least, calendar, today)
    if most is not None:
        yield case_file.c.state_since >= before_day(most + 1, calendar, today)


def said(words: str) -> ColumnElement[bool]:
    """Each word is in what is searched; a number may be written in any way."""
    digits = re.sub(r"\D", "", words)
    if len(digits) >= 4 and not re.sub(r"[\d\s.+()-]", "", words):
        return case_file.c.search_text.contains(re.sub(r"^(00)?(33)?0?", "", digits) or digits, autoescape=True)
    told = [case_file.c.search_text.contains(word, autoescape=True) for word in words.casefold().split()]
    return or_(and_(*told), case_file.c.reference.startswith(words.strip().upper(), autoescape=True))


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


def _searchable(query: Any) -> Any:
    return query.select_from(case_file.join(business, business.c.id == case_file.c.business_id))


def _joined(key: ColumnElement[Any]) -> Any:
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
    return select(*(case_file.c[name] for name in columns), *names, key.label("sorted_by")).select_from(joined)


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
    """The rows with their needs and with who has the next deadline: three reads, however many rows."""
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
