"""Routing: which operator, and why. Hard filters, then a score from 0 to 100; each says its sentence, and the same facts give the same proposal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from engine.lists import AXIS, SPOKEN
from engine.offers import LEVELS, Offered, Wanted, Weights, free_places
from engine.sentences import in_euros, lowered, say, together
from engine.state_names import Phase

RULES_VERSION: Final = "1"
"""Frozen in each proposal; it changes with any filter or criterion below."""

TARGETED_FROM: Final = frozenset({Phase.ACCELERATION, Phase.EVALUATION, Phase.EXTENDED})
"""The phases in which targeted aids may be proposed."""


@dataclass(frozen=True, slots=True)
class Check:
    """The answer of one filter. `to_verify`: it passed because a fact is not known yet."""

    code: str
    passed: bool
    message: str
    to_verify: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """The part that one criterion has in the score."""

    code: str
    points: int
    max: int
    message: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offer that was looked at: kept with its rank, or put aside with the sentences that say why."""

    offered: Offered
    rank: int | None
    checks: tuple[Check, ...]
    parts: tuple[Part, ...]
    outside_axis: bool = False

    @property
    def kept(self) -> bool:
        """Whether every filter let it through."""
        return all(check.passed for check in self.checks)

    @property
    def score(self) -> int:
        """From 0 to 100: the sum of its parts."""
        return sum(part.points for part in self.parts)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Who could be asked for a need. `gap`: nobody offers anything there, whatever the moment."""

    candidates: tuple[Candidate, ...]
    gap: bool


def propose(wanted: Wanted, offers: Iterable[Offered], weights: Weights | None = None) -> Proposal:
    """Every candidate for a need: the kept ones by rank, then those put aside.

    Ties: the fewest open requests, then the fewest received over 30 days, then the id. An offer about something else is not
    shown when its branch has another that serves the need.
    """
    weights = weights or Weights()
    served = [(offered, _serves_need(wanted, offered).passed) for offered in offers]
    useful = {offered.branch for offered, serves in served if serves}
    shown = [_candidate(wanted, o, weights) for o, serves in served if serves or o.branch not in useful]
    kept = sorted((c for c in shown if c.kept), key=_order)
    aside = sorted((c for c in shown if not c.kept), key=_order)
    ranked = [_ranked(c, rank) for rank, c in enumerate(kept, 1)]
    return Proposal((*ranked, *aside), gap=not any(map(_would_do_another_day, shown)))


def _candidate(wanted: Wanted, offered: Offered, weights: Weights) -> Candidate:
    checks = [found for look in FILTERS if (found := look(wanted, offered)) is not None]
    parts = tuple(_part(code, rule(wanted, offered), getattr(weights, code)) for code, rule in CRITERIA.items())
    chosen = wanted.chosen_axes if wanted.phase in TARGETED_FROM else ()
    outside = bool(chosen and wanted.axis and wanted.axis not in chosen)
    return Candidate(offered, None, tuple(checks), parts, outside)


def _ranked(candidate: Candidate, rank: int) -> Candidate:
    return Candidate(candidate.offered, rank, candidate.checks, candidate.parts, candidate.outside_axis)


def _order(candidate: Candidate) -> tuple[int, int, int, str]:
    offered = candidate.offered
    return -candidate.score, offered.load, offered.recent, offered.id


def _would_do_another_day(candidate: Candidate) -> bool:
    """Whether only the moment stands in the way: the phase, a closure, an agreement not given yet, an answer that is awaited."""
    moment = _OF_THE_MOMENT | ({"not_asked_yet"} if candidate.offered.asked == "running" else set())
    return all(check.passed for check in candidate.checks if check.code not in moment)


# -- stage 1: filters, each with its sentence -------------------------------------------------------------------------------


def _phase_allows(wanted: Wanted, offered: Offered) -> Check:
    code = "phase_allows"
    if offered.scope == "qpv" and wanted.phase not in TARGETED_FROM:
        return Check(
            code, False, "Les aides réservées aux quartiers s’ouvrent quand le territoire est en accélération."
        )
    if wanted.phase in (Phase.CANDIDATE, Phase.LABELLISATION):
        return Check(code, True, "Un brouillon se prépare : il partira quand le territoire sera en incubation.")
    return Check(code, True, "La phase du territoire le permet.")


def level_covered(wanted: Wanted, offered: Offered) -> str | None:
    """The most precise level at which the branch covers the place; None when it does not."""
    there = {level for level, code in offered.coverage if level == "national" or wanted.place.get(level) == code}
    return next((level for level in LEVELS if level in there), None)


_COVERS: Final = {
    "quartier": "L’antenne travaille dans ce quartier.",
    "commune": "L’antenne couvre la commune.",
    "epci": "L’antenne couvre l’intercommunalité.",
    "departement": "L’antenne couvre le département.",
    "region": "L’antenne couvre la région.",
    "national": "L’antenne couvre tout le pays.",
}


def _covers(wanted: Wanted, offered: Offered) -> Check:
    level = level_covered(wanted, offered)
    if level is None:
        return Check("covers", False, "L’antenne ne couvre ni ce quartier ni cette commune.")
    return Check("covers", True, _COVERS[level])


def _serves_need(wanted: Wanted, offered: Offered) -> Check:
    if offered.needs and wanted.subject != "other" and wanted.subject not in offered.needs:
        return _answers(wanted.label, served=False)
    on_axis = not offered.axes or wanted.axis is None or wanted.axis in offered.axes
    if not on_axis and not set(wanted.levers) & set(offered.levers):
        axis = AXIS.get(wanted.axis or "", wanted.axis)
        return Check("serves_need", False, say("Cette offre ne porte pas sur l’axe « {axis} ».", axis=axis))
    return _answers(wanted.label, served=True)


@lru_cache(maxsize=256)
def _answers(label: str, *, served: bool) -> Check:
    words = "L’offre répond à « {need} »." if served else "Cette offre ne répond pas à « {need} »."
    return Check("serves_need", served, say(words, need=lowered(label)))


def _activity(wanted: Wanted, offered: Offered) -> Check | None:
    rule, code = offered.eligibility, "activity"
    if not rule.naf_only and not rule.naf_except:
        return None
    if wanted.naf is None:
        return Check(code, True, "L’activité n’est pas connue : à vérifier.", to_verify=True)
    if _among(wanted.naf, rule.naf_except) or (rule.naf_only and not _among(wanted.naf, rule.naf_only)):
        return Check(code, False, "L’offre n’est pas ouverte à cette activité.")
    return Check(code, True, "L’activité convient.")


def _among(naf: str, codes: Iterable[str]) -> bool:
    return any(naf.replace(".", "").startswith(code.replace(".", "")) for code in codes)


def _within(
    code: str, value: int | None, bounds: tuple[int | None, int | None], words: tuple[str, str, str]
) -> Check | None:
    """Whether a number is within bounds; `words` say that it is not known, that it is too small or too great, that it is right."""
    low, high = bounds
    if low is None and high is None:
        return None
    if value is None:
        return Check(code, True, words[0], to_verify=True)
    if (low is not None and value < low) or (high is not None and value > high):
        return Check(code, False, words[1])
    return Check(code, True, words[2])


def _size(wanted: Wanted, offered: Offered) -> Check | None:
    rule = offered.eligibility
    words = (
        "Le nombre de salariés n’est pas connu : à vérifier.",
        "L’offre n’est pas faite pour cette taille d’entreprise.",
        "La taille convient.",
    )
    return _within("size", wanted.headcount, (rule.headcount_min, rule.headcount_max), words)


def _age(wanted: Wanted, offered: Offered) -> Check | None:
    rule = offered.eligibility
    words = (
        "La date de création n’est pas connue : à vérifier.",
        "L’offre n’est pas faite pour une entreprise de cet âge.",
        "L’âge de l’entreprise convient.",
    )
    return _within("age", wanted.age, (rule.age_min, rule.age_max), words)


def _amount(wanted: Wanted, offered: Offered) -> Check | None:
    rule = offered.eligibility
    words = (
        "Le montant n’est pas connu : à vérifier.",
        _out_of_limits(rule.amount_min, rule.amount_max),
        "Le montant convient.",
    )
    return _within("amount", wanted.amount, (rule.amount_min, rule.amount_max), words)


@lru_cache(maxsize=1024)
def _out_of_limits(low: int | None, high: int | None) -> str:
    bounds = (("au moins {amount}", low), ("au plus {amount}", high))
    said = [say(words, amount=in_euros(value)) for words, value in bounds if value]
    limits = say(" ({limits})", limits=together(said, ", ")) if said else ""
    return say("Le montant sort des limites de l’offre{limits}.", limits=limits)


def _legal_form(wanted: Wanted, offered: Offered) -> Check | None:
    if not offered.eligibility.legal_forms:
        return None
    if wanted.legal_form is None:
        return Check("legal_form", True, "La forme juridique n’est pas connue : à vérifier.", to_verify=True)
    if wanted.legal_form in offered.eligibility.legal_forms:
        return Check("legal_form", True, "La forme juridique convient.")
    return Check("legal_form", False, "L’offre n’est pas ouverte à cette forme juridique.")


def _siret(wanted: Wanted, offered: Offered) -> Check | None:
    if not offered.eligibility.siret_required:
        return None
    if wanted.siret:
        return Check("siret", True, "L’entreprise a son numéro SIRET.")
    return Check("siret", False, "L’offre demande un numéro SIRET : l’entreprise n’en a pas encore donné.")


def _qpv(wanted: Wanted, offered: Offered) -> Check | None:
    if not offered.eligibility.qpv_required:
        return None
    if wanted.situation == "outside":
        return Check("qpv", False, "L’offre est réservée aux quartiers prioritaires : l’adresse est en dehors.")
    if wanted.situation == "inside":
        return Check("qpv", True, "L’adresse est dans un quartier prioritaire.")
    return Check(
        "qpv", True, "L’adresse n’est pas encore située dans un quartier prioritaire : à vérifier.", to_verify=True
    )


def _reachable(_: Wanted, offered: Offered) -> Check:
    if offered.reachable:
        return Check("reachable", True, "L’antenne peut être jointe.")
    return Check("reachable", False, "L’antenne n’a ni adresse ni conseiller : complétez l’annuaire.")


def _open_now(_: Wanted, offered: Offered) -> Check:
    if offered.closed_until is None:
        return Check("open_now", True, "L’antenne est ouverte.")
    return Check(
        "open_now", False, say("Antenne fermée jusqu’au {closed_until:%d/%m/%Y}.", closed_until=offered.closed_until)
    )


_ASKED: Final = {
    "running": "L’antenne est déjà sollicitée pour ce besoin.",
    "declined": "L’antenne a déjà décliné cette demande.",
    "expired": "L’antenne n’a pas répondu à cette demande.",
    "discontinued": "L’antenne a interrompu cet accompagnement.",
}


def _not_asked_yet(_: Wanted, offered: Offered) -> Check:
    if offered.asked is None:
        return Check("not_asked_yet", True, "L’antenne n’a pas encore été sollicitée pour ce besoin.")
    return Check("not_asked_yet", False, _ASKED[offered.asked])


def _consent(wanted: Wanted, _: Offered) -> Check:
    if wanted.consent:
        return Check("consent", True, "La personne est d’accord pour partager son dossier.")
    return Check("consent", False, "Demandez d’abord son accord pour partager son dossier.")


FILTERS: Final[tuple[Callable[[Wanted, Offered], Check | None], ...]] = (
    _phase_allows, _covers, _serves_need, _activity, _size, _age, _amount, _legal_form, _siret, _qpv, _reachable, _open_now, _not_asked_yet, _consent,
)  # fmt: skip
_OF_THE_MOMENT: Final = frozenset({"phase_allows", "open_now", "consent"})


# -- stage 2: criteria, each a share of its weight and its sentence ----------------------------------------------------------

Share = tuple[int, int, str]
"""How much of its weight a criterion gives (`first` out of `second`), and why."""


def _part(code: str, share: Share, weight: int) -> Part:
    given, whole, message = share
    return Part(code, (2 * weight * given + whole) // (2 * whole), weight, message)


_PRECISION: Final = {"quartier": 100, "commune": 80, "epci": 60, "departement": 40, "region": 25, "national": 10}


def _coverage(wanted: Wanted, offered: Offered) -> Share:
    level = level_covered(wanted, offered)
    return (_PRECISION[level], 100, _COVERS[level]) if level else (0, 100, "L’antenne ne couvre pas ce lieu.")


def _qpv_specific(wanted: Wanted, offered: Offered) -> Share:
    if offered.scope != "qpv":
        return 0, 1, "Droit commun : l’aide n’est pas propre aux quartiers."
    if wanted.situation == "outside":
        return 0, 1, "Aide propre aux quartiers, mais l’adresse est en dehors."
    return 1, 1, "Aide propre aux quartiers prioritaires."


def _fit(wanted: Wanted, offered: Offered) -> Share:
    """Five shares for each of activity, size and age that the offer is made for, three where it is open to all, one where it is to be verified."""
    found = {
        name: look(wanted, offered) for name, look in (("l’activité", _activity), ("la taille", _size), ("l’âge", _age))
    }
    made_for = [name for name, check in found.items() if check and check.passed and not check.to_verify]
    unknown = [name for name, check in found.items() if check and check.to_verify]
    shares = 5 * len(made_for) + len(unknown) + 3 * sum(check is None for check in found.values())
    sentences = (("Convient pour {names}.", made_for), ("À vérifier : {names}.", unknown))
    said = [say(words, names=together(names, ", ")) for words, names in sentences if names]
    return shares, 15, together(said) or "Ouverte à toutes les entreprises."


def _capacity(_: Wanted, offered: Offered) -> Share:
    free = free_places(offered.capacity, offered.load)
    if not free:
        waiting = _counted(offered.load, "{count} demande attend", "{count} demandes attendent")
        return 0, 1, say("Plus de place cette semaine : {waiting}.", waiting=waiting)
    places = _counted(free, "{count} place libre", "{count} places libres")
    said = say("{free} sur {capacity} cette semaine.", free=places, capacity=offered.capacity)
    return free, offered.capacity, said


def _reliability(_: Wanted, offered: Offered) -> Share:
    if not offered.answers:
        return 1, 2, "Pas encore de réponse à mesurer sur 90 jours : la moitié des points."
    said = say(
        "{in_time} dans les temps sur {answers} en 90 jours.",
        in_time=_counted(offered.in_time, "{count} réponse", "{count} réponses"),
        answers=offered.answers,
    )
    return offered.in_time, offered.answers, said


def _earlier_tie(_: Wanted, offered: Offered) -> Share:
    return (
        (1, 1, "A déjà accompagné cette personne.")
        if offered.known
        else (0, 1, "Ne connaît pas encore cette personne.")
    )


def _access(wanted: Wanted, offered: Offered) -> Share:
    """Three shares for the language, two for a step-free office."""
    spoken = wanted.language in offered.languages
    language = SPOKEN.get(wanted.language, wanted.language)
    return 3 * spoken + 2 * bool(offered.step_free), 5, say(_ACCESS[spoken, offered.step_free], language=language)


_ACCESS: Final = {
    (True, True): "Reçoit en {language}, de plain-pied.",
    (True, False): "Reçoit en {language}, avec des marches.",
    (True, None): "Reçoit en {language}.",
    (False, True): "Ne reçoit pas en {language}, de plain-pied.",
    (False, False): "Ne reçoit pas en {language}, avec des marches.",
    (False, None): "Ne reçoit pas en {language}.",
}


def _counted(number: int, one: str, many: str) -> str:
    return say(one if number < 2 else many, count=number)


CRITERIA: Final[dict[str, Callable[[Wanted, Offered], Share]]] = {
    "coverage": _coverage,
    "qpv_specific": _qpv_specific,
    "fit": _fit,
    "capacity": _capacity,
    "reliability": _reliability,
    "earlier_tie": _earlier_tie,
    "access": _access,
}
"""One function a criterion; its code is the name of its weight."""
