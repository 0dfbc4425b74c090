"""The catalogue of aids as its page shows it: narrowed, page after page, and held against the business of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Text, cast, func, select

from cases.access import Identity, case_row
from cases.aid_catalogue import rules_of
from cases.duplicates import fold
from cases.facts.de_minimis import granted_to
from cases.facts.of_case import NO_TERRITORY
from cases.needs import NEED_KINDS, NeedSubject
from cases.tables.case import business, need
from cases.tables.operators import aid
from cases.tables.territories import territory
from cases.views.paging import Asked, Key, page_of_rows
from engine.aids import Judged, judge
from engine.de_minimis import Total, total_on
from engine.offers import Wanted, months_of_age
from engine.state_names import Phase
from engine.working_days import Calendar

PAGE: Final = 50
OPERATORS_SHOWN: Final = 40
"""Organisations that a filter names; a search finds the others."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What narrows the catalogue; empty is all of it."""

    words: str = ""
    axis: str = ""
    lever: str = ""
    scope: str = ""
    operator: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same, as the database reads it."""
        found = [aid.c.search_text.contains(word, autoescape=True) for word in fold(self.words).split()]
        for column, code in ((aid.c.axes, self.axis), (aid.c.levers, self.lever)):
            if code:
                found.append(cast(column, Text).contains(f'"{code}"', autoescape=True))
        if self.scope:
            found.append(aid.c.scope == self.scope)
        if self.operator:
            found.append(aid.c.operator == self.operator)
        return found


@dataclass(frozen=True, slots=True)
class Helped:
    """The business of a case as aids are held against it, its open needs, and the de minimis aid that it has had."""

    reference: str
    name: str
    business: Wanted
    needs: tuple[Wanted, ...]
    total: Total

    def judge(self, row: Mapping[Any, Any]) -> Judged:
        """An aid of the catalogue held against this business."""
        return judge(rules_of(row, self.business.today), self.business, self.needs, self.total)


def catalogue(db: Connection, narrowed: Narrowed, after: str | None) -> tuple[list[Mapping[Any, Any]], str | None]:
    """A page of the aids by their slug, and what continues it; those that are closed come with the others. Raises Invalid for a strange `after`."""
    asked = Asked(PAGE, after, [narrowed.words, narrowed.axis, narrowed.lever, narrowed.scope, narrowed.operator])
    return page_of_rows(db, select(aid).where(*narrowed.conditions()), (Key("slug", aid.c.slug),), asked)


def counted(db: Connection, narrowed: Narrowed) -> int:
    """How many aids there are."""
    return int(db.execute(select(func.count()).select_from(aid).where(*narrowed.conditions())).scalar_one())


def organisations(db: Connection) -> dict[str, int]:
    """Who gives aids, those that give the most first, with how many."""
    many = func.count().label("many")
    query = select(aid.c.operator, many).where(aid.c.operator.is_not(None)).group_by(aid.c.operator)
    rows = db.execute(query.order_by(many.desc(), aid.c.operator).limit(OPERATORS_SHOWN))
    return {row.operator: row.many for row in rows}


def helped_of(db: Connection, who: Identity, reference: str, *, now: datetime) -> Helped:
    """The business of a case that somebody may see whole or in part. Raises NotFound for another's as for none."""
    row = case_row(db, who, reference)
    shop = db.execute(select(business).where(business.c.id == row["business_id"])).mappings().one()
    home = db.execute(select(territory).where(territory.c.id == row["territory_id"])).mappings().first()
    calendar = Calendar(home["holidays"], home["timezone"]) if home else NO_TERRITORY
    open_needs = select(need).where(need.c.case_id == row["id"], need.c.outcome.is_(None))
    needs = db.execute(open_needs.order_by(need.c.created_at, need.c.id)).mappings().all()
    today = calendar.day_of(now)
    amounts = [int(one["amount"]) for one in needs if one["amount"] is not None]
    common: dict[str, Any] = {
        "today": today, "phase": home["state"] if home else Phase.ACCELERATION, "place": {}, "situation": row["situation"], "siret": bool(shop["siret"]),
        "naf": shop["naf"], "headcount": shop["headcount"], "age": months_of_age(shop["created_on"], today), "legal_form": shop["legal_form"],
    }  # fmt: skip
    return Helped(
        reference=row["reference"], name=shop["name"], total=total_on(granted_to(db, shop["id"], calendar), today),
        business=Wanted(need="", subject="other", label="", amount=max(amounts, default=None), **common),
        needs=tuple(_wanted(one, common) for one in needs),
    )  # fmt: skip


def _wanted(row: Mapping[Any, Any], common: Mapping[str, Any]) -> Wanted:
    known = row["subject"] in set(NeedSubject)
    label = NEED_KINDS[NeedSubject(row["subject"])].label if known else row["subject"]
    return Wanted(
        need=row["id"],
        subject=row["subject"],
        label=label,
        axis=row["axis"],
        levers=tuple(row["levers"] or ()),
        **common,
    )
