"""What the pages of the desk share: one read for the page and for what waits for its reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.pages.shell import page
from api.security import Visit
from cases.views.today import waiting

T = TypeVar("T")


async def show(
    request: Request, visit: Visit, template: str, read: Callable[[Connection], T], present: Callable[[T], dict[str, Any]],
    *, status: int = 200,
) -> Response:  # fmt: skip
    """Read what a page shows and how much waits for its reader, in one transaction; then the page."""

    def unit(db: Connection) -> tuple[T, tuple[int, int]]:
        count = waiting(db, visit.identity, now=visit.now)
        return read(db), count

    model, (count, late) = await visit.read(unit)
    hot = ("/",) if late else ()
    return page(request, template, status=status, counts={"/": count} if count else {}, hot=hot, **present(model))
