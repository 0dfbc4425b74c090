"""À faire: what waits for whoever is signed in, late first, with one thing to begin with."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages import desk, rules
from api.pages.case_view import STAGES
from api.pages.dates import before, due_chip
from api.pages.shell import PageVisit
from cases.access import Identity
from cases.facts.of_case import NO_TERRITORY
from cases.views.listing import CaseRow
from cases.views.today import TO_ANSWER, Today, Todo, today_of
from engine.model import Role
from notifications.typography import day_long, phone, phone_uri

router = APIRouter()
STUCK_SHOWN: Final = 5
NUMBERS: Final = ("", "Une", "Deux", "Trois", "Quatre", "Cinq", "Six", "Sept", "Huit", "Neuf", "Dix")
_ICONS: Final = {
    "Appeler": "phone",
    "Répondre": "ask",
    "Orienter": "s2",
    "Qualifier": "s1",
    "Faire le point": "s6",
    "Noter": "edit",
    "Chercher": "search",
    "Écrire": "edit",
}


@router.get("/")
async def show_today(request: Request, visit: PageVisit) -> Response:
    """What is late, due today and new, for this person."""
    who, now = visit.identity, visit.now
    return await desk.show(
        request,
        visit,
        "today.html",
        lambda db: today_of(db, who, now=now),
        lambda found: today_context(found, who, now),
    )


def today_context(found: Today, who: Identity, now: datetime) -> dict[str, Any]:
    """Everything that `today.html` shows."""
    first = next(iter((*found.late, *found.today, *found.new, *found.next)), None) if not found.stuck else None
    groups = (
        ("En retard", found.late),
        ("Aujourd’hui", found.today),
        ("Nouveau", found.new),
        ("Ensuite", found.next if not found.waiting else ()),
    )
    return {
        "title": "À faire", "lead": _lead(found, now), "stuck": [_stuck(row, now) for row in found.stuck[:STUCK_SHOWN]],
        "stuck_title": _stuck_title(found), "first": _first(first, now) if first else None,
        "groups": [{"title": title, "count": len(todos), "tasks": [_task(t, now) for t in todos if t is not first], "first": first in todos}
                   for title, todos in groups if todos],
        "may_log": bool({g.role for g in who.grants} & {Role.ADVISER, Role.MANAGER}),
    }  # fmt: skip


def _lead(found: Today, now: datetime) -> str:
    today = day_long(NO_TERRITORY.day_of(now))
    said = f"{today[:1].upper()}{today[1:]}."
    if not found.waiting:
        return f"{said} Rien d’autre ne vous attend." if found.stuck else f"{said} Rien ne vous attend."
    count = NUMBERS[found.waiting] if found.waiting < len(NUMBERS) else str(found.waiting)
    late = len(found.late)
    one = found.waiting == 1
    waiting = f"{count} action vous attend" if one else f"{count} actions vous attendent"
    lated = (
        ""
        if not late
        else ", en retard"
        if one
        else f", dont {(NUMBERS[late] if late < len(NUMBERS) else str(late)).lower()} en retard"
    )
    return f"{said} {waiting}{lated}."


def _first(todo: Todo, now: datetime) -> dict[str, Any]:
    """The one thing to begin with: its title, its rule, what to press."""
    call = todo.phone if _is_a_call(todo) else None
    way = _way(todo)
    return {
        "title": _title(todo), "due": due_chip(todo.due_on, todo.calendar, now), "text": _reason(todo, now),
        "call": {"label": phone(call), "href": phone_uri(call)} if call else None,
        "way": {"label": "Noter l’échange" if call else _button(todo), "href": way},
    }  # fmt: skip


def _task(todo: Todo, now: datetime) -> dict[str, Any]:
    return {
        "due": due_chip(todo.due_on, todo.calendar, now), "title": _title(todo), "href": f"/dossiers/{todo.reference}",
        "reason": f"{todo.name} · {rules.within(todo.rule, todo.length, todo.unit)}",
        "action": {"label": _button(todo), "href": _way(todo), "icon": _ICONS.get(rules.verb(todo.rule), "right"), "spoken": todo.name},
    }  # fmt: skip


def _title(todo: Todo) -> str:
    what = rules.todo_of(todo.rule, todo.item)
    if _is_a_call(todo):
        return f"{what} {todo.person}, {todo.name}" if todo.person else f"{what} {todo.name}"
    if todo.rule == TO_ANSWER:
        return f"{what} à la demande pour {todo.name}"
    return what


def _is_a_call(todo: Todo) -> bool:
    return rules.todo_of(todo.rule) == "Appeler"


def _reason(todo: Todo, now: datetime) -> str:
    said = rules.within(todo.rule, todo.length, todo.unit)
    late = before(todo.due_on, todo.calendar, now)
    since = f"{said[:1].upper()}{said[1:]}, {late}."
    return since if _is_a_call(todo) else f"{todo.name}. {since}"


def _way(todo: Todo) -> str:
    if todo.rule == TO_ANSWER:
        return f"/orientations/{todo.reference}/{todo.track}"
    return rules.way(todo.reference, todo.rule, todo.track)


def _button(todo: Todo) -> str:
    return rules.verb(todo.rule)


def _stuck_title(found: Today) -> str:
    """« 3 dossiers bloqués »."""
    count = len(found.stuck)
    more = "plus de " if found.more_stuck else ""
    return "1 dossier bloqué" if count == 1 else f"{more}{count} dossiers bloqués".capitalize()


def _stuck(row: CaseRow, now: datetime) -> dict[str, Any]:
    """A stuck case: why, since when, who holds it."""
    why = rules.todo_of(row.rule) if row.rule else "Sans échéance"
    return {
        "due": due_chip(row.due_on, row.calendar, now) or {"kind": "late", "text": "en retard"}, "title": row.name, "href": f"/dossiers/{row.reference}",
        "reason": f"{why} · {STAGES[row.state]} · chez {row.holder or 'personne'}",
        "action": {"label": "Confier à…", "href": f"/dossiers/{row.reference}/actions/hand_over?retour=/", "spoken": row.name},
    }  # fmt: skip
