"""Cases that look like another one of their territory: found when a case is logged or put right, kept until somebody says what they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, false, insert, or_, select, update

from cases.access import Identity, visible_to
from cases.database import ask_everywhere
from cases.duplicates import fingerprint, same
from cases.errors import NotFound
from cases.identifiers import new_id
from cases.tables.case import business, case_file, entrepreneur, possible_duplicate
from engine.model import Role

AT_MOST: Final = 20
"""Doubts that a page reads."""


@dataclass(frozen=True, slots=True)
class Described:
    """What is compared of a business or a person. `territory` is an id; None: in none."""

    territory: str | None
    siret: str | None = None
    phone: str | None = None
    email: str | None = None
    name: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class LookAlike:
    """An open case that looks like what was described, why, in French, and whether the asker may see it."""

    id: str
    reference: str
    reason: str
    seen: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """A case and another one that it looks like: nobody has said yet whether they are the same."""

    id: str
    reference: str
    name: str
    other_reference: str
    other_name: str
    reason: str
    found_at: datetime


_OTHER, _OTHER_SHOP = case_file.alias("other"), business.alias("other_shop")
_OPEN = (
    case_file.c.state != "closed",
    _OTHER.c.state != "closed",
    possible_duplicate.c.dismissed_at.is_(None),
)


def find(db: Connection, of: Described, *, by: Identity) -> tuple[LookAlike, ...]:
    """The open cases of the territory with the same SIRET, phone or e-mail, the oldest first, also those that the asker may not see."""
    shared = [column == value for column, value in (
        (business.c.siret, of.siret), (entrepreneur.c.phone, of.phone), (entrepreneur.c.email, of.email),
    ) if value]  # fmt: skip
    if not shared:
        return ()
    here = case_file.c.territory_id == of.territory if of.territory else case_file.c.territory_id.is_(None)
    columns = (
        case_file.c.id, case_file.c.reference, business.c.siret, entrepreneur.c.phone, entrepreneur.c.email, business.c.name,
        entrepreneur.c.name.label("person"), visible_to(by).label("seen"),
    )  # fmt: skip
    query = select(*columns).select_from(_described()).where(here, case_file.c.state != "closed", or_(*shared))
    found = ask_everywhere(db, query.order_by(case_file.c.logged_at, case_file.c.id))
    mine = fingerprint(siret=of.siret, phone=of.phone, email=of.email, name=of.name, person=of.person)
    return tuple(LookAlike(row.id, row.reference, same(mine, _folded(row)).reason, bool(row.seen)) for row in found)


def keep(db: Connection, case_id: str, found: Iterable[LookAlike], now: datetime) -> None:
    """Keep what a case looks like, for whoever follows it; a pair of cases is asked about once, whichever came first."""
    others = {one.id: one.reason for one in found if one.id != case_id}
    if not others:
        return
    pair = (possible_duplicate.c.case_id, possible_duplicate.c.other_id)
    either = or_(and_(pair[0] == case_id, pair[1].in_(others)), and_(pair[1] == case_id, pair[0].in_(others)))
    known = {identifier for row in db.execute(select(*pair).where(either)) for identifier in row}
    for other_id, reason in others.items():
        if other_id not in known:
            row = {"case_id": case_id, "other_id": other_id, "reason": reason, "found_at": now}
            db.execute(insert(possible_duplicate).values(id=new_id(now), **row))


def look_again(db: Connection, case_id: str, *, by: Identity, now: datetime) -> None:
    """Compare a case with the others once more, now that what is known of it has changed."""
    columns = (
        case_file.c.territory_id.label("territory"), business.c.siret, entrepreneur.c.phone, entrepreneur.c.email, business.c.name,
        entrepreneur.c.name.label("person"),
    )  # fmt: skip
    row = db.execute(select(*columns).select_from(_described()).where(case_file.c.id == case_id)).one()
    keep(db, case_id, find(db, Described(**row._mapping), by=by), now)


def doubts_for(db: Connection, who: Identity) -> tuple[Doubt, ...]:
    """The doubts on the cases that somebody follows, the oldest first."""
    return tuple(_doubt(row) for row in _doubts(db, case_file.c.referent_id == who.person, visible_to(who)))


def doubts_on(db: Connection, case_id: str) -> tuple[Doubt, ...]:
    """The doubts on a case, from either side: the other one is always the other."""
    rows = _doubts(db, or_(case_file.c.id == case_id, _OTHER.c.id == case_id))
    return tuple(_doubt(row, turned=row.case_id != case_id) for row in rows)


def dismiss(db: Connection, who: Identity, identifier: str, *, now: datetime) -> None:
    """They are two: nobody is asked again. Raises NotFound for a doubt of another's case as for none."""
    outside = case_file.c.territory_id.is_(None) if who.has(Role.ADMIN) else false()
    theirs = (or_(case_file.c.territory_id.in_(who.territories()), outside), possible_duplicate.c.id == identifier)
    joined = possible_duplicate.join(case_file, case_file.c.id == possible_duplicate.c.case_id)
    if db.execute(select(possible_duplicate.c.id).select_from(joined).where(*theirs)).first() is None:
        raise NotFound("Cette question n’existe pas, ou elle n’est pas à vous.")
    once = (possible_duplicate.c.id == identifier, possible_duplicate.c.dismissed_at.is_(None))
    db.execute(update(possible_duplicate).where(*once).values(dismissed_at=now, dismissed_by=who.person))


# -- how ------------------------------------------------------------------------------------------------------------------


def _described() -> Any:
    return case_file.join(business, business.c.id == case_file.c.business_id).join(
        entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id
    )


def _folded(row: Row[Any]) -> Any:
    return fingerprint(siret=row.siret, phone=row.phone, email=row.email, name=row.name, person=row.person)


def _doubts(db: Connection, *where: ColumnElement[bool]) -> list[Row[Any]]:
    joined = (
        possible_duplicate.join(case_file, case_file.c.id == possible_duplicate.c.case_id)
        .join(_OTHER, _OTHER.c.id == possible_duplicate.c.other_id)
        .join(business, business.c.id == case_file.c.business_id)
        .join(_OTHER_SHOP, _OTHER_SHOP.c.id == _OTHER.c.business_id)
    )
    columns = (
        possible_duplicate.c.id, possible_duplicate.c.case_id, possible_duplicate.c.reason, possible_duplicate.c.found_at, case_file.c.reference,
        business.c.name, _OTHER.c.reference.label("other_reference"), _OTHER_SHOP.c.name.label("other_name"),
    )  # fmt: skip
    query = select(*columns).select_from(joined).where(*_OPEN, *where)
    return list(db.execute(query.order_by(possible_duplicate.c.found_at, possible_duplicate.c.id).limit(AT_MOST)))


def _doubt(row: Row[Any], *, turned: bool = False) -> Doubt:
    one, other = (row.reference, row.name), (row.other_reference, row.other_name)
    mine, theirs = (other, one) if turned else (one, other)
    return Doubt(row.id, *mine, *theirs, row.reason, row.found_at)
