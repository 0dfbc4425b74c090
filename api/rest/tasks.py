"""Calls to make: those of whoever asks, and that one is done."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.rest.asking import Identifier, Paged
from api.security import CurrentVisit
from cases.journal import plain, shown
from cases.tasks import Call, calls_for, finish
from cases.views.paging import page_of_list
from notifications.languages import language

router = APIRouter(prefix="/tasks", tags=["tasks"])


@router.get("")
async def list_tasks(visit: CurrentVisit, page: Paged) -> dict[str, Any]:
    """The calls that one has to make, the first due first: to people to whom nothing can be written."""
    found = await visit.read(lambda db: calls_for(db, visit.identity, at_most=None))
    calls, more = page_of_list(found, lambda call: plain([call.due_on, call.id]), page.asked("tasks"))
    return {"items": [_shape(call) for call in calls], "next": more}


@router.post("/{identifier}/done")
async def finish_task(identifier: Identifier, visit: CurrentVisit) -> dict[str, Any]:
    """The call was made. A second time changes nothing, and gives the same answer."""
    done_at = await visit.write(lambda db: finish(db, visit.identity, identifier, now=visit.now))
    return {"id": identifier, "done_at": plain(done_at)}


def _shape(call: Call) -> dict[str, Any]:
    named = {"id": call.id, "case": call.reference, "label": call.label, "phone": call.phone}
    found: dict[str, Any] = shown(
        named | {"says": list(call.said_in(language().code)), "since": call.since, "due_on": call.due_on}
    )
    return found
