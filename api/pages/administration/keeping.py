"""How long things are kept: the schedule, what would go today, and its changes."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.pages import desk
from api.pages.administration.allowed import ADMINS, LEADERS, refuse_others
from api.pages.shell import PageVisit, done, see_other, to_correct
from api.security import Visit
from cases.errors import CasesError, Invalid
from cases.privacy import keeping
from cases.privacy.keeping import Kept, Rule
from engine.model import Role
from engine.sentences import say
from notifications import retention
from notifications.retention import Went

router = APIRouter(prefix="/administration/conservation")


@router.get("")
async def show_schedule(request: Request, visit: PageVisit) -> Response:
    """The schedule, and for the programme what it would do today."""
    refuse_others(visit, LEADERS)
    return await _show(request, visit, None)


@router.post("")
async def change_schedule(request: Request, visit: PageVisit) -> Response:
    """Keep something longer, or less long."""
    refuse_others(visit, ADMINS)
    sent = await request.form()
    name, length = str(sent.get("name") or ""), str(sent.get("length") or "").strip()
    try:
        if not (length.isascii() and length.isdigit() and len(length) < 5):
            raise Invalid("Écrivez un nombre entier.", name)
        rule = await visit.write(
            lambda db: keeping.change_rule(db, name, int(length), by=visit.identity.person, now=visit.now)
        )
    except CasesError as error:
        return await _show(request, visit, error)
    return see_other(
        request, "/administration/conservation", done(say("{title} : {name}.", title=rule.what, name=rule.said))
    )


async def _show(request: Request, visit: Visit, error: CasesError | None) -> Response:
    counts = visit.identity.has(Role.ADMIN)
    would = await visit.run(lambda database: retention.run(database, visit.now, dry_run=True)) if counts else None

    def read(db: Connection) -> dict[Kept, Rule]:
        return dict(keeping.rules(db))

    def present(found: dict[Kept, Rule]) -> dict[str, Any]:
        return {
            "title": "Durées de conservation", "rules": [_rule(rule, would) for rule in found.values()], "may_change": counts,
            "errors": to_correct(error) if error else [], "wrong": getattr(error, "field", None),
            "noticed": len(would.noticed) if would else 0, "anonymised": len(would.anonymised) if would else 0,
        }  # fmt: skip

    return await desk.show(request, visit, "administration/keeping.html", read, present, status=422 if error else 200)


def _rule(rule: Rule, would: Went | None) -> dict[str, Any]:
    count = would.rows.get(str(rule.kept), 0) if would else None
    return {
        "name": str(rule.kept), "what": rule.what, "then": rule.then, "said": rule.said, "length": rule.length,
        "unit": say("mois") if rule.months else say("jours"), "count": count or None, "changed": rule.length != keeping.DEFAULTS[rule.kept].length,
        "default": keeping.DEFAULTS[rule.kept].said,
    }  # fmt: skip
