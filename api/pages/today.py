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
from engine.sentences import capital, listed, lowered, say, together
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
    said: list[str] = [f"{capital(today)}."]
    if found.stuck:
        waits = _agree(len(found.stuck), "{stuck} attend votre décision.", "{stuck} attendent votre décision.")
        said.append(say(waits, stuck=_stuck_title(found)))
    if due:
        waits = _agree(due, "{count} action vous attend{lated}.", "{count} actions vous attendent{lated}.")
        said.append(say(waits, count=_counted(due), lated=_lated(due, _late(found, now))))
    if new:
        came = _agree(new, *(_OTHERS_CAME if due else _CAME))
        said.append(say(came, count=_counted(new)))
    return together(said if len(said) > 1 else (*said, "Rien ne vous attend."))


_CAME: Final = ("{count} action vient d’arriver.", "{count} actions viennent d’arriver.")
_OTHERS_CAME: Final = ("{count} autre vient d’arriver.", "{count} autres viennent d’arriver.")


def _late(found: Today, now: datetime) -> int:
    chips = (due_chip(call.due_on, call.calendar, now) for call in found.calls)
    return len(found.late) + sum(chip is not None and chip["kind"] == "late" for chip in chips)


def _lated(due: int, late: int) -> str:
    if not late:
        return ""
    if late == due:
        return _agree(due, ", en retard", ", toutes en retard")
    return say(", dont {count} en retard", count=lowered(_counted(late)))


def _counted(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def _agree(count: int, one: str, several: str) -> str:
    return one if count == 1 else several


def _first(todo: Todo, after: Otherwise, who: Identity, now: datetime) -> dict[str, Any]:
    """The one thing to begin with: its title, its rule, what happens otherwise, what to press."""
    call = todo.phone if _is_a_call(todo) else None
    way = _way(todo)
    title = _title(todo) if todo.name in _title(todo) else say("{title} : {name}", title=_title(todo), name=todo.name)
    return {
        "title": title, "due": due_chip(todo.due_on, todo.calendar, now), "text": together((_reason(todo, now), _otherwise(todo, after, who, now))),
        "call": {"label": phone(call), "href": phone_uri(call)} if call else None,
        "way": {"label": "Noter l’échange" if call else _button(todo), "href": way},
    }  # fmt: skip


def _task(todo: Todo, now: datetime) -> dict[str, Any]:
    return {
        "due": due_chip(todo.due_on, todo.calendar, now), "title": _title(todo), "href": f"/dossiers/{todo.reference}",
        "reason": capital(_rule(todo)) if todo.name in _title(todo) else together((todo.name, _rule(todo)), " · "),
        "action": {"label": _button(todo), "href": _way(todo), "icon": _ICONS.get(rules.verb(todo.rule), "right"), "spoken": todo.name},
    }  # fmt: skip


def _title(todo: Todo) -> str:
    what = rules.todo_of(todo.rule, todo.item)
    if _is_a_call(todo):
        return say("{what} {who}", what=what, who=together((todo.person or "", todo.name), ", "))
    if todo.rule == TO_ANSWER:
        return say("{what} à la demande pour {name}", what=what, name=todo.name)
    return what


def _is_a_call(todo: Todo) -> bool:
    return rules.todo_of(todo.rule) == "Appeler"


def _reason(todo: Todo, now: datetime) -> str:
    """« Premier contact sous 3 jours ouvrés, avant mardi 1ᵉʳ décembre. »."""
    return say("{rule}, {until}.", rule=capital(_rule(todo)), until=until(todo.due_on, todo.calendar, now))


def _otherwise(todo: Todo, after: Otherwise, who: Identity, now: datetime) -> str:
    """« Sinon, aujourd’hui à 18 h : alerte au responsable du territoire. »."""
    if after is None:
        return ""
    at, mark = after
    mine = {grant.role for grant in who.grants}
    told = dict.fromkeys("à vous" if role in mine else rules.to_roles((role,)) for role in mark.to)
    title, to = rules.leaving(mark, listed(told))
    said = together((lowered(title), to))
    return say("Sinon, {when} : {said}.", when=when_long(at, todo.calendar, now), said=said)


def _rule(todo: Todo) -> str:
    """« premier contact sous 3 jours ouvrés »; « votre réponse sous … » to an operator; « sous … » where the title says the rest."""
    span = rules.length(todo.length, todo.unit)
    if span and todo.rule == TO_ANSWER:
        return say("votre réponse sous {span}", span=span)
    if span and rules.label_of(todo.rule) == rules.todo_of(todo.rule):
        return say("sous {span}", span=span)
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
    if count == 1:
        return "1 dossier bloqué"
    return say("Plus de {count} dossiers bloqués" if found.more_stuck else "{count} dossiers bloqués", count=count)


def _stuck(row: CaseRow, now: datetime) -> dict[str, Any]:
    """A stuck case: why, since when, who holds it."""
    why = rules.todo_of(row.rule) if row.rule else "Sans échéance"
    return {
        "due": due_chip(row.due_on, row.calendar, now) or {"kind": "late", "text": say("en retard")}, "title": row.name, "href": f"/dossiers/{row.reference}",
        "reason": say("{why} · {stage} · chez {holder}", why=why, stage=STAGES[row.state], holder=row.holder or say("personne")),
        "actions": [
            {"label": "Confier à…", "href": f"/dossiers/{row.reference}/actions/hand_over?retour=/", "spoken": row.name},
            {"label": "Relancer", "href": f"/dossiers/{row.reference}/noter/nudge?suivi={row.track or CASE_TRACK}&retour=/", "spoken": row.name},
        ],
    }  # fmt: skip
