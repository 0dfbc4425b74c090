"""Délais: the lengths of a territory's deadlines, what another one would change, and choosing it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from api.pages import desk, rules
from api.pages.shell import PageVisit, done, see_other
from api.pages.step_view import reasons_of
from api.security import Visit
from cases import programme
from cases.errors import CasesError, NotFound
from cases.lengths import Gone, Moving, Preview
from cases.programme import TerritoryRequest
from cases.views.lengths import Lengths, Offered, length_offered, lengths_seen
from engine import clocks
from engine.definition import MACHINES, RULES
from engine.lengths import CHANGEABLE
from engine.model import Kind, Refusal
from engine.sentences import lowered, say, together
from engine.working_days import Calendar
from notifications.typography import day_short, hour

router = APIRouter(prefix="/territoires/{slug}/delais")
SHOWN: Final = 50
"""Deadlines that a preview names; it counts them all."""
_AT: Final = {"value": "valeur"}
"""Fields whose name on the page is another one."""
LARGEST: Final = 4
"""Digits of a length."""


@dataclass(frozen=True, slots=True)
class _Typed:
    """What was sent with the form, and what is wrong with it."""

    value: str = ""
    reason: str = ""
    move: bool = True
    errors: tuple[Refusal, ...] = ()


@router.get("")
async def show_lengths(request: Request, slug: str, visit: PageVisit) -> Response:
    """Every deadline whose length a territory may choose, with the one it has and where that comes from."""
    return await desk.show(
        request, visit, "lengths.html", lambda db: lengths_seen(db, slug, by=visit.identity), _lengths
    )


@router.get("/{family}")
async def ask_length(request: Request, slug: str, family: str, visit: PageVisit, valeur: str = "") -> Response:
    """The form of one length; once one is typed, what it would change."""
    return await _form(request, visit, (slug, family), _Typed(valeur))


@router.post("/{family}")
async def choose_length(request: Request, slug: str, family: str, visit: PageVisit) -> Response:
    """Choose it; what is refused shows the form again with what was typed."""
    typed = _typed(await request.form())
    payload = {"family": family, "value": _number(typed.value) or 0, "move": typed.move, "reason": typed.reason}
    asked = TerritoryRequest(slug, "deadline_length", payload)
    try:
        await visit.write(lambda db: programme.fire(db, asked, by=visit.identity, now=visit.now))
    except NotFound:
        raise
    except CasesError as error:
        refused = _Typed(typed.value, typed.reason, typed.move, reasons_of(error))
        return await _form(request, visit, (slug, family), refused, status=422)
    return see_other(
        request, f"/territoires/{slug}/delais", done("C’est noté : les nouvelles échéances suivent ce délai.")
    )


def _typed(sent: FormData) -> _Typed:
    value, reason = (str(sent.get(name) or "").strip() for name in ("valeur", "reason"))
    return _Typed(value, reason, bool(sent.get("move")))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LARGEST else None


async def _form(
    request: Request, visit: Visit, which: tuple[str, str], typed: _Typed, *, status: int = 200
) -> Response:
    value, who = _number(typed.value), visit.identity
    return await desk.show(
        request, visit, "length.html", lambda db: length_offered(db, *which, value, by=who, now=visit.now),
        lambda found: _length(found, typed, visit.now), status=status,
    )  # fmt: skip


# -- what is shown --------------------------------------------------------------------------------------------------------


def _lengths(found: Lengths) -> dict[str, Any]:
    """Everything that `lengths.html` shows."""
    row, back = found.territory, f"/territoires/{found.territory['slug']}"
    groups = [
        {"title": MACHINES[kind].journey.french, "rows": [_row(family, found, back) for family in families]}
        for kind in Kind
        if (families := [family for family in CHANGEABLE if family.startswith(f"{kind}.")])
    ]
    return {
        "title": "Délais", "name": row["name"], "back": back, "groups": groups,
        "lead": say("{name} · ceux du programme, et ceux que le territoire a choisis", name=row['name']),
    }  # fmt: skip


def _row(family: str, found: Lengths, back: str) -> list[dict[str, Any]]:
    rule, value = CHANGEABLE[family], found.own.get(family)
    programme_s = rules.length(rule.within.value, rule.within.unit)
    link = {"href": f"{back}/delais/{family}"} if found.may_choose else {}
    return [
        {"text": rule.label, "sub": rule.todo if rule.todo != rule.label else None, **link},
        {"text": rules.length(value or rule.within.value, rule.within.unit)},
        {
            "text": "Le territoire" if value else "Le programme",
            "sub": say("au lieu de {length}", length=programme_s) if value else None,
        },
    ]


def _length(found: Offered, typed: _Typed, now: datetime) -> dict[str, Any]:
    """Everything that `length.html` shows."""
    rule, unit = CHANGEABLE[found.family], CHANGEABLE[found.family].within.unit
    present = rules.length(found.own or rule.within.value, unit)
    name, home = found.territory["name"], f"/territoires/{found.territory['slug']}"
    wrong = {one.field: one.message for one in (*_unreadable(typed, found.limits), *typed.errors) if one.field}
    source = say("choisi par le territoire") if found.own else say("celui du programme")
    return {
        "title": rule.label, "lead": say("{name} · aujourd’hui {present}, {source}", name=name, present=present, source=source),
        "name": name, "territory": home, "back": f"{home}/delais",
        "here": f"{home}/delais/{found.family}", "typed": typed, "wrong": wrong, "least": found.limits[0], "most": found.limits[1],
        "hint": _limits(found.limits, rule.within.value, unit),
        "errors": [{"message": message, "field": _AT.get(field, field)} for field, message in wrong.items()],
        "effect": _effect(found, found.effect, now) if found.effect is not None else None,
    }  # fmt: skip


def _limits(limits: tuple[int, int], usual: int | None, unit: str) -> str:
    least, most = limits[0], rules.length(limits[1], unit)
    return say("Entre {least} et {most}. Le programme en donne {value}.", least=least, most=most, value=usual)


def _unreadable(typed: _Typed, limits: tuple[int, int]) -> Iterable[Refusal]:
    value = _number(typed.value)
    if typed.value and (value is None or not limits[0] <= value <= limits[1]):
        between = say("Écrivez un nombre entier, entre {least} et {most}.", least=limits[0], most=limits[1])
        yield Refusal("length_out_of_limits", between, field="value")


def _effect(found: Offered, effect: Preview, now: datetime) -> dict[str, Any]:
    """What the length would change: what moves, whom that reminds and when, and what would have left yesterday."""
    said = rules.length(found.value, CHANGEABLE[found.family].within.unit)
    count, gone = len(effect.moving), len(effect.yesterday)
    moves = "Aucune échéance en cours ne changerait de date." if not count else _moves(count)
    named = effect.moving[:SHOWN] if found.names else ()
    return {
        "title": say("Avec {said}", said=said), "value": found.value, "moves": moves, "count": count, "rest": max(0, count - len(named)) if named else 0,
        "rows": [_moving(one, found.calendar, now) for one in named],
        "yesterday": say("Hier, {left} ; avec ce délai, {would_leave}.", left=_left(effect.left_yesterday), would_leave=_would_leave(gone)),
        "gone": [_gone(one) for one in effect.yesterday[:SHOWN]] if found.names else [],
    }  # fmt: skip


def _moves(count: int) -> str:
    return (
        "Une échéance en cours changerait de date."
        if count == 1
        else say("{count} échéances en cours changeraient de date.", count=count)
    )


def _left(count: int) -> str:
    if count < 2:
        return "aucune relance n’est partie" if not count else say("une relance est partie")
    return say("{count} relances sont parties", count=count)


def _would_leave(count: int) -> str:
    if count < 2:
        return say("aucune ne serait partie") if not count else say("une serait partie")
    return say("{count} seraient parties", count=count)


def _moving(one: Moving, calendar: Calendar, now: datetime) -> list[dict[str, Any]]:
    upcoming = clocks.upcoming(RULES[one.moved.rule], one.moved, calendar)
    coming = next((found for found in upcoming if found[0] >= now), None)
    then = None
    if coming is not None:
        at, mark = coming
        title, to = rules.leaving(mark, rules.to_roles(mark.to))
        then = say(
            "{day} à {hour} : {said}",
            day=day_short(at, calendar.timezone),
            hour=hour(at, calendar.timezone),
            said=together((lowered(title), to)),
        )
    return [
        {"text": one.name, "sub": one.reference, "href": f"/dossiers/{one.reference}"},
        {"text": day_short(one.running.due_on, weekday=True)},
        {"text": day_short(one.moved.due_on, weekday=True)},
        {"text": then or say("rien de plus")},
    ]


def _gone(one: Gone) -> dict[str, Any]:
    title, to = rules.leaving(one.mark, rules.to_roles(one.mark.to))
    return {"label": one.name, "href": f"/dossiers/{one.reference}", "text": together((title, to))}
