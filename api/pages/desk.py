"""What the pages of the desk share: one read for the page and for what waits for its reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.pages.shell import page
from api.security import Visit
from cases.views.listing import COUNTED
from cases.views.waiting import waiting

T = TypeVar("T")


async def show(
    request: Request, visit: Visit, template: str, read: Callable[[Connection], T], present: Callable[[T], dict[str, Any]],
    *, status: int = 200,
) -> Response:  # fmt: skip
    """Read what a page shows and how much waits for its reader, in one transaction; then the page."""

    def unit(db: Connection) -> tuple[T, dict[str, Any]]:
        waits = waiting_for(db, visit)
        return read(db), waits

    model, waits = await visit.read(unit)
    return page(request, template, status=status, **waits, **present(model))


def waiting_for(db: Connection, visit: Visit) -> dict[str, Any]:
    """How much waits for the reader of a page, as `page` takes it."""
    found = waiting(db, visit.identity, now=visit.now)
    counts = {
        "/": found.due, "/dossiers": _at_most(found.cases), "/orientations": found.asked, "/relances": _at_most(found.reminded),
    }  # fmt: skip
    return {"counts": {place: count for place, count in counts.items() if count}, "hot": ("/",) if found.late else ()}


def _at_most(count: int) -> int | str:
    return count if count < COUNTED else f"{COUNTED - 1}+"
