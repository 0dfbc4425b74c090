"""The table of ASVS is whole: 70 requirements of level 1, each held or with its reason; nine tenths of level 2; no mark of something else."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from tests.asvs.table import Marked, Requirement, faults, held, marks_in, requirements

TEST = (Marked("api/test_x.py", "test_x"),)
ONE = Requirement("1.1.1", 1, "One.", "", "")


def test_levels_1_and_2_are_there_whole() -> None:
    assert Counter(one.level for one in requirements()) == {1: 70, 2: 183}
    assert len({one.id for one in requirements()}) == 253
    assert all(one.wording for one in requirements())


def test_every_requirement_is_held_or_says_why_not() -> None:
    assert list(faults(requirements(), held())) == []


def test_who_has_a_reason_has_one() -> None:
    assert not [one.id for one in requirements() if one.not_applicable and one.not_held]


# -- these checks can fail ------------------------------------------------------------------------------------------------


def test_a_mark_is_read_where_it_stands() -> None:
    source = '@pytest.mark.asvs("1.2.3", "4.5.6")\ndef test_a() -> None: ...\n@other\ndef test_b() -> None: ...\n'
    assert list(marks_in(source)) == [("test_a", ["1.2.3", "4.5.6"])]


def test_a_requirement_of_level_1_without_a_test_is_found() -> None:
    two = replace(ONE, id="1.1.2", level=2)
    assert list(faults((ONE, two), {"1.1.2": TEST})) == ["1.1.1 has no test, and no reason why not"]
    assert list(faults((replace(ONE, not_held="Later."), two), {"1.1.2": TEST})) == [
        "1.1.1 is of level 1, and is not held"
    ]
    assert list(faults((replace(ONE, not_applicable="There is none."), two), {"1.1.2": TEST})) == []


def test_too_little_of_level_2_is_found() -> None:
    many = tuple(replace(ONE, id=f"1.1.{n}", level=2, not_held="" if n < 8 else "Not yet.") for n in range(10))
    assert list(faults(many, {one.id: TEST for one in many[:8]})) == ["80.0% of level 2 is held, less than 90%"]


def test_a_mark_of_something_else_is_found() -> None:
    two = replace(ONE, id="1.1.2", level=2)
    assert "9.9.9 is marked by test_x, and is no requirement" in list(
        faults((ONE, two), {"1.1.1": TEST, "1.1.2": TEST, "9.9.9": TEST})
    )


def test_what_is_said_not_to_be_held_bears_no_mark() -> None:
    two = replace(ONE, id="1.1.2", level=2, not_held="Not yet.")
    assert "1.1.2 is said not to be held, and is marked by test_x" in list(
        faults((ONE, two), {"1.1.1": TEST, "1.1.2": TEST})
    )
