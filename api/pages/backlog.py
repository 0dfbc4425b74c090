"""Pilotage: a territory's backlog, each number with its list."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.pages.backlog_figures import figures_context
from api.pages.case_view import STAGES
from api.pages.cases_asked import AGES as LISTED_AGES
from api.pages.cases_asked import Asked as Listed
from api.pages.desk import waiting_for
from api.pages.files import as_file
from api.pages.shell import ROLES, PageVisit, page
from api.security import Visit
from cases.backlog import Backlog, Broken
from cases.export import tables_of_indicators
from cases.indicators import Indicators, indicators_of
from cases.views.counted import Figure
from engine.model import Role
from engine.sentences import lowered, say
from notifications.languages import language
from notifications.typography import day_long, euros, number

router = APIRouter(prefix="/pilotage")
AGES: Final = (say("0 à 5"), say("6 à 10"), say("11 à 20"), "plus de 20")
WEIGHTS: Final = (0.6, 1.3, 2.2, 3.2)
"""How much a case weighs by its age, in the tints of the table."""
NAMELESS: Final = {Role.OWNER: "Qui suit un plan", Role.MENTOR: "Les mentors", Role.MANAGER: "Les responsables"}
"""Who is late, where the figures name nobody."""
CUTS: Final = (0.1, 2, 4, 7, 12)


Place = Annotated[str, Query(alias="territoire", max_length=80)]


@router.get("")
async def show_backlog(request: Request, visit: PageVisit, slug: Place = "") -> Response:
    """Where the cases of a territory are, what is late and at whose, how long things take, how loaded the branches are."""
    found = await _counted(visit, slug)
    waits = await visit.read(lambda db: waiting_for(db, visit))
    return page(request, "backlog.html", **waits, **backlog_context(found, visit.now))


@router.get("/export.{format}")
async def take_away(format: Literal["csv", "xlsx"], visit: PageVisit, slug: Place = "") -> Response:
    """The same figures as a file: a table in CSV, a workbook in XLSX."""
    found = await _counted(visit, slug)
    name = say("pilotage-{place}-{day}", place=found.backlog.slug, day=visit.now.date().isoformat())
    return as_file(*tables_of_indicators(found, whole=format == "csv"), format=format, name=name)


async def _counted(visit: Visit, slug: str) -> Indicators:
    """The system reads: the numbers of a territory are also for people who may open none of its cases."""
    return await visit.count(lambda db: indicators_of(db, visit.identity, slug or None, now=visit.now))


def backlog_context(shown: Indicators, now: datetime) -> dict[str, Any]:
    """Everything that `backlog.html` shows."""
    found = shown.backlog
    listed = Listed(territory=found.slug)
    today = day_long(found.calendar.day_of(now))
    return {
        "title": "Pilotage", "lead": say("{name}, {phase} · {today} · chaque nombre ouvre sa liste", name=found.name, phase=lowered(found.phase), today=today),
        "keys": _keys(found, listed),
        "ages": [*AGES, "Total"], "rows": _rows(found, listed), "alerts": _alerts(found, listed), "broken": [_broken(one, found, listed) for one in found.broken],
        "others": [{"label": name, "href": f"/pilotage?territoire={slug}"} for slug, name in found.others], "may_list": found.lists,
        "files": {kind: f"/pilotage/export.{kind}?territoire={found.slug}" for kind in ("csv", "xlsx")}, **figures_context(shown, listed),
    }  # fmt: skip


def _money(amount: Decimal) -> dict[str, str]:
    """An amount as a figure; where its sign stands after it, as a unit."""
    return {"value": number(amount), "unit": "€"} if language().is_french else {"value": euros(amount)}


def _link(found: Backlog, address: str) -> str | None:
    return address if found.lists else None


def _keys(found: Backlog, listed: Listed) -> list[dict[str, Any]]:
    old = "dans la même étape depuis plus de 20 jours ouvrés"
    stuck = (
        None
        if not found.stuck
        else "dont un bloqué"
        if found.stuck == 1
        else say("dont {count} bloqués", count=number(found.stuck))
    )
    overdue = listed.address(delay="retard")
    return [
        {"value": number(found.total), "label": "dossiers ouverts", "href": _link(found, listed.address())},
        {"value": number(found.old), "label": old, "href": _link(found, listed.address(age="21"))},
        {"value": number(found.overdue), "label": "dossiers en retard", "detail": stuck, "href": _link(found, overdue)},
        {**_money(found.aids), "label": "d’aides obtenues cette année"},
    ]


def _rows(found: Backlog, listed: Listed) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for state, counts in found.grid.items():
        cells = [_cell(found, count, place, listed, (state,)) for place, count in enumerate(counts)]
        total = {"value": sum(counts), "href": _link(found, listed.address(state=(state,))) if sum(counts) else None}
        rows.append({"label": STAGES[state], "code": state, "cells": [*cells, total]})
    sums = [sum(counts[place] for counts in found.grid.values()) for place in range(len(AGES))]
    ages = list(LISTED_AGES)
    totals = [
        {"value": one, "href": _link(found, listed.address(age=ages[place])) if one else None}
        for place, one in enumerate(sums)
    ]
    rows.append(
        {
            "label": "Total",
            "sum": True,
            "cells": [*totals, {"value": found.total, "href": _link(found, listed.address())}],
        }
    )
    return rows


def _cell(found: Backlog, count: int, place: int, listed: Listed, state: tuple[str, ...]) -> dict[str, Any]:
    href = _link(found, listed.address(state=state, age=list(LISTED_AGES)[place])) if count else None
    return {"value": count, "level": heat(count, place), "href": href}


def heat(count: int, place: int) -> int:
    """The tint of a cell, 0 to 5: the more cases and the older, the stronger."""
    return sum(count * WEIGHTS[place] >= cut for cut in CUTS)


def _alerts(found: Backlog, listed: Listed) -> list[dict[str, Any]]:
    """What is to be decided: what is stuck, branches above their capacity, requests without an answer."""
    items: list[dict[str, Any]] = []
    if found.stuck:
        said = "1 dossier bloqué" if found.stuck == 1 else say("{stuck} dossiers bloqués", stuck=found.stuck)
        link = {"href": listed.address(delay="bloques"), "label": "Voir, relancer, confier"} if found.lists else None
        items.append(
            {
                "icon": "late",
                "tone": "tl",
                "title": said,
                "text": "Une échéance est passée et vous avez été alerté.",
                "link": link,
            }
        )
    for one in found.branches:
        working = one.told[Figure.WORKING]
        if working.count > one.capacity:
            link = (
                {"href": listed.address(counted=working.counted), "label": "Voir les dossiers"} if found.lists else None
            )
            items.append(
                {
                    "icon": "building",
                    "title": say("{name} : {count} dossiers", name=one.name, count=working.count),
                    "text": say("L’antenne dit pouvoir en prendre {capacity} par semaine.", capacity=one.capacity),
                    "link": link,
                }
            )
    expired = [one for one in found.branches if one.told[Figure.EXPIRED].count]
    if expired:
        worst = max(expired, key=lambda one: one.told[Figure.EXPIRED].count)
        silent = worst.told[Figure.EXPIRED]
        link = {"href": listed.address(counted=silent.counted), "label": "Voir les dossiers"} if found.lists else None
        items.append(
            {
                "icon": "clock",
                "title": say("{name} : {count} sans réponse", name=worst.name, count=silent.count),
                "text": "Ces demandes ont expiré.",
                "link": link,
            }
        )
    return items


def _broken(one: Broken, found: Backlog, listed: Listed) -> dict[str, Any]:
    behind = replace(listed, counted=one.cases.counted)
    return {
        "owner": one.owner or NAMELESS.get(Role(one.role), "Les autres"),
        "role": ROLES[Role(one.role)] if one.owner else None,
        "count": one.cases.count,
        "href": _link(found, behind.address()),
    }
