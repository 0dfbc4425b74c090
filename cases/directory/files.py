"""The directory as a file: a sheet or JSON becomes lines, with the number that their author sees; lines become a sheet or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from cases.directory.columns import COLUMNS, NATURES, SHAPES, Nature, written
from cases.directory.held import Held, Row
from cases.directory.judging import Entry, Verdict, Wrong
from cases.directory.keeping import Kept
from cases.duplicates import fold
from cases.importers.errors import MAX_BYTES, MAX_ROWS, FileTooBig, ImportFileRefused, TooManyRows
from cases.importers.sheet import Line, read_sheet, shown
from cases.spreadsheet import Table, as_csv, as_xlsx
from engine.sentences import say

NATURE: Final = "nature"
HEADERS: Final[Mapping[str, str]] = {NATURE: "Nature", **{name: column.header for name, column in COLUMNS.items()}}
"""Every column of a sheet, in its order."""
FORMATS: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
_DEFUSED: Final = ("'=", "'+", "'-", "'@")


class NotTheDirectory(ImportFileRefused):
    """The file is a table or JSON, and not one of the directory: the sentence says what it lacks."""

    code = "not_the_directory"


def read_file(content: bytes) -> tuple[list[Entry], list[Verdict]]:
    """The lines of a file; and those that are of no nature that is known. Raises ImportFileRefused for what is no directory at all."""
    if len(content) > MAX_BYTES:
        raise FileTooBig
    found = _of_json(content) if content.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"[") else _of_sheet(content)
    entries: list[Entry] = []
    refused: list[Verdict] = []
    for number, texts in found:
        said = texts.pop(NATURE, "")
        if (nature := _NATURES.get(fold(said))) is not None:
            entries.append(Entry(number, nature, texts))
            continue
        listed = ", ".join(label.lower() for label in NATURES.values())
        wrong = Wrong(NATURE, said, "unknown_nature", say("Dites de quoi parle cette ligne : {listed}.", listed=listed))
        refused.append(Verdict(Entry(number, Nature.OPERATOR, texts), "refused", wrong=(wrong,)))
    return entries, refused


_NATURES: Final = {fold(label): nature for nature, label in NATURES.items()} | {
    str(nature): nature for nature in Nature
}
_NAMES: Final = {fold(header): name for name, header in HEADERS.items()} | {fold(name): name for name in HEADERS}


def _of_sheet(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    sheet = read_sheet(content)
    names = [_name_of(shown(cell)) for cell in sheet.header.cells]
    _refuse_without_nature(names)
    for line in sheet.lines:
        if not line.is_blank:
            yield line.number, _texts(line, names)


def _texts(line: Line, names: list[str]) -> dict[str, str]:
    cells = [shown(cell) for cell in line.cells]
    cells += [""] * (len(names) - len(cells))
    return {name: _undefused(cell) for name, cell in zip(names, cells, strict=False)}


def _undefused(cell: str) -> str:
    return cell[1:] if cell.startswith(_DEFUSED) else cell


def _name_of(header: str) -> str:
    if (name := _NAMES.get(fold(header))) is None:
        raise NotTheDirectory(
            say(
                "La colonne « {written} » n’est pas de l’annuaire : retirez-la, ou exportez l’annuaire pour voir ses colonnes.",
                written=header[:60],
            )
        )
    return name


def _refuse_without_nature(names: list[str]) -> None:
    if NATURE not in names:
        raise NotTheDirectory("Il manque la colonne « Nature » : exportez l’annuaire pour voir ses colonnes.")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise NotTheDirectory(say("La colonne « {written} » est là deux fois : gardez-en une.", written=HEADERS[twice]))


def _of_json(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        said = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise NotTheDirectory("Ce fichier JSON ne se lit pas : exportez l’annuaire pour voir sa forme.") from None
    lines = said.get("lines") if isinstance(said, dict) else None
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise NotTheDirectory('Ce fichier JSON n’a pas de lignes : écrivez {"lines": [{"nature": "branch", …}]}.')
    if len(lines) > MAX_ROWS:
        raise TooManyRows
    for number, line in enumerate(lines, 1):
        texts = {_name_of(str(name)): _text(value) for name, value in line.items()}
        yield number, texts


def _text(value: Any) -> str:
    """A value of JSON as the text that its column reads."""
    parts = value if isinstance(value, list) else [value]
    if not all(part is None or isinstance(part, str | int | float | bool) for part in parts):
        raise NotTheDirectory("Une valeur du fichier JSON n’est ni un texte, ni un nombre, ni une liste de textes.")
    return written([part for part in parts if part is not None]) if isinstance(value, list) else written(value).strip()


# -- out ------------------------------------------------------------------------------------------------------------------


def write_file(held: Held, form: str, *, by_name: bool = False) -> bytes:
    """The whole directory in one of `FORMATS`: read again, it changes nothing. `by_name`: a sheet has the names and codes of JSON, for who reads no French."""
    rows = list(held.in_order())
    if form == "json":
        return _as_json(rows)
    table = _table(rows, by_name)
    return as_csv(table) if form == "csv" else as_xlsx([table])


def _table(rows: Iterable[tuple[Nature, Row]], by_name: bool) -> Table:
    lines = []
    for nature, row in rows:
        said = (_cell(row.values[name], by_name) if name in SHAPES[nature].columns else "" for name in COLUMNS)
        lines.append((str(nature) if by_name else NATURES[nature], *said))
    return Table("directory" if by_name else "Annuaire", tuple(HEADERS if by_name else HEADERS.values()), tuple(lines))


def _cell(value: Any, by_name: bool) -> str:
    return ("yes" if value else "no") if by_name and isinstance(value, bool) else written(value)


def _as_json(rows: list[tuple[Nature, Row]]) -> bytes:
    lines = [
        {NATURE: str(nature), **{name: _plain(row.values[name]) for name in SHAPES[nature].columns}}
        for nature, row in rows
    ]
    return (json.dumps({"lines": lines}, ensure_ascii=False, indent=1) + "\n").encode()


def _plain(value: Any) -> Any:
    """A value as JSON has it: lists of texts, numbers, yes and no; days and places as they are written."""
    if isinstance(value, list):
        return [written([one]) for one in value]
    return value if value is None or isinstance(value, bool | int | str) else written(value)


def report_of(kept: Kept, unread: list[Verdict], *, dry_run: bool) -> dict[str, Any]:
    """What became of a file, as JSON: counts, what changes, and each refused line with its column, its value, the reason."""
    verdicts = sorted((*kept.verdicts, *unread), key=lambda one: one.entry.number)
    return {
        "lines": len(verdicts), "dry_run": dry_run, "written": kept.written,
        **{outcome: sum(one.outcome == outcome for one in verdicts) for outcome in ("new", "changed", "same")},
        "changes": [
            {"line": one.entry.number, "what": one.title, "outcome": one.outcome, "columns": [
                {"column": COLUMNS[name].header, "before": before, "after": after} for name, (before, after) in one.changes.items()
            ]}
            for one in verdicts if one.outcome in ("new", "changed")
        ],
        "refused": [
            {"line": one.entry.number, "column": HEADERS[wrong.column], "value": wrong.value, "code": wrong.code, "reason": wrong.reason}
            for one in verdicts for wrong in one.wrong
        ],
    }  # fmt: skip
