"""Spreadsheets made for a test, and bytes that only look like one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from xml.sax.saxutils import escape

import xlsxwriter

_ODS_NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
    for short, long in {"office": "office", "table": "table", "text": "text", "manifest": "manifest"}.items()
)
_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
SHEET = "xl/worksheets/sheet1.xml"
XLSX_SHEET_BEGINS = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
XLSX_SHEET_ENDS = b"</sheetData></worksheet>"


def csv_file(*lines: str, encoding: str = "utf-8") -> bytes:
    """A CSV file of these lines, ended as Excel ends them."""
    return "".join(f"{line}\r\n" for line in lines).encode(encoding)


def xlsx_file(rows: Iterable[Sequence[object]], *, hidden_before: bool = False) -> bytes:
    """An XLSX workbook whose cells have the types of the values; a date is a date cell, a text stays a text."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        days = book.add_format({"num_format": "dd/mm/yyyy"})
        if hidden_before:
            book.add_worksheet("Listes").write_row(0, 0, ["oui", "non"])
        sheet = book.add_worksheet("Repérage")
        for row, cells in enumerate(rows):
            for column, value in enumerate(cells):
                if isinstance(value, date | datetime):
                    sheet.write_datetime(row, column, value, days)
                else:
                    sheet.write(row, column, value)
        if hidden_before:
            sheet.activate()
            sheet.set_first_sheet()
            book.get_worksheet_by_name("Listes").hide()
    return buffer.getvalue()


def ods_row(*texts: str, repeated: int = 1) -> str:
    """One row of an ODS sheet, standing for `repeated` rows."""
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{escape(text)}</text:p></table:table-cell>'
        if text
        else "<table:table-cell/>"
        for text in texts
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{cells}</table:table-row>'


def ods_file(*rows: str) -> bytes:
    """An ODS workbook of one sheet with these rows, each from `ods_row`."""
    content = (
        f"<office:document-content {_ODS_NAMES}><office:body><office:spreadsheet>"
        f'<table:table table:name="Repérage">{"".join(rows)}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return _ods(content.encode(), "")


def encrypted_ods_file() -> bytes:
    """An ODS workbook under a password: its content is no longer XML, its manifest says so."""
    return _ods(bytes(range(256)) * 4, '<manifest:encryption-data manifest:checksum="AA=="/>')


def _ods(content: bytes, encryption: str) -> bytes:
    manifest = (
        f'<manifest:manifest {_ODS_NAMES}><manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS_TYPE}"/>'
        f'<manifest:file-entry manifest:full-path="content.xml">{encryption}</manifest:file-entry></manifest:manifest>'
    )
    return archive({"mimetype": _ODS_TYPE.encode(), "content.xml": content, "META-INF/manifest.xml": manifest.encode()})


def archive(parts: dict[str, bytes]) -> bytes:
    """A ZIP archive of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return buffer.getvalue()


def xlsx_with_sheet(chunks: Iterable[bytes]) -> bytes:
    """An XLSX workbook whose only sheet is this raw XML, written piece by piece."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx_file([["Enseigne"]]))) as plain, zipfile.ZipFile(buffer, "w") as packed:
        for name in plain.namelist():
            if name != SHEET:
                packed.writestr(name, plain.read(name))
        info = zipfile.ZipInfo(SHEET)
        info.compress_type = zipfile.ZIP_DEFLATED
        with packed.open(info, "w", force_zip64=True) as part:
            for chunk in chunks:
                part.write(chunk)
    return buffer.getvalue()
