"""The list of cases, and its board: the same filters, all in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.pages import desk
from api.pages.case_view import SITUATIONS, STAGES
from api.pages.dates import case_chip
from api.pages.shell import PageVisit
from cases.access import Identity
from cases.views.choices import Choice, people_of_territories, subject_in_short
from cases.views.listing import MINE, PAGE, CaseRow, Filters, Order, Page, board, list_cases
from engine.model import Role

router = APIRouter(prefix="/dossiers")
AGES: Final[Mapping[str, tuple[int, int | None]]] = {
    "0-5": (0, 5),
    "6-10": (6, 10),
    "11-20": (11, 20),
    "21": (21, None),
}
AGE_LABELS: Final = {
    "0-5": "0 à 5 jours ouvrés",
    "6-10": "6 à 10 jours ouvrés",
    "11-20": "11 à 20 jours ouvrés",
    "21": "plus de 20 jours ouvrés",
}
DELAYS: Final = {"retard": "en retard", "urgents": "urgents", "bloques": "bloqués"}
OWNERS: Final = {
    Role.ADVISER: "le conseiller",
    Role.OPERATOR: "l’opérateur",
    Role.MENTOR: "le mentor",
    Role.OWNER: "qui suit le plan",
    Role.MANAGER: "le responsable",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says: filters, order, display, where the page begins. Unknown values are left out."""

    state: tuple[str, ...] = ()
    territory: str = ""
    referent: str = ""
    delay: str = ""
    owner: str = ""
    age: str = ""
    words: str = ""
    order: Order = Order.DUE
    as_board: bool = False
    after: str = ""

    def filters(self) -> Filters:
        """The same, as the reading takes it."""
        return Filters(
            states=self.state, territory=self.territory or None, referent=self.referent or None, overdue=self.delay == "retard",
            urgent=self.delay == "urgents", stuck=self.delay == "bloques", age=AGES.get(self.age), owner=self.owner or None, words=self.words,
        )  # fmt: skip

    def address(self, **changes: Any) -> str:
        """The address of the list with something changed; the page starts again."""
        new = replace(self, **{"after": "", **changes})
        said = {
            "etat": new.state, "territoire": new.territory, "referent": new.referent, "delai": new.delay, "chez": new.owner, "age": new.age,
            "q": new.words, "tri": "" if new.order is Order.DUE else str(new.order), "vue": "tableau" if new.as_board else "", "suite": new.after,
        }  # fmt: skip
        given = {name: value for name, value in said.items() if value}
        return "/dossiers" + (f"?{urlencode(given, doseq=True)}" if given else "")


def asked_of(request: Request) -> Asked:
    """What the address says."""
    given = request.query_params
    delay = next((name for name in DELAYS if given.get("delai") == name or given.get(name) == "1"), "")
    order = given.get("tri", "")
    return Asked(
        state=tuple(code for code in given.getlist("etat") if code in STAGES), territory=given.get("territoire", "")[:80],
        referent=given.get("referent", "")[:40], delay=delay, owner=given.get("chez", "") if given.get("chez", "") in set(OWNERS) else "",
        age=given.get("age", "") if given.get("age", "") in AGES else "", words=given.get("q", "")[:100].replace("\x00", ""),
        order=Order(order) if order in set(Order) else Order.DUE, as_board=given.get("vue") == "tableau", after=given.get("suite", "")[:400],
    )  # fmt: skip


@router.get("")
async def show_cases(request: Request, visit: PageVisit) -> Response:
    """The cases that one may see, narrowed and ordered as the address says."""
    asked, who, now = asked_of(request), visit.identity, visit.now

    def read(db: Connection) -> tuple[Page, tuple[Choice, ...]]:
        people, filters = people_of_territories(db, who), asked.filters()
        if asked.as_board:
            return board(db, who, filters, now=now), people
        return list_cases(db, who, filters, now=now, order=asked.order, after=asked.after), people

    return await desk.show(request, visit, "cases.html", read, lambda found: cases_context(asked, *found, who, now))


def cases_context(
    asked: Asked, found: Page, people: tuple[Choice, ...], who: Identity, now: datetime
) -> dict[str, Any]:
    """Everything that `cases.html` shows."""
    return {
        "title": "Dossiers", "asked": asked, "board": asked.as_board, "views": _views(asked, who), "filters": _filters(asked, people),
        "displays": [
            {"label": "Liste", "href": asked.address(as_board=False), "icon": "rows", "current": not asked.as_board},
            {"label": "Tableau", "href": asked.address(as_board=True), "icon": "lanes", "current": asked.as_board},
        ],
        "columns": _columns(asked), "rows": [_cells(row, who, now) for row in found.rows], "lanes": _lanes(asked, found, who, now),
        "older": asked.address(after=found.after) if found.after else None, "newer": asked.address() if asked.after else None,
        "summary": f"{PAGE} dossiers par page" if found.after or asked.after else _count(len(found.rows)), "clear": "/dossiers",
        "kept": {name: value for name, value in (("vue", "tableau" if asked.as_board else ""), ("referent", asked.referent), ("delai", asked.delay)) if value},
    }  # fmt: skip


def _count(number: int) -> str:
    return "1 dossier" if number == 1 else f"{number} dossiers"


def _views(asked: Asked, who: Identity) -> list[dict[str, Any]]:
    """Views that people open most."""
    plain = Asked(as_board=asked.as_board)
    views = [
        ("Ouverts", plain),
        ("En retard", replace(plain, delay="retard")),
        ("À orienter", replace(plain, state=("orientation",))),
    ]
    if who.territories():
        views.insert(1, ("Les miens", replace(plain, referent=MINE)))
        views.append(("Bloqués", replace(plain, delay="bloques")))
    views.append(("Clos", replace(plain, state=("closed",))))
    same = replace(asked, order=Order.DUE, after="")
    return [{"label": label, "href": view.address(), "current": view == same} for label, view in views]


def _filters(asked: Asked, people: tuple[Choice, ...]) -> list[dict[str, Any]]:
    names = {MINE: "vous", **{one.value: one.label for one in people}}
    found = [_filter(asked, "Étape", "state", {(code,): label for code, label in STAGES.items()})]
    if people:
        found.append(_filter(asked, "Suivi par", "referent", names))
    found.append(_filter(asked, "Délai", "delay", DELAYS))
    found.append(_filter(asked, "Âge", "age", AGE_LABELS))
    if asked.owner:
        found.append(_filter(asked, "En retard chez", "owner", OWNERS))
    return found


def _filter(asked: Asked, label: str, name: str, values: Mapping[Any, str]) -> dict[str, Any]:
    """One filter: set, with the way to take it away; or its menu."""
    now = getattr(asked, name)
    if not now:
        options = [{"label": said, "href": asked.address(**{name: value})} for value, said in values.items()]
        return {"label": label, "options": options}
    none: tuple[str, ...] | str = () if isinstance(now, tuple) else ""
    said = ", ".join(STAGES[code] for code in now) if isinstance(now, tuple) else values.get(now, "un collègue")
    return {"label": label, "value": said, "off": asked.address(**{name: none})}


# -- the list -------------------------------------------------------------------------------------------------------------


def _columns(asked: Asked) -> list[dict[str, Any]]:
    def sorted_by(order: Order, direction: str = "ascending") -> dict[str, Any]:
        return {"href": asked.address(order=order), "sort": direction if asked.order is order else None}

    return [
        {"label": "Dossier", **sorted_by(Order.NAME)},
        {"label": "Étape", "fold": "full"},
        {"label": "Besoin, quartier", "fold": "hide"},
        {"label": "Chez", "fold": "hide"},
        {"label": "Échéance", "fold": "end", **sorted_by(Order.DUE)},
        {"label": "Âge", "right": True, "fold": "hide", **sorted_by(Order.AGE)},
    ]


def _cells(row: CaseRow, who: Identity, now: datetime) -> list[dict[str, Any]]:
    chip = case_chip(row.due_on, row.hold_until, row.calendar, now)
    return [
        {"text": row.name, "sub": row.person or row.reference, "href": f"/dossiers/{row.reference}"},
        {"stage": {"code": row.state, "label": STAGES[row.state]}},
        {"text": _needs(row), "sub": row.place or _place(row)},
        {"text": _holder(row, who)},
        {"due": chip} if chip else {"text": "–"},
        {"text": str(row.age)},
    ]


def _needs(row: CaseRow) -> str:
    labels = [subject_in_short(subject) for subject in row.needs]
    return labels[0] + (f" +{len(labels) - 1}" if len(labels) > 1 else "") if labels else "Besoin à préciser"


def _place(row: CaseRow) -> str:
    said = SITUATIONS.get(row.situation, SITUATIONS["unknown"])
    return f"{said[:1].upper()}{said[1:]}"


def _holder(row: CaseRow, who: Identity) -> str:
    mine = row.referent_id is not None and row.referent_id == who.person and row.holder == row.referent
    return "vous" if mine else row.holder or "personne"


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
            "more": {"label": f"{more} de plus", "href": asked.address(state=(code,), as_board=False)} if more else None,
        })  # fmt: skip
    return lanes


def _ticket(row: CaseRow, who: Identity, now: datetime) -> dict[str, Any]:
    return {
        "title": row.name, "href": f"/dossiers/{row.reference}", "text": _needs(row),
        "due": case_chip(row.due_on, row.hold_until, row.calendar, now), "who": row.holder,
    }  # fmt: skip
