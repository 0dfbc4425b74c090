"""Mentorat: the pairs of a mentor, or of a territory, and the next thing to do in each."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages import desk, rules
from api.pages.dates import before, due_chip, paused_chip, sentence
from api.pages.shell import PageVisit
from cases.access import Identity
from cases.views.pairs import PairRow, pairs_of
from engine.definition import MACHINES
from engine.lists import PROGRESS
from engine.model import Kind
from engine.sentences import listed, lowered, say, together
from notifications.typography import day_long, phone_uri

router = APIRouter(prefix="/mentorat")
BACK: Final = "retour=/mentorat"


@router.get("")
async def show_pairs(request: Request, visit: PageVisit) -> Response:
    """The pairs under way, or those that are over."""
    who, now, over = visit.identity, visit.now, request.query_params.get("etat") == "termines"
    return await desk.show(
        request, visit, "mentoring.html", lambda db: pairs_of(db, who, over=over),
        lambda pairs: pairs_context(pairs, who, now, over=over),
    )  # fmt: skip


def pairs_context(pairs: list[PairRow], who: Identity, now: datetime, *, over: bool) -> dict[str, Any]:
    """Everything that `mentoring.html` shows."""
    mine = [pair for pair in pairs if pair.mentor_id == who.person]
    first = None if over else next((pair for pair in mine if pair.rule), None)
    return {
        "title": "Mentorat", "lead": _lead(pairs, mine, over=over),
        "tabs": [
            {"label": "En cours", "href": "/mentorat", "current": not over}, {"label": "Terminés", "href": "/mentorat?etat=termines", "current": over},
        ],
        "first": _first(first, now) if first else None, "pairs": [_pair(pair, who, now) for pair in pairs], "over": over,
    }  # fmt: skip


def _lead(pairs: list[PairRow], mine: list[PairRow], *, over: bool) -> str:
    if over:
        return "Les binômes terminés, et ceux qui n’ont pas abouti."
    if mine:
        return (
            "Une personne vous est confiée."
            if len(mine) == 1
            else say("{count} personnes vous sont confiées.", count=len(mine))
        )
    return "Un binôme est en cours." if len(pairs) == 1 else say("{count} binômes sont en cours.", count=len(pairs))


def _first(pair: PairRow, now: datetime) -> dict[str, Any]:
    """The next thing that a mentor does."""
    rule = pair.rule or ""
    signs = pair.state == "proposed"
    who = pair.person or pair.name
    label = "Signer la charte" if signs else rules.todo_of(rule)
    way = (
        f"/dossiers/{pair.reference}/actions/sign_charter?suivi={pair.track}"
        if signs
        else rules.way(pair.reference, rule, pair.track)
    )
    chip = due_chip(pair.due_on, pair.calendar, now)
    return {
        "title": say("{label} avec {who}", label=label, who=who) if label.startswith("Se ") else say("{title} : {name}", title=label, name=who),
        "text": say("{name}. À faire {before}.", name=pair.name, before=before(pair.due_on, pair.calendar, now) if pair.due_on else 'bientôt'),
        "due": chip, "way": {"label": label, "href": f"{way}&{BACK}"}, "phone": pair.phone, "name": who,
        "notebook": None if signs else f"/dossiers/{pair.reference}/actions/record_progress?suivi={pair.track}&{BACK}",
    }  # fmt: skip


def _pair(pair: PairRow, who: Identity, now: datetime) -> dict[str, Any]:
    """A pair as the macro `tracks` takes it."""
    helped = f"{pair.person}, {pair.name}" if pair.person else pair.name
    return {
        "id": f"{pair.reference}-{pair.track}",
        "name": helped if pair.mentor_id == who.person else listed((pair.mentor, helped)),
        "kind": "person",
        "href": f"/dossiers/{pair.reference}", "due": _due(pair, now), "text": _text(pair, now), "actions": _actions(pair, who), "records": _seldom(pair, who),
    }  # fmt: skip


def _actions(pair: PairRow, who: Identity) -> list[dict[str, str]]:
    """What is most often done with a pair; the rest is on the case's page."""
    case, on = f"/dossiers/{pair.reference}", f"?suivi={pair.track}&{BACK}"
    if pair.state in ("active", "mid_review"):
        return [
            {"label": "Écrire le carnet", "href": f"{case}/actions/record_progress{on}"},
            {"label": "Noter une rencontre", "href": f"{case}/noter/session{on}"},
        ]
    if pair.state == "paused" and pair.mentor_id == who.person:
        return [{"label": "Reprendre", "href": f"{case}/actions/resume{on}"}]
    if pair.state == "proposed" and pair.mentor_id == who.person and not pair.mentor_signed:
        return [
            {"label": "Signer la charte", "href": f"{case}/actions/sign_charter{on}"},
            {"label": "Pas cette fois", "href": f"{case}/actions/decline_pair{on}"},
        ]
    return []


def _seldom(pair: PairRow, who: Identity) -> list[dict[str, str]]:
    """What a mentor may say at any time: that they need help, are away, or hand the pair over."""
    case, on = f"/dossiers/{pair.reference}/actions", f"?suivi={pair.track}&{BACK}"
    if pair.mentor_id != who.person or pair.state not in ("active", "mid_review", "paused"):
        return []
    away = [{"label": "M’absenter", "href": f"{case}/pause{on}&reason=absence"}] if pair.state != "paused" else []
    call = (
        [{"label": say("Appeler {person}", person=pair.person or pair.name), "href": phone_uri(pair.phone)}]
        if pair.phone
        else []
    )
    return [
        *call,
        {"label": "J’ai besoin d’aide", "href": f"{case}/record_progress{on}&status=blocked"},
        *away,
        {"label": "Passer le relais", "href": f"{case}/end_pair{on}&reason=mentor_leaves"},
    ]


def _due(pair: PairRow, now: datetime) -> dict[str, str]:
    state = lowered(MACHINES[Kind.MENTORING_PAIR].states[pair.state].french)
    if pair.state == "paused":
        return paused_chip(pair.paused_until, pair.calendar.day_of(now))
    chip = due_chip(pair.due_on, pair.calendar, now)
    if chip and chip["kind"] in ("late", "today"):
        return chip
    return {"kind": "done" if pair.state in ("active", "ended") else "soon", "text": state}


def _text(pair: PairRow, now: datetime) -> str:
    met = (
        "Pas encore de rencontre notée"
        if not pair.sessions
        else "Une rencontre"
        if pair.sessions == 1
        else say("{sessions} rencontres", sessions=pair.sessions)
    )
    last = say("la dernière le {day}", day=day_long(pair.last_met_on, weekday=False)) if pair.last_met_on else ""
    began = say("Depuis le {day}", day=day_long(pair.began_on, weekday=False, year=True)) if pair.began_on else ""
    following = (
        together((rules.todo_of(pair.rule), before(pair.due_on, pair.calendar, now)))
        if pair.rule and pair.due_on
        else ""
    )
    said = (
        began,
        together((met, last), ", ") if pair.began_on else "",
        PROGRESS.get(pair.progress or "", ""),
        following,
    )
    return together(sentence(part) for part in said if part)
