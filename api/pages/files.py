"""Tables sent as files in the reader's language, under a name that says what they are and of which day."""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import quote

from starlette.responses import Response

from cases.spreadsheet import Table, as_csv, as_xlsx
from engine.sentences import Sentence
from notifications.languages import shown

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_file(*tables: Table, format: Literal["csv", "xlsx"], name: Sentence) -> Response:
    """Tables as an attachment: all of them as the sheets of one workbook, or the first one as CSV."""
    said = [table.said_by(shown) for table in tables]
    content, kind = (as_csv(said[0]), "text/csv; charset=utf-8") if format == "csv" else (as_xlsx(said), _XLSX)
    return Response(content, media_type=kind, headers=attached(name, format))


def attached(name: Sentence, ending: str) -> dict[str, str]:
    """The header that has a browser save an answer under a name, in the reader's language."""
    said = shown(name)
    safe = quote(said, safe="")
    named = f'filename="{said}.{ending}"' if safe == said else f"filename*=UTF-8''{safe}.{ending}"
    return {"Content-Disposition": f"attachment; {named}"}
