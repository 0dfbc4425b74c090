"""The catalogue of aids (CSV, XLSX, ODS or JSON, with the columns of Aides-territoires): lines in, aids and a report out, as often as one likes.

Columns as the interface of Aides-territoires names them (aides-territoires.beta.gouv.fr, « Documentation de l’API »): `slug`, `name`,
`financers`, `description`, `eligibility`, `perimeter`, `origin_url`, `url`, `categories`, `targeted_audiences`, `aid_types`,
`submission_deadline`, `subvention_rate_lower_bound`, `subvention_rate_upper_bound`, `subvention_comment`, `loan_amount`,
`recoverable_advance_amount`, `date_updated`. A list is a JSON list, or words between `|`. Beside them the product's own: `axes`, `levers`,
`scope`, `facts`, `caveat`, `status`, `de_minimis`, `verified_on`, `valid_until`, and each rule of eligibility by its name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from cases.errors import Invalid
from cases.importers.aid_lines import KNOWN, AidRefused, NotForBusinesses, read_aid
from cases.importers.errors import MAX_BYTES, MAX_ROWS
from cases.importers.sheet import read_sheet
from cases.reference_data import bring_up
from cases.tables.operators import aid
from engine.sentences import say

_MARKS: Final = (b"[", b"{")


COLUMNS: Final[Mapping[str, str]] = {
    "name": "Nom", "operator": "Organisme", "axes": "Axes", "levers": "Leviers", "scope": "Portée", "kind": "Genre", "facts": "En bref",
    "caveat": "Attention", "conditions": "Conditions", "perimeter": "Périmètre", "url": "Source", "status": "État", "verified_on": "Vérifiée le",
    "valid_until": "Valable jusqu’au", "eligibility": "Règles", "de_minimis": "De minimis",
}  # fmt: skip
"""What a line says of an aid, as a report names it."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a line makes of an aid: `new` or `changed`, each column before and after, as texts."""

    line: int
    slug: str
    name: str
    outcome: str
    columns: Mapping[str, tuple[str, str]]


@dataclass(slots=True)
class Report:
    """What became of each line; `aside` counts the aids that are not for businesses, `refused` tells which lines, and what to do."""

    lines: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    aside: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def import_aids(db: Connection, content: bytes, *, now: datetime, today: date, dry_run: bool = False) -> Report:
    """Take every good line; a bad one is reported and harms no other. An aid that the file does not have stays as it is.

    Raises Invalid or ImportFileRefused when the file cannot be read at all.
    """
    report, rows, numbers = Report(), dict[str, Mapping[str, Any]](), dict[str, int]()
    for line, given in _lines(content):
        report.lines += 1
        try:
            row = read_aid(given, today=today)
            if row["slug"] in rows:
                raise AidRefused("slug", "Cette aide est déjà plus haut dans le fichier : gardez une seule ligne.")
            rows[row["slug"]], numbers[row["slug"]] = row, line
        except NotForBusinesses:
            report.aside += 1
        except AidRefused as wrong:
            report.refused.append({"line": line, "column": wrong.column, "reason": str(wrong)})
    report.changes = list(_changes(db, rows, numbers))
    kept = bring_up(db, aid, "slug", rows.values(), now, dry_run=dry_run)
    report.created, report.updated, report.unchanged = kept.new, kept.changed, kept.same
    return report


def _changes(db: Connection, rows: Mapping[str, Mapping[str, Any]], numbers: Mapping[str, int]) -> Iterator[Change]:
    there = {row["slug"]: row for row in db.execute(select(aid)).mappings() if row["slug"] in rows}
    for slug, row in rows.items():
        before = there.get(slug)
        pairs = {name: (_written(before[name]) if before else "", _written(row[name])) for name in COLUMNS}
        told = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        if told or before is None:
            yield Change(numbers[slug], slug, row["name"], "changed" if before else "new", told)


def _written(value: Any) -> str:
    """A value as a report says it."""
    match value:
        case None | [] | {}:
            return ""
        case bool():
            return "oui" if value else "non"
        case list():
            return ", ".join(str(one) for one in value)
        case dict():
            return " ; ".join(f"{name} {_written(one)}" for name, one in value.items())
        case _:
            return str(value)


def _lines(content: bytes) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each line with its number: as a spreadsheet program shows it, or its place in the JSON list."""
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_MARKS):
        yield from enumerate(_listed(content), 1)
        return
    sheet = read_sheet(content)
    names = [str(cell).strip().casefold() for cell in sheet.header.cells]
    if "name" not in names:
        raise Invalid(
            say("Il faut une colonne « name ». Colonnes connues : {listed}.", listed=", ".join(sorted(KNOWN))), "file"
        )
    for line in sheet.lines:
        if not line.is_blank:
            yield line.number, dict(zip(names, line.cells, strict=False))


def _listed(content: bytes) -> Sequence[Mapping[str, Any]]:
    if len(content) > MAX_BYTES:
        raise Invalid(
            say("Ce fichier dépasse {count} Mo : importez-le en plusieurs fois.", count=MAX_BYTES // 1_000_000), "file"
        )
    try:
        read = json.loads(content)
    except (ValueError, RecursionError):
        raise Invalid("Ce fichier n’est pas du JSON : exportez-le de nouveau.", "file") from None
    listed = read.get("results") if isinstance(read, dict) else read
    if not isinstance(listed, list):
        raise Invalid("Ce JSON n’a pas de liste « results » : prenez une réponse de /api/aids/.", "file")
    if len(listed) > MAX_ROWS:
        raise Invalid(say("Ce fichier a plus de {most} aides : importez-le en plusieurs fois.", most=MAX_ROWS), "file")
    return [one if isinstance(one, dict) else {} for one in listed]
