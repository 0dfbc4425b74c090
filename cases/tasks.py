"""Calls to make, where there was no address to write to: who is to be called, what there is to say, and that it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, or_, select, true, update

from cases.access import Identity
from cases.errors import NotFound
from cases.facts.of_case import NO_TERRITORY
from cases.identifiers import new_id
from cases.tables.case import business, case_file, task
from cases.tables.territories import territory
from engine.model import Role
from engine.working_days import Calendar

TO_THE_HELPED: Final = "call"
"""A call to the person who is helped: noting it is an exchange on their case."""
TO_A_PARTNER: Final = "call_partner"
"""A call to a branch, a mentor, a colleague."""
FRENCH: Final = "fr"
AT_MOST: Final = 100
"""Calls that a page reads: who has more starts with the oldest."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that is to be made. `says` is what there is to say, by language; `due_on` is a local day; None: no case, or no number."""

    case_id: str | None
    territory_id: str | None
    owner_id: str | None
    kind: str
    label: str
    says: Mapping[str, str]
    phone: str | None
    message_id: str
    due_on: date


@dataclass(frozen=True, slots=True)
class Call:
    """A call to make, as its owner reads it. Days are local."""

    id: str
    label: str
    says: Mapping[str, tuple[str, ...]]
    """Line by line, by language; all of them have French."""
    phone: str | None
    since: datetime
    due_on: date
    calendar: Calendar
    may_be_noted: bool
    """Whether it is an exchange to note: a call to the person who is helped, on a case that is not closed."""
    reference: str | None = None
    name: str | None = None
    """The business."""

    def said_in(self, language: str) -> tuple[str, ...]:
        """What there is to say in a language, line by line; in French where it is kept in no other."""
        return self.says.get(language) or self.says[FRENCH]


def ask_to_call(db: Connection, asked: Asked, now: datetime) -> None:
    """Ask somebody to call. What there is to say joins a call to the same person on the same case that nobody made yet."""
    same = (task.c.case_id == asked.case_id, task.c.label == asked.label, task.c.done_at.is_(None))
    query = select(task.c.id, task.c.detail, task.c.translations).where(*same).limit(1)
    known = db.execute(query).first() if asked.case_id else None
    french, others = asked.says[FRENCH], {code: words for code, words in asked.says.items() if code != FRENCH}
    if known is None:
        row = {name: getattr(asked, name) for name in ("case_id", "territory_id", "owner_id", "kind", "label", "phone", "message_id", "due_on")}  # fmt: skip
        db.execute(task.insert().values(id=new_id(now), detail=french, translations=others, created_at=now, **row))
    elif french not in (known.detail or "").splitlines():
        before = known.translations or {}
        more = {code: _joined(before.get(code, known.detail), words) for code, words in others.items()}
        changed = update(task).where(task.c.id == known.id)
        db.execute(changed.values(detail=_joined(known.detail, french), translations=more))


def calls_for(db: Connection, who: Identity, *, at_most: int | None = AT_MOST) -> tuple[Call, ...]:
    """The calls that somebody has to make, the oldest first: their own, and a manager's where nobody follows the case."""
    return _calls(db, _open().where(_theirs(who)).limit(at_most))


def calls_on(db: Connection, who: Identity, case_id: str) -> tuple[Call, ...]:
    """The calls that are to be made on a case, for its owner and for the people of its territory."""
    return _calls(db, _open().where(task.c.case_id == case_id, _may_finish(who)))


def count_of_calls(who: Identity, today: ColumnElement[date]) -> Select[int, int]:
    """How many `calls` wait for somebody, and how many of them are late (`late_calls`)."""
    late = func.count().filter(task.c.due_on < today)
    counted = select(func.count().label("calls"), late.label("late_calls"))
    return counted.select_from(task).where(task.c.done_at.is_(None), _theirs(who))


def finish(db: Connection, who: Identity, identifier: str, *, now: datetime) -> datetime:
    """The call was made: say since when. A second time changes nothing. Raises NotFound for another's call as for none."""
    mine = (task.c.id == identifier, _may_finish(who))
    row = db.execute(select(task.c.done_at).where(*mine).with_for_update()).first()
    if row is None:
        raise NotFound("Cet appel n’existe pas, ou il n’est pas à vous.")
    done: datetime = row.done_at or now
    db.execute(update(task).where(task.c.id == identifier).values(done_at=done))
    return done


def _joined(before: str | None, more: str) -> str:
    return "\n".join(filter(None, (before, more)))


# -- whose ----------------------------------------------------------------------------------------------------------------


def _theirs(who: Identity) -> ColumnElement[bool]:
    """One's own, and those of nobody for whoever is in charge: the territory's managers, the admin outside any territory."""
    managed = frozenset(g.territory for g in who.grants if g.territory and g.role is Role.MANAGER)
    in_charge = or_(task.c.territory_id.in_(managed), _outside(who))
    return or_(_owned_by(who), and_(task.c.owner_id.is_(None), in_charge))


def _may_finish(who: Identity) -> ColumnElement[bool]:
    return or_(_owned_by(who), task.c.territory_id.in_(who.territories()), _outside(who))


def _owned_by(who: Identity) -> ColumnElement[bool]:
    return task.c.owner_id == who.person if who.person else false()


def _outside(who: Identity) -> ColumnElement[bool]:
    return and_(task.c.territory_id.is_(None), true() if who.has(Role.ADMIN) else false())


# -- reading --------------------------------------------------------------------------------------------------------------


def _open() -> Select[Any]:
    joined = (
        task.outerjoin(case_file, case_file.c.id == task.c.case_id)
        .outerjoin(business, business.c.id == case_file.c.business_id)
        .outerjoin(territory, territory.c.id == task.c.territory_id)
    )
    columns = (
        *task.c,
        case_file.c.reference,
        case_file.c.state,
        business.c.name,
        territory.c.holidays,
        territory.c.timezone,
    )
    ordered = select(*columns).select_from(joined).order_by(task.c.due_on, task.c.id)
    return ordered.where(task.c.done_at.is_(None))


def _calls(db: Connection, query: Select[Any]) -> tuple[Call, ...]:
    return tuple(_call(row) for row in db.execute(query).mappings())


def _call(row: Any) -> Call:
    calendar = Calendar(row["holidays"], row["timezone"]) if row["holidays"] else NO_TERRITORY
    told = {FRENCH: row["detail"], **(row["translations"] or {})}
    said = {code: tuple((words or "").splitlines()) for code, words in told.items()}
    same = {name: row[name] for name in ("id", "label", "phone", "reference", "name")}
    return Call(
        says=said, since=row["created_at"], due_on=row["due_on"] or calendar.day_of(row["created_at"]),
        calendar=calendar, may_be_noted=row["kind"] == TO_THE_HELPED and row["state"] not in (None, "closed"), **same,
    )  # fmt: skip
