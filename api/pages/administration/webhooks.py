"""Webhooks: which tools are told, how it goes with each, a new one with its secret shown once, and their stop, resumption and end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from api.pages import desk
from api.pages.administration.allowed import ADMINS, refuse_others
from api.pages.sentences import SAID
from api.pages.shell import PageVisit, done, see_other, to_correct
from api.security import Visit
from cases import people, webhooks
from cases.database import Scope
from cases.errors import CasesError
from cases.facts.of_case import NO_TERRITORY
from engine.definition import MACHINES
from engine.records import CASE_RECORDS
from engine.sentences import say, together
from engine.territory_records import TERRITORY_RECORDS
from notifications.languages import said_again
from notifications.typography import day_short, hour

HERE: Final = "/administration/webhooks"
STATUSES: Final[Mapping[str, str]] = {
    "waiting": "à dire", "delivered": "dit", "failed": "abandonné", "dropped": "pas à lui",
}  # fmt: skip
"""What became of a line."""
LABELS: Final[Mapping[str, str]] = {
    **{event.rpartition(".")[2]: said for event, said in SAID.items()},
    **{
        step.event: step.label
        for machine in MACHINES.values()
        for state in machine.journey.states
        for step in state.steps
    },
    **{event: step.label for event, step in {**CASE_RECORDS, **TERRITORY_RECORDS}.items()},
}
"""What may be told, as the buttons name it."""
SYSTEM: Final = Scope.worker()
"""The secrets of webhooks are out of everybody's sight; what is a person's own is asked by `cases.webhooks`."""
router = APIRouter(prefix=HERE)


@router.get("")
async def show_webhooks(request: Request, visit: PageVisit) -> Response:
    """Every tool that is told."""
    return await _show(request, visit)


@router.post("")
async def make(request: Request, visit: PageVisit) -> Response:
    """Have a tool told; the secret that signs is shown once on the next page."""
    refuse_others(visit, ADMINS)
    sent, hosts = await request.form(), request.app.state.tool_hosts
    wanted = webhooks.Wanted(str(sent.get("url") or "").strip(), _events(sent))
    try:
        made = await visit.work.write(
            lambda db: webhooks.make_webhook(db, visit.identity, wanted, now=visit.now, hosts=hosts), SYSTEM
        )
    except CasesError as error:
        return await _show(request, visit, sent, error)
    return see_other(
        request,
        f"{HERE}/{made['id']}",
        done(say("Copiez ce secret maintenant, il ne sera plus montré : {secret}", secret=made["secret"])),
    )


@router.get("/{identifier}")
async def show_webhook(request: Request, identifier: str, visit: PageVisit) -> Response:
    """One tool: what it is told, what waits, what went wrong."""
    refuse_others(visit, ADMINS)
    who = visit.identity

    def unit(db: Connection) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
        return webhooks.webhook_of(db, who, identifier), webhooks.deliveries_of(db, who, identifier)

    found = await visit.work.read(unit, SYSTEM)
    return await desk.show(
        request, visit, "administration/webhook.html", lambda _: found, lambda all_of_it: _one(*all_of_it)
    )


@router.post("/{identifier}/arreter")
async def stop(request: Request, identifier: str, visit: PageVisit) -> Response:
    """Tell it nothing for now."""
    told = "Cet outil n’est plus prévenu. Ce qui attend lui sera dit à la reprise."
    return await _do(
        request,
        visit,
        identifier,
        lambda db: webhooks.stop_webhook(db, visit.identity, identifier, now=visit.now),
        told,
    )


@router.post("/{identifier}/reprendre")
async def resume(request: Request, identifier: str, visit: PageVisit) -> Response:
    """Tell it again, from what waited."""
    told = "Cet outil est de nouveau prévenu. Ce qui s’est passé pendant l’arrêt se lit dans les journaux."
    return await _do(
        request,
        visit,
        identifier,
        lambda db: webhooks.resume_webhook(db, visit.identity, identifier, now=visit.now),
        told,
    )


@router.post("/{identifier}/supprimer")
async def remove(request: Request, identifier: str, visit: PageVisit) -> Response:
    """Tell it nothing any more, and forget its secret."""
    refuse_others(visit, ADMINS)
    await visit.work.write(lambda db: webhooks.remove_webhook(db, visit.identity, identifier), SYSTEM)
    return see_other(request, HERE, done("Cet outil n’est plus prévenu, et son secret est effacé."))


# -- how ------------------------------------------------------------------------------------------------------------------


async def _do(
    request: Request, visit: Visit, identifier: str, unit: Callable[[Connection], Any], told: str
) -> Response:
    refuse_others(visit, ADMINS)
    await visit.work.write(unit, SYSTEM)
    return see_other(request, f"{HERE}/{identifier}", done(told))


def _events(sent: FormData) -> tuple[str, ...]:
    return tuple(str(event) for event in sent.getlist("events"))


async def _show(
    request: Request, visit: Visit, sent: FormData | None = None, error: CasesError | None = None
) -> Response:
    refuse_others(visit, ADMINS)

    def unit(db: Connection) -> tuple[list[dict[str, Any]], dict[str, str]]:
        return webhooks.webhooks_of(db, visit.identity), {one["id"]: one["name"] for one in people.everybody(db)}

    found, owners = await visit.work.read(unit, SYSTEM)
    rows = [_row(one, owners) for one in found]
    chosen = set(_events(sent)) if sent else set()
    context = {
        "title": "Webhooks", "rows": rows, "url": str(sent.get("url") or "") if sent else "", "events": _choices(chosen),
        "errors": to_correct(error) if error else [], "wrong": getattr(error, "field", None),
    }  # fmt: skip
    return await desk.show(
        request,
        visit,
        "administration/webhooks.html",
        lambda _: context,
        lambda found: found,
        status=422 if error else 200,
    )


def _choices(chosen: set[str]) -> list[dict[str, Any]]:
    """The events that may be told, by their words."""
    named = sorted((LABELS.get(event, event), event) for event in webhooks.EVENTS)
    return [{"value": event, "label": label, "checked": event in chosen} for label, event in named]


def _row(one: Mapping[str, Any], owners: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"text": one["url"], "href": f"{HERE}/{one['id']}", "sub": owners.get(one["owner"], "")},
        {"text": _state(one)}, {"text": str(one["waiting"])}, {"text": str(one["failed"])},
    ]  # fmt: skip


def _state(one: Mapping[str, Any]) -> str:
    if one["disabled_at"]:
        return say("arrêté : {reason}", reason=said_again(one["disabled_because"] or ""))
    return say("échoue depuis le {day}", day=_moment(one["failing_since"])) if one["failing_since"] else "prévenu"


def _one(one: Mapping[str, Any], deliveries: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Everything that `administration/webhook.html` shows."""
    events = together((LABELS.get(event, event) for event in one["events"]), ", ")
    return {
        "title": "Webhook", "url": one["url"], "here": f"{HERE}/{one['id']}", "stopped": bool(one["disabled_at"]), "state": _state(one),
        "events": events or say("tout ce qui se passe"), "since": _moment(one["created_at"]),
        "lines": {name: one[name] for name in ("waiting", "delivered", "failed")}, "last_error": said_again(one["last_error"] or ""),
        "deliveries": [_delivery(row) for row in deliveries], "shown": webhooks.SHOWN,
    }  # fmt: skip


def _delivery(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    told = row["delivered_at"] or row["next_at"]
    when = (
        _moment(row["delivered_at"])
        if row["delivered_at"]
        else say("à redire le {day}", day=_moment(told))
        if row["status"] == "waiting"
        else "–"
    )
    of = (
        say("{subject}, ligne {sequence}", subject=row["subject"], sequence=row["sequence"])
        if row["subject"]
        else say("ligne {sequence} d’un dossier", sequence=row["sequence"])
    )
    return [
        {"text": of}, {"text": STATUSES.get(row["status"], row["status"]), "sub": said_again(row["last_error"] or "")}, {"text": str(row["attempts"])},
        {"text": when},
    ]  # fmt: skip


def _moment(at: datetime | str) -> str:
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{day_short(moment, NO_TERRITORY.timezone)}, {hour(moment, NO_TERRITORY.timezone)}"
