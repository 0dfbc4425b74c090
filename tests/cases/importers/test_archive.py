"""A hostile workbook is refused before it costs anything."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain, repeat
from pathlib import Path

import pytest

from cases.importers.archive import repack_checked
from cases.importers.errors import (
    ImportFileRefused,
    NotASpreadsheet,
    PasswordProtected,
    TooManyColumns,
    TooManyRows,
    WorkbookDamaged,
    WorkbookTooBig,
)
from cases.importers.sheet import read_sheet
from tests.cases.importers.workbooks import (
    SHEET,
    XLSX_SHEET_BEGINS,
    XLSX_SHEET_ENDS,
    archive,
    ods_file,
    ods_row,
    xlsx_file,
    xlsx_with_sheet,
)

ROOT = Path(__file__).parents[3]
READ_AND_WEIGH = """
import sys
from pathlib import Path
from cases.importers.errors import ImportFileRefused
from cases.importers.sheet import read_sheet


def most_held():
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


data = sys.stdin.buffer.read()
before = most_held()
try:
    read_sheet(data)
    said = "read"
except ImportFileRefused as refusal:
    said = refusal.code
print(said, (most_held() - before) // 1024)
"""


def two_million_rows() -> bytes:
    return xlsx_with_sheet(repeated(b"<row><c><v>1</v></c></row>" * 10_000, times=200))


@cache
def a_third_of_a_gigabyte() -> bytes:
    return xlsx_with_sheet(repeated(b" " * 1_000_000, times=300))


def repeated(piece: bytes, *, times: int) -> Iterator[bytes]:
    return chain([XLSX_SHEET_BEGINS], repeat(piece, times), [XLSX_SHEET_ENDS])


def one_cell(reference: str, content: str = "<v>1</v>") -> bytes:
    row = reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    cell = f'<row r="{row}"><c r="{reference}">{content}</c></row>'
    return xlsx_with_sheet([XLSX_SHEET_BEGINS, cell.encode(), XLSX_SHEET_ENDS])


def a_third_of_a_gigabyte_that_says_to_be_small() -> bytes:
    """Its sheet announces a size of 1,000 bytes, in the two places where sizes are written."""
    data = a_third_of_a_gigabyte()
    lying = bytearray(data)
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        local, directory = packed.getinfo(SHEET).header_offset, packed.start_dir
    central = data.index(SHEET.encode(), directory) - 46
    struct.pack_into("<I", lying, central + 24, 1_000)
    struct.pack_into("<I", lying, local + 22, 1_000)
    return bytes(lying)


@pytest.mark.parametrize(
    ("bomb", "code"),
    [
        (two_million_rows, "too_many_rows"),
        (a_third_of_a_gigabyte, "workbook_too_big"),
        (a_third_of_a_gigabyte_that_says_to_be_small, "workbook_damaged"),
    ],
)
@pytest.mark.asvs("5.2.1", "5.2.3", "15.2.2")
def test_a_bomb_is_refused_quickly_and_with_little_memory(bomb: Callable[[], bytes], code: str) -> None:
    data = bomb()
    assert len(data) < 500_000

    begun = time.monotonic()
    weighed = subprocess.run(
        [sys.executable, "-c", READ_AND_WEIGH], input=data, capture_output=True, check=True, cwd=ROOT
    )

    said, megabytes = weighed.stdout.split()
    assert said.decode() == code
    assert int(megabytes) < 150
    assert time.monotonic() - begun < 10


def test_the_reading_library_is_given_only_what_was_measured() -> None:
    parts = zipfile.ZipFile(repack_checked(archive({"a.xml": b"<a/>", "photo.png": b"\x89PNG", "b.rels": b"<b/>"})))

    assert parts.namelist() == ["a.xml", "b.rels"]


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (one_cell("A20002"), TooManyRows),
        (one_cell("A1048576"), TooManyRows),
        (one_cell("A99999999999999999999"), TooManyRows),
        (one_cell("CW1"), TooManyColumns),
        (one_cell("XFD1"), TooManyColumns),
        (one_cell("XFD1", "<f>1+1</f>"), TooManyColumns),
        (ods_file(ods_row("Enseigne"), ods_row("Chez Rosa", repeated=1_048_570)), TooManyRows),
        (ods_file(ods_row("Enseigne"), ods_row("", repeated=30_000), ods_row("Chez Rosa")), TooManyRows),
        (ods_file(ods_row(*[""] * 100, "Enseigne")), TooManyColumns),
        (xlsx_with_sheet([b"<!DOCTYPE a [<!ENTITY b 'c'>]>", XLSX_SHEET_BEGINS, XLSX_SHEET_ENDS]), WorkbookDamaged),
        (xlsx_with_sheet([XLSX_SHEET_BEGINS, b"<row>"]), WorkbookDamaged),
        (xlsx_with_sheet([b'<?xml version="1.0" encoding="UTF-0"?><a>']), WorkbookDamaged),
        (xlsx_with_sheet([XLSX_SHEET_BEGINS, b"<x/>" * 3_000_001, XLSX_SHEET_ENDS]), WorkbookTooBig),
        (archive({f"{number}.xml": b"<a/>" for number in range(2_001)}), WorkbookTooBig),
        (archive({"word/document.xml": b"<document/>"}), NotASpreadsheet),
        (archive({}), NotASpreadsheet),
        (b"PK\x03\x04 and nothing else", WorkbookDamaged),
        (xlsx_file([["Enseigne"], ["Chez Rosa"]])[:-200], WorkbookDamaged),
    ],
)  # fmt: skip
@pytest.mark.asvs("1.5.1", "5.2.3")
def test_a_workbook_that_reaches_too_far_or_is_broken_is_refused(data: bytes, refusal: type[ImportFileRefused]) -> None:
    with pytest.raises(refusal):
        read_sheet(data)


def test_an_archive_under_a_password_is_refused_as_such() -> None:
    data = bytearray(archive({"a.xml": b"<a/>"}))
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 0x1
    data[6] |= 0x1

    with pytest.raises(PasswordProtected):
        repack_checked(bytes(data))


def test_the_last_cell_that_is_allowed_is_read() -> None:
    rows = [[""] * 100 for _ in range(20_001)]
    rows[0][0], rows[20_000][99] = "Enseigne", "le coin"

    assert read_sheet(xlsx_file(rows)).lines[-1].number == 20_001


def test_formatted_cells_without_content_do_not_count() -> None:
    far = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row><row r="1048576"><c r="XFD1048576" s="0"/></row>'

    assert len(read_sheet(xlsx_with_sheet([XLSX_SHEET_BEGINS, far, XLSX_SHEET_ENDS])).lines) == 1


def test_empty_rows_at_the_end_of_an_ods_sheet_do_not_count() -> None:
    data = ods_file(ods_row("Enseigne"), ods_row("Chez Rosa"), ods_row("", repeated=1_048_000))

    assert len(read_sheet(data).lines) == 1
