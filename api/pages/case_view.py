"""A case as its template shows it: the journey, whose turn it is, the steps, the tracks, the deadlines, what leaves, the people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from api.pages import rules
from api.pages.case_beside import (
    agreement,
    aid_shown,
    clock,
    need_shown,
    owner_of,
    people,
    recipients,
    send,
    track_groups,
)
from api.pages.case_steps import acts, records_of
from api.pages.dates import before, due_chip, when_long
from api.pages.de_minimis import total_said
from api.pages.sentences import journal_days
from api.pages.to_settle import call_row, doubt_row, next_row
from cases.naf import naf_label
from cases.quartiers import NEAR_BORDER
from cases.views.case_sheet import Sheet
from cases.views.choices import may_be_taken
from engine.definition import MACHINES, owner_role
from engine.facts import ArmedDeadline, Referral
from engine.lists import CLOSE
from engine.model import CASE_TRACK, Kind, Role
from engine.sentences import capital, lowered, say, together
from engine.state_names import CaseState
from notifications.typography import day_long, day_short, phone, phone_uri

SENDS: Final = 4
"""How much of what leaves next is shown."""
STAGES: Final[Mapping[str, str]] = {
    str(state.code): "Appui transition" if state.code == CaseState.TRANSITION_SUPPORT else state.french
    for state in MACHINES[Kind.CASE].journey.states
}
"""The seven states, as short as the stepper needs."""
SITUATIONS: Final = {
    "inside": "quartier prioritaire",
    "outside": "hors quartier prioritaire",
    "unknown": "quartier à préciser",
}


def case_context(sheet: Sheet, *, now: datetime, me: str | None) -> dict[str, Any]:
    """Everything that `case.html` shows."""
    row, today = sheet.case, sheet.facts.calendar.day_of(now)
    return {
        "title": sheet.business["name"], "reference": row["reference"], "here": f"/dossiers/{row['reference']}",
        "about": _about(sheet), "helped": sheet.person if sheet.sight.whole or sheet.sight.working else {"name": None, "phone": None},
        "where": _place(sheet), "to_place": _may_place(sheet), "urgent": row["urgent"], "state": STAGES[row["state"]], "whole": sheet.sight.whole,
        "to_settle": _to_settle(sheet, now), "steps": _stepper(sheet, today), "step_label": _step_label(sheet), "turn": _turn(sheet, now, me), "dial": _call(sheet),
        **acts(sheet), "records": records_of(sheet, CASE_TRACK), "track_groups": track_groups(sheet, now), "needs": [need_shown(n) for n in sheet.needs],
        "days": journal_days(sheet.lines, sheet.facts, sheet.names, today), "clocks": [clock(d, sheet, now) for d in sheet.deadlines],
        "sends": [send(found, sheet, now, me) for found in sheet.upcoming[:SENDS]], "people": list(people(sheet)),
        "agreements": [agreement(found, sheet) for found in sheet.consents] if sheet.sight.whole else [],
        "obtained": [aid_shown(found) for found in sheet.obtained], "de_minimis": total_said(sheet.de_minimis) if sheet.de_minimis else None,
    }  # fmt: skip


def _to_settle(sheet: Sheet, now: datetime) -> list[dict[str, Any]]:
    """Who comes next after a request that came to nothing, the calls to make on this case, and the cases that it looks like."""
    here = f"/dossiers/{sheet.case['reference']}"
    return [
        *(next_row(one) for one in sheet.next_ones), *(call_row(call, now, here) for call in sheet.calls), *(doubt_row(one, here) for one in sheet.doubts),
    ]  # fmt: skip


# -- the head -------------------------------------------------------------------------------------------------------------


def _about(sheet: Sheet) -> str:
    shop = sheet.business
    address = " ".join(part for part in (shop["postcode"], shop["city"]) if part)
    activity = shop["activity"] or naf_label(shop["naf"])
    return together((activity or "", shop["address_line"] or "", address), ", ")


def _place(sheet: Sheet) -> str:
    """Inside a quartier, outside, on the border, or not located: always said, with what to do where it is not sure."""
    situation, map_says = sheet.case["situation"], sheet.located
    if situation == "unknown" and map_says is not None and map_says.near_border:
        return say(
            "À moins de {near_border:.0f} m de la limite d’un quartier prioritaire : dites si elle est dedans ou dehors",
            near_border=NEAR_BORDER,
        )
    if situation == "unknown" and map_says is None:
        return "Quartier à préciser : l’adresse n’est pas située"
    said = (
        SITUATIONS.get(situation, SITUATIONS["unknown"]),
        say("en bordure") if map_says and map_says.near_border else "",
    )
    return together((sheet.quartier, *said), ", ") if sheet.quartier else capital(together(said, ", "))


def _may_place(sheet: Sheet) -> bool:
    return sheet.case["situation"] == "unknown" and sheet.sight.whole and sheet.case["state"] != CaseState.CLOSED


def _stepper(sheet: Sheet, today: date) -> list[dict[str, Any]]:
    here, calendar = sheet.case["state"], sheet.facts.calendar
    age = calendar.between(calendar.day_of(sheet.case["state_since"]), today)
    shown: list[dict[str, Any]] = []
    for code, label in STAGES.items():
        entered = sheet.entered.get(code)
        step: dict[str, Any] = {"code": code, "label": label, "position": "next", "when": None}
        if code == here:
            since = (
                say("depuis {age} j ouvrés", age=age)
                if age > 1
                else say("depuis hier")
                if age
                else "depuis aujourd’hui"
            )
            step |= {"position": "here", "when": since}
        elif entered is not None:
            step |= {"position": "past", "when": day_short(entered, calendar.timezone)}
        elif code in ("mentoring", "transition_support") and here not in ("closed", "follow_up"):
            step["when"] = say("possible")
        shown.append(step)
    return shown


def _step_label(sheet: Sheet) -> str:
    return say(
        "Parcours : étape {place} sur {count}", place=list(STAGES).index(sheet.case["state"]) + 1, count=len(STAGES)
    )


def _call(sheet: Sheet) -> dict[str, str] | None:
    """Whom to telephone: the operator whose turn it is, for who waits for them; else the person who is helped."""
    first = _first_due(sheet)
    asked = sheet.facts.tracks.get(first.track) if first and owner_role(first.rule) is Role.OPERATOR else None
    if isinstance(asked, Referral) and (
        number := sheet.phones.get(asked.agent or "") or sheet.phones.get(asked.branch)
    ):
        return {
            "label": say("Appeler {name}", name=sheet.names.get(asked.agent or "", asked.operator_name)),
            "href": phone_uri(number),
        }
    number = sheet.person["phone"]
    if not number or not sheet.sight.working:
        return None
    return {"label": say("Appeler {name}", name=sheet.person["name"] or phone(number)), "href": phone_uri(number)}


# -- whose turn -----------------------------------------------------------------------------------------------------------


def _turn(sheet: Sheet, now: datetime, me: str | None) -> dict[str, Any]:
    """The raised panel: who acts, what, by when, and what happens otherwise."""
    first = _first_due(sheet)
    if first is None:
        return _nothing_due(sheet)
    owner = owner_of(first, sheet, me)
    after = next((found for found in sheet.upcoming if found[1].id == first.id), None)
    text = rules.behind(first, urgent=sheet.case["urgent"])
    if after is not None:
        title, to = rules.leaving(after[2], recipients(after[2].to, first.track, sheet, me))
        said = together((lowered(title), to))
        text = together(
            (text, say("Sinon, {when} : {said}.", when=when_long(after[0], sheet.facts.calendar, now), said=said))
        )
    chip = due_chip(first.due_on, sheet.facts.calendar, now)
    mine = owner == "vous" or owner_role(first.rule) is sheet.actor.role
    return {
        "over": say("L’action est à {owner}", owner=owner),
        "title": together((rules.todo_of(first.rule, first.item), before(first.due_on, sheet.facts.calendar, now))),
        "text": text, "due": chip if chip and chip["kind"] in ("late", "today") else None, "way": _way(first, sheet, mine=mine),
    }  # fmt: skip


def _first_due(sheet: Sheet) -> ArmedDeadline | None:
    """The deadline that somebody must meet next."""
    return next((d for d in sheet.deadlines if d.status == "open" and owner_role(d.rule) is not Role.SYSTEM), None)


def _way(first: ArmedDeadline, sheet: Sheet, *, mine: bool) -> dict[str, str] | None:
    """The button that meets the deadline, when it is the reader's turn and they may press it; else the one that notes an exchange."""
    href = rules.way(sheet.case["reference"], first.rule, first.track)
    if not mine:
        href = f"/dossiers/{sheet.case['reference']}/noter/contact"
    event, on = href.rpartition("/")[2].partition("?")[0], href.partition("suivi=")[2] or CASE_TRACK
    if event == "orienter":
        event, on = "draft", Kind.REFERRAL
    may = {(p.track, p.step): p.label for p in sheet.steps if may_be_taken(p)}
    may |= {(track, p.step): p.label for track, found in sheet.records.items() for p in found}
    label = may.get((on, event))
    return {"href": href, "label": label} if label else None


def _nothing_due(sheet: Sheet) -> dict[str, Any]:
    """The panel when no clock runs: closed, on hold, or waiting for a decision."""
    row, shown = sheet.case, {"due": None, "way": None}
    if row["state"] == CaseState.CLOSED:
        reason = lowered(CLOSE.get(row["closed_reason"] or "", "non précisé"))
        return shown | {
            "over": "Terminé",
            "title": "Ce dossier est clos",
            "text": say("Motif : {reason}.", reason=reason),
        }
    if row["hold_until"]:
        text = "Les délais sont arrêtés. Ils reprennent ce jour-là, avec ce qui restait."
        return shown | {
            "over": "En attente",
            "title": say("Reprise {day}", day=day_long(row["hold_until"])),
            "text": text,
        }
    text = "Choisissez la suite ci-dessous."
    return shown | {"over": "Rien n’est attendu", "title": "Aucune échéance n’est ouverte", "text": text}
