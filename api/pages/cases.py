"""The list of cases, its board and its map: the same filters, all in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.datastructures import QueryParams
from starlette.responses import Response

from api.named import names
from api.pages import desk
from api.pages.case_map import map_context
from api.pages.case_view import SITUATIONS, STAGES
from api.pages.cases_asked import AGE_LABELS, DELAYS, OWNERS, UNPLACED, Asked, Display, asked_of
from api.pages.dates import case_chip
from api.pages.files import as_file
from api.pages.shell import PageVisit, done, see_other, warned
from api.pages.together import ACTS
from cases.access import Identity
from cases.errors import Invalid
from cases.export import AT_MOST, table_of_cases
from cases.saved_views import SavedView, forget_view, keep_view, views_of
from cases.views.by_place import ByPlace, cases_by_place
from cases.views.choices import Choice, people_of_territories, quartiers_for, subject_in_short
from cases.views.counted import Figure
from cases.views.listing import COUNTED, PAGE, CaseRow, Order, Page, board, counts_of, every_case, list_cases
from cases.views.narrowing import MINE
from engine.lists import AXIS, LEVER
from engine.sentences import capital, say, together

router = APIRouter(prefix="/dossiers")
FIGURES: Final[Mapping[Figure, str]] = {
    Figure.LATE: "échéances dépassées",
    Figure.WORKING: say("demandes en cours"),
    Figure.WAITING: "demandes sans réponse",
    Figure.ACCEPTED: "demandes acceptées",
    Figure.DECLINED: "demandes déclinées",
    Figure.EXPIRED: "demandes expirées",
    Figure.FIRST_CONTACT: "premier contact, 90 jours",
    Figure.ANSWER: "réponse, 90 jours",
    Figure.CALL: "appel, 90 jours",
    Figure.GAP: say("sans offre"),
    Figure.ENTERED: "entrées de la semaine",
    Figure.LEFT: say("sorties de la semaine"),
}
"""What a number of Pilotage counts, above its list."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page reads: the cases, and what its filters may be set to."""

    page: Page
    by_place: ByPlace | None
    people: tuple[Choice, ...]
    quartiers: tuple[Choice, ...]
    kept: tuple[SavedView, ...]
    counts: tuple[int, ...]
    """Of the usual views, in their order."""


@router.get("")
async def show_cases(request: Request, visit: PageVisit) -> Response:
    """The cases that one may see, narrowed and ordered as the address says."""
    asked, who, now = asked_of(request.query_params), visit.identity, visit.now

    def read(db: Connection) -> Shown:
        usual = [view.narrowing() for view in _usual(asked, who).values()]
        around = people_of_territories(db, who), quartiers_for(db, who), views_of(db, who), counts_of(db, who, usual, now=now)  # fmt: skip
        if asked.display is Display.BOARD:
            return Shown(board(db, who, asked.narrowing(), now=now), None, *around)
        if asked.display is Display.MAP:
            found = cases_by_place(db, who, asked.narrowing(), now=now)
            return Shown(Page((), near=found.near), found, *around)
        return Shown(
            list_cases(db, who, asked.narrowing(), now=now, order=asked.order, after=asked.after), None, *around
        )

    return await desk.show(request, visit, "cases.html", read, lambda found: cases_context(asked, found, who, now))


@router.get("/export.{format}")
async def take_away(format: Literal["csv", "xlsx"], request: Request, visit: PageVisit) -> Response:
    """The same list as a file: all of its pages."""
    asked, who, now = asked_of(request.query_params), visit.identity, visit.now
    rows = await visit.read(lambda db: every_case(db, who, asked.narrowing(), now=now, at_most=AT_MOST))
    names(request, {row.reference for row in rows})
    return as_file(table_of_cases(rows, now), format=format, name=say("dossiers-{day}", day=now.date().isoformat()))


@router.post("/vues")
async def keep(request: Request, visit: PageVisit) -> Response:
    """Keep what the list shows under a name."""
    sent, who, now = await request.form(), visit.identity, visit.now
    asked = asked_of(QueryParams(str(sent.get("vue") or "").partition("?")[2][:2000]))
    try:
        kept = await visit.write(lambda db: keep_view(db, who, str(sent.get("nom") or ""), asked.address(), now=now))
    except Invalid as error:
        return see_other(request, asked.address(), warned(error.said))
    return see_other(request, asked.address(), done(say("La vue « {name} » est gardée.", name=kept.name)))


@router.post("/vues/{view}/oublier")
async def forget(request: Request, view: str, visit: PageVisit) -> Response:
    """Forget a view; the cases stay."""
    name = await visit.write(lambda db: forget_view(db, visit.identity, view))
    return see_other(request, "/dossiers", done(say("La vue « {name} » est oubliée.", name=name)))


def cases_context(asked: Asked, found: Shown, who: Identity, now: datetime) -> dict[str, Any]:
    """Everything that `cases.html` shows."""
    shown, acts = found.page, bool(who.territories()) and asked.display is Display.LIST
    current = next((view for view in found.kept if view.asked == asked.address()), None)
    return {
        "title": "Dossiers", "asked": asked, "views": _views(asked, who, found), "filters": _filters(asked, found),
        "displays": [
            {"label": label, "href": asked.address(display=display), "icon": icon, "current": display is asked.display}
            for display, (label, icon) in _DISPLAYS.items()
        ],
        "map": map_context(asked, found.by_place) if found.by_place else None,
        "columns": _columns(asked, acts), "rows": [_cells(row, who, now, acts) for row in shown.rows],
        "lanes": _lanes(asked, shown, who, now) if asked.display is Display.BOARD else [],
        "older": asked.address(after=shown.after) if shown.after else None, "newer": asked.address() if asked.after else None,
        "summary": say("{page} dossiers par page", page=PAGE) if shown.after or asked.after else _count(len(shown.rows)), "clear": "/dossiers",
        "near": shown.near, "acts": [{"value": event, "label": act.label} for event, act in ACTS.items()] if acts else [],
        "current_view": current, "here": asked.address(), "files": {kind: asked.address(f"/dossiers/export.{kind}") for kind in ("csv", "xlsx")},
        "kept": [(name, one) for name, value in replace(asked, words="", after="").said().items() for one in ([value] if isinstance(value, str) else value)],
        "narrowing": [(name, one) for name, value in replace(asked, after="").said().items() for one in ([value] if isinstance(value, str) else value)],
    }  # fmt: skip


_DISPLAYS: Final[Mapping[Display, tuple[str, str]]] = {
    Display.LIST: ("Liste", "rows"),
    Display.BOARD: ("Tableau", "lanes"),
    Display.MAP: ("Carte", "pin"),
}


def _count(number: int) -> str:
    return "1 dossier" if number == 1 else say("{number} dossiers", number=number)


def _usual(asked: Asked, who: Identity) -> dict[str, Asked]:
    """The views that people open most, shown as the reader sees cases now."""
    plain = Asked(display=asked.display)
    mine = {"Les miens": replace(plain, referent=MINE)} if who.territories() else {}
    stuck = {"Bloqués": replace(plain, delay="bloques")} if who.territories() else {}
    late, to_orient = replace(plain, delay="retard"), replace(plain, state=("orientation",))
    return {"Ouverts": plain, **mine, "En retard": late, "À orienter": to_orient, **stuck, "Clos": replace(plain, state=("closed",))}  # fmt: skip


def _views(asked: Asked, who: Identity, found: Shown) -> list[dict[str, Any]]:
    """Views that people open most, each with how many cases it has, then their own."""
    same = replace(asked, order=Order.DUE, after="")
    views = [
        {"label": label, "href": view.address(), "count": count if count < COUNTED else f"{COUNTED - 1} +", "current": view == same}
        for (label, view), count in zip(_usual(asked, who).items(), found.counts, strict=True)
    ]  # fmt: skip
    return views + [{"label": one.name, "href": one.asked, "current": one.asked == asked.address()} for one in found.kept]  # fmt: skip


def _filters(asked: Asked, shown: Shown) -> list[dict[str, Any]]:
    names = {MINE: say("vous"), **{one.value: one.label for one in shown.people}}
    found = [_filter(asked, "Étape", "state", {(code,): label for code, label in STAGES.items()})]
    if shown.quartiers:
        quartiers = {one.value: one.label for one in shown.quartiers} | _UNPLACED
        found.append(_filter(asked, "Quartier", "quartier", quartiers))
    found.append(_filter(asked, "Axe", "axis", AXIS))
    if shown.people:
        found.append(_filter(asked, "Suivi par", "referent", names))
    found.append(_filter(asked, "Délai", "delay", DELAYS))
    found.append(_filter(asked, "Âge", "age", AGE_LABELS))
    found += [_filter(asked, label, name, values) for label, name, values in _SELDOM if getattr(asked, name)]
    if asked.counted:
        found.append({"label": "Pilotage", "value": FIGURES[asked.counted.figure], "off": asked.address(counted=None)})
    return found


_UNPLACED: Final = dict(zip(UNPLACED, ("Hors quartier prioritaire", "Quartier à préciser"), strict=True))
_SELDOM: Final = (("Levier", "lever", LEVER), ("En retard chez", "owner", OWNERS))
"""Filters that only a link sets: shown once they are."""


def _filter(asked: Asked, label: str, name: str, values: Mapping[Any, str]) -> dict[str, Any]:
    """One filter: set, with the way to take it away; or its menu."""
    now = getattr(asked, name)
    if not now:
        options = [{"label": said, "href": asked.address(**{name: value})} for value, said in values.items()]
        return {"label": label, "options": options}
    none: tuple[str, ...] | str = () if isinstance(now, tuple) else ""
    said = together((STAGES[code] for code in now), ", ") if isinstance(now, tuple) else values.get(now, "un collègue")
    return {"label": label, "value": said, "off": asked.address(**{name: none})}


# -- the list -------------------------------------------------------------------------------------------------------------


def _columns(asked: Asked, acts: bool) -> list[dict[str, Any]]:
    def sorted_by(order: Order, direction: str = "ascending") -> dict[str, Any]:
        return {"href": asked.address(order=order), "sort": direction if asked.order is order else None}

    return [
        *([{"label": "Choisir", "heard": True, "fold": "pick"}] if acts else []),
        {"label": "Dossier", **sorted_by(Order.NAME)},
        {"label": "Étape", "fold": "full"},
        {"label": "Besoin, quartier", "fold": "hide"},
        {"label": "Chez", "fold": "hide"},
        {"label": "Échéance", "fold": "end", **sorted_by(Order.DUE)},
        {"label": "Âge", "right": True, "fold": "hide", **sorted_by(Order.AGE)},
    ]


def _cells(row: CaseRow, who: Identity, now: datetime, acts: bool) -> list[dict[str, Any]]:
    chip = case_chip(row.due_on, row.hold_until, row.calendar, now)
    pick = {"check": {"name": "dossier", "value": row.reference, "label": say("Choisir {name}", name=row.name)}}
    return [
        *([pick] if acts else []),
        {"text": row.name, "sub": row.person or row.reference, "href": f"/dossiers/{row.reference}"},
        {"stage": {"code": row.state, "label": STAGES[row.state]}},
        {"text": _needs(row), "sub": row.place or _place(row)},
        {"text": _holder(row, who)},
        {"due": chip} if chip else {"text": "–"},
        {"text": str(row.age)},
    ]


def _needs(row: CaseRow) -> str:
    labels = [subject_in_short(subject) for subject in row.needs]
    return together((labels[0], f"+{len(labels) - 1}" if len(labels) > 1 else "")) if labels else "Besoin à préciser"


def _place(row: CaseRow) -> str:
    said = SITUATIONS.get(row.situation, SITUATIONS["unknown"])
    return capital(said)


def _holder(row: CaseRow, who: Identity) -> str:
    mine = row.referent_id is not None and row.referent_id == who.person and row.holder == row.referent
    return say("vous") if mine else row.holder or say("personne")


def _lanes(asked: Asked, found: Page, who: Identity, now: datetime) -> list[dict[str, Any]]:
    """The board: a lane for each state that the filters let through."""
    lanes = []
    for code, label in STAGES.items():
        rows = [row for row in found.rows if row.state == code]
        count = found.lanes.get(code, 0)
        if code == "closed" and not count:
            continue
        more = count - len(rows)
        lanes.append({
            "code": code, "label": label, "count": count, "tickets": [_ticket(row, who, now) for row in rows],
            "more": {"label": say("{more} de plus", more=more), "href": asked.address(state=(code,), display=Display.LIST)} if more else None,
        })  # fmt: skip
    return lanes


def _ticket(row: CaseRow, who: Identity, now: datetime) -> dict[str, Any]:
    return {
        "title": row.name, "href": f"/dossiers/{row.reference}", "text": _needs(row),
        "due": case_chip(row.due_on, row.hold_until, row.calendar, now), "who": row.holder,
    }  # fmt: skip
