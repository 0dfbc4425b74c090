"""The two sheets that people really sent: every line gets the verdict that they expect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cases.importers.columns import Field
from cases.importers.detections import read_detections
from cases.importers.results import Blank, DeclinedContact, DetectionFile, Duplicate, Refused, Row

SAMPLES = Path(__file__).parents[2] / "samples"
TODAY = date(2026, 11, 24)
SHEETS = [("detections-roubaix.csv", "FR"), ("detections-saint-louis.xlsx", "RE")]


def read(name: str, region: str) -> DetectionFile:
    return read_detections(SAMPLES / name, name, region=region, today=TODAY)


def expected(name: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((SAMPLES / f"{name}.expect.json").read_text(encoding="utf-8"))
    return answer


def verdict(row: Row) -> Mapping[str, object] | None:
    match row:
        case Duplicate():
            return {"line": row.line, "verdict": "duplicate", "of": row.of}
        case Refused():
            return {"line": row.line, "verdict": "error", "column": row.column}
        case DeclinedContact():
            return {"line": row.line, "verdict": "refused_consent"}
        case Blank():
            return {"line": row.line, "verdict": "blank"}
        case _:
            return None


@pytest.mark.parametrize(("name", "region"), SHEETS)
def test_each_line_has_the_expected_verdict(name: str, region: str) -> None:
    rows = read(name, region).rows

    assert [said for row in rows if (said := verdict(row))] == expected(name)["lines"]


@pytest.mark.parametrize(("name", "region"), SHEETS)
def test_the_counts_are_the_expected_ones(name: str, region: str) -> None:
    file = read(name, region)

    assert {
        "ok": len(file.recorded),
        "error": len(file.refused),
        "duplicate": len(file.duplicates),
        "refused_consent": len(file.declined_contact),
        "blank": file.blank,
    } == expected(name)["counts"]
    assert len(file.rows) == expected(name)["rows"]


@pytest.mark.parametrize(("name", "region"), SHEETS)
def test_every_column_is_recognised(name: str, region: str) -> None:
    columns = read(name, region).columns

    assert [column.field for column in columns] == [
        Field.NAME, Field.PERSON, Field.PHONE, Field.EMAIL, Field.ADDRESS, Field.POSTCODE, Field.CITY, Field.SIRET, Field.ACTIVITY,
        Field.NEED, Field.VISITED_ON, Field.SEEN_BY, Field.CONSENT,
    ]  # fmt: skip
    assert all(column.confidence > 0.9 for column in columns)


@pytest.mark.parametrize(("name", "region"), SHEETS)
def test_each_refused_line_says_its_value_and_what_to_do(name: str, region: str) -> None:
    refused = read(name, region).refused

    assert {line.code for line in refused} <= {
        "siret_checksum", "siret_length", "email_unreadable", "date_impossible", "name_missing",
    }  # fmt: skip
    assert all(line.value in line.cells and line.reason.endswith(".") for line in refused)


@pytest.mark.parametrize(("name", "region"), SHEETS)
def test_every_need_written_there_has_a_subject(name: str, region: str) -> None:
    needs = [need for detection in read(name, region).recorded for need in detection.needs]

    assert needs
    assert "other" not in {need.subject for need in needs}


def test_the_writing_of_each_file_is_reported() -> None:
    roubaix, saint_louis = (read(name, region) for name, region in SHEETS)

    assert (roubaix.encoding, roubaix.delimiter) == ("cp1252", ";")
    assert (saint_louis.encoding, saint_louis.delimiter) == (None, None)


def test_a_name_that_lost_a_letter_is_kept_with_a_remark() -> None:
    line_3 = read(*SHEETS[0]).recorded[1]

    assert line_3.person == "Nadia Nguy?n"
    assert [remark.code for remark in line_3.remarks] == ["letter_lost"]


def test_a_formula_in_a_name_is_kept_as_text() -> None:
    names = {detection.line: detection.name for detection in read(*SHEETS[1]).recorded}

    assert names[27] == '=HYPERLINK("http://example.org";"clic")'


def test_nothing_is_kept_of_a_person_who_declined() -> None:
    file = read(*SHEETS[0])

    assert file.declined_contact == (52, 85)
    assert "Ibrahim N'Guyen" not in repr(file.rows)


def test_the_same_shop_with_two_telephones_written_otherwise_is_linked() -> None:
    line_5 = read(*SHEETS[0]).duplicates[0]

    assert (line_5.line, line_5.of) == (5, 4)
    assert line_5.likeness.reason == "Même téléphone et nom semblable"


def test_two_shops_that_share_a_telephone_are_both_recorded() -> None:
    lines = {detection.line: detection for detection in read(*SHEETS[0]).recorded}

    assert lines[64].phone == lines[92].phone
    assert lines[64].name != lines[92].name
