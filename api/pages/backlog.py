"""Pilotage: a territory's backlog, each number with its list."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages.case_view import STAGES
from api.pages.cases import AGES as LISTED_AGES
from api.pages.cases import OWNERS
from api.pages.cases import Asked as Listed
from api.pages.desk import waiting_for
from api.pages.shell import ROLES, PageVisit, page
from cases.backlog import Backlog, Broken, Load, backlog_of
from cases.database import Scope
from engine.model import Role
from notifications.typography import day_long, number

router = APIRouter(prefix="/pilotage")
AGES: Final = ("0 à 5", "6 à 10", "11 à 20", "plus de 20")
WEIGHTS: Final = (0.6, 1.3, 2.2, 3.2)
"""How much a case weighs by its age, in the tints of the table."""
NAMELESS: Final = {Role.OWNER: "Qui suit un plan", Role.MENTOR: "Les mentors", Role.MANAGER: "Les responsables"}
"""Who is late, where the figures name nobody."""
CUTS: Final = (0.1, 2, 4, 7, 12)


@router.get("")
async def show_backlog(request: Request, visit: PageVisit) -> Response:
    """Where the cases of a territory are, what is late and at whose, how loaded the branches are."""
    who, now, slug = visit.identity, visit.now, request.query_params.get("territoire", "")[:80] or None
    # The system reads: the numbers of a territory are for people who may open none of its cases.
    found = await visit.work.read(lambda db: backlog_of(db, who, slug, now=now), Scope.worker())
    waits = await visit.read(lambda db: waiting_for(db, visit))
    return page(request, "backlog.html", **waits, **backlog_context(found, now))


def backlog_context(found: Backlog, now: datetime) -> dict[str, Any]:
    """Everything that `backlog.html` shows."""
    listed = Listed(territory=found.slug)
    today = day_long(found.calendar.day_of(now))
    return {
        "title": "Pilotage", "lead": f"{found.name}, {found.phase.lower()} · {today} · chaque nombre ouvre sa liste", "keys": _keys(found, listed),
        "ages": [*AGES, "Total"], "rows": _rows(found, listed), "alerts": _alerts(found, listed), "broken": [_broken(one, found, listed) for one in found.broken],
        "loads": [_load(one) for one in found.loads], "others": [{"label": name, "href": f"/pilotage?territoire={slug}"} for slug, name in found.others],
        "may_list": found.lists,
    }  # fmt: skip


def _link(found: Backlog, address: str) -> str | None:
    return address if found.lists else None


def _keys(found: Backlog, listed: Listed) -> list[dict[str, Any]]:
    old = "dans la même étape depuis plus de 20 jours ouvrés"
    stuck = None if not found.stuck else "dont un bloqué" if found.stuck == 1 else f"dont {number(found.stuck)} bloqués"
    overdue = listed.address(delay="retard")
    return [
        {"value": number(found.total), "label": "dossiers ouverts", "href": _link(found, listed.address())},
        {"value": number(found.old), "label": old, "href": _link(found, listed.address(age="21"))},
        {"value": number(found.overdue), "label": "dossiers en retard", "detail": stuck, "href": _link(found, overdue)},
        {"value": number(found.aids), "unit": "€", "label": "d’aides obtenues cette année"},
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
        said = "1 dossier bloqué" if found.stuck == 1 else f"{found.stuck} dossiers bloqués"
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
    for load in found.loads:
        if load.working > load.capacity:
            items.append(
                {
                    "icon": "building",
                    "title": f"{load.branch} : {load.working} dossiers",
                    "text": f"L’antenne dit pouvoir en prendre {load.capacity} par semaine.",
                }
            )
    expired = [load for load in found.loads if load.expired]
    if expired:
        worst = max(expired, key=lambda load: load.expired)
        items.append(
            {
                "icon": "clock",
                "title": f"{worst.branch} : {worst.expired} sans réponse",
                "text": "Ces demandes ont expiré.",
            }
        )
    return items


def _broken(one: Broken, found: Backlog, listed: Listed) -> dict[str, Any]:
    href = (
        listed.address(owner=one.role, referent=one.person or "")
        if one.role in set(OWNERS)
        else listed.address(delay="retard")
    )
    return {
        "owner": one.owner or NAMELESS.get(Role(one.role), "Les autres"),
        "role": ROLES[Role(one.role)] if one.owner else None,
        "count": one.count,
        "href": _link(found, href),
    }


def _load(one: Load) -> dict[str, Any]:
    answered = one.accepted + one.declined
    share = f"{round(100 * one.accepted / answered)} %" if answered else "–"
    return {
        "name": one.branch, "working": one.working, "capacity": one.capacity, "waiting": one.waiting, "accepted": share,
        "declined": one.declined, "expired": one.expired,
    }  # fmt: skip
