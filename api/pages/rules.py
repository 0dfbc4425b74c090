"""Deadlines in words: what is to be done, the rule behind it, who must act, what leaves next, and the way to meet it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from api.pages.dates import sentence, working_days
from engine.definition import MACHINES, record_of, rule_of
from engine.facts import ArmedDeadline
from engine.lengths import TERRITORY
from engine.model import CASE_TRACK, Deadline, Do, From, Kind, Mark, Role, Unit
from engine.sentences import listed, lowered, say, together
from notifications.typography import day_long

SINCE: Final[Mapping[str, str]] = {
    "case.detection": say("le signalement"),
    "case.orientation": say("la qualification"),
    "case.follow_up": "l’entrée en suivi",
    "case.closed": "la clôture",
    "referral.draft": "le choix de l’opérateur",
    "referral.sent": say("la transmission"),
    "referral.info_requested": say("la question"),
    "referral.accepted": "l’accord",
    "referral.engaged": "le premier échange",
    "referral.completed": say("la fin"),
    "mentoring_pair.proposed": say("la proposition"),
    "mentoring_pair.active": "le début du binôme",
    "mentoring_pair.mid_review": say("les six mois"),
    "mentoring_pair.ended": "la fin du binôme",
    "transition_plan.planned": "l’ouverture du plan",
    "transition_plan.diagnosing": "le début du diagnostic",
    "transition_plan.plan_ready": say("la validation du plan"),
    "transition_plan.in_progress": "le début des actions",
}
"""From what a deadline counts, by machine and state; « du 17 novembre » follows."""
SINCE_RULE: Final[Mapping[str, str]] = {
    "decide_next": say("la fin du dernier suivi"),
    "real_contact": "l’appel à l’aide",
    "plan": "le score de départ",
    "close_or_reorient": say("le dernier point"),
    "finish_or_extend": "la dernière action",
}
"""The same, for rules that count from something else than the entry."""
_BUTTONS: Final[Mapping[str, str]] = {
    "Transmettre à un opérateur": "Orienter",
    "Donner des nouvelles": "Écrire",
    "Donner des nouvelles du plan": "Écrire",
    "Noter le plan d’action": "Noter le plan",
    "Noter le score de départ": "Noter le score",
    "Fixer le premier rendez-vous": "Noter",
    "Se rencontrer": "Noter",
    "Trouver un opérateur": "Chercher",
    "Faire le point": "Faire le point",
    "Faire le bilan d’étape": "Faire le bilan",
    "Faire l’action": "Suivre",
    "Obtenir les deux signatures": "Voir",
}
"""What a button says where the first word of the deadline would not do."""
_ACTS: Final[Mapping[str, str]] = {
    "expire": "La demande expire",
    "survey": "Une enquête part",
    "offer_take_back": "Il vous est proposé de reprendre la demande",
    "decline_pair": "La proposition se ferme",
    "mid_review_due": "Le bilan d’étape s’ouvre",
    "resume": "Le suivi reprend",
}

_TO: Final[Mapping[Role, str]] = {
    Role.ADVISER: say("au conseiller"),
    Role.MANAGER: say("au responsable du territoire"),
    Role.ADMIN: say("au programme"),
    Role.OPERATOR: "à l’opérateur",
    Role.OPERATOR_MANAGER: "à la direction de l’antenne",
    Role.MENTOR: say("au mentor"),
    Role.ENTREPRENEUR: "à l’entrepreneur",
    Role.OWNER: "à qui suit le plan",
}
"""To whom, by role."""


def length(value: int | None, unit: str) -> str:
    """« 5 jours ouvrés », « 30 jours », « 3 mois »; '' for a date that somebody chose."""
    if value is None or unit == Unit.DATE:
        return ""
    if unit == Unit.WORKING_DAYS:
        return working_days(value)
    return say("{value} mois", value=value) if unit == Unit.MONTHS else say("{value} jours", value=value)


def within(rule: str, value: int | None, unit: str) -> str:
    """« premier contact sous 3 jours ouvrés »."""
    label, said = lowered(rule_of(rule).label), length(value, unit)
    return say("{label} sous {said}", label=label, said=said) if said else label


def behind(armed: ArmedDeadline, *, urgent: bool = False) -> str:
    """The rule of a deadline: « 5 jours ouvrés après la transmission du 17 novembre. »."""
    rule = rule_of(armed.rule)
    said = length(armed.length, armed.unit)
    if not said:
        return "À la date choisie."
    if rule.repeat:
        return sentence(say("Tous les {said}, depuis le {day}", said=said, day=day_long(armed.armed_on, weekday=False)))
    machine, state, name = armed.rule.split(".")
    since = SINCE_RULE.get(name) or SINCE.get(f"{machine}.{state}", "l’entrée dans l’étape")
    more = "Reportée une fois." if armed.extended else "Délai réduit : dossier urgent." if urgent else ""
    chosen = "Délai choisi par le territoire." if armed.source == TERRITORY else ""
    counted = say("{said} après {since} du {day}", said=said, since=since, day=day_long(armed.armed_on, weekday=False))
    return together((sentence(counted), more, chosen))


def moment_said(mark: str) -> str:
    """A moment of a deadline, `due+5` or `entry+2`, in words: « 5 jours ouvrés après la date »."""
    origin, sign, count = mark.partition("+") if "+" in mark else mark.partition("-")
    if not sign:
        return say("le jour même") if origin == From.DUE else mark
    said = working_days(int(count))
    if origin == From.ENTRY:
        return say("{said} après son début", said=said)
    return say("{said} après la date" if sign == "+" else "{said} avant la date", said=said)


def label_of(rule: str, item: str = "") -> str:
    """The name of a deadline; that of a follow-up check says its month."""
    months = item.removesuffix(" months")
    return (
        say("{label} à {months} mois", label=rule_of(rule).label, months=months)
        if months.isdigit()
        else rule_of(rule).label
    )


def todo_of(rule: str, item: str = "") -> str:
    """What its owner does, a verb first."""
    months = item.removesuffix(" months")
    return (
        say("{todo} à {months} mois", todo=rule_of(rule).todo, months=months)
        if months.isdigit()
        else rule_of(rule).todo
    )


def way(reference: str, rule: str, track: str) -> str:
    """Where a deadline is met: the form of its step or of its record, else the case."""
    case = f"/dossiers/{reference}"
    if rule.startswith("case.orientation.") and rule.endswith(".first_referral"):
        return f"{case}/orienter"
    event = meeting_event(rule_of(rule), Kind(rule.split(".")[0]))
    if event is None:
        return case
    on = "" if track == CASE_TRACK else f"?suivi={track}"
    kind = Kind(rule.split(".")[0])
    return f"{case}/{'noter' if event not in MACHINES[kind].events else 'actions'}/{event}{on}"


def meeting_event(rule: Deadline, kind: Kind) -> str | None:
    """The first record or step, on its own track, that somebody takes and that meets a deadline; None when it is any of several."""
    met = rule.met_by
    for record in ("contact", "meeting", "session"):
        if record in met.records:
            return record
    if met.records:
        return next((name for name in sorted(met.records) if record_of(kind, name)), None)
    named = [step.split(".")[1] for step in sorted(met.steps) if step.startswith(f"{kind}.")]
    words = met.words.replace(",", " ").split() if not met.steps else []
    events = MACHINES[kind].events
    return next((name for name in (*named, *words) if name in events and events[name].by != {Role.SYSTEM}), None)


def verb(rule: str) -> str:
    """The word or two of a button: « Appeler », « Répondre »."""
    todo = rule_of(rule).todo
    return _BUTTONS.get(todo) or todo.split()[0]


def to_roles(roles: Iterable[Role]) -> str:
    """Whom a mark tells, where no case gives a name: « au conseiller et à l’entrepreneur »."""
    return listed(dict.fromkeys(_TO[role] for role in roles))


def leaving(mark: Mark, whom: str) -> tuple[str, str]:
    """What a mark sends: its title, and to whom (« à vous », « au responsable »)."""
    if mark.do is Do.ACT:
        return _ACTS.get(mark.event, "Cela se fait tout seul"), ""
    title = {Do.REMIND: "Rappel", Do.TELL: "Des nouvelles", Do.ESCALATE: "Alerte"}[mark.do]
    return title, whom
