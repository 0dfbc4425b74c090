"""Who looked at a case: noted once for a person and an hour, and read by those who answer for the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from cases.access import BRANCH_ROLES, Identity, visible_to
from cases.errors import NotFound
from cases.identifiers import new_id
from cases.tables.case import case_file
from cases.tables.memory import access_log
from cases.tables.people import person
from cases.views.reading import case_row
from cases.views.sight import sight_of
from engine.model import Role

AT_MOST: Final = 100
"""Readers that a page names."""


class How(StrEnum):
    """How somebody looked."""

    PAGE = "page"
    API = "api"
    LINK = "link"
    """By the link of a mail, which a browser says that somebody pressed."""
    LINK_UNSURE = "link_unsure"
    """By the link of a mail, and perhaps by a filter that reads the mails before their reader does."""
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who looked at a case: under which role, how, in how many hours, first and last when."""

    name: str
    role: str
    how: str
    hours: int
    first: datetime
    last: datetime


def note_look(db: Connection, who: Identity, reference: str, how: How, now: datetime) -> None:
    """Note that somebody looked at a case that they may see; a second time in the same hour changes nothing."""
    row = db.execute(
        select(case_file.c.id, case_file.c.territory_id).where(case_file.c.reference == reference, visible_to(who))
    ).first()
    if row is None or who.person is None:
        return
    noted = {
        "id": new_id(now), "subject_id": row.id, "person_id": who.person, "role": str(role_on(who, row.territory_id)), "at": now,
        "hour": hour_of(now), "what": str(how),
    }  # fmt: skip
    insert_or_not = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    db.execute(insert_or_not(access_log).values(**noted).on_conflict_do_nothing())


def hour_of(now: datetime) -> datetime:
    """The clock hour of an instant."""
    return now.replace(minute=0, second=0, microsecond=0)


def role_on(who: Identity, territory_id: str | None) -> Role:
    """As what somebody looks at a case of that territory."""
    here = (g.role for g in who.grants if g.territory is not None and g.territory == territory_id)
    partners = (g.role for g in who.grants if g.role in BRANCH_ROLES or g.role is Role.MENTOR)
    return next(here, None) or next(partners, None) or (who.grants[0].role if who.grants else Role.OBSERVER)


def readers_of(db: Connection, who: Identity, reference: str) -> list[Reader]:
    """Who looked at a case, the latest first, for those who see the whole of it. Raises NotFound for the others."""
    row = case_row(db, who, reference)
    if not sight_of(db, who, row).whole:
        raise NotFound
    return [_reader(found) for found in db.execute(_readers().where(access_log.c.subject_id == row["id"])).mappings()]


def _readers() -> Any:
    columns = (
        person.c.name, access_log.c.role, access_log.c.what, func.count().label("hours"),
        func.min(access_log.c.at, type_=access_log.c.at.type).label("first"), func.max(access_log.c.at, type_=access_log.c.at.type).label("last"),
    )  # fmt: skip
    joined = access_log.join(person, person.c.id == access_log.c.person_id)
    grouped = (
        select(*columns).select_from(joined).group_by(person.c.id, person.c.name, access_log.c.role, access_log.c.what)
    )
    return grouped.order_by(func.max(access_log.c.at).desc(), person.c.name).limit(AT_MOST)


def _reader(row: Mapping[Any, Any]) -> Reader:
    return Reader(row["name"], row["role"], row["what"], row["hours"], row["first"], row["last"])
