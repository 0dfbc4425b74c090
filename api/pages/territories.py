"""Territoires: the programme's phase of each, what comes next and why not yet, and the forms of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from api import forms
from api.pages import desk, rules
from api.pages.dates import due_chip
from api.pages.shell import PageVisit, done, see_other
from api.pages.step_view import reasons_of, summary
from api.security import Visit
from cases import programme
from cases.errors import CasesError, NotFound
from cases.programme import TerritoryRequest
from cases.views.choices import Choice
from cases.views.directory import territories, territory_by
from cases.views.paging import Asked
from engine.definition import MACHINES, step_named
from engine.facts import Actor, TerritoryFacts
from engine.lists import AXIS
from engine.model import InputKind, Kind, Refusal, RefusedBy, acts_as
from engine.permission import Possible, available
from engine.territory_records import TERRITORY_RECORDS
from notifications.typography import day_long, day_short

router = APIRouter(prefix="/territoires")
AT_MOST: Final = 200
PHASES: Final = {str(state.code): state.french for state in MACHINES[Kind.TERRITORY].journey.states}
_ICONS: Final = ("detection", "orientation", "accompaniment", "mentoring", "transition_support", "follow_up", "closed")
"""The phases borrow the drawings of the stages, in their order."""
Found = tuple[Mapping[str, Any], Mapping[str, Any], TerritoryFacts, Actor, tuple[Possible, ...]]


@router.get("")
async def show_territories(request: Request, visit: PageVisit) -> Response:
    """Every territory, with its phase."""

    def read(db: Connection) -> list[dict[str, Any]]:
        return list(territories(db, Asked(AT_MOST))["items"])

    return await desk.show(request, visit, "territories.html", read, lambda found: {"title": "Territoires", "rows": [_row(one) for one in found]})  # fmt: skip


@router.get("/{slug}")
async def show_territory(request: Request, slug: str, visit: PageVisit) -> Response:
    """One territory: its phase, what may be done, what is due, its papers."""
    return await desk.show(
        request,
        visit,
        "territory.html",
        lambda db: _read(db, visit, slug),
        lambda found: territory_context(found, visit.now),
    )


@router.get("/{slug}/actions/{step}")
async def ask_step(request: Request, slug: str, step: str, visit: PageVisit) -> Response:
    """The form of a step of the programme, or of a record of it."""
    return await _form(request, visit, slug, step)


@router.post("/{slug}/actions/{step}")
async def take_step(request: Request, slug: str, step: str, visit: PageVisit) -> Response:
    """Take it; what is refused shows the form again with what was typed."""
    sent = await request.form()
    asked = TerritoryRequest(slug, step, forms.payload(_inputs(step), sent))
    try:
        await visit.write(lambda db: programme.fire(db, asked, by=visit.identity, now=visit.now))
    except NotFound:
        raise
    except CasesError as error:
        return await _form(request, visit, slug, step, sent, reasons_of(error))
    return see_other(request, f"/territoires/{slug}", done("C’est noté."))


def _inputs(step: str) -> Any:
    found = step_named(Kind.TERRITORY, step)
    if found is None:
        raise NotFound("Cette étape n’existe pas.")
    return found.inputs


def _read(db: Connection, visit: Visit, slug: str) -> Found:
    row, facts, actor = programme.facts_for(db, slug, by=visit.identity)
    return row, territory_by(db, slug), facts, actor, available(facts, actor, visit.now)


async def _form(
    request: Request, visit: Visit, slug: str, step: str, sent: FormData | None = None, errors: tuple[Refusal, ...] = ()
) -> Response:
    inputs, label = _inputs(step), step_named(Kind.TERRITORY, step)
    axes = tuple(Choice(code, said) for code, said in AXIS.items())
    choices = {one.name: axes for one in inputs if one.kind is InputKind.AXES}
    fields = forms.fields(inputs, choices, sent, errors)

    def present(found: Found) -> dict[str, Any]:
        reasons = next((one.reasons for one in found[4] if one.step == step), ())
        return {
            "title": label.label if label else "", "name": found[0]["name"], "here": f"/territoires/{slug}/actions/{step}", "back": f"/territoires/{slug}",
            "fields": fields, "errors": summary(errors, fields), "reasons": [reason.message for reason in reasons],
        }  # fmt: skip

    status = 200 if sent is None else 422
    return await desk.show(request, visit, "territory_step.html", lambda db: _read(db, visit, slug), present, status=status)  # fmt: skip


# -- what is shown --------------------------------------------------------------------------------------------------------


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    axes = ", ".join(AXIS.get(code, code) for code in one["axes"]) or "axes à choisir"
    return {"name": one["name"], "href": f"/territoires/{one['slug']}", "text": axes, "phase": one["label"]}


def territory_context(found: Found, now: datetime) -> dict[str, Any]:
    """Everything that `territory.html` shows."""
    row, papers, facts, actor, steps = found
    near = [p for p in steps if not any(r.by in (RefusedBy.STATE, RefusedBy.EVENT, RefusedBy.ROLE) for r in p.reasons)]
    slug = row["slug"]
    records = [step for step in TERRITORY_RECORDS.values() if step.by & acts_as(actor.role)]
    return {
        "title": row["name"], "lead": f"{_quartiers(papers['quartiers'])} · phase « {papers['label']} »", "steps": _stepper(row),
        "step_label": f"Programme : phase {list(PHASES).index(row['state']) + 1} sur {len(PHASES)}", "papers": _papers(papers),
        "acts": [{"label": p.label, "allowed": p.allowed, "href": f"/territoires/{slug}/actions/{p.step}", "icon": "right",
                  "reasons": [{"message": r.message} for r in p.reasons]} for p in near],
        "records": [{"label": r.label, "href": f"/territoires/{slug}/actions/{r.event}"} for r in records],
        "clocks": [{"label": rules.label_of(d.rule, d.item), "due": due_chip(d.due_on, facts.calendar, now), "rule": rules.behind(d)}
                   for d in facts.deadlines if d.status == "open"],
        "communes": ", ".join(one["name"] for one in papers["communes"]), "backlog_href": f"/pilotage?territoire={slug}",
    }  # fmt: skip


def _quartiers(count: int) -> str:
    if not count:
        return "Aucun quartier prioritaire"
    return "Un quartier prioritaire" if count == 1 else f"{count} quartiers prioritaires"


def _stepper(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    here = list(PHASES).index(row["state"])
    since = f"depuis le {day_short(row['state_since'], row['timezone'])}"
    return [
        {
            "code": _ICONS[place], "label": label, "when": since if place == here else None,
            "position": "past" if place < here else "here" if place == here else "next",
        }
        for place, label in enumerate(PHASES.values())
    ]  # fmt: skip


def _papers(papers: Mapping[str, Any]) -> list[dict[str, str]]:
    convention, diagnostic, roadmap = papers["convention"], papers["diagnostic"], papers["roadmap"]
    axes = ", ".join(AXIS.get(code, code) for code in (roadmap or {}).get("axes", ()))
    return [
        {"label": "Convention", "value": f"{convention['reference']}, signée le {_day(convention['signed_on'])}" if convention else "à signer"},
        {"label": "Diagnostic", "value": f"publié le {_day(diagnostic['published_on'])}" if diagnostic else "à publier"},
        {"label": "Feuille de route", "value": f"version {roadmap['version']}, approuvée le {_day(roadmap['approved_on'])}" if roadmap else "à approuver"},
        {"label": "Axes choisis", "value": axes or "à choisir"},
    ]  # fmt: skip


def _day(written: str | date) -> str:
    return day_long(date.fromisoformat(str(written)[:10]), weekday=False, year=True)
