"""What is asked of an address of the JSON interface: paths, pages, keys and versions, each read in one way."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Header, Path, Query
from pydantic import AwareDatetime, Field

from api.rest.bodies import Axis, Body, Lever, Name, in_list
from cases.views.collection import Order, Sort
from cases.views.narrowing import Narrowing
from cases.views.paging import Asked
from engine.definition import MACHINES
from engine.model import Kind

NO_VERSION: Final = -1
"""A version that no case ever has."""
_ETAG: Final = re.compile(r'(?:W/)?"(\d{1,10})"')
_EARLIEST, _LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

Slug = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,80}$")]
Identifier = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,80}$")]
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", pattern=r"^[!-~]{1,255}$")]
IfMatch = Annotated[str | None, Header(alias="If-Match")]
Instant = Annotated[AwareDatetime, Field(ge=_EARLIEST, le=_LATEST)]
State = Annotated[Name, in_list({str(code) for code in MACHINES[Kind.CASE].states})]


def version_matched(if_match: str | None) -> int | None:
    """The version that `If-Match` names: None when it names none (absent, or `*`), one that no case has when it is unreadable."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _ETAG.fullmatch(if_match.strip())
    return int(found[1]) if found else NO_VERSION


class PageQuery(Body):
    """A page of a list: how many, after what."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: Annotated[Name, Field(min_length=1)] | None = None

    def asked(self, *of: object) -> Asked:
        """What the list takes; `of` names the list."""
        return Asked(self.limit, self.after, list(of))


class CaseQuery(PageQuery):
    """What narrows the cases, and their order."""

    state: tuple[State, ...] = ()
    territory: tuple[Name, ...] = ()
    quartier: tuple[Name, ...] = ()
    axis: tuple[Axis, ...] = ()
    lever: tuple[Lever, ...] = ()
    referent: tuple[Name, ...] = ()
    operator: tuple[Name, ...] = ()
    urgent: bool | None = None
    overdue: bool | None = None
    q: Name | None = None
    updated_since: Instant | None = None
    in_state_since: Instant | None = None
    sort: Annotated[str, Field(pattern=f"^-?({'|'.join(Sort)})$")] = Sort.LOGGED

    def narrowing(self) -> Narrowing:
        """What narrows the list."""
        return Narrowing(**self.model_dump(exclude={"limit", "after", "sort"}))

    def order(self) -> Order:
        """The list's order."""
        return Order(Sort(self.sort.removeprefix("-")), self.sort.startswith("-"))

    def page(self) -> Asked:
        """The page; another filter or another order is another list."""
        return self.asked("cases", self.model_dump(exclude={"limit", "after"}))


Paged = Annotated[PageQuery, Query()]
CasesPaged = Annotated[CaseQuery, Query()]
