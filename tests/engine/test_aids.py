"""Whether a business may have an aid: each criterion says its sentence, and what is not known is to be verified."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine.aids import AidRules, Judged, Verdict, judge
from engine.de_minimis import Granted, total_on
from engine.offers import Eligibility, Wanted, months_of_age

TODAY = date(2026, 11, 27)
NONE_YET = total_on([], TODAY)
SHOP: dict[str, Any] = {
    "today": TODAY, "phase": "acceleration", "place": {}, "situation": "inside", "siret": True, "naf": "47.11B", "headcount": 2, "age": 30,
}  # fmt: skip
BUSINESS = Wanted(need="", subject="other", label="", **SHOP)
NEED = Wanted(need="1", subject="shop_front", label="Rénover la vitrine", axis="local_trade", **SHOP)
AID = AidRules(name="Aide à la vitrine", axes=("local_trade",), eligibility=Eligibility(headcount_max=10))


def judged(aid: AidRules = AID, business: Wanted = BUSINESS, needs: tuple[Wanted, ...] = (NEED,)) -> Judged:
    return judge(aid, business, needs, NONE_YET)


def changed(**values: Any) -> Wanted:
    return Wanted(need="", subject="other", label="", **{**SHOP, **values})


def said(found: Judged, code: str) -> str:
    return next(check.message for check in found.checks if check.code == code)


def test_a_business_that_meets_every_criterion_is_eligible_and_each_says_why() -> None:
    found = judged()
    assert found.verdict is Verdict.ELIGIBLE
    assert [check.message for check in found.checks] == [
        "L’aide est ouverte.", "L’aide répond à « rénover la vitrine ».", "La taille convient.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "business", "sentence"),
    [
        ({"headcount_max": 1}, {}, "L’aide n’est pas faite pour cette taille d’entreprise."),
        ({"naf_only": ("10",)}, {}, "L’aide n’est pas ouverte à cette activité."),
        ({"age_max": 24}, {}, "L’aide n’est pas faite pour une entreprise de cet âge."),
        ({"siret_required": True}, {"siret": False}, "L’aide demande un numéro SIRET : l’entreprise n’en a pas encore donné."),
        ({"legal_forms": ("SAS",)}, {"legal_form": "EI"}, "L’aide n’est pas ouverte à cette forme juridique."),
        ({"amount_max": 5_000}, {"amount": 9_000}, "Le montant sort des limites de l’aide (au plus 5 000 €)."),
    ],
)  # fmt: skip
def test_one_criterion_that_is_not_met_says_why_not(
    rules: dict[str, Any], business: dict[str, Any], sentence: str
) -> None:
    found = judged(AidRules(name="Aide", axes=("local_trade",), eligibility=Eligibility(**rules)), changed(**business))
    assert found.verdict is Verdict.NOT_ELIGIBLE
    assert [check.message for check in found.checks if not check.passed] == [sentence]


def test_an_aid_for_quartiers_is_not_for_a_shop_outside() -> None:
    aid = AidRules(name="Aide", scope="qpv", axes=("local_trade",))
    assert judged(aid).verdict is Verdict.ELIGIBLE
    outside = judged(aid, changed(situation="outside"))
    assert outside.verdict is Verdict.NOT_ELIGIBLE
    assert said(outside, "qpv") == "L’aide est réservée aux quartiers prioritaires : l’adresse est en dehors."
    assert judged(aid, changed(situation="unknown")).verdict is Verdict.TO_VERIFY


def test_an_aid_for_quartiers_opens_with_the_acceleration_of_the_territory() -> None:
    found = judged(AidRules(name="Aide", scope="qpv", axes=("local_trade",)), changed(phase="incubation"))
    assert said(found, "phase_allows").startswith("Les aides réservées aux quartiers s’ouvrent")
    assert found.verdict is Verdict.NOT_ELIGIBLE


@pytest.mark.parametrize("unknown", [{"headcount": None}, {"headcount": None, "naf": None}])
def test_what_is_not_known_refuses_nobody_and_is_to_be_verified(unknown: dict[str, Any]) -> None:
    assert judged(business=changed(**unknown)).verdict is Verdict.TO_VERIFY


def test_an_aid_about_something_else_says_about_what() -> None:
    found = judged(AidRules(name="Aide", axes=("productive_activities",), eligibility=Eligibility(headcount_max=10)))
    assert found.verdict is Verdict.NOT_ELIGIBLE
    assert said(found, "answers_a_need").startswith("Aucun besoin du dossier ne porte sur : ")


def test_a_lever_of_a_need_is_enough() -> None:
    need = Wanted(
        need="1", subject="energy", label="Moins d’énergie", axis="local_trade", levers=("ecological",), **SHOP
    )
    found = judged(
        AidRules(name="Aide", levers=("ecological",), eligibility=Eligibility(headcount_max=10)), needs=(need,)
    )
    assert found.verdict is Verdict.ELIGIBLE


@pytest.mark.parametrize(
    ("aid", "needs"),
    [
        (AID, ()),
        (AidRules(name="Aide", eligibility=Eligibility(headcount_max=10)), (NEED,)),
        (AidRules(name="Aide", axes=("local_trade",)), (NEED,)),
        (AidRules(name="Aide", axes=("local_trade",), stale=True, eligibility=Eligibility(headcount_max=9)), (NEED,)),
        (AidRules(name="Aide", axes=("local_trade",), perimeter="Occitanie", eligibility=Eligibility(headcount_max=9)), (NEED,)),
        (AidRules(name="Aide", axes=("local_trade",), until=date(2026, 11, 26), eligibility=Eligibility(headcount_max=9)), (NEED,)),
    ],
)  # fmt: skip
def test_an_aid_of_which_too_little_is_known_is_to_be_verified(aid: AidRules, needs: tuple[Wanted, ...]) -> None:
    assert judged(aid, needs=needs).verdict is Verdict.TO_VERIFY


def test_an_aid_that_is_closed_is_for_nobody() -> None:
    assert said(judged(AidRules(name="Aide", axes=("local_trade",), closed=True)), "open") == "L’aide est close."


def test_a_business_at_the_ceiling_has_no_de_minimis_aid_left() -> None:
    aid = AidRules(name="Aide", axes=("local_trade",), de_minimis=True, eligibility=Eligibility(headcount_max=10))
    some = total_on([Granted(TODAY, Decimal(12_000))], TODAY)
    assert (
        said(judge(aid, BUSINESS, (NEED,), some), "de_minimis")
        == "Aide de minimis : il reste 288 000 €, sur 300 000 € sur 3 ans."
    )
    full = judge(aid, BUSINESS, (NEED,), total_on([Granted(TODAY, Decimal(300_000))], TODAY))
    assert full.verdict is Verdict.NOT_ELIGIBLE
    assert said(full, "de_minimis") == "Le plafond des aides de minimis est atteint : 300 000 € sur 3 ans."


@pytest.mark.parametrize(
    ("since", "months"), [("2026-11-27", 0), ("2026-10-28", 0), ("2025-11-27", 12), ("2026-11-28", None), (None, None)]
)
def test_the_age_of_a_business_is_in_whole_months(since: str | None, months: int | None) -> None:
    assert months_of_age(date.fromisoformat(since) if since else None, TODAY) == months
