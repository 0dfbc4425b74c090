"""Identifiers sort by age, and a reference read on the phone is found or refused, never taken for another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.errors import NotFound
from cases.identifiers import ALPHABET, ReferenceUnknown, new_id, new_reference, read_reference

NOON = datetime(2027, 2, 2, 12, tzinfo=UTC)
PLACES = st.integers(0, 7)


def test_an_id_is_a_version_7_uuid_of_its_instant() -> None:
    identifier = UUID(new_id(NOON))

    assert (identifier.version, identifier.variant) == (7, "specified in RFC 4122")
    assert identifier.int >> 80 == int(NOON.timestamp() * 1000)


def test_ids_sort_by_age_and_never_repeat() -> None:
    ids = [new_id(NOON + timedelta(milliseconds=n)) for n in range(1000)]

    assert ids == sorted(ids)
    assert len({new_id(NOON) for _ in range(1000)}) == 1000


def test_a_reference_is_read_back_however_it_is_typed() -> None:
    for _ in range(2000):
        reference = new_reference()
        letters = reference.removeprefix("QP-")
        misread = letters.lower().replace("0", "o").replace("1", "l")

        typed = (reference, f" {reference.lower()} ", letters, letters.replace("-", ""), misread, f"qp {misread}")
        assert {read_reference(text) for text in typed} == {reference}


@given(place=PLACES, letter=st.sampled_from(ALPHABET))
def test_one_wrong_letter_is_noticed(place: int, letter: str) -> None:
    letters = list(new_reference().removeprefix("QP-").replace("-", ""))
    right, letters[place] = letters[place], letter

    if letter != right:
        with pytest.raises(ReferenceUnknown):
            read_reference("".join(letters))


@given(one=PLACES, other=PLACES)
def test_two_swapped_letters_are_noticed(one: int, other: int) -> None:
    letters = list(new_reference().removeprefix("QP-").replace("-", ""))
    different = letters[one] != letters[other]
    letters[one], letters[other] = letters[other], letters[one]

    if different:
        with pytest.raises(ReferenceUnknown):
            read_reference("".join(letters))


@pytest.mark.parametrize("text", ["", "QP", "QP-7K3F-9XM", "QP-7K3F-9XM22", "QP-7K3F-9X€2", "QP-7K3F-9XMU"])
def test_what_is_not_a_reference_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        read_reference(text)
