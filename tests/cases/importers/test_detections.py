"""From the lines of a sheet to detections: what is recorded, linked, refused, declined, or blank."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cases.importers.columns import Field, guess_columns
from cases.importers.detections import read_detections, read_row
from cases.importers.errors import MAX_BYTES, FileTooBig, HeaderOnly, NobodyNamed
from cases.importers.results import Blank, DeclinedContact, Detection, DetectionFile, Refused
from cases.importers.values import Consent
from tests.cases.importers.workbooks import csv_file, xlsx_file

TODAY = date(2026, 11, 24)
HEADER = "Enseigne;Gérant(e);Téléphone;Mail;Adresse;CP;N° SIRET;Besoin;Date visite;D'accord ?"
ROSA = "Chez Rosa;Rosa Diallo;06 12 34 56 78;rosa@example.org;12 rue de Lannoy;59100;;site internet;19/01/26;oui"


def read(*lines: str, header: str = HEADER) -> DetectionFile:
    return read_detections(csv_file(header, *lines), "tournée.csv", region="FR", today=TODAY)


def test_a_line_becomes_a_detection_with_everything_it_says() -> None:
    (rosa,) = read(ROSA).recorded

    assert (rosa.line, rosa.name, rosa.person) == (2, "Chez Rosa", "Rosa Diallo")
    assert (rosa.phone, rosa.email) == ("+33612345678", "rosa@example.org")
    assert (rosa.address, rosa.postcode, rosa.siret) == ("12 rue de Lannoy", "59100", None)
    assert [(need.subject, need.words) for need in rosa.needs] == [("online_presence", "site internet")]
    assert (rosa.visited_on, rosa.consent, rosa.consent_words) == (date(2026, 1, 19), Consent.GIVEN, "oui")
    assert rosa.remarks == ()


def test_the_file_says_where_it_comes_from() -> None:
    file = read(ROSA)

    assert (file.filename, file.encoding, file.delimiter, file.header_line) == ("tournée.csv", "utf-8", ";", 1)
    assert len(file.sha256) == 64


def test_a_file_may_be_given_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "tournée.csv"
    path.write_bytes(csv_file(HEADER, ROSA))

    assert read_detections(path, path.name, region="FR", today=TODAY) == read(ROSA)


def test_a_file_too_big_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)

    with pytest.raises(FileTooBig):
        read_detections(path, path.name, region="FR", today=TODAY)


def test_all_the_faults_of_a_line_are_told_from_left_to_right() -> None:
    (refused,) = read("Chez Rosa;;06 12;x@;;;123;;31/02/2026;peut-être bien").refused

    assert [(fault.column, fault.value) for fault in refused.faults] == [
        ("Téléphone", "06 12"),
        ("Mail", "x@"),
        ("N° SIRET", "123"),
        ("Date visite", "31/02/2026"),
        ("D'accord ?", "peut-être bien"),
    ]
    assert (refused.column, refused.value, refused.code) == ("Téléphone", "06 12", "phone_impossible")


def test_a_refused_line_can_be_put_right_and_read_again() -> None:
    file = read(ROSA.replace("rosa@example.org", "rosa@"))
    (refused,) = file.refused
    corrected = [cell.replace("rosa@", "rosa@example.org") for cell in refused.cells]

    assert read_row(corrected, file.columns, line=refused.line, region="FR", today=TODAY) == read(ROSA).recorded[0]


def test_a_person_without_a_shop_is_recorded() -> None:
    (creator,) = read(";Rosa Diallo;0612345678;;;;;statut à créer;;oui").recorded

    assert (creator.name, creator.person) == ("", "Rosa Diallo")


@pytest.mark.parametrize("nameless", ["", "???", "-"])
def test_a_line_that_names_nobody_is_refused_on_the_name(nameless: str) -> None:
    (refused,) = read(f"{nameless};;0612345678;;;;;;;oui").refused

    assert (refused.column, refused.code) == ("Enseigne", "name_missing")


def test_who_declined_is_counted_even_when_the_line_is_wrong_and_nothing_else_is_kept() -> None:
    file = read("Chez Rosa;Rosa Diallo;06 12;x@;;;123;;31/02/2026;NON")

    assert file.rows == (DeclinedContact(2),)


def test_no_consent_column_means_not_noted() -> None:
    (rosa,) = read("Chez Rosa;0612345678", header="Enseigne;Téléphone").recorded

    assert rosa.consent is Consent.NOT_NOTED


def test_a_line_with_only_its_number_filled_in_advance_is_blank() -> None:
    file = read("1;Chez Rosa;0612345678", "2;;", "3;;", header="N°;Enseigne;Téléphone")

    assert [type(row) for row in file.rows] == [Detection, Blank, Blank]


def test_a_line_with_more_cells_than_the_header_is_refused() -> None:
    (refused,) = read("Chez Rosa;0612345678;oui;59100 Roubaix", header="Enseigne;Téléphone;Accord").refused

    assert (refused.code, refused.value) == ("cells_shifted", "59100 Roubaix")


def test_a_note_beside_the_table_of_a_workbook_refuses_nothing() -> None:
    data = xlsx_file([["Enseigne", "Téléphone"], ["Chez Rosa", "0612345678", "", "à revoir"]])

    assert len(read_detections(data, "t.xlsx", region="FR", today=TODAY).recorded) == 1


def test_first_name_and_name_are_put_together() -> None:
    (rosa,) = read("Diallo;Rosa;0612345678", header="Nom;Prénom;Tél").recorded

    assert rosa.person == "Rosa Diallo"


def test_a_landline_serves_when_there_is_no_mobile() -> None:
    one, other = read(
        "Chez Rosa;;03 20 12 34 56", "Chez Ali;06 12 34 56 78;03 20 12 34 57", header="Enseigne;Portable;Fixe"
    ).recorded

    assert (one.phone, one.other_phone) == ("+33320123456", None)
    assert (other.phone, other.other_phone) == ("+33612345678", "+33320123457")


def test_a_postcode_written_before_the_city_is_found() -> None:
    (rosa,) = read("Chez Rosa;59100 Roubaix", header="Enseigne;Ville").recorded

    assert (rosa.postcode, rosa.city) == ("59100", "Roubaix")


def test_a_naf_code_in_its_own_column_is_read() -> None:
    (rosa,) = read("Chez Rosa;4711B;Épicerie", header="Enseigne;Code NAF;Activité").recorded

    assert (rosa.naf, rosa.activity) == ("47.11B", "Épicerie")


def test_what_is_doubtful_is_remarked_and_recorded() -> None:
    (rosa,) = read("Chez R?sa;;591", header="Enseigne;Téléphone;CP").recorded

    assert [(remark.column, remark.code) for remark in rosa.remarks] == [
        ("Enseigne", "letter_lost"),
        ("CP", "postcode_unreadable"),
        ("Téléphone", "no_channel"),
    ]


def test_a_cell_of_ten_thousand_letters_is_refused_and_its_value_cut() -> None:
    (refused,) = read(f"{'a' * 10_000};;;;;;;;;oui").refused

    assert (refused.code, len(refused.value)) == ("text_too_long", 200)


def test_nul_and_other_controls_never_come_through() -> None:
    (rosa,) = read("Chez\0 Rosa\x1b;0612345678", header="Enseigne;Téléphone").recorded

    assert rosa.name == "Chez Rosa"


def test_a_title_above_the_header_is_passed_over() -> None:
    file = read_detections(
        csv_file("Repérage des commerces;;", ";;", "Enseigne;Téléphone;CP", "Chez Rosa;0612345678;59100"),
        "t.csv", region="FR", today=TODAY,
    )  # fmt: skip

    assert (file.header_line, [row.line for row in file.rows]) == (3, [4])


@pytest.mark.parametrize("lines", [("a;b", "1;2"), ("Téléphone;Mail", "0612345678;a@example.org")])
def test_a_sheet_that_names_nobody_is_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(NobodyNamed, match="Enseigne"):
        read_detections(csv_file(*lines), "t.csv", region="FR", today=TODAY)


def test_a_title_and_a_header_without_lines_are_refused() -> None:
    with pytest.raises(HeaderOnly):
        read_detections(csv_file("Repérage", "Enseigne;Téléphone"), "t.csv", region="FR", today=TODAY)


def test_the_second_of_two_equal_lines_repeats_the_first() -> None:
    file = read(ROSA, ROSA, ROSA)

    assert [(again.line, again.of) for again in file.duplicates] == [(3, 2), (4, 2)]
    assert len(file.recorded) == 1


def test_a_line_is_linked_through_what_a_repetition_added() -> None:
    file = read(
        "Chez Rosa;;0612345678;;;;;;;oui",
        "Chez Rosa;;0612345678;rosa@example.org;;;;;;oui",
        "Chez Rosa;;;rosa@example.org;;;;;;oui",
    )

    assert [(again.line, again.of) for again in file.duplicates] == [(3, 2), (4, 2)]


def test_a_refused_line_is_never_the_original_of_another() -> None:
    file = read(ROSA.replace("19/01/26", "31/02/26"), ROSA)

    assert [line.line for line in file.recorded] == [3]
    assert file.duplicates == ()


def test_a_number_in_the_header_is_no_reason_to_fail() -> None:
    file = read_detections(
        xlsx_file([["Enseigne", 2026, date(2026, 1, 1)], ["Chez Rosa", 1, 2]]), "t.xlsx", region="FR", today=TODAY
    )

    assert [column.header for column in file.columns] == ["Enseigne", "2026", "01/01/2026"]


def test_cells_of_the_wrong_type_are_refused_or_read_but_never_fail() -> None:
    columns = guess_columns(["Enseigne", "Téléphone", "Mail", "N° SIRET", "Date visite", "Accord"])
    row = read_row([12.5, True, date(2026, 1, 1), 1e300, False, 3.0], columns, line=2, region="FR", today=TODAY)

    assert isinstance(row, Refused)
    assert [fault.column for fault in row.faults] == ["Téléphone", "Mail", "N° SIRET", "Date visite", "Accord"]


def test_a_line_shorter_than_the_header_is_read() -> None:
    columns = guess_columns(["Enseigne", "Téléphone", "Mail"])

    assert isinstance(read_row(["Chez Rosa"], columns, line=2, region="FR", today=TODAY), Detection)
    assert columns[0].field is Field.NAME
