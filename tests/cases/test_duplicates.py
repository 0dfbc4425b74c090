"""When two descriptions are of the same business or person."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.duplicates import Fingerprint, MatchKind, fingerprint, fold, match_keys, phone_key, same

SIRET = "80777631500085"
PHONE = "+33639986690"
STREET = ("12 rue de l'Épeule", "59100")

FINGERPRINTS = st.builds(
    fingerprint,
    siret=st.sampled_from([None, SIRET, "96406956100014"]),
    phone=st.sampled_from([None, PHONE, "+262692123456"]),
    email=st.sampled_from([None, "rosa@example.org"]),
    name=st.sampled_from([None, "Chez Rosa", "CHEZ ROSA", "Garage Ali"]),
    person=st.sampled_from([None, "Rosa Diallo", "Ali Saïdi"]),
    address=st.sampled_from([(None, None), STREET]),
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Auto-écolé du Mail", "AUTO-ÉCOLE DU MAIL"),
        ("  L'Œuf  d’or ", "l oeuf d'or"),
        ("Nguyễn", "NGUYEN"),
        ("Straße", "STRASSE"),
        ("Café №1", "cafe no1"),
    ],
)
def test_case_accents_and_signs_make_no_difference(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_the_same_siret_is_the_same_whatever_the_names() -> None:
    likeness = same(fingerprint(siret=SIRET, name="Chez Rosa"), fingerprint(siret=SIRET, name="SARL Diallo"))

    assert likeness.is_same
    assert (likeness.score, likeness.reason) == (1.0, "Même SIRET")


@pytest.mark.parametrize(
    ("shared", "reason"),
    [
        ({"phone": PHONE}, "Même téléphone et nom semblable"),
        ({"email": "rosa@example.org"}, "Même adresse électronique et nom semblable"),
        ({"address": STREET}, "Même adresse et nom semblable"),
    ],
)
def test_alike_names_that_share_a_channel_or_an_address_are_the_same(shared: dict[str, Any], reason: str) -> None:
    likeness = same(fingerprint(name="Épicérie Rosa", **shared), fingerprint(name="EPICERIE ROSA", **shared))

    assert likeness.is_same
    assert likeness.reason == reason


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Garage Mehdi", "Chez Ousmane"),
        ("Garage du Centre", "Garage du Marché"),
        ("Taxi A", "Taxi B"),
        ("Taxi", "Boulangerie"),
    ],
)
def test_a_telephone_shared_by_two_names_is_only_a_possibility(one: str, other: str) -> None:
    likeness = same(fingerprint(phone=PHONE, name=one), fingerprint(phone=PHONE, name=other))

    assert likeness.is_possible
    assert not likeness.is_same


def test_a_building_shared_by_two_names_is_not_even_a_possibility() -> None:
    assert not same(fingerprint(address=STREET, name="Snack"), fingerprint(address=STREET, name="Coiffure")).is_possible


def test_the_same_name_elsewhere_is_another_business() -> None:
    assert same(fingerprint(phone=PHONE, name="Épicerie Payet"), fingerprint(name="Épicerie Payet")).score == 0


def test_two_different_siret_are_shown_and_not_linked() -> None:
    likeness = same(
        fingerprint(siret=SIRET, phone=PHONE, name="Chez Rosa"),
        fingerprint(siret="96406956100014", phone=PHONE, name="Chez Rosa"),
    )

    assert likeness.is_possible
    assert not likeness.is_same


def test_one_wrong_letter_in_a_name_is_still_alike() -> None:
    assert same(
        fingerprint(phone=PHONE, name="Boulangerie Rosa"), fingerprint(phone=PHONE, name="Boulangrie Rosa")
    ).is_same


def test_a_person_without_a_shop_is_compared_by_their_name() -> None:
    assert same(fingerprint(phone=PHONE, person="Rosa Diallo"), fingerprint(phone=PHONE, person="DIALLO Rosa")).is_same


def test_a_shop_named_as_its_owner_is_alike() -> None:
    assert same(fingerprint(phone=PHONE, name="Rosa Diallo"), fingerprint(phone=PHONE, person="Rosa Diallo")).is_same


def test_nobody_named_is_like_nobody() -> None:
    assert not same(fingerprint(phone=PHONE), fingerprint(phone=PHONE)).is_same


def test_one_telephone_has_one_key_from_paris_and_from_la_reunion() -> None:
    assert phone_key("+33692123456") == phone_key("+262692123456") == "0692123456"
    assert phone_key("+32470123456") == "+32470123456"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12 bd de Fourmies", "12, Boulevard de Fourmies"),
        ("4 bis r. Lambert", "4bis rue Lambert"),
        ("3 av St-Philippe", "3 avenue Saint Philippe"),
        ("4bis r. Lambert", "4bis rue Lambert"),
    ],
)
def test_an_abbreviated_street_is_the_same_street(one: str, other: str) -> None:
    assert fingerprint(address=(one, "59100")).address == fingerprint(address=(other, "59100")).address != ""


def test_a_street_without_a_house_number_is_no_address() -> None:
    assert fingerprint(address=("rue de Lannoy", "59100")).address == ""


def test_keys_are_what_is_known() -> None:
    keys = match_keys(fingerprint(siret=SIRET, email="Rosa@Example.org", name="Chez Rosa"))

    assert [(key.kind, key.value) for key in keys] == [(MatchKind.SIRET, SIRET), (MatchKind.EMAIL, "rosa@example.org")]


@given(FINGERPRINTS, FINGERPRINTS)
def test_likeness_does_not_depend_on_the_order(one: Fingerprint, other: Fingerprint) -> None:
    assert same(one, other) == same(other, one)


@given(FINGERPRINTS, FINGERPRINTS)
def test_two_that_may_be_the_same_share_a_key(one: Fingerprint, other: Fingerprint) -> None:
    if same(one, other).is_possible:
        assert set(match_keys(one)) & set(match_keys(other))
