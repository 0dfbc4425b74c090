"""Who looked at a case: noted once for a person and an hour, and read by those who answer for the case."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from cases.access import BRANCH_ROLES, Identity, case_row, visible_to
from cases.errors import NotFound
from cases.identifiers import new_id
from cases.tables.case import case_file
from cases.tables.memory import access_log
from cases.tables.operators import branch
from cases.tables.people import person
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
    LIST = "list"
    """Among others: a list, a desk, a file of several cases."""
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


def note_looks(db: Connection, who: Identity, references: Collection[str], how: How, now: datetime) -> None:
    """Note that somebody looked at those of these cases that they may see; a second time in the same hour changes nothing."""
    if (reader := reader_of(who)) is None:
        return
    seen = select(case_file.c.id, case_file.c.territory_id).where(
        case_file.c.reference.in_(references), visible_to(who)
    )
    at_branch = None if who.person else next(iter(who.branches()))
    rows = [
        {
            "id": new_id(now), "subject_id": row.id, "reader": reader, "person_id": who.person, "branch_id": at_branch,
            "role": str(role_on(who, row.territory_id)), "at": now, "hour": hour_of(now), "what": str(how),
        }
        for row in db.execute(seen)
    ]  # fmt: skip
    if rows:
        insert_or_not = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
        db.execute(insert_or_not(access_log).on_conflict_do_nothing(), rows)


def reader_of(who: Identity) -> str | None:
    """Who looks, as it is noted: a person, or a branch by its common address; None for the entrepreneur, whose own case it is, and the system."""
    if who.person:
        return f"person:{who.person}"
    return next((f"branch:{one}" for one in who.branches()), None)


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
        _NAME.label("name"), access_log.c.role, access_log.c.what, func.count().label("hours"),
        func.min(access_log.c.at, type_=access_log.c.at.type).label("first"), func.max(access_log.c.at, type_=access_log.c.at.type).label("last"),
    )  # fmt: skip
    joined = access_log.outerjoin(person, person.c.id == access_log.c.person_id).outerjoin(
        branch, branch.c.id == access_log.c.branch_id
    )
    grouped = (
        select(*columns).select_from(joined).group_by(access_log.c.reader, _NAME, access_log.c.role, access_log.c.what)
    )
    return grouped.order_by(func.max(access_log.c.at).desc(), _NAME).limit(AT_MOST)


_NAME: Final = func.coalesce(person.c.name, branch.c.name, "")
"""Of a reader, whoever they are."""


def _reader(row: Mapping[Any, Any]) -> Reader:
    return Reader(row["name"], row["role"], row["what"], row["hours"], row["first"], row["last"])
