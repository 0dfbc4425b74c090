"""Aides: the catalogue, narrowed by axis, lever and scope; what is stale or not sure says « à vérifier »."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.pages import desk
from api.pages.dates import sentence
from api.pages.shell import PageVisit
from cases.facts.of_case import NO_TERRITORY
from cases.views.directory import aids
from cases.views.paging import Asked
from engine.lists import AID_SCOPE, AXIS, LEVER
from notifications.typography import day_short

router = APIRouter(prefix="/aides")
AT_MOST: Final = 200
DOUBT: Final = " Celles « à vérifier » sont à confirmer auprès de l’organisme."
FILTERS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "axe": ("Axe", AXIS), "levier": ("Levier", LEVER), "portee": ("Portée", AID_SCOPE),
}  # fmt: skip


@router.get("")
async def show_aids(request: Request, visit: PageVisit) -> Response:
    """The aids that the address asks for."""
    today = NO_TERRITORY.day_of(visit.now)
    chosen = {name: given for name in FILTERS if (given := request.query_params.get(name, "")) in FILTERS[name][1]}

    def read(db: Connection) -> list[dict[str, Any]]:
        return list(aids(db, Asked(AT_MOST), today=today)["items"])

    return await desk.show(request, visit, "aids.html", read, lambda found: aids_context(found, chosen))


def aids_context(found: list[dict[str, Any]], chosen: Mapping[str, str]) -> dict[str, Any]:
    """Everything that `aids.html` shows."""
    shown = [_aid(one) for one in found if _answers(one, chosen)]
    count = "Aucune aide" if not shown else "Une aide" if len(shown) == 1 else f"{len(shown)} aides"
    doubt = DOUBT if any(one["to_check"] for one in shown) else ""
    return {
        "title": "Aides", "lead": f"{count} au catalogue.{doubt}", "aids": shown,
        "filters": [_filter(name, chosen) for name in FILTERS],
    }  # fmt: skip


def _answers(one: Mapping[str, Any], chosen: Mapping[str, str]) -> bool:
    axis, lever, scope = (chosen.get(name) for name in FILTERS)
    return (not axis or axis in one["axes"]) and (not lever or lever in one["levers"]) and scope in (None, one["scope"])


def _filter(name: str, chosen: Mapping[str, str]) -> dict[str, Any]:
    label, codes = FILTERS[name]
    others = {key: value for key, value in chosen.items() if key != name}
    if name in chosen:
        return {"label": label, "value": codes[chosen[name]], "off": _address(others)}
    return {"label": label, "options": [{"label": said, "href": _address({**others, name: code})} for code, said in codes.items()]}  # fmt: skip


def _address(given: Mapping[str, str]) -> str:
    return "/aides" + (f"?{urlencode(given)}" if given else "")


def _aid(one: Mapping[str, Any]) -> dict[str, Any]:
    codes = [AXIS.get(code, code) for code in one["axes"]] + [LEVER.get(code, code) for code in one["levers"]]
    verified = f"vérifié le {_day(one['verified_on'])}" if one["verified_on"] else ""
    until = f"valable jusqu’au {_day(one['valid_until'])}" if one["valid_until"] else ""
    return {
        "name": one["name"], "operator": one["operator"], "facts": _sentence(one["facts"]), "caveat": _sentence(one["caveat"]), "url": one["url"],
        "scope": AID_SCOPE.get(one["scope"], one["scope"]), "about": " · ".join(codes), "to_check": one["to_check"],
        "dates": ", ".join(part for part in (verified, until) if part),
    }  # fmt: skip


def _sentence(text: str | None) -> str:
    return sentence(f"{text[:1].upper()}{text[1:]}") if text else ""


def _day(written: str | date) -> str:
    return day_short(date.fromisoformat(str(written)[:10]), year=True)
