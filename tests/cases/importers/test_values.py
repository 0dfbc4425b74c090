"""Values as people write them: read, left empty, or refused with what to do."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from cases.importers.sheet import Cell
from cases.importers.values import (
    REASONS,
    Activity,
    Consent,
    ValueRefused,
    read_activity,
    read_consent,
    read_date,
    read_email,
    read_phone,
    read_postcode,
    read_siret,
    read_text,
)

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    "written",
    [
        "27/04/2026", "27/04/26", "27-4-2026", "27.04.26", "2026-04-27", "2026/04/27", "2026-04-27T10:00:00", "27/04/2026 matin",
        "27 avril 2026", "lundi 27 avril 2026", "le 27 avr. 26", date(2026, 4, 27), datetime(2026, 4, 27, 15, 30, tzinfo=UTC), 46139.0, 46139.75, "46139",
    ],
)  # fmt: skip
def test_a_visit_on_the_27th_of_april_is_read_however_it_is_written(written: Cell) -> None:
    assert read_date(written, today=TODAY) == date(2026, 4, 27)


def test_the_first_of_a_month_may_be_written_in_words() -> None:
    assert read_date("1er février 2026", today=TODAY) == date(2026, 2, 1)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("31/02/2026", "date_impossible"),
        ("2026-13-04", "date_impossible"),
        ("04/27/2026", "date_impossible"),
        ("00/00/0000", "date_impossible"),
        ("25/11/2026", "date_in_future"),
        (date(2030, 1, 1), "date_in_future"),
        ("27/04/1926", "date_too_old"),
        ("27/04", "date_unreadable"),
        ("avril 2026", "date_unreadable"),
        ("3 jui 2026", "date_unreadable"),
        ("hier", "date_unreadable"),
        (True, "date_unreadable"),
    ],
)
def test_a_day_that_cannot_be_is_refused(written: Cell, code: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        read_date(written, today=TODAY)

    assert refused.value.code == code


def test_today_is_not_in_the_future() -> None:
    assert read_date("24/11/2026", today=TODAY) == TODAY


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("06 39 98 06 81", "FR", "+33639980681"),
        ("06.39.98.06.81", "RE", "+33639980681"),
        ("+33 6 39986690", "RE", "+33639986690"),
        ("0033639983414", "FR", "+33639983414"),
        ("+33 (0)6 12 34 56 78", "FR", "+33612345678"),
        ("33612345678", "RE", "+33612345678"),
        (612345678.0, "FR", "+33612345678"),
        ("06/12/34/56/78", "FR", "+33612345678"),
        ("tél : 06 12 34 56 78", "FR", "+33612345678"),
        ("06 12 34 56 78 ou 03 20 12 34 56", "FR", "+33612345678"),
        ("06 12 34 56 78 / 03 20 12 34 56", "FR", "+33612345678"),
        ("0262 41 23 45", "RE", "+262262412345"),
        ("0692 12 34 56", "RE", "+262692123456"),
        ("0692 12 34 56", "FR", "+262692123456"),
        ("06 12 34 56 78", "RE", "+33612345678"),
        ("+262 692 12 34 56", "FR", "+262692123456"),
        ("262692123456", "RE", "+262692123456"),
        ("0696 12 34 56", "FR", "+596696123456"),
        ("+32 470 12 34 56", "FR", "+32470123456"),
    ],
)
def test_a_telephone_is_read_in_the_region_of_the_territory(written: Cell, region: str, number: str) -> None:
    assert read_phone(written, region=region) == number


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("06 12 34", "phone_impossible"),
        ("0000000000", "phone_impossible"),
        ("06 12 34 56 78 9", "phone_impossible"),
        ("+33 6 12", "phone_impossible"),
        ("voir la voisine", "phone_unreadable"),
    ],
)
def test_a_telephone_that_cannot_be_dialled_is_refused(written: str, code: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        read_phone(written, region="FR")

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Leila@Example.org", "leila@example.org"),
        ("mailto:leila@example.org", "leila@example.org"),
        ("Leïla Traoré <leila@example.org>", "leila@example.org"),
        ("leila@example.org ; contact@example.org", "leila@example.org"),
        ("l.t+shop@sub.example.co", "l.t+shop@sub.example.co"),
    ],
)
def test_an_address_is_read_however_it_is_copied(written: str, address: str) -> None:
    assert read_email(written) == address


@pytest.mark.parametrize(
    "written",
    ["pas de mail@", "x@", "nadia(at)example.org", "@", "a@b", "a b@example.org", "zoé@example.org", "a..b@example.org", f"{'a' * 65}@example.org"],
)  # fmt: skip
def test_an_address_that_nothing_can_be_sent_to_is_refused(written: str) -> None:
    with pytest.raises(ValueRefused, match="en entier"):
        read_email(written)


@pytest.mark.parametrize(
    "written",
    ["80777631500085", "807 776 315 00085", "807.776.315.00085", "'80777631500085", "SIRET : 80777631500085", 80777631500085.0, "8.0777631500085E+13"],
)  # fmt: skip
def test_a_siret_is_read_however_it_is_written(written: Cell) -> None:
    assert read_siret(written) == "80777631500085"


def test_an_establishment_of_la_poste_has_a_check_of_its_own() -> None:
    assert read_siret("356 000 000 49837") == "35600000049837"


def test_the_zeros_that_a_spreadsheet_drops_at_the_head_are_given_back() -> None:
    assert read_siret(5520010900019.0) == "05520010900019"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("76123216400077", "siret_checksum"),
        ("57477757900", "siret_length"),
        ("807776315000851", "siret_length"),
        ("807776315", "siret_is_siren"),
        ("8,07776E+13", "siret_digits_lost"),
        ("8.07776315E13", "siret_digits_lost"),
        (80777600000000.0, "siret_digits_lost"),
        ("8077763150008O", "siret_not_digits"),
        ("٨٠٧٧٧٦٣١٥٠٠٠٨٥", "siret_not_digits"),
    ],
)
def test_a_siret_that_fails_is_refused_for_its_own_reason(written: Cell, code: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        read_siret(written)

    assert refused.value.code == code


@pytest.mark.parametrize("written", ["", "-", "néant", "NC", "aucun", "?"])
def test_a_cell_that_says_nothing_is_empty_and_not_wrong(written: str) -> None:
    assert read_date(written, today=TODAY) is None
    assert read_phone(written, region="FR") is None
    assert read_email(written) is None
    assert read_siret(written) is None


def test_a_business_being_created_has_no_siret_yet() -> None:
    assert read_siret("en cours de création") is None


@pytest.mark.parametrize(
    "written",
    ["oui", "OUI", "Oui (oral)", "ok", "x", "X", "o", True, 1.0, "✓", "d'accord", "Oui, par téléphone", "elle accepte", "oui pas de souci"],
)  # fmt: skip
def test_these_words_say_yes(written: Cell) -> None:
    assert read_consent(written) is Consent.GIVEN


@pytest.mark.parametrize(
    "written",
    ["NON", "non", "n", False, 0, "pas d'accord", "refus", "Refuse", "ne veut pas", "ne souhaite pas être rappelé", "✗", "n'est pas d'accord", "non merci"],
)  # fmt: skip
def test_these_words_say_no(written: Cell) -> None:
    assert read_consent(written) is Consent.DECLINED


@pytest.mark.parametrize("written", ["", "-", "?", "à voir", "pas demandé", "en attente"])
def test_saying_nothing_is_not_saying_no(written: str) -> None:
    assert read_consent(written) is Consent.NOT_NOTED


@pytest.mark.parametrize("written", ["Amina", "oui mais refuse le mail", "59100"])
def test_an_answer_that_may_be_either_is_refused(written: str) -> None:
    with pytest.raises(ValueRefused, match="oui ou non"):
        read_consent(written)


@pytest.mark.parametrize(
    ("written", "postcode"),
    [
        ("59100", "59100"),
        (59100.0, "59100"),
        (1000.0, "01000"),
        ("59 100", "59100"),
        ("591", None),
        ("Roubaix", None),
        ("", None),
    ],
)
def test_a_place_is_never_refused_for_its_postcode(written: Cell, postcode: str | None) -> None:
    assert read_postcode(written) == postcode


@pytest.mark.parametrize(
    ("written", "activity"),
    [
        ("85.53Z Auto-école", Activity("85.53Z", "Auto-école")),
        ("4711b - Épicerie", Activity("47.11B", "Épicerie")),
        ("45.20A", Activity("45.20A", "")),
        ("Taxi", Activity(None, "Taxi")),
        ("3 rue du Taxi", Activity(None, "3 rue du Taxi")),
    ],
)
def test_an_activity_may_begin_with_its_code(written: str, activity: Activity) -> None:
    assert read_activity(written) == activity


def test_a_text_too_long_is_refused() -> None:
    with pytest.raises(ValueRefused, match="raccourcissez"):
        read_text("a" * 201, at_most=200)


def test_every_reason_says_what_to_do() -> None:
    assert all(" : " in reason and reason[-1] in ".?" for reason in REASONS.values())
