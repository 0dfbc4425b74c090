"""The operator's inbox: what to answer, what is under way, what is over; an answer is one or two presses, and can be undone."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.pages import desk, rules
from api.pages.case_view import SITUATIONS
from api.pages.dates import before, due_chip, paused_chip, sentence
from api.pages.shell import PageVisit
from cases.access import Identity, case_row
from cases.errors import NotFound
from cases.identifiers import read_reference
from cases.views.answering import ToAnswer, to_answer
from cases.views.choices import subject_label
from cases.views.inbox import Asked, Inbox, Tray, inbox_of
from cases.views.today import Today, Todo, today_of
from engine.definition import MACHINES
from engine.model import Kind
from engine.sentences import lowered, say, together
from notifications.typography import day_short, phone, phone_uri

router = APIRouter(prefix="/orientations")
LABELS: Final = {
    Tray.TO_ANSWER: "À traiter", Tray.CURRENT: "En cours", Tray.CLOSED: "Closes", Tray.DECLINED: "Déclinées", Tray.EXPIRED: "Expirées",
}  # fmt: skip
_NOTHING: Final = {
    Tray.TO_ANSWER: ("Aucune demande n’attend votre réponse", "Vous recevrez un courriel à la prochaine."),
    Tray.CURRENT: ("Aucun dossier en cours", "Les demandes que vous prenez en charge viennent ici."),
    Tray.CLOSED: ("Aucun dossier clos", "Les dossiers aboutis, arrêtés ou retirés viennent ici."),
    Tray.DECLINED: ("Aucune demande déclinée", "Un motif suffit pour dire non."),
    Tray.EXPIRED: ("Aucune demande expirée", "Vous répondez à temps."),
}


@router.get("")
async def show_inbox(request: Request, visit: PageVisit) -> Response:
    """One tray of the inbox, and what is to be done on the cases under way."""
    who, now = visit.identity, visit.now
    tray, after = _tray(request), request.query_params.get("suite", "")[:60] or None

    def read(db: Connection) -> tuple[Inbox, Today]:
        return inbox_of(db, who, tray, after=after), today_of(db, who, now=now)

    return await desk.show(request, visit, "inbox.html", read, lambda found: inbox_context(*found, now))


@router.get("/{reference}/{track}")
async def show_request(request: Request, reference: str, track: str, visit: PageVisit) -> Response:
    """One request in short, with its three answers."""
    who, now, wanted = visit.identity, visit.now, read_reference(reference)

    def read(db: Connection) -> ToAnswer:
        return to_answer(db, case_row(db, who, wanted)["id"], track, by=who, now=now)

    return await desk.show(request, visit, "request.html", read, lambda asked: request_context(asked, who, now))


def _tray(request: Request) -> Tray:
    given = request.query_params.get("etat", "")
    return Tray(given) if given in set(Tray) else Tray.TO_ANSWER


def inbox_context(found: Inbox, mine: Today, now: datetime) -> dict[str, Any]:
    """Everything that `inbox.html` shows."""
    waiting, working = found.counts[Tray.TO_ANSWER], found.counts[Tray.CURRENT]
    rows = [_row(asked, now) for asked in found.asked]
    title, text = _NOTHING[found.tray]
    tabs = [
        {"label": LABELS[tray], "href": f"/orientations?etat={tray}", "count": found.counts[tray], "current": tray is found.tray}
        for tray in Tray
    ]  # fmt: skip
    return {
        "title": "Orientations reçues", "lead": _lead(waiting, working, found.room), "tabs": tabs, "tray": LABELS[found.tray], "rows": rows,
        "nothing": {"title": title, "text": text}, "older": f"/orientations?etat={found.tray}&suite={found.after}" if found.after else None,
        "todo": _todo(mine, now) if found.tray is Tray.TO_ANSWER else [],
    }  # fmt: skip


def _lead(waiting: int, working: int, room: int) -> str:
    asked = (
        "Aucune demande n’attend"
        if not waiting
        else "Une demande attend"
        if waiting == 1
        else say("{waiting} demandes attendent", waiting=waiting)
    )
    cases = (
        say("aucun dossier")
        if not working
        else say("un dossier")
        if working == 1
        else say("{working} dossiers", working=working)
    )
    return say(
        "{asked} votre réponse. L’antenne suit {cases}, et peut en prendre {room} par semaine.",
        asked=asked,
        cases=cases,
        room=room,
    )


def _row(asked: Asked, now: datetime) -> dict[str, Any]:
    """One request as the macro `task` takes it."""
    said = asked.needs[0] if asked.needs else None
    need = subject_label(said[0]) if said else "Besoin à préciser"
    what = lowered(need)
    place = asked.place or SITUATIONS.get(asked.situation, "")
    about = together((asked.activity or "", place), ", ")
    sender = say("transmis par {name}", name=asked.sender) if asked.sender else ""
    waits = asked.state in ("sent", "info_requested")
    href = f"/orientations/{asked.reference}/{asked.track}" if waits else f"/dossiers/{asked.reference}"
    return {
        "due": _due(asked, now), "title": say("{title} : {name}", title=asked.name, name=what), "href": href,
        "reason": together((about, sender), " · ") or asked.reference,
        "detail": _detail(asked, said[1] if said else None, now), "actions": _actions(asked, href),
    }  # fmt: skip


def _actions(asked: Asked, href: str) -> list[dict[str, str]]:
    """What is done with a request: answer it; once it is taken, telephone, then note what is due next."""
    if asked.state == "sent":
        return [{"label": "Répondre", "href": href, "kind": "go", "spoken": asked.name}]
    if asked.state not in ("accepted", "engaged"):
        return [{"label": "Voir", "href": href, "spoken": asked.name}]
    called = f"{asked.person or asked.name}, {phone(asked.phone)}" if asked.phone else ""
    call = {"label": "Appeler", "href": phone_uri(asked.phone or ""), "icon": "phone", "spoken": called}
    way = rules.way(asked.reference, asked.rule, asked.track) if asked.rule else href
    label = "Noter l’appel" if asked.state == "accepted" else rules.verb(asked.rule) if asked.rule else "Voir"
    noted = {"label": label, "href": way + _back(way), "spoken": asked.name}
    return [call, noted] if asked.phone else [noted]


def _due(asked: Asked, now: datetime) -> dict[str, str]:
    if asked.paused:
        return paused_chip(None, asked.calendar.day_of(now))
    over = asked.state not in ("sent", "info_requested", "accepted", "engaged")
    chip = due_chip(asked.due_on, asked.calendar, now)
    if chip is None or over:
        return {"kind": "done" if asked.state == "completed" else "paused", "text": lowered(_state(asked))}
    return chip


def _state(asked: Asked) -> str:
    return MACHINES[Kind.REFERRAL].states[asked.state].french


def _detail(asked: Asked, said: str | None, now: datetime) -> str:
    if asked.state == "info_requested":
        return "Vous avez posé une question. Le délai reprendra à la réponse."
    since = day_short(asked.state_since, asked.calendar.timezone, weekday=True)
    said_since = sentence(
        say("Arrivée {since}", since=since)
        if asked.state == "sent"
        else say("{state} depuis {since}", state=_state(asked), since=since)
    )
    quoted = say("« {words} »", words=said) if said else ""
    who = say("{agent} suit le dossier.", agent=asked.agent) if asked.agent else ""
    return together((said_since, who, _next(asked, now), quoted))


def _next(asked: Asked, now: datetime) -> str:
    """What its agent does next, and by when."""
    if asked.state not in ("accepted", "engaged") or not asked.rule or not asked.due_on:
        return ""
    return sentence(together((rules.todo_of(asked.rule), before(asked.due_on, asked.calendar, now))))


def _todo(mine: Today, now: datetime) -> list[dict[str, Any]]:
    """What is due on the cases under way."""
    mine_now = (*mine.late, *mine.today, *mine.new, *mine.next)
    return [_task(t, now) for t in mine_now if t.rule.startswith(("referral.accepted", "referral.engaged"))]


def _task(todo: Todo, now: datetime) -> dict[str, Any]:
    way = rules.way(todo.reference, todo.rule, todo.track)
    what, calls = rules.todo_of(todo.rule, todo.item), rules.todo_of(todo.rule) == "Appeler"
    rule = rules.within(todo.rule, todo.length, todo.unit)
    title = together((what, todo.person or todo.name)) if calls else say("{title} : {name}", title=what, name=todo.name)
    return {
        "due": due_chip(todo.due_on, todo.calendar, now), "title": title, "href": f"/dossiers/{todo.reference}",
        "reason": together((todo.name if calls else todo.person or "", rule), " · "),
        "action": {"label": "Noter l’appel" if calls else rules.verb(todo.rule), "href": way + _back(way), "spoken": todo.name},
    }  # fmt: skip


def _back(href: str) -> str:
    return f"{'&' if '?' in href else '?'}retour=/orientations"


def request_context(asked: ToAnswer, who: Identity, now: datetime) -> dict[str, Any]:
    """Everything that `request.html` shows."""
    if asked.state not in ("sent", "info_requested"):
        raise NotFound("Cette demande a déjà sa réponse : ouvrez le dossier.")
    today = asked.calendar.day_of(now)
    chip = due_chip(asked.answer_by, asked.calendar, now)
    due = (
        {**chip, "text": say("réponse attendue {before}", before=before(asked.answer_by, asked.calendar, now))}
        if chip and asked.answer_by
        else None
    )
    case = f"/dossiers/{asked.reference}/actions"
    return {
        "title": say("Pouvez-vous aider {name} ?", name=asked.helped['name'] or asked.shop['name']), "asked": asked, "due": due, "key": secrets.token_urlsafe(12),
        "needs": [_need(subject_label(n.subject), n.detail) for n in asked.needs], "me": who.person, "signed_as": who.name,
        "may_accept": who.person in dict(asked.agents) and asked.allows("accept"), "accept_href": f"{case}/accept", "case": case,
        "change_until": asked.calendar.shift(today, 1),
    }  # fmt: skip


def _need(label: str, detail: str | None) -> str:
    return say("{label} : {value}", label=label, value=detail) if detail else label
