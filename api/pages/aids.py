"""Aides: the catalogue, searched and narrowed in the address; for a case, whether its business may have each aid, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.pages import desk
from api.pages.addresses import address, known, word
from api.pages.dates import sentence
from api.pages.de_minimis import total_said
from api.pages.shell import PageVisit
from api.security import Visit
from cases.aid_catalogue import CLOSED, to_verify
from cases.directory.charge import keeps_all
from cases.facts.of_case import NO_TERRITORY
from cases.identifiers import read_reference
from cases.views.aids import Helped, Narrowed, catalogue, counted, helped_of, organisations
from engine.aids import Judged, Verdict
from engine.lists import AID_SCOPE, AXIS, LEVER
from engine.sentences import lowered, say, together
from notifications.typography import day_short

router = APIRouter(prefix="/aides")
DOUBT: Final = " Celles « à vérifier » sont à confirmer auprès de l’organisme."
LISTS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "axis": ("Axe", AXIS), "lever": ("Levier", LEVER), "scope": ("Portée", AID_SCOPE),
}  # fmt: skip
IN_THE_ADDRESS: Final = {
    "words": "q", "axis": "axe", "lever": "levier", "scope": "portee", "operator": "organisme", "case": "dossier", "after": "suite",
}  # fmt: skip
LONGEST: Final = {"words": 100}
VERDICTS: Final = {
    Verdict.ELIGIBLE: ("done", "éligible"),
    Verdict.TO_VERIFY: ("today", "à vérifier"),
    Verdict.NOT_ELIGIBLE: ("late", "pas éligible"),
}


@dataclass(frozen=True, slots=True)
class Looked:
    """What the address asks for: filters, the case whose business they are for, where the page begins."""

    words: str = ""
    axis: str = ""
    lever: str = ""
    scope: str = ""
    operator: str = ""
    case: str = ""
    after: str = ""

    def address(self, **changes: str) -> str:
        """The address with something changed; the pages start again."""
        new = replace(self, **{"after": "", **changes})
        return address("/aides", {said: getattr(new, name) for name, said in IN_THE_ADDRESS.items()})

    def narrowed(self) -> Narrowed:
        """The filters alone."""
        return Narrowed(self.words, self.axis, self.lever, self.scope, self.operator)


@dataclass(frozen=True, slots=True)
class Found:
    """What was read for the page."""

    rows: list[Mapping[Any, Any]]
    more: str | None
    count: int
    operators: Mapping[str, int]
    helped: Helped | None = None


def looked_for(request: Request) -> Looked:
    """What the address asks for; a value of no list is left out."""
    said, of_lists = request.query_params, {name: codes for name, (_, codes) in LISTS.items()}
    given = {
        name: known(said, here, of_lists[name]) if name in of_lists else word(said, here, LONGEST.get(name, 400))
        for name, here in IN_THE_ADDRESS.items()
    }
    return Looked(**given)


@router.get("")
async def show_aids(request: Request, visit: PageVisit) -> Response:
    """The aids that the address asks for; for the business of a case, what each criterion says of it."""
    asked, today = looked_for(request), NO_TERRITORY.day_of(visit.now)
    by_file = {"by_file": keeps_all(visit.identity)}

    def read(db: Connection) -> Found:
        return _read(db, asked, visit)

    return await desk.show(request, visit, "aids.html", read, lambda found: aids_context(asked, found, today) | by_file)


def _read(db: Connection, asked: Looked, visit: Visit) -> Found:
    rows, more = catalogue(db, asked.narrowed(), asked.after or None)
    helped = helped_of(db, visit.identity, read_reference(asked.case), now=visit.now) if asked.case else None
    return Found(rows, more, counted(db, asked.narrowed()), organisations(db), helped)


# -- what is shown --------------------------------------------------------------------------------------------------------


def aids_context(asked: Looked, found: Found, today: date) -> dict[str, Any]:
    """Everything that `aids.html` shows."""
    shown = sorted((_aid(row, found.helped, today) for row in found.rows), key=_the_likeliest_first)
    count = (
        "Aucune aide"
        if not found.count
        else "Une aide"
        if found.count == 1
        else say("{count} aides", count=found.count)
    )
    helped = found.helped
    lead = (
        say("Pour {name} : {count} à lire.", name=helped.name, count=lowered(count))
        if helped
        else say("{count} au catalogue.", count=count)
    )
    doubt = DOUBT if any(one["to_check"] for one in shown) else ""
    return {
        "title": "Aides", "lead": together((lead, doubt)), "aids": shown, "asked": asked, "filters": _filters(asked, found.operators),
        "kept": {said: value for name, said in IN_THE_ADDRESS.items() if (value := getattr(asked, name)) and name not in ("words", "after")},
        "older": asked.address(after=found.more) if found.more else None, "newer": asked.address() if asked.after else None,
        "summary": say("{part} sur {count}", part=len(shown), count=found.count), "clear": Looked(case=asked.case).address(),
        "helped": {"name": helped.name, "href": f"/dossiers/{helped.reference}", "off": asked.address(case="")} if helped else None,
        "total": total_said(helped.total) if helped else None,
    }  # fmt: skip


def _the_likeliest_first(shown: Mapping[str, Any]) -> int:
    """The order on a page: what the business may have, what is to be verified, the rest; for nobody in particular, that of the catalogue."""
    labels = [label for _, label in VERDICTS.values()]
    return labels.index(shown["judged"]["label"]) if shown["judged"] else 0


def _filters(asked: Looked, operators: Mapping[str, int]) -> list[dict[str, Any]]:
    shown = [_filter(asked, name, label, codes) for name, (label, codes) in LISTS.items()]
    options = {name: name for name in operators}
    return [
        *shown,
        _filter(
            asked,
            "operator",
            "Organisme",
            options | ({asked.operator: asked.operator} if asked.operator else {}),
            operators,
        ),
    ]


def _filter(
    asked: Looked, name: str, label: str, codes: Mapping[str, str], counts: Mapping[str, int] | None = None
) -> dict[str, Any]:
    if now := getattr(asked, name):
        return {"label": label, "value": codes[now], "off": asked.address(**{name: ""})}
    options = [
        {"label": said, "href": asked.address(**{name: code}), "count": (counts or {}).get(code)}
        for code, said in codes.items()
    ]
    return {"label": label, "options": options}


def _aid(row: Mapping[Any, Any], helped: Helped | None, today: date) -> dict[str, Any]:
    codes = [AXIS.get(code, code) for code in row["axes"]] + [LEVER.get(code, code) for code in row["levers"]]
    to_check, closed = to_verify(row, today), row["status"] == CLOSED
    known = [row["operator"], together(codes, " · "), AID_SCOPE.get(row["scope"], row["scope"]), row["perimeter"]]
    web = (row["url"] or "").startswith(("https://", "http://"))
    return {
        "name": row["name"], "facts": _sentence(row["facts"]), "caveat": _sentence(row["caveat"]), "conditions": _sentence(row["conditions"]),
        "about": together((part or "" for part in known), " · "), "dates": _dates(row), "to_check": to_check, "closed": closed,
        "url": row["url"] if web else None, "source": None if web else row["url"], "judged": _judged(row, helped) if helped else None,
    }  # fmt: skip


def _judged(row: Mapping[Any, Any], helped: Helped) -> dict[str, Any]:
    """What comes out of the criteria, each with its sentence, and the way to note that the aid was obtained."""
    judged: Judged = helped.judge(row)
    tone, label = VERDICTS[judged.verdict]
    filled = {"aid": row["name"][:200], "scope": row["scope"], **({"de_minimis": "1"} if row["de_minimis"] else {})}
    marks = [("x", "tl") if not c.passed else ("info", "tl") if c.to_verify else ("done", "ok") for c in judged.checks]
    return {
        "tone": tone, "label": label, "obtained": f"/dossiers/{helped.reference}/noter/aid?{urlencode(filled)}",
        "checks": [{"icon": icon, "tone": mark, "text": c.message} for (icon, mark), c in zip(marks, judged.checks, strict=True)],
    }  # fmt: skip


def _dates(row: Mapping[Any, Any]) -> str:
    verified = say("vérifié le {day}", day=_day(row["verified_on"])) if row["verified_on"] else ""
    until = say("valable jusqu’au {day}", day=_day(row["valid_until"])) if row["valid_until"] else ""
    return together((verified, until), ", ")


def _sentence(text: str | None) -> str:
    return sentence(f"{text[:1].upper()}{text[1:]}") if text else ""


def _day(day: date) -> str:
    return day_short(day, year=True)
