"""One person who works here: their roles, their absences, what they hold and to whom it goes, the closing of their account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from api import closing
from api.pages import desk
from api.pages.administration.allowed import LEADERS, refuse_others
from api.pages.case_view import STAGES
from api.pages.shell import ROLES, PageVisit, done, see_other, to_correct, warned
from api.security import Visit
from api.sign_in import end_others
from api.steps import take
from api.vouched_people import forget_vouched
from cases import absences, colleagues
from cases.absences import Away, Planned
from cases.colleagues import Colleague, HeldCase
from cases.database import Scope
from cases.errors import CasesError, Invalid
from cases.journey import Request as StepRequest
from engine.model import Role
from engine.sentences import say, together
from notifications.grammar import counted
from notifications.languages import shown
from notifications.typography import day_long

router = APIRouter(prefix="/administration/personnes/{person}")
SYSTEM: Final = Scope.worker()
"""Links of no case are out of everybody's scope but the system's."""
SAID_APART = 5
"""Refusals that are said one by one after a handover."""


@dataclass(frozen=True, slots=True)
class Card:
    """All that the page shows of somebody."""

    one: Colleague
    roles: list[Any]
    absences: list[Planned]
    held: list[HeldCase]
    successors: list[tuple[str, str]]


@router.get("")
async def show_person(request: Request, person: str, visit: PageVisit) -> Response:
    """One person."""
    return await _show(request, visit, person)


@router.post("/fermer")
async def close_account(request: Request, person: str, visit: PageVisit) -> Response:
    """Close an account at once."""

    def unit(db: Connection) -> None:
        colleagues.refuse_oneself(visit.identity, _theirs(db, visit, person).id)
        closing.close_account(db, person, visit.now)

    try:
        await visit.work.write(unit, SYSTEM)
    except Invalid as error:
        return await _show(request, visit, person, error=error)
    told = "Ce compte est fermé : sessions, jetons et liens ne s’ouvrent plus."
    return see_other(request, f"/administration/personnes/{person}", done(told))


@router.post("/sessions/fermer")
async def end_sessions(request: Request, person: str, visit: PageVisit) -> Response:
    """Sign somebody out wherever they are; they may come in again."""

    def unit(db: Connection) -> None:
        one = _theirs(db, visit, person).id
        end_others(db, one, "", visit.now)
        forget_vouched(db, one)

    await visit.work.write(unit, SYSTEM)
    told = "Ses sessions sont fermées : cette personne se connecte de nouveau, par un courriel."
    return see_other(request, f"/administration/personnes/{person}", done(told))


@router.post("/roles/{grant}/retirer")
async def end_role(request: Request, person: str, grant: str, visit: PageVisit) -> Response:
    """Take a role away."""

    def unit(db: Connection) -> None:
        colleagues.refuse_oneself(visit.identity, _theirs(db, visit, person).id)
        colleagues.end_role(db, visit.identity, person, grant, now=visit.now)

    return await _do(request, visit, person, unit, "Ce rôle est retiré.")


@router.post("/absences")
async def plan_absence(request: Request, person: str, visit: PageVisit) -> Response:
    """Note an absence, and who stands in."""
    sent = await request.form()

    def unit(db: Connection) -> None:
        one = _theirs(db, visit, person)
        substitute = str(sent.get("substitute") or "") or None
        away = Away(one.id, _day(sent, "from"), _day(sent, "to"), substitute)
        absences.plan_absence(db, away, now=visit.now)

    return await _do(request, visit, person, unit, "L’absence est notée.", sent)


@router.post("/absences/{absence}/supprimer")
async def cancel_absence(request: Request, person: str, absence: str, visit: PageVisit) -> Response:
    """They are there after all."""

    def unit(db: Connection) -> None:
        absences.cancel_absence(db, _theirs(db, visit, person).id, absence)

    return await _do(request, visit, person, unit, "L’absence est supprimée.")


@router.post("/confier")
async def hand_over_all(request: Request, person: str, visit: PageVisit) -> Response:
    """Give all that they hold to somebody else, case by case: each has its verdict."""
    sent = await request.form()
    to, reason = str(sent.get("to") or ""), str(sent.get("reason") or "").strip()[:2_000]

    def read(db: Connection) -> tuple[str, list[HeldCase]]:
        one = _theirs(db, visit, person)
        if to not in dict(colleagues.successors(db, visit.identity, one.id)):
            raise Invalid("Choisissez à qui confier.", "to")
        return one.id, colleagues.held_by(db, visit.identity, one.id)

    try:
        holder, held = await visit.read(read)
    except Invalid as error:
        return await _show(request, visit, person, sent=sent, error=error)
    refused = [found for one in held if (found := await _hand_over(visit, one, to, reason))]
    calls = await visit.write(lambda db: colleagues.give_calls(db, visit.identity, holder, to))
    given = counted(len(held) - len(refused), "dossier confié", "dossiers confiés")
    told = say("{given}, {calls} aussi.", given=given, calls=counted(calls, "appel à passer", "appels à passer"))
    more = [warned(said) for said in refused[:SAID_APART]]
    return see_other(request, f"/administration/personnes/{person}", done(told), *more)


# -- how ------------------------------------------------------------------------------------------------------------------


async def _hand_over(visit: Visit, one: HeldCase, to: str, reason: str) -> str | None:
    """Give one case by its own step; why not, when it is refused."""
    payload = {"referent": to} | ({"reason": reason} if reason else {})
    try:
        await take(visit, StepRequest(one.reference, "hand_over", payload=payload))
    except CasesError as error:
        return shown(say("{name} ({reference}) : {error}", name=one.name, reference=one.reference, error=error.said))
    return None


def _theirs(db: Connection, visit: Visit, person: str) -> Colleague:
    refuse_others(visit, LEADERS)
    return colleagues.colleague(db, visit.identity, person)


async def _do(
    request: Request, visit: Visit, person: str, unit: Any, told: str, sent: FormData | None = None
) -> Response:
    try:
        await visit.write(unit)
    except Invalid as error:
        return await _show(request, visit, person, sent=sent, error=error)
    return see_other(request, f"/administration/personnes/{person}", done(told))


def _day(sent: FormData, name: str) -> date:
    try:
        return date.fromisoformat(str(sent.get(name) or ""))
    except ValueError:
        raise Invalid("Choisissez un jour.", name) from None


async def _show(
    request: Request, visit: Visit, person: str, *, sent: FormData | None = None, error: CasesError | None = None
) -> Response:
    def read(db: Connection) -> Card:
        one = _theirs(db, visit, person)
        return Card(
            one, colleagues.roles_of(db, one.id), absences.absences_of(db, one.id, visit.now.date()),
            colleagues.held_by(db, visit.identity, one.id), colleagues.successors(db, visit.identity, one.id),
        )  # fmt: skip

    return await desk.show(
        request, visit, "administration/person.html", read, lambda card: _context(card, visit, sent, error), status=422 if error else 200
    )  # fmt: skip


def _context(card: Card, visit: Visit, sent: FormData | None, error: CasesError | None) -> dict[str, Any]:
    """Everything that `administration/person.html` shows."""
    one = card.one
    names = [*one.roles]
    roles = [
        {"id": row["id"], "label": ROLES.get(Role(row["role"]), ""), "place": names[place]["place"] or ""}
        for place, row in enumerate(card.roles)
    ]  # fmt: skip
    return {
        "title": one.name, "email": one.email or say("sans adresse"), "active": one.active, "here": f"/administration/personnes/{one.id}", "grants": roles,
        "absences": [{"id": away.id, "text": _away(away)} for away in card.absences], "count": one.cases,
        "held": [{"href": f"/dossiers/{case.reference}", "name": case.name, "state": STAGES[case.state]} for case in card.held],
        "successors": [{"value": "", "label": "Choisissez"}] + [{"value": value, "label": label} for value, label in card.successors],
        "is_me": one.id == visit.identity.person, "typed": {name: str(sent.get(name) or "") if sent else "" for name in ("from", "to", "substitute", "reason")},
        "errors": to_correct(error) if error else [], "wrong": getattr(error, "field", None),
    }  # fmt: skip


def _away(away: Planned) -> str:
    stands_in = say("remplacé par {name}", name=away.substitute) if away.substitute else "sans remplaçant"
    days = say("Du {first} au {last}", first=day_long(away.first), last=day_long(away.last))
    return together((days, stands_in), ", ")
