"""Tables sent as files, under a name that says what they are and of which day."""

from __future__ import annotations

from typing import Final, Literal

from starlette.responses import Response

from cases.spreadsheet import Table, as_csv, as_xlsx

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_file(*tables: Table, format: Literal["csv", "xlsx"], name: str) -> Response:
    """Tables as an attachment: all of them as the sheets of one workbook, or the first one as CSV."""
    content, kind = (as_csv(tables[0]), "text/csv; charset=utf-8") if format == "csv" else (as_xlsx(tables), _XLSX)
    return Response(
        content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    )
