"""The figures of Pilotage as its page shows them: delays, flow, branches, axes, gaps; each number leads to its list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from api.pages.cases_asked import Asked as Listed
from cases.backlog import BranchFigures
from cases.indicators import Delay, Indicators, Week
from cases.views.choices import subject_in_short
from cases.views.counted import Figure, Number
from engine.lists import AXIS, DECLINE, LEVER
from engine.sentences import say
from notifications.typography import day_short, number

DELAYS: Final = {
    Figure.FIRST_CONTACT: ("Premier contact", "après la détection"),
    Figure.ANSWER: ("Réponse", "après la transmission"),
    Figure.CALL: ("Appel", "après son accord"),
}
WIDE: Final = 600
HALF: Final = 56
"""The drawing of the flow: its width, and the height of each half."""
SPREAD: Final = 300
"""The width of a delay's drawing."""


def figures_context(shown: Indicators, listed: Listed) -> dict[str, Any]:
    """What follows the backlog on its page."""
    lists = shown.backlog.lists
    longest = max([day for one in shown.delays for day in (one.p90, one.rule) if day], default=1)
    return {
        "delays": [_delay(one, listed, lists, longest) for one in shown.delays], "flow": _flow(shown, listed),
        "branches": [_branch(one, listed, lists) for one in shown.backlog.branches],
        "needs": [_open(label, shown.axes[axis], replace(listed, axis=axis), lists) for axis, label in AXIS.items()]
        + [_open(label, shown.levers[lever], replace(listed, lever=lever), lists) for lever, label in LEVER.items()],
        "gaps": [{"label": subject_in_short(one.subject), "place": one.quartier, "cases": told(one.cases, listed, lists)} for one in shown.gaps],
    }  # fmt: skip


def told(number: Number, listed: Listed, lists: bool) -> dict[str, Any]:
    """A number with the address of its list; a zero has none."""
    behind = replace(listed, counted=number.counted).address() if lists and number.count else None
    return {"value": number.count, "href": behind}


def _open(label: str, count: int, listed: Listed, lists: bool) -> dict[str, Any]:
    return {"label": label, "cases": {"value": count, "href": listed.address() if lists and count else None}}


def _delay(one: Delay, listed: Listed, lists: bool, longest: int) -> dict[str, Any]:
    title, after = DELAYS[one.figure]
    found = told(one.cases, listed, lists)
    return {
        "title": title, "after": after, "median": one.median, "p90": one.p90, "rule": one.rule, "href": found["href"], "cases": one.cases.count,
        "drawing": _drawing(one, SPREAD / (longest * 1.15)), "late": one.rule is not None and one.p90 is not None and one.p90 > one.rule,
    }  # fmt: skip


def _drawing(one: Delay, scale: float) -> dict[str, float | None] | None:
    if one.median is None or one.p90 is None:
        return None
    return {"median": one.median * scale, "p90": one.p90 * scale, "rule": one.rule * scale if one.rule else None}


def _branch(one: BranchFigures, listed: Listed, lists: bool) -> dict[str, Any]:
    numbers = {str(figure): told(number, listed, lists) for figure, number in one.told.items()}
    answered = one.told[Figure.ACCEPTED].count + one.told[Figure.DECLINED].count
    share = say("{share} %", share=round(100 * one.told[Figure.ACCEPTED].count / answered)) if answered else "–"
    reasons = [{"label": DECLINE.get(why, why), **told(number, listed, lists)} for why, number in one.declines.items()]
    return {"name": one.name, "capacity": one.capacity, "share": share, "reasons": reasons, **numbers}


def _flow(shown: Indicators, listed: Listed) -> dict[str, Any]:
    """The weeks, drawn and written: what came in above the line, what went out under it."""
    weeks, lists = shown.weeks, shown.backlog.lists
    most = max([1, *(number.count for week in weeks for number in (week.entered, week.left))])
    step = WIDE / len(weeks)
    bars = [_bars(week, place * step + 8, step - 16, HALF / most) for place, week in enumerate(weeks)]
    rows = [
        {
            "day": _monday(week, shown),
            "entered": told(week.entered, listed, lists),
            "left": told(week.left, listed, lists),
        }
        for week in weeks
    ]
    entered, left = sum(week.entered.count for week in weeks), sum(week.left.count for week in weeks)
    return {"bars": bars, "rows": rows, "entered": entered, "left": left, "said": _pace(entered, left, len(weeks))}


def _bars(week: Week, x: float, width: float, scale: float) -> dict[str, Any]:
    return {
        "x": round(x, 1),
        "width": round(width, 1),
        "up": round(week.entered.count * scale, 1),
        "down": round(week.left.count * scale, 1),
    }


def _monday(week: Week, shown: Indicators) -> str:
    return day_short(shown.backlog.calendar.day_of(week.monday))


def _pace(entered: int, left: int, weeks: int) -> str:
    more = round((entered - left) / weeks, 1)
    if abs(more) < 0.5:
        return "Il entre à peu près autant de dossiers qu’il en sort."
    one, many = _GROWS if more > 0 else _SHRINKS
    return say(many if abs(more) >= 2 else one, count=number(abs(more)))


_GROWS: Final = (
    "À ce rythme, l’en-cours grossit de {count} dossier par semaine.",
    "À ce rythme, l’en-cours grossit de {count} dossiers par semaine.",
)
_SHRINKS: Final = (
    "À ce rythme, l’en-cours diminue de {count} dossier par semaine.",
    "À ce rythme, l’en-cours diminue de {count} dossiers par semaine.",
)
