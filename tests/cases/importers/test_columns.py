"""Headers as people write them, and the field that they are taken for."""

from __future__ import annotations

import pytest

from cases.importers.columns import SURE_ENOUGH, Column, Field, guess_columns


def fields(*headers: str) -> list[Field | None]:
    return [column.field for column in guess_columns(headers)]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Raison sociale", Field.NAME),
        ("NOM DU COMMERCE", Field.NAME),
        ("Nom", Field.NAME),
        ("Dirigeant(e)", Field.PERSON),
        ("Nom et prénom", Field.PERSON),
        ("Tél.", Field.PHONE),
        ("N° de téléphone", Field.PHONE),
        ("Téléphone du gérant", Field.PHONE),
        ("Telephonne", Field.PHONE),
        ("Adresse e-mail", Field.EMAIL),
        ("Adresse mail du gérant", Field.EMAIL),
        ("Adresse", Field.ADDRESS),
        ("N° et rue", Field.ADDRESS),
        ("Code Postal", Field.POSTCODE),
        ("Commune", Field.CITY),
        ("n°siret", Field.SIRET),
        ("SIRET (14 chiffres)", Field.SIRET),
        ("Code NAF", Field.NAF),
        ("Secteur d’activité", Field.ACTIVITY),
        ("Besoins exprimés", Field.NEED),
        ("Date de passage", Field.VISITED_ON),
        ("Rencontré par", Field.SEEN_BY),
        ("Accord RGPD", Field.CONSENT),
        ("OK pour être recontacté(e) par la mairie ?", Field.CONSENT),
        ("Remarques", Field.NOTE),
    ],
)
def test_a_header_is_taken_for_the_field_that_people_mean(header: str, field: Field) -> None:
    assert fields(header) == [field]


@pytest.mark.parametrize(
    "header", ["", "N°", "Date de naissance", "Date de création", "SIREN", "Colonne1", "TVA", "Surface"]
)
def test_a_header_about_something_else_has_no_field(header: str) -> None:
    assert guess_columns([header]) == (Column(0, header, None, 0.0),)


def test_a_field_is_given_to_the_column_that_fits_best() -> None:
    assert fields("Date", "Date de visite") == [None, Field.VISITED_ON]


def test_the_first_of_two_equal_headers_has_the_field() -> None:
    assert fields("Mail", "Mail") == [Field.EMAIL, None]


def test_name_beside_a_first_name_is_a_person() -> None:
    assert fields("Nom", "Prénom") == [Field.PERSON, Field.GIVEN_NAME]


def test_name_beside_a_column_for_the_business_is_a_person() -> None:
    assert fields("Enseigne", "Nom") == [Field.NAME, Field.PERSON]


def test_a_mobile_and_a_landline_have_a_field_each() -> None:
    assert fields("Tél fixe", "Portable") == [Field.OTHER_PHONE, Field.PHONE]


def test_the_very_words_are_surer_than_words_among_others_and_those_than_a_typing_error() -> None:
    exact, inside, mistyped = (guess_columns([header])[0] for header in ("Téléphone", "Téléphone gérant", "Telephonne"))

    assert exact.confidence == 1.0
    assert exact.confidence > mistyped.confidence > inside.confidence >= SURE_ENOUGH
