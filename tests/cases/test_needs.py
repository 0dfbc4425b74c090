"""Needs as people say them, and the closed list of their subjects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.needs import NEED_CHIPS, NEED_KINDS, NeedSubject, StatedNeed, read_needs
from engine.lists import AXIS, LEVER


def subjects(text: str) -> list[str]:
    return [need.subject.value for need in read_needs(text)]


@pytest.mark.parametrize(
    ("said", "subject"),
    [
        ("trésorerie", "cash_flow"),
        ("besoin d'un prêt", "funding"),
        ("caisse / compta", "management"),
        ("bail qui se termine", "premises"),
        ("local commercial", "premises"),
        ("cherche un local d'activité", "workshop"),
        ("rénovation vitrine", "shop_front"),
        ("veut se faire connaître", "online_presence"),
        ("Instagram", "online_presence"),
        ("SITE INTERNET", "online_presence"),
        ("formation marketing", "marketing_training"),
        ("économies d'énergie", "energy"),
        ("tri des déchets", "waste"),
        ("embauche", "hiring"),
        ("recruter un apprenti", "hiring"),
        ("statut à créer", "legal_status"),
        ("mentor", "mentor"),
        ("un coup de main", "other"),
        ("tribunal", "other"),
    ],
)
def test_what_is_said_has_its_subject(said: str, subject: str) -> None:
    assert subjects(said) == [subject]


def test_several_needs_are_told_apart() -> None:
    assert subjects("trésorerie, local commercial; mentor\n- embauche") == ["cash_flow", "premises", "mentor", "hiring"]


def test_the_same_subject_said_twice_is_one_need_with_both_words() -> None:
    assert read_needs("site internet, Instagram") == (
        StatedNeed(NeedSubject.ONLINE_PRESENCE, "site internet, Instagram"),
    )


@pytest.mark.parametrize(
    "said", ["crédit refusé", "la banque a dit non", "refus de la banque", "prêt refusé par la banque"]
)
def test_a_refusal_by_the_bank_is_noted_on_the_need_for_funding(said: str) -> None:
    (need,) = read_needs(said)

    assert (need.subject, need.refused_by_bank) == (NeedSubject.FUNDING, True)


def test_wanting_credit_is_not_having_been_refused_it() -> None:
    assert not read_needs("crédit")[0].refused_by_bank


@pytest.mark.parametrize("said", ["", "  ", "aucun", "néant", "-", "RAS", ", ;"])
def test_no_need_is_no_need(said: str) -> None:
    assert read_needs(said) == ()


@given(st.text(max_size=200))
def test_nothing_that_is_said_is_lost_and_no_subject_comes_twice(said: str) -> None:
    needs = read_needs(said)

    assert len({need.subject for need in needs}) == len(needs)
    assert all(need.words for need in needs)


def test_every_subject_has_a_label_and_a_known_axis_and_levers() -> None:
    assert set(NEED_KINDS) == set(NeedSubject)
    assert all(kind.label and kind.axis in AXIS and set(kind.levers) <= set(LEVER) for kind in NEED_KINDS.values())


def test_every_axis_and_lever_has_a_subject() -> None:
    assert {kind.axis for kind in NEED_KINDS.values()} == set(AXIS)
    assert {lever for kind in NEED_KINDS.values() for lever in kind.levers} == set(LEVER)


def test_the_chips_are_those_of_the_screen() -> None:
    assert [chip.label for chip in NEED_CHIPS] == [
        "Financement", "Trouver un local", "Site, réseaux", "Énergie, déchets", "Gestion", "Embaucher", "Autre",
    ]  # fmt: skip
