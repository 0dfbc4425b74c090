"""Territoires: the programme's phase of each, what comes next and why not yet, and the forms of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from api import forms
from api.pages import desk
from api.pages.shell import PageVisit, done, see_other
from api.pages.step_view import reasons_of, summary
from api.pages.territory_view import ELSEWHERE, Found, territory_context
from api.security import Visit
from cases import programme
from cases.errors import CasesError, NotFound
from cases.programme import TerritoryRequest
from cases.views.choices import Choice
from cases.views.directory import territories, territory_by
from cases.views.paging import Asked
from cases.views.territory_papers import papers_of
from engine.definition import step_named
from engine.lists import AXIS
from engine.model import InputKind, Kind, Refusal
from engine.permission import available
from engine.sentences import together

router = APIRouter(prefix="/territoires")
AT_MOST: Final = 200


@router.get("")
async def show_territories(request: Request, visit: PageVisit) -> Response:
    """Every territory, with its phase."""

    def read(db: Connection) -> list[dict[str, Any]]:
        return list(territories(db, Asked(AT_MOST))["items"])

    return await desk.show(request, visit, "territories.html", read, lambda found: {"title": "Territoires", "rows": [_row(one) for one in found]})  # fmt: skip


@router.get("/{slug}")
async def show_territory(request: Request, slug: str, visit: PageVisit) -> Response:
    """One territory: its phase and what that allows, what may be done, what is due, its papers, its frozen figures."""
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
    if found is None or step in ELSEWHERE:
        raise NotFound("Cette étape n’existe pas.")
    return found.inputs


def _read(db: Connection, visit: Visit, slug: str) -> Found:
    row, facts, actor = programme.facts_for(db, slug, by=visit.identity)
    steps = available(facts, actor, visit.now)
    return Found(row, territory_by(db, slug), papers_of(db, row["id"]), facts, actor, steps)


async def _form(
    request: Request, visit: Visit, slug: str, step: str, sent: FormData | None = None, errors: tuple[Refusal, ...] = ()
) -> Response:
    inputs, label = _inputs(step), step_named(Kind.TERRITORY, step)
    axes = tuple(Choice(code, said) for code, said in AXIS.items())
    choices = {one.name: axes for one in inputs if one.kind is InputKind.AXES}
    fields = forms.fields(inputs, choices, sent, errors)

    def present(found: Found) -> dict[str, Any]:
        reasons = next((one.reasons for one in found.steps if one.step == step), ())
        return {
            "title": label.label if label else "", "name": found.row["name"], "here": f"/territoires/{slug}/actions/{step}", "back": f"/territoires/{slug}",
            "fields": fields, "errors": summary(errors, fields), "reasons": [reason.message for reason in reasons],
        }  # fmt: skip

    status = 200 if sent is None else 422
    return await desk.show(request, visit, "territory_step.html", lambda db: _read(db, visit, slug), present, status=status)  # fmt: skip


# -- what is shown --------------------------------------------------------------------------------------------------------


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    axes = together((AXIS.get(code, code) for code in one["axes"]), ", ") or "axes à choisir"
    return {"name": one["name"], "href": f"/territoires/{one['slug']}", "text": axes, "phase": one["label"]}
