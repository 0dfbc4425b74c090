"""The form of a step as its template shows it: its fields, what is wrong, why it is not possible, what changed meanwhile."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from starlette.datastructures import FormData

from api import forms
from api.pages import correcting
from api.pages.case_steps import label_of, way_out
from api.pages.de_minimis import total_said
from api.pages.sentences import line_said, whom
from cases.errors import CasesError, Invalid, Refused
from cases.views.choices import may_be_taken
from cases.views.step_sheet import StepAsked, StepSheet
from engine.model import Input, Refusal
from engine.sentences import say, together
from notifications.typography import day_short, hour

TODAY: Final = frozenset({"day", "met_on"})
"""Days that are most often today, for what is noted."""
ASKED: Final[Mapping[str, str]] = {
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
    "correct": "Changez ce qui n’est pas juste : le reste ne bouge pas.",
    "hand_over": "Les échéances gardent leur date. Chacun est prévenu une seule fois.",
    "enter_follow_up": "L’accompagnement est fini. Vous prendrez des nouvelles dans 3, 6 et 12 mois.",
    "reorient": "Les opérateurs sont de nouveau proposés pour ce besoin. Les suivis en cours continuent.",
    "nobody_called": "À noter quand la personne vous le dit : quelqu’un doit alors lui parler sous deux jours ouvrés.",
    "set_urgent": "Les délais qui courent sont réduits de moitié.",
    "lift_urgent": "Les prochains délais seront entiers.",
    "extend_deadline": "Une échéance se reporte une seule fois.",
    "propose": "Le mentor et la personne sont sollicités : le binôme commence quand tous deux ont signé.",
}
"""What a form says before it asks."""
_TITLES: Final[Mapping[str, str]] = {
    "first_contact": "Noter le premier échange",
    "send": "Envoyer la demande",
    "hand_over": "Confier le dossier",
    "continue_pair": "Écrire le bilan",
    "nobody_called": "Personne ne l’a appelée",
}
"""What a form is called where the step's own words are those of another moment, or of somebody else."""
_PRESSED: Final[Mapping[str, str]] = {
    "first_contact": "Enregistrer",
    "ask_info": "Envoyer ma question",
    "answer_info": "Envoyer la réponse",
    "decline": "Envoyer la réponse",
    "continue_pair": "Continuer le binôme",
    "nobody_called": "Noter qu’elle attend un appel",
}
"""What its button says, where it is not its title."""
_ASKED_WHEN_REFUSED: Final = frozenset({"exceed_reason", "end_tracks"})
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
        sheet,
        forms.fields(_inputs(sheet), sheet.choices, sent, errors, {**presets_of(sheet, now), **wanted.filled}),
        sent,
    )
    behalf = forms.behalf_fields(sent, errors) if sheet.for_an_operator else ()
    case, title = (
        f"/dossiers/{wanted.reference}",
        _TITLES.get(wanted.event, label_of(possible, urgent=sheet.case["urgent"])),
    )
    on, changed = whom(wanted.track, facts), _changed(sheet)
    return {
        "title": title, "press": _PRESSED.get(wanted.event, title), "question": sheet.question,
        "wanted": wanted, "name": sheet.name, "case_href": case, "on": on, "intro": _intro(sheet),
        "fields": asked, "behalf": behalf, "errors": [] if changed else summary(errors, (*behalf, *asked)), "may": may_be_taken(possible),
        "reasons": [way_out(r.code, r.message, case, wanted.track) for r in possible.reasons], "changed": changed,
        "version": sheet.case["version"], "seen": sheet.case["head_sequence"], "key": secrets.token_urlsafe(12),
        "de_minimis": total_said(sheet.de_minimis) if sheet.de_minimis else None,
    }  # fmt: skip


def _fields(sheet: StepSheet, asked: tuple[forms.Field, ...], sent: FormData | None) -> tuple[forms.Field, ...]:
    """The fields, with why each is asked where it lifts what stands in the way, and what is known where it is corrected."""
    if sheet.possible.step == correcting.EVENT:
        asked = correcting.as_known(asked, sheet.known, sent)
    if sheet.possible.step == "appointment" and not sheet.choices.get("appointment"):
        asked = tuple(replace(one, required=one.required or one.name == "day") for one in asked)
    lifts = {reason.settled_by: reason.message for reason in sheet.possible.reasons}
    return tuple(one if one.error else replace(one, hint=one.hint or lifts.get(one.name)) for one in asked)


def _intro(sheet: StepSheet) -> str | None:
    lifts = sheet.possible.step == "set_urgent" and sheet.case["urgent"]
    return ASKED.get("lift_urgent" if lifts else sheet.possible.step)


def _inputs(sheet: StepSheet) -> tuple[Input, ...]:
    """What the form asks for: what would lift a refusal where there is one, what ends something where there is such a thing."""
    settled = {reason.settled_by for reason in sheet.possible.reasons}
    nothing = {
        name
        for name, there in (("lift", sheet.case["urgent"]), ("cancelled", sheet.choices.get("appointment")))
        if not there
    }
    return tuple(one for one in sheet.possible.inputs if one.name not in (_ASKED_WHEN_REFUSED - settled) | nothing)


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
    if sheet.possible.step == "set_urgent" and sheet.case["urgent"]:
        found["lift"] = "1"
    return found | correcting.presets(sheet.known)


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
