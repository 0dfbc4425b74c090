"""The form of a step as its template shows it: its fields, what is wrong, why it is not possible, what changed meanwhile."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from starlette.datastructures import FormData

from api import forms
from api.pages.case_steps import way_out
from api.pages.de_minimis import total_said
from api.pages.sentences import line_said, whom
from cases.errors import CasesError, Invalid, Refused
from cases.views.choices import may_be_taken
from cases.views.step_sheet import StepAsked, StepSheet
from engine.model import Input, Refusal
from engine.permission import Possible
from engine.sentences import say, together
from notifications.typography import day_short, hour

TODAY: Final = frozenset({"day", "met_on"})
"""Days that are most often today, for what is noted."""
_ASKED: Final[Mapping[str, str]] = {
    "draft": "Choisissez à qui demander. Rien ne part avant « Envoyer ».",
    "send": "L’opérateur reçoit la demande par courriel, avec trois réponses possibles.",
    "close": "Les délais s’arrêtent, et chacun est prévenu une fois.",
    "hold": "Les délais s’arrêtent jusqu’à ce jour, puis reprennent avec ce qui restait.",
    "contact": "Un message laissé ou un appel sans réponse compte aussi : dites-le.",
    "appointment": "La personne est prévenue, avec un fichier pour son agenda. Sans courriel, c’est un appel à faire.",
    "first_contact": "Un message laissé ou un appel sans réponse compte aussi : dites-le.",
    "accept": "L’entrepreneur saura qui l’appelle, et avant quel jour.",
    "decline": "Un motif suffit. Nous cherchons ailleurs.",
    "ask_info": "Le délai s’arrête jusqu’à la réponse.",
    "record_progress": "Une phrase suffit.",
    "nudge": "Qui doit agir le reçoit par courriel, avec votre nom. La date, elle, ne bouge pas.",
    "withdraw_consent": "Les demandes en cours s’arrêtent, et chacun est invité à effacer ce qu’il a reçu.",
}
"""What a form says before it asks."""
_ASKED_WHEN_REFUSED: Final = frozenset({"exceed_reason"})
"""What is asked of who would else be refused, and of nobody else."""


@dataclass(frozen=True, slots=True)
class Wanted(StepAsked):
    """The step that somebody opened, and where to go afterwards."""

    back: str = ""
    filled: Mapping[str, str] = field(default_factory=dict)
    """What the link to the form has filled in already, by the names of its fields."""
    call: str = ""
    """The call that was to be made, when this is its exchange: it is done with it."""

    @property
    def here(self) -> str:
        """The address of its form."""
        return f"/dossiers/{self.reference}/{'noter' if self.record else 'actions'}/{self.event}"

    @property
    def after(self) -> str:
        """Where to go once it is done, and where « Annuler » leads."""
        return self.back or f"/dossiers/{self.reference}"


def step_context(
    sheet: StepSheet, wanted: Wanted, *, now: datetime, sent: FormData | None = None, errors: tuple[Refusal, ...] = ()
) -> dict[str, Any]:
    """Everything that `step.html` shows."""
    possible, facts = sheet.possible, sheet.facts
    asked = _fields(
        sheet, forms.fields(_inputs(possible), sheet.choices, sent, errors, {**presets_of(sheet, now), **wanted.filled})
    )
    behalf = forms.behalf_fields(sent, errors) if sheet.for_an_operator else ()
    case = f"/dossiers/{wanted.reference}"
    on = whom(wanted.track, facts)
    return {
        "title": possible.label, "wanted": wanted, "name": sheet.name, "case_href": case, "on": on, "intro": _ASKED.get(wanted.event),
        "fields": asked, "behalf": behalf, "errors": summary(errors, (*behalf, *asked)), "may": may_be_taken(possible),
        "reasons": [way_out(r.code, r.message, case, wanted.track) for r in possible.reasons], "changed": _changed(sheet),
        "version": sheet.case["version"], "seen": sheet.case["head_sequence"], "key": secrets.token_urlsafe(12),
        "de_minimis": total_said(sheet.de_minimis) if sheet.de_minimis else None,
    }  # fmt: skip


def _fields(sheet: StepSheet, asked: tuple[forms.Field, ...]) -> tuple[forms.Field, ...]:
    """The fields, with why each is asked where it lifts what stands in the way."""
    lifts = {reason.settled_by: reason.message for reason in sheet.possible.reasons}
    return tuple(one if one.error else replace(one, hint=one.hint or lifts.get(one.name)) for one in asked)


def _inputs(possible: Possible) -> tuple[Input, ...]:
    """What the form asks for."""
    settled = {reason.settled_by for reason in possible.reasons}
    return tuple(one for one in possible.inputs if one.name not in _ASKED_WHEN_REFUSED - settled)


def presets_of(sheet: StepSheet, now: datetime) -> dict[str, str]:
    """What a form starts with: today for what is noted, the values that a correction may change, the check that is due."""
    names = {asked.name for asked in sheet.possible.inputs}
    found = {name: sheet.facts.calendar.day_of(now).isoformat() for name in TODAY & names}
    if sheet.possible.step == "check":
        found["months"] = next((d.item.split()[0] for d in sheet.facts.deadlines if d.name == "check" and d.live), "")
    if sheet.possible.step in ("contact", "first_contact"):
        found["result"] = "reached"
    if sheet.possible.step in ("action", "appointment"):
        del found["day"]
    return found


def reasons_of(error: CasesError) -> tuple[Refusal, ...]:
    """What is wrong, each with its field when it has one."""
    if isinstance(error, Refused):
        return error.reasons
    return (Refusal("invalid", error.said, field=error.field if isinstance(error, Invalid) else None),)


def summary(errors: Iterable[Refusal], shown: tuple[forms.Field, ...]) -> list[dict[str, str | None]]:
    """What is wrong, above the form, each a link to its field."""
    ids = {one.name: one.parts[0].name if one.parts else one.name for one in shown} | {"on_behalf_of": "behalf_person"}
    ids |= {part.name: part.name for one in shown for part in one.parts}

    def place(field: str) -> str | None:
        return ids.get(field.replace("/", ".")) or ids.get(field.partition("/")[0])

    return [{"message": e.message, "field": place(e.field or "")} for e in errors]


def _changed(sheet: StepSheet) -> list[str]:
    """What others did since the reader opened the form."""
    zone = sheet.facts.calendar.timezone
    said: list[str] = []
    for line, words in sheet.since:
        shown = line_said(line, words, sheet.facts, sheet.names)
        who = sheet.names.get(line["actor_id"] or "", "")
        by = say("par {who}", who=who) if who else ""
        at = say("{day} à {hour}", day=day_short(line["at"], zone), hour=hour(line["at"], zone))
        said.append(together((shown["title"], by, at), ", "))
    return said
