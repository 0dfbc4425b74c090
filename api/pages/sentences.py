"""The journal of a case in French: who did what, when, how, and in which words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Any, Final

from api.forms import BY_MACHINES
from api.pages.dates import day_label
from cases.views.choices import subject_label
from engine.definition import MACHINES, record_of
from engine.facts import CaseFacts, Pair, Plan, Referral
from engine.lists import LEVER, OUTCOME, RESULT
from engine.model import CASE_TRACK, Input, InputKind, Kind, Role
from engine.sentences import lowered, say, together
from engine.working_days import Calendar
from notifications.typography import day_short, hour

SAID: Final[Mapping[str, str]] = {
    "case.log": "Signalement",
    "case.qualify": "Besoin qualifié",
    "case.start_accompaniment": "Accompagnement commencé",
    "case.start_mentoring": "Mentorat commencé",
    "case.start_transition": "Appui à la transition commencé",
    "case.back_to_accompaniment": "Retour à l’accompagnement",
    "case.reorient": "Dossier réorienté",
    "case.enter_follow_up": "Suivi commencé",
    "case.close": "Dossier clos",
    "case.reopen": "Dossier rouvert",
    "case.reopen_follow_up": "Suivi repris",
    "case.hold": "Dossier mis en attente",
    "case.resume": "Dossier repris",
    "case.set_urgent": "Urgence signalée",
    "case.extend_deadline": "Échéance reportée",
    "case.hand_over": "Dossier confié à {referent}",
    "case.nobody_called": "« Personne ne m’a appelé »",
    "case.withdraw_consent": "Accord de partage retiré",
    "referral.draft": "Demande préparée pour {whom}",
    "referral.send": "Transmis à {whom}",
    "referral.ask_info": "{whom} a une question",
    "referral.answer_info": "Réponse à la question de {whom}",
    "referral.accept": "Pris en charge par {whom}",
    "referral.decline": "Décliné par {whom}",
    "referral.expire": "Sans réponse de {whom}, la demande expire",
    "referral.undo_answer": "{whom} revient sur sa réponse",
    "referral.revive": "Demande relancée auprès de {whom}",
    "referral.withdraw": "Demande retirée à {whom}",
    "referral.first_contact": "Premier échange avec {whom}",
    "referral.record_progress": "Nouvelles de {whom}",
    "referral.name_agent": "{agent} suit le dossier pour {whom}",
    "referral.complete": "Abouti avec {whom}",
    "referral.discontinue": "Accompagnement arrêté par {whom}",
    "mentoring_pair.propose": "Mentor proposé : {whom}",
    "mentoring_pair.sign_charter": "Charte de mentorat signée",
    "mentoring_pair.accept_pair": "Binôme commencé avec {whom}",
    "mentoring_pair.decline_pair": "Binôme non abouti avec {whom}",
    "mentoring_pair.record_progress": "Carnet de mentorat",
    "mentoring_pair.pause": "Binôme en pause",
    "mentoring_pair.resume": "Binôme repris",
    "mentoring_pair.mid_review_due": "Bilan d’étape à faire",
    "mentoring_pair.continue_pair": "Bilan d’étape : le binôme continue",
    "mentoring_pair.end_pair": "Binôme terminé",
    "transition_plan.open": "Plan ouvert : {whom}",
    "transition_plan.start_diagnosis": "Diagnostic commencé : {whom}",
    "transition_plan.validate_plan": "Plan d’action validé : {whom}",
    "transition_plan.start_action": "Première action commencée",
    "transition_plan.record_progress": "Nouvelles du plan : {whom}",
    "transition_plan.finish": "Plan terminé : {whom}",
    "transition_plan.abandon": "Plan abandonné : {whom}",
    "contact": "Échange",
    "attempt": "Essai",
    "need": "Besoin noté",
    "note": "Note",
    "session": "Rencontre du binôme",
    "meeting": "Rendez-vous",
    "appointment": "Rendez-vous fixé",
    "action_plan": "Plan d’action noté",
    "score": "Score noté",
    "action": "Action du plan",
    "check": "Point de suivi",
    "document": "Document ajouté",
    "consent": "Accord noté",
    "aid": "Aide obtenue",
    "news": "Nouvelles de l’entreprise",
    "correct": "Fiche corrigée",
    "break_glass": "Dossier ouvert par le programme, avec un motif",
    "anonymise": "Données personnelles effacées",
    "survey": "Enquête de satisfaction",
    "closure": "Fermeture de l’antenne",
    "last_action_passed": "La dernière action du plan est passée",
    "take_length": "Échéances mises au délai du territoire",
    "offer_take_back": "Proposition de reprendre la demande",
    "nudge": "Relance",
}
"""Each event, by its machine, and each record, as what happened."""
ROLES: Final[Mapping[str, str]] = {
    Role.ADVISER: say("le conseiller"),
    Role.MANAGER: say("le responsable"),
    Role.OPERATOR: "l’opérateur",
    Role.OPERATOR_MANAGER: "le responsable de l’antenne",
    Role.MENTOR: say("le mentor"),
    Role.ENTREPRENEUR: "l’entrepreneur",
    Role.SYSTEM: say("automatique"),
    Role.ADMIN: say("le programme"),
    Role.API_CLIENT: say("un outil partenaire"),
    Role.OWNER: say("qui suit le plan"),
}
_DOORS: Final = {
    "mail_link": say("depuis un courriel"),
    "reply": "en réponse à un courriel",
    "import": say("par un fichier"),
}
HOW: Final[Mapping[str, str]] = {
    "visit": say("sur place"), "phone": "par téléphone", "sms": "par SMS", "email": say("par courriel"), "post": say("par courrier"), "video": say("en visio"),
}  # fmt: skip
"""A channel, at the end of a sentence."""
_NAMED: Final = {"diagnostician": "diagnostic fait par {name}"}
"""Words that are somebody's name, beside who acted; nothing where it is the same person."""
_IN_THE_TITLE: Final = frozenset({"channel", "result", "lever"})
_ON_BEHALF: Final = "on_behalf_person"
_HIDDEN_DAYS: Final = frozenset({"from", "to"})
Line = Mapping[Any, Any]


def journal_days(
    lines: Iterable[tuple[Line, Mapping[str, str]]], facts: CaseFacts, names: Mapping[str, str], today: date
) -> list[dict[str, Any]]:
    """The lines by local day, the newest first, as the macro `journal` takes them."""
    newest = sorted(lines, key=lambda found: -found[0]["sequence"])
    by_day = groupby(newest, key=lambda found: facts.calendar.day_of(found[0]["at"]))
    return [
        {
            "label": day_label(day, today),
            "date": day.isoformat(),
            "lines": [line_said(line, words, facts, names) for line, words in found],
        }
        for day, found in by_day
    ]


def line_said(line: Line, words: Mapping[str, str], facts: CaseFacts, names: Mapping[str, str]) -> dict[str, Any]:
    """One line: what happened, by whom and how, the words themselves; `state` when the case moved."""
    moved = line["track"] == CASE_TRACK and line["from_state"] != line["to_state"]
    unsaid = {_ON_BEHALF, *_NAMED, *BY_MACHINES}
    own = {name: text for name, text in words.items() if name not in unsaid}
    said = [subject_label(text) if name == "subject" else text for name, text in own.items()]
    return {
        "title": _title(line, facts, names),
        "by": together(_by(line, words, facts.calendar, names), " · "),
        "quote": together(said, "\n") or None,
        "state": line["to_state"] if moved else None,
    }


def whom(track: str, facts: CaseFacts) -> str:
    """With whom a track is: the branch, the mentor, or the plan's lever."""
    known = facts.tracks.get(track)
    if isinstance(known, Referral):
        return known.branch_name or known.operator_name
    if isinstance(known, Pair):
        return known.mentor_name
    return lowered(LEVER.get(known.lever or "", say("transition"))) if isinstance(known, Plan) else ""


def _title(line: Line, facts: CaseFacts, names: Mapping[str, str]) -> str:
    kind, given = facts.kind_of(line["track"]), line["facts"] or {}
    written = SAID.get(f"{kind}.{line['event']}") or SAID.get(line["event"], line["event"])
    title = say(
        written,
        whom=whom(line["track"], facts),
        referent=names.get(given.get("referent", ""), "un collègue"),
        agent=names.get(given.get("agent", ""), "un collègue"),
    )
    if line["event"] == "accept" and given.get("agent") in names:
        return say("{title} : {name}", title=title, name=names[given["agent"]])
    if line["event"] == "set_urgent" and given.get("lift"):
        return "Urgence levée"
    if line["event"] == "appointment" and (given.get("appointment") or given.get("cancelled")):
        return "Rendez-vous annulé" if given.get("cancelled") else "Rendez-vous déplacé"
    if line["event"] == "closure" and given.get("over"):
        return "L’antenne rouvre"
    if line["event"] == "attempt":
        return say("{title} : {name}", title=title, name=lowered(RESULT.get(given.get("result", ""), "sans réponse")))
    how = HOW.get(str(given.get("channel")))
    return title if how is None else together((title, how), ", " if " " in title else " ")


def _by(line: Line, words: Mapping[str, str], calendar: Calendar, names: Mapping[str, str]) -> Iterator[str]:
    yield hour(line["at"], calendar.timezone)
    actor = names.get(line["actor_id"] or "") or ROLES.get(str(line["actor_role"]), "")
    behalf = line["on_behalf"] or {}
    if behalf:
        person = words.get(_ON_BEHALF) or "l’opérateur"
        actor = together((actor, say("pour {person}", person=person), HOW.get(behalf.get("channel", ""), "")), ", ")
    if actor:
        yield actor
    yield from (say(_NAMED[name], name=text) for name, text in words.items() if name in _NAMED and text != actor)
    if line["via"] in _DOORS:
        yield _DOORS[line["via"]]
    yield from _details(line)


def _details(line: Line) -> Iterator[str]:
    """What was chosen in lists, the days and the numbers that were given."""
    given = line["facts"] or {}
    for asked in _inputs(line):
        value = None if asked.name in BY_MACHINES else given.get(asked.name)
        if asked.choices and value in asked.choices and asked.name not in _IN_THE_TITLE:
            yield asked.choices[str(value)]
        elif asked.kind is InputKind.DAY and value and asked.name not in _HIDDEN_DAYS:
            yield say(
                "{label} : {value}", label=lowered(asked.label), value=day_short(date.fromisoformat(str(value)[:10]))
            )
        elif asked.name == "minutes" and value is not None:
            yield say("{count} minutes", count=value)
        elif asked.kind is InputKind.NUMBER and value is not None:
            yield say("{label} : {value}", label=lowered(asked.label), value=value)
        elif asked.kind is InputKind.OUTCOMES and value:
            yield together((lowered(OUTCOME.get(code, code)) for code in value.values()), ", ")


def _inputs(line: Line) -> tuple[Input, ...]:
    track = line["track"]
    kind = Kind(track) if track == CASE_TRACK else Kind(track.rsplit("-", 1)[0])
    step = MACHINES[kind].events.get(line["event"]) or record_of(kind, line["event"])
    return step.inputs if step else ()
