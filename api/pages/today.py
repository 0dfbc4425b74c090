"""À faire: what waits for whoever is signed in, late first, with one thing to begin with."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.pages import desk, rules
from api.pages.case_view import STAGES
from api.pages.dates import due_chip, until, when_long
from api.pages.shell import PageVisit, see_other
from api.pages.to_settle import call_row, doubt_row, next_row
from cases.access import Identity
from cases.facts.of_case import NO_TERRITORY
from cases.views.listing import CaseRow
from cases.views.today import TO_ANSWER, Today, Todo, otherwise, today_of
from engine.model import CASE_TRACK, Mark, Role
from notifications.typography import day_long, phone, phone_uri

router = APIRouter()
STUCK_SHOWN: Final = 5
Otherwise = tuple[datetime, Mark] | None
"""What happens by itself if something is not done, and when."""
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
    """What is late, due today and new, for this person; who only observes has nothing to do, and begins with the figures."""
    who, now = visit.identity, visit.now
    if {grant.role for grant in who.grants} == {Role.OBSERVER}:
        return see_other(request, "/pilotage")

    def read(db: Connection) -> tuple[Today, Otherwise]:
        found = today_of(db, who, now=now)
        return found, otherwise(db, who, found.first, now=now) if found.first else None

    return await desk.show(request, visit, "today.html", read, lambda found: today_context(*found, who, now))


def today_context(found: Today, after: Otherwise, who: Identity, now: datetime) -> dict[str, Any]:
    """Everything that `today.html` shows; `after`: what happens if the first thing is not done."""
    first = found.first
    groups = (
        ("En retard", found.late),
        ("Aujourd’hui", found.today),
        ("Nouveau", found.new),
        ("Ensuite", found.next if not found.waiting else ()),
    )
    return {
        "title": "À faire", "lead": _lead(found, now), "stuck": [_stuck(row, now) for row in found.stuck[:STUCK_SHOWN]],
        "stuck_title": _stuck_title(found), "first": _first(first, after, who, now) if first else None,
        "groups": [{"title": title, "count": len(todos), "tasks": [_task(t, now) for t in todos if t is not first], "first": first in todos}
                   for title, todos in groups if todos] + _to_settle(found, now),
        "may_log": bool({g.role for g in who.grants} & {Role.ADVISER, Role.MANAGER}),
    }  # fmt: skip


def _to_settle(found: Today, now: datetime) -> list[dict[str, Any]]:
    """Who to ask next, the calls to make and the cases that look alike, as groups of the page."""
    calls, doubts = [call_row(call, now, "/") for call in found.calls], [doubt_row(one, "/") for one in found.doubts]
    after = [next_row(one, named=True) for one in found.next_ones]
    groups = (("À demander à quelqu’un d’autre", after), ("Appels à passer", calls), ("Doublons possibles", doubts))
    return [{"title": title, "count": len(rows), "tasks": rows, "first": False} for title, rows in groups if rows]


def _lead(found: Today, now: datetime) -> str:
    """The day, then what waits: the number that the navigation says too, then what has just come."""
    today = day_long(NO_TERRITORY.day_of(now))
    new, due = len(found.new), found.waiting - len(found.new)
    said = [f"{_capital(today)}."]
    if found.stuck:
        said.append(f"{_stuck_title(found)} {_agree(len(found.stuck), 'attend', 'attendent')} votre décision.")
    if due:
        said.append(f"{_counted(due)} {_agree(due, 'action vous attend', 'actions vous attendent')}{_lated(due, _late(found, now))}.")  # fmt: skip
    if new:
        noun = _agree(new, "autre", "autres") if due else _agree(new, "action", "actions")
        said.append(f"{_counted(new)} {noun} {_agree(new, 'vient', 'viennent')} d’arriver.")
    return " ".join(said if len(said) > 1 else (*said, "Rien ne vous attend."))


def _late(found: Today, now: datetime) -> int:
    chips = (due_chip(call.due_on, call.calendar, now) for call in found.calls)
    return len(found.late) + sum(chip is not None and chip["kind"] == "late" for chip in chips)


def _lated(due: int, late: int) -> str:
    if not late:
        return ""
    if late == due:
        return _agree(due, ", en retard", ", toutes en retard")
    return f", dont {_counted(late).lower()} en retard"


def _counted(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _agree(count: int, one: str, several: str) -> str:
    return one if count == 1 else several


def _first(todo: Todo, after: Otherwise, who: Identity, now: datetime) -> dict[str, Any]:
    """The one thing to begin with: its title, its rule, what happens otherwise, what to press."""
    call = todo.phone if _is_a_call(todo) else None
    way = _way(todo)
    title = _title(todo) if todo.name in _title(todo) else f"{_title(todo)} : {todo.name}"
    return {
        "title": title, "due": due_chip(todo.due_on, todo.calendar, now), "text": f"{_reason(todo, now)} {_otherwise(todo, after, who, now)}".rstrip(),
        "call": {"label": phone(call), "href": phone_uri(call)} if call else None,
        "way": {"label": "Noter l’échange" if call else _button(todo), "href": way},
    }  # fmt: skip


def _task(todo: Todo, now: datetime) -> dict[str, Any]:
    return {
        "due": due_chip(todo.due_on, todo.calendar, now), "title": _title(todo), "href": f"/dossiers/{todo.reference}",
        "reason": _capital(_rule(todo)) if todo.name in _title(todo) else f"{todo.name} · {_rule(todo)}",
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
    """« Premier contact sous 3 jours ouvrés, avant mardi 1ᵉʳ décembre. »."""
    return f"{_capital(_rule(todo))}, {until(todo.due_on, todo.calendar, now)}."


def _otherwise(todo: Todo, after: Otherwise, who: Identity, now: datetime) -> str:
    """« Sinon, aujourd’hui à 18 h : alerte au responsable du territoire. »."""
    if after is None:
        return ""
    at, mark = after
    mine = {grant.role for grant in who.grants}
    told = dict.fromkeys("à vous" if role in mine else rules.to_roles((role,)) for role in mark.to)
    title, to = rules.leaving(mark, " et ".join(told))
    said = f"{title[:1].lower()}{title[1:]} {to}".rstrip()
    return f"Sinon, {when_long(at, todo.calendar, now)} : {said}."


def _rule(todo: Todo) -> str:
    """« premier contact sous 3 jours ouvrés »; « votre réponse sous … » to an operator; « sous … » where the title says the rest."""
    span = rules.length(todo.length, todo.unit)
    if span and todo.rule == TO_ANSWER:
        return f"votre réponse sous {span}"
    if span and rules.label_of(todo.rule) == rules.todo_of(todo.rule):
        return f"sous {span}"
    return rules.within(todo.rule, todo.length, todo.unit)


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
        "actions": [
            {"label": "Confier à…", "href": f"/dossiers/{row.reference}/actions/hand_over?retour=/", "spoken": row.name},
            {"label": "Relancer", "href": f"/dossiers/{row.reference}/noter/nudge?suivi={row.track or CASE_TRACK}&retour=/", "spoken": row.name},
        ],
    }  # fmt: skip
