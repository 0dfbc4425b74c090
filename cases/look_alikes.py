"""Cases that look like another one of their territory: found when a case is logged or put right, kept until somebody says what they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    false,
    insert,
    or_,
    select,
    union_all,
    update,
)

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


_SHOPS = case_file.join(business, business.c.id == case_file.c.business_id)
_PEOPLE = case_file.join(entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id)
_DESCRIBED = _SHOPS.join(entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id)
_TOLD_APART = (business.c.siret, entrepreneur.c.phone, entrepreneur.c.email, business.c.address_line)
TOLD_APART_BY: Final = tuple(column.name for column in _TOLD_APART)
"""By what a business or a person is found again, each with its own index."""
_NOBODYS: Final = ""
"""Looked for where nothing else is: for an empty list PostgreSQL reads the whole table, and finds nothing."""
_ALIKE = tuple(
    select(case_file.c.id).select_from(_SHOPS if column.table is business else _PEOPLE).where(column == bindparam(column.name))
    for column in _TOLD_APART
)  # fmt: skip
"""The cases that share something, each by its own index: asked at once with OR, a database reads every case of the territory."""
_OTHER, _OTHER_SHOP = case_file.alias("other"), business.alias("other_shop")
_OPEN = (
    case_file.c.state != "closed",
    _OTHER.c.state != "closed",
    possible_duplicate.c.dismissed_at.is_(None),
)


def find(db: Connection, of: Described, *, by: Identity) -> tuple[LookAlike, ...]:
    """The open cases of the territory with the same SIRET, phone or e-mail, the oldest first, also those that the asker may not see."""
    shared = {"siret": of.siret or None, "phone": of.phone or None, "email": of.email or None}
    if not any(shared.values()):
        return ()
    found = [row for row in ask_everywhere(db, _open_alike(by), shared) if row.territory_id == of.territory]
    mine = fingerprint(siret=of.siret, phone=of.phone, email=of.email, name=of.name, person=of.person)
    return tuple(LookAlike(row.id, row.reference, same(mine, _folded(row)).reason, bool(row.seen)) for row in found)


def same_cases(db: Connection, shared: Mapping[str, str | None]) -> list[Row[Any]]:
    """The open cases with the same siret, phone, email or address_line, in any territory: to be compared as a whole."""
    return list(db.execute(_SAME, shared))


def known_among(db: Connection, values: Mapping[str, Sequence[str]]) -> set[str]:
    """Those of the values, by their names in `TOLD_APART_BY`, that somebody has already, in any case."""
    named = {name: list(values[name]) or [_NOBODYS] for name in TOLD_APART_BY}
    return set(db.execute(_KNOWN, named).scalars())


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
    row = db.execute(select(*columns).select_from(_DESCRIBED).where(case_file.c.id == case_id)).one()
    keep(db, case_id, find(db, Described(**row._mapping), by=by), now)


def doubts_for(db: Connection, who: Identity) -> tuple[Doubt, ...]:
    """The doubts on the cases that somebody follows, the oldest first."""
    return tuple(_doubt(row) for row in _doubts(db, case_file.c.referent_id == who.person, *_both_seen(who)))


def doubts_on(db: Connection, who: Identity, case_id: str) -> tuple[Doubt, ...]:
    """The doubts on a case, from either side, when somebody sees both cases: the other one is always the other."""
    rows = _doubts(db, or_(case_file.c.id == case_id, _OTHER.c.id == case_id), *_both_seen(who))
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


_COMPARED = (
    case_file.c.id, case_file.c.reference, case_file.c.territory_id, business.c.siret, entrepreneur.c.phone, entrepreneur.c.email, business.c.name,
    entrepreneur.c.name.label("person"), business.c.address_line, business.c.postcode,
)  # fmt: skip
_KNOWN = union_all(
    *(select(column).where(column.in_(bindparam(column.name, expanding=True))) for column in _TOLD_APART)
)
_STILL_OPEN = case_file.c.state != "closed"
_SAME = select(*_COMPARED).select_from(_DESCRIBED).where(case_file.c.id.in_(union_all(*_ALIKE)), _STILL_OPEN)


@lru_cache(maxsize=1024)
def _open_alike(by: Identity) -> Select[Any]:
    """The question for somebody, built once: their territory is told apart afterwards, so that no database begins with it."""
    alike = select(*_COMPARED, visible_to(by).label("seen")).select_from(_DESCRIBED)
    alike = alike.where(case_file.c.id.in_(union_all(*_ALIKE[:3])), _STILL_OPEN)
    return alike.order_by(case_file.c.logged_at, case_file.c.id)


def _both_seen(who: Identity) -> tuple[ColumnElement[bool], ...]:
    """A case may have gone to another territory since."""
    theirs = select(case_file.c.id).where(visible_to(who)).correlate(None)
    return case_file.c.id.in_(theirs), _OTHER.c.id.in_(theirs)


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
