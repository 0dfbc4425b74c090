"""Whatever comes in: an answer or one of the declared refusals, and every line is accounted for once."""

from __future__ import annotations

import csv
import io
import zipfile
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.importers.columns import guess_columns
from cases.importers.detections import read_detections, read_row
from cases.importers.errors import ImportFileRefused
from cases.importers.results import DetectionFile, Refused
from tests.cases.importers.workbooks import archive, xlsx_file

TODAY = date(2026, 11, 24)
SAMPLES = Path(__file__).parents[2] / "samples"
SHEET = (SAMPLES / "detections-saint-louis.xlsx").read_bytes()
PARTS = {name: zipfile.ZipFile(io.BytesIO(SHEET)).read(name) for name in zipfile.ZipFile(io.BytesIO(SHEET)).namelist()}
HEADERS = [
    "Enseigne",
    "Gérant(e)",
    "Téléphone",
    "Mail",
    "Adresse",
    "CP",
    "Ville",
    "N° SIRET",
    "Activité",
    "Besoin",
    "Date visite",
    "Vu par",
    "Accord",
]

REGIONS = st.sampled_from(["FR", "RE", "YT"])
WRITTEN = st.sampled_from([
    "", "-", "Chez Rosa", "CHEZ ROSA", "Rosa Diallo", "06 12 34 56 78", "+33612345678", "0692123456", "x@", "rosa@example.org", "12 rue de Lannoy",
    "59100", "80777631500085", "80777631500086", "site, bail", "19/01/26", "31/02/2026", "oui", "NON", "peut-être",
])  # fmt: skip
CELLS = st.one_of(
    WRITTEN, st.text(max_size=30), st.floats(), st.integers(-(10**18), 10**18), st.booleans(), st.dates(), st.datetimes(), st.timedeltas(), st.times(),
)  # fmt: skip
EVERY_FIELD = guess_columns(HEADERS)


def account_for_each_line(file: DetectionFile) -> None:
    counted = len(file.recorded) + len(file.duplicates) + len(file.refused) + len(file.declined_contact) + file.blank
    assert counted == len(file.rows)
    assert [row.line for row in file.rows] == list(range(file.header_line + 1, file.header_line + 1 + len(file.rows)))
    recorded = {detection.line for detection in file.recorded}
    assert all(again.of in recorded and again.of < again.line for again in file.duplicates)
    assert all(refused.faults and refused.reason for refused in file.refused)


def read_or_refuse(data: bytes, region: str) -> None:
    with suppress(ImportFileRefused):
        account_for_each_line(read_detections(data, "file", region=region, today=TODAY))


@given(st.binary(max_size=400), REGIONS)
@settings(deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes, region: str) -> None:
    read_or_refuse(data, region)


@given(
    st.lists(st.lists(st.text(max_size=12), max_size=6), max_size=12), st.sampled_from([";", ",", "\t", "|"]), REGIONS
)
@settings(deadline=None)
def test_any_csv_is_read_or_refused(lines: list[list[str]], delimiter: str, region: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows([["Enseigne", "Téléphone", "Accord"], *lines])

    read_or_refuse(written.getvalue().encode("utf-8", "surrogatepass"), region)


@given(st.lists(st.lists(WRITTEN, min_size=13, max_size=13), min_size=1, max_size=15), REGIONS)
@settings(deadline=None)
def test_each_line_of_a_sheet_is_accounted_for_once(lines: list[list[str]], region: str) -> None:
    read_or_refuse(xlsx_file([HEADERS, *lines]), region)


@given(st.sampled_from(sorted(PARTS)), st.integers(0, 60_000), st.binary(max_size=12), st.integers(0, 20), REGIONS)
@settings(deadline=None)
def test_a_workbook_with_a_damaged_part_is_read_or_refused(
    part: str, place: int, put: bytes, cut: int, region: str
) -> None:
    whole = PARTS[part]
    at = place % (len(whole) + 1)

    read_or_refuse(archive({**PARTS, part: whole[:at] + put + whole[at + cut :]}), region)


@given(st.integers(0, len(SHEET)), st.binary(max_size=12), st.integers(0, 200), REGIONS)
@settings(deadline=None)
def test_a_workbook_damaged_on_its_way_is_read_or_refused(place: int, put: bytes, cut: int, region: str) -> None:
    read_or_refuse(SHEET[:place] + put + SHEET[place + cut :], region)


@given(st.lists(CELLS, max_size=15), REGIONS)
def test_any_cells_make_a_row(cells: list[str | float | bool | date | datetime | timedelta], region: str) -> None:
    row = read_row(cells, EVERY_FIELD, line=2, region=region, today=TODAY)

    assert row.line == 2


@given(st.lists(WRITTEN, min_size=13, max_size=13), REGIONS)
def test_a_refused_line_without_its_wrong_values_is_no_longer_refused_for_them(cells: list[str], region: str) -> None:
    row = read_row(cells, EVERY_FIELD, line=2, region=region, today=TODAY)
    if not isinstance(row, Refused):
        return
    wrong = {fault.column for fault in row.faults}

    without = ["" if column.header in wrong else cell for column, cell in zip(EVERY_FIELD, row.cells, strict=True)]
    again = read_row(without, EVERY_FIELD, line=2, region=region, today=TODAY)

    assert not isinstance(again, Refused) or {fault.code for fault in again.faults} == {"name_missing"}
