"""Files as they come: encodings, delimiters, workbooks, and what is no table at all."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from cases.importers.errors import (
    MAX_BYTES,
    FileEmpty,
    FileTooBig,
    HeaderOnly,
    ImportFileRefused,
    NotASpreadsheet,
    OldExcelFile,
    PasswordProtected,
    QuoteLeftOpen,
    TooManyColumns,
    TooManyRows,
    UnreadableText,
)
from cases.importers.sheet import clean, read_sheet, shown
from tests.cases.importers.workbooks import csv_file, encrypted_ods_file, ods_file, ods_row, xlsx_file

COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("written_in", "read_as"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("cp1252", "cp1252"),
        ("mac_roman", "mac_roman"),
    ],
)
def test_accents_come_out_whole_whatever_program_wrote_the_file(written_in: str, read_as: str) -> None:
    sheet = read_sheet(csv_file("Enseigne;Gérant", "Épicerie Père Noël;Zoé", encoding=written_in))

    assert sheet.encoding == read_as
    assert sheet.lines[0].cells == ("Épicerie Père Noël", "Zoé")


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    sheet = read_sheet(csv_file(delimiter.join(["Enseigne", "Besoin"]), delimiter.join(["Chez Rosa", "site"])))

    assert sheet.delimiter == delimiter
    assert sheet.lines[0].cells == ("Chez Rosa", "site")


def test_commas_inside_cells_are_not_taken_for_delimiters() -> None:
    sheet = read_sheet(csv_file("Enseigne;Besoin", "Chez Rosa;site, bail", "Chez Ali;site, bail", "Chez Zoé;mentor"))

    assert sheet.delimiter == ";"


def test_the_line_by_which_excel_names_the_delimiter_is_not_a_line() -> None:
    sheet = read_sheet(csv_file("sep=,", "Enseigne,Ville", "Chez Rosa,Roubaix"))

    assert (sheet.delimiter, sheet.header.number, sheet.lines[0].number) == (",", 1, 2)


def test_the_header_is_the_first_filled_line_and_numbers_are_those_of_the_spreadsheet() -> None:
    sheet = read_sheet(csv_file("", ";;", "Enseigne;Ville", "", "Chez Rosa;Roubaix"))

    assert sheet.header.number == 3
    assert [(line.number, line.is_blank) for line in sheet.lines] == [(4, True), (5, False)]


def test_a_cell_with_line_breaks_is_one_line() -> None:
    sheet = read_sheet(csv_file("Enseigne;Besoin", '"Chez\nRosa";"site\nbail"', "Chez Ali;mentor"))

    assert sheet.lines[0].cells == ("Chez\nRosa", "site\nbail")
    assert sheet.lines[1].number == 3


def test_a_quotation_mark_left_open_is_refused_with_its_line() -> None:
    lines = ["Enseigne;Ville;CP", "Chez Rosa;Roubaix;59100", '"Chez Ali;Roubaix;59100', *["Chez Zoé;Roubaix;59100"] * 3]

    with pytest.raises(QuoteLeftOpen, match="Ligne 3"):
        read_sheet(csv_file(*lines))


def test_a_cell_without_end_is_refused_and_no_setting_of_the_library_is_touched() -> None:
    before = csv.field_size_limit()

    with pytest.raises(QuoteLeftOpen):
        read_sheet(csv_file("Enseigne;Ville", "a" * 200_000))

    assert csv.field_size_limit() == before


def test_numbers_dates_and_texts_of_a_workbook_keep_their_type() -> None:
    sheet = read_sheet(xlsx_file([["Enseigne", "SIRET", "Date"], ["Chez Rosa", 80777631500085, date(2026, 4, 27)]]))

    assert sheet.lines[0].cells == ("Chez Rosa", 80777631500085.0, date(2026, 4, 27))
    assert (sheet.encoding, sheet.delimiter) == (None, None)


def test_blank_rows_of_a_workbook_keep_their_number() -> None:
    sheet = read_sheet(xlsx_file([["Enseigne"], ["Chez Rosa"], [], ["Chez Ali"]]))

    assert [(line.number, line.is_blank) for line in sheet.lines] == [(2, False), (3, True), (4, False)]


def test_a_hidden_sheet_is_passed_over() -> None:
    sheet = read_sheet(xlsx_file([["Enseigne"], ["Chez Rosa"]], hidden_before=True))

    assert sheet.header.cells == ("Enseigne",)


def test_an_ods_workbook_is_read_with_its_repeated_rows() -> None:
    sheet = read_sheet(ods_file(ods_row("Enseigne", "Ville"), ods_row("", repeated=2), ods_row("Chez Rosa", "Roubaix")))

    assert sheet.lines[-1].number == 4
    assert sheet.lines[-1].cells == ("Chez Rosa", "Roubaix")


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", FileEmpty),
        (b"\r\n \r\n", FileEmpty),
        (b";;;\r\n;;;\r\n", FileEmpty),
        (xlsx_file([]), FileEmpty),
        (csv_file("Enseigne;Ville"), HeaderOnly),
        (csv_file("Enseigne;Ville", ";", ";"), HeaderOnly),
        (xlsx_file([["Enseigne", "Ville"]]), HeaderOnly),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 20, NotASpreadsheet),
        (b"\x7fELF" + b"\0\1\2\3" * 100, NotASpreadsheet),
        (b"\xff\xfe\x00\xd8A\x00", UnreadableText),
        (COMPOUND_FILE + b"\0" * 500 + "Workbook".encode("utf-16-le"), OldExcelFile),
        (COMPOUND_FILE + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le"), PasswordProtected),
        (encrypted_ods_file(), PasswordProtected),
        (b" " * MAX_BYTES + b"a", FileTooBig),
        (csv_file("Enseigne", *["Chez Rosa"] * 20_001), TooManyRows),
        (csv_file(";".join(["Enseigne"] * 101), "a"), TooManyColumns),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_imported_is_refused_with_its_own_reason(
    data: bytes, refusal: type[ImportFileRefused]
) -> None:
    with pytest.raises(refusal):
        read_sheet(data)


def test_twenty_thousand_lines_are_not_too_many() -> None:
    assert len(read_sheet(csv_file("Enseigne", *["Chez Rosa"] * 20_000)).lines) == 20_000


def _every_refusal(root: type[ImportFileRefused]) -> list[type[ImportFileRefused]]:
    return [root, *(below for child in root.__subclasses__() for below in _every_refusal(child))]


@pytest.mark.parametrize("refusal", _every_refusal(ImportFileRefused))
def test_every_refusal_of_a_file_says_in_french_what_to_do(refusal: type[ImportFileRefused]) -> None:
    said = str(refusal())

    assert " : " in said
    assert said.endswith(".")
    assert refusal.__doc__


def test_no_two_refusals_have_the_same_code() -> None:
    codes = [refusal.code for refusal in _every_refusal(ImportFileRefused)]

    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Épicerie\u00a0du  Coin ", "Épicerie du Coin"),
        ("Rosa\0\x07", "Rosa"),
        ("Rosa\ud800", "Rosa\N{REPLACEMENT CHARACTER}"),
        ("e\u0301", "é"),
        ("a\r\nb", "a\nb"),
    ],
)
def test_what_cannot_be_stored_is_taken_out_of_a_text(written: str, kept: str) -> None:
    assert clean(written) == kept


@pytest.mark.parametrize(
    ("cell", "said"),
    [(80777631500085.0, "80777631500085"), (1.5, "1.5"), (True, "VRAI"), (date(2026, 4, 7), "07/04/2026"), ("x", "x")],
)
def test_a_cell_is_shown_as_its_author_sees_it(cell: float | str | date, said: str) -> None:
    assert shown(cell) == said
