"""De minimis aid: what counts over three years, under which ceiling, by which text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from engine.de_minimis import CEILINGS, Granted, ceiling_on, total_on

TODAY = date(2026, 11, 27)


def granted(day: str, euros: int) -> Granted:
    return Granted(date.fromisoformat(day), Decimal(euros))


@pytest.mark.parametrize(
    ("day", "counts"),
    [("2023-11-27", False), ("2023-11-28", True), ("2025-01-01", True), ("2026-11-27", True), ("2026-11-28", False)],
)
def test_an_aid_counts_for_three_years_to_the_day(day: str, counts: bool) -> None:
    assert total_on([granted(day, 10_000)], TODAY).euros == (10_000 if counts else 0)


def test_three_years_before_a_29th_of_february_is_a_28th() -> None:
    assert total_on([], date(2028, 2, 29)).since == date(2025, 3, 1)


def test_the_ceiling_itself_is_allowed_and_a_cent_more_is_not() -> None:
    at_most = [granted("2025-01-01", 200_000), granted("2026-01-01", 100_000)]
    assert not total_on(at_most, TODAY).exceeded
    assert total_on(at_most, TODAY).left == 0
    assert total_on([*at_most, Granted(TODAY, Decimal("0.01"))], TODAY).exceeded


@pytest.mark.parametrize(("declared", "euros"), [(None, 40_000), (12_000, 40_000), (310_000, 310_000)])
def test_what_the_business_declares_counts_when_it_is_more_than_what_is_noted(declared: int | None, euros: int) -> None:
    said = None if declared is None else Decimal(declared)
    assert total_on([granted("2025-06-01", 40_000)], TODAY, said).euros == euros


def test_a_ceiling_names_its_text_its_source_and_the_days_on_which_it_applies() -> None:
    ceiling = ceiling_on(TODAY)
    assert (ceiling.euros, ceiling.years, ceiling.until) == (300_000, 3, date(2030, 12, 31))
    assert "2023/2831" in ceiling.text
    assert ceiling.source.startswith("https://eur-lex.europa.eu/")


def test_a_day_that_no_text_covers_is_to_be_verified() -> None:
    assert not total_on([], TODAY).to_verify
    assert total_on([], date(2031, 1, 1)).to_verify
    assert total_on([], date(2023, 12, 31)).to_verify


def test_no_day_has_two_ceilings() -> None:
    assert all(before.until < after.since for before, after in pairwise(CEILINGS))
