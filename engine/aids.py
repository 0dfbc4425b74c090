"""Whether a business may have an aid, and why not: a sentence for each criterion, in the words that routing has for offers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final

from engine.de_minimis import Total
from engine.lists import AXIS, LEVER
from engine.offers import Eligibility, Offered, Wanted
from engine.routing import FILTERS, Check
from engine.sentences import Sentence, in_euros, lowered, say, together

ASKED_OF_A_BUSINESS: Final = frozenset(
    {"phase_allows", "activity", "size", "age", "amount", "legal_form", "siret", "qpv"}
)
"""The filters of routing that say something of the business; the others are about a branch."""
EVERYWHERE: Final = frozenset({"", "france", "national", "nationale"})


class Verdict(StrEnum):
    """What comes out of all the criteria of an aid."""

    ELIGIBLE = "eligible"
    TO_VERIFY = "to_verify"
    NOT_ELIGIBLE = "not_eligible"


@dataclass(frozen=True, slots=True, kw_only=True)
class AidRules:
    """An aid of the catalogue, as far as it decides who may have it."""

    name: str
    scope: str = "common_law"
    axes: tuple[str, ...] = ()
    levers: tuple[str, ...] = ()
    eligibility: Eligibility = field(default_factory=Eligibility)
    perimeter: str | None = None
    """Where it is given, in the words of the catalogue."""
    closed: bool = False
    until: date | None = None
    """Its last day."""
    de_minimis: bool | None = None
    stale: bool = False
    """Whether what the catalogue says of it is itself to be verified."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An aid held against a business: each criterion with its sentence, and what comes out of them."""

    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """Not eligible by one criterion is not eligible; what is not known is to be verified."""
        if not all(check.passed for check in self.checks):
            return Verdict.NOT_ELIGIBLE
        return Verdict.TO_VERIFY if any(check.to_verify for check in self.checks) else Verdict.ELIGIBLE


def judge(aid: AidRules, business: Wanted, needs: Sequence[Wanted], total: Total) -> Judged:
    """Hold an aid against a business, its open needs and the de minimis aid that it has had."""
    return Judged(tuple(_checks(aid, business, needs, total)))


def _checks(aid: AidRules, business: Wanted, needs: Sequence[Wanted], total: Total) -> Iterator[Check]:
    yield _open(aid, business.today)
    if aid.stale and not aid.closed:
        said = "Ce que le catalogue dit de cette aide est à vérifier auprès de l’organisme."
        yield Check("up_to_date", True, said, to_verify=True)
    yield _answers_a_need(aid, needs)
    yield from _of_the_business(aid, business)
    if (aid.perimeter or "").strip().casefold() not in EVERYWHERE:
        yield Check(
            "perimeter",
            True,
            say("L’aide vaut pour « {perimeter} » : vérifiez l’adresse.", perimeter=aid.perimeter),
            to_verify=True,
        )
    if aid.eligibility == Eligibility() and aid.scope != "qpv":
        said = "Aucune condition n’est enregistrée pour cette aide : vérifiez-les auprès de l’organisme."
        yield Check("conditions", True, said, to_verify=True)
    if aid.de_minimis:
        yield _within_the_ceiling(total)


def _open(aid: AidRules, today: date) -> Check:
    if aid.closed:
        return Check("open", False, "L’aide est close.")
    if aid.until is not None and aid.until < today:
        said = say("L’aide était donnée jusqu’au {until:%d/%m/%Y} : vérifiez si elle est prolongée.", until=aid.until)
        return Check("open", True, said, to_verify=True)
    return Check("open", True, "L’aide est ouverte.")


def _answers_a_need(aid: AidRules, needs: Sequence[Wanted]) -> Check:
    code = "answers_a_need"
    if not needs:
        return Check(code, True, "Aucun besoin n’est ouvert dans ce dossier : notez-en un.", to_verify=True)
    if not aid.axes and not aid.levers:
        return Check(code, True, "L’aide n’a ni axe ni levier : lisez à quoi elle sert.", to_verify=True)
    served = next((need for need in needs if need.axis in aid.axes or set(need.levers) & set(aid.levers)), None)
    if served is not None:
        return Check(
            code,
            True,
            say("L’aide répond à « {need} ».", need=lowered(served.label)),
        )
    labels = [AXIS.get(code, code) for code in aid.axes] + [LEVER.get(code, code) for code in aid.levers]
    return Check(code, False, say("Aucun besoin du dossier ne porte sur : {listed}.", listed=together(labels, ", ")))


def _of_the_business(aid: AidRules, business: Wanted) -> Iterator[Check]:
    """What routing says of an offer with the same rules, said of an aid."""
    rules = replace(aid.eligibility, qpv_required=True) if aid.scope == "qpv" else aid.eligibility
    offered = Offered(id="", name=aid.name, branch="", branch_name="", operator="", scope=aid.scope, eligibility=rules)
    for look in FILTERS:
        check = look(business, offered)
        if check is not None and check.code in ASKED_OF_A_BUSINESS and not _says_nothing(check, aid):
            yield replace(check, message=_of_an_aid(check.message))


def _of_an_aid(message: str) -> str:
    """The same sentence, said of an aid."""
    if isinstance(message, Sentence):
        return say(_OF_AN_AID.get(message.pattern, message.pattern), **message.given)
    return _OF_AN_AID.get(message, message)


_OF_AN_AID: Final[Mapping[str, str]] = {
    "L’offre n’est pas ouverte à cette activité.": "L’aide n’est pas ouverte à cette activité.",
    "L’offre n’est pas faite pour cette taille d’entreprise.": "L’aide n’est pas faite pour cette taille d’entreprise.",
    "L’offre n’est pas faite pour une entreprise de cet âge.": "L’aide n’est pas faite pour une entreprise de cet âge.",
    "Le montant sort des limites de l’offre{limits}.": "Le montant sort des limites de l’aide{limits}.",
    "L’offre n’est pas ouverte à cette forme juridique.": "L’aide n’est pas ouverte à cette forme juridique.",
    "L’offre demande un numéro SIRET : l’entreprise n’en a pas encore donné.": "L’aide demande un numéro SIRET : l’entreprise n’en a pas encore donné.",
    "L’offre est réservée aux quartiers prioritaires : l’adresse est en dehors.": "L’aide est réservée aux quartiers prioritaires : l’adresse est en dehors.",
}
"""What routing says of an offer, said of an aid."""


def _says_nothing(check: Check, aid: AidRules) -> bool:
    """The phase of the territory opens what is for quartiers alone; of the rest it says nothing of an aid."""
    return check.code == "phase_allows" and (check.passed or aid.scope != "qpv")


def _within_the_ceiling(total: Total) -> Check:
    code = "de_minimis"
    over = say("{ceiling} sur {years} ans", ceiling=in_euros(total.ceiling.euros), years=total.ceiling.years)
    if total.left <= 0:
        return Check(code, False, say("Le plafond des aides de minimis est atteint : {over}.", over=over))
    return Check(
        code,
        True,
        say("Aide de minimis : il reste {left}, sur {over}.", left=in_euros(total.left), over=over),
        to_verify=total.to_verify,
    )
