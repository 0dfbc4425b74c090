"""What the pages of imports show: the history, a dry run, how far an import is, its report, and each line to correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from api.security import Visit
from cases.errors import CasesError
from cases.importers.columns import Column, Field
from cases.importing.correcting import NEEDED
from cases.importing.reports import LineToCorrect, columns_of
from cases.importing.undoing import may_undo
from cases.views.choices import Choice
from engine.sentences import say, together
from notifications.languages import said_again
from notifications.typography import day_short, number

FIELDS: Final[Mapping[Field, str]] = {
    Field.NAME: "Enseigne", Field.PERSON: "Nom de la personne", Field.GIVEN_NAME: "Prénom", Field.PHONE: "Téléphone",
    Field.OTHER_PHONE: "Autre téléphone", Field.EMAIL: "Adresse électronique", Field.ADDRESS: "Adresse", Field.POSTCODE: "Code postal",
    Field.CITY: "Ville", Field.SIRET: "SIRET", Field.NAF: "Code NAF", Field.ACTIVITY: "Activité", Field.NEED: "Besoins",
    Field.VISITED_ON: "Date de visite", Field.SEEN_BY: "Vue par", Field.CONSENT: "Accord pour être recontactée", Field.NOTE: "Remarques",
}  # fmt: skip
"""What a column may hold, as the page offers it."""
LEFT_OUT: Final = "Ne pas reprendre"
STALLED: Final = timedelta(minutes=1)
"""After how long an import that is not done may be asked to go on."""
SHOWN: Final = 30
"""Duplicates that a page names."""
_CONTACTS: Final = {
    Field.PHONE: {"inputmode": "tel"}, Field.OTHER_PHONE: {"inputmode": "tel"}, Field.EMAIL: {"inputmode": "email"},
    Field.SIRET: {"inputmode": "numeric"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sight:
    """All that is read for the page of one import."""

    file: Mapping[Any, Any]
    report: Mapping[str, Any]
    lines: Sequence[LineToCorrect]
    samples: Sequence[str]
    imported_before: str | None


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody wrote in a line, and what is still wrong with it, by the header of the column."""

    line: int
    values: Mapping[str, str]
    wrong: Mapping[str, str]


def history_context(
    homes: Sequence[Choice], imports: Sequence[Mapping[str, Any]], error: CasesError | None
) -> dict[str, Any]:
    """Everything that `imports.html` shows."""
    wrong = [{"message": error.said, "field": "file"}] if error else []
    return {
        "title": "Imports", "homes": homes, "errors": wrong, "wrong": error.said if error else None,
        "columns": [{"label": "Fichier"}, {"label": "Lignes", "right": True, "fold": "label"},
                    {"label": "Dossiers créés", "right": True, "fold": "label"}, {"label": "À corriger", "right": True, "fold": "label"},
                    {"label": "État", "fold": "full"}],
        "rows": [_row(one, several=len(homes) > 1) for one in imports],
    }  # fmt: skip


def _row(one: Mapping[str, Any], *, several: bool) -> list[dict[str, Any]]:
    where = one["territory"] if several else ""
    by = say("par {who}", who=one["by"]) if one["by"] else ""
    sub = together((where, day_short(one["started_at"], one["timezone"]), by), ", ")
    made = "–" if one["dry_run"] else number(one["recorded"])
    waiting = "–" if one["undone_at"] else number(one["refused"])
    return [
        {"text": one["name"], "href": f"/imports/{one['id']}", "sub": sub},
        {"text": number(one["rows"])}, {"text": made}, {"text": waiting}, {"text": _state(one)},
    ]  # fmt: skip


def _state(file: Mapping[Any, Any]) -> str:
    if file["undone_at"] is not None:
        return "Annulé"
    if file["dry_run"]:
        return "À confirmer"
    return "Terminé" if file["status"] == "done" else "En cours"


def import_context(seen: Sight, visit: Visit, typed: Typed | None) -> dict[str, Any]:
    """Everything that `import.html` shows."""
    file, report = seen.file, seen.report
    here, columns = f"/imports/{file['id']}", columns_of(file)
    running = file["status"] == "running"
    kept = sum(len(report[name]) for name in ("duplicates", "refused", "declined_contact"))
    return {
        "title": "Vérifier avant d’importer" if file["dry_run"] else file["name"], "lead": _lead(file), "here": here, "name": file["name"],
        "tried": file["dry_run"] and not running, "running": running, "stalled": visit.now - file["started_at"] > STALLED,
        "kept": report["recorded"] + report["blank"] + kept, "rows": file["rows"], "keys": _keys(file, report), "recorded": report["recorded"],
        "before": f"/imports/{seen.imported_before}" if seen.imported_before else None,
        "columns": [_column(one, seen.samples) for one in columns],
        "fields": [{"value": "", "label": LEFT_OUT}, *({"value": str(one), "label": label} for one, label in FIELDS.items())],
        "refused": len(report["refused"]), "lines": [_line(one, columns, typed) for one in seen.lines],
        "errors": [{"message": say("Ligne {line} : {message}", line=typed.line, message=message), "field": _id(typed.line, columns, header)}
                   for header, message in typed.wrong.items()] if typed else [],
        "duplicates": [_duplicate(one) for one in report["duplicates"][:SHOWN]], "more_duplicates": max(0, len(report["duplicates"]) - SHOWN),
        "undone": report["undone"], "may_undo": may_undo(visit.identity, file) and file["status"] == "done" and not file["dry_run"],
    }  # fmt: skip


def confirm_context(file: Mapping[Any, Any], report: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that `import_annuler.html` shows."""
    here = f"/imports/{file['id']}"
    return {"title": "Annuler cet import", "name": file["name"], "here": here, "recorded": report["recorded"]}


def _lead(file: Mapping[Any, Any]) -> str:
    when = day_short(file["started_at"], file["timezone"])
    if file["dry_run"]:
        return say(
            "{name}, pour {territory}. Rien n’est encore enregistré.", name=file["name"], territory=file["territory"]
        )
    if file["undone_at"] is not None:
        return say(
            "{territory}, importé le {when}, annulé le {day}",
            territory=file["territory"],
            when=when,
            day=day_short(file["undone_at"], file["timezone"]),
        )
    return say("{territory}, importé le {when}", territory=file["territory"], when=when)


def _keys(file: Mapping[Any, Any], report: Mapping[str, Any]) -> list[dict[str, str]]:
    made = "dossiers à créer" if file["dry_run"] else "dossiers créés"
    counted = (
        (report["recorded"], made),
        (len(report["duplicates"]), "doublons, rattachés à ce qui existe"),
        (len(report["refused"]), "lignes refusées" if file["undone_at"] else "lignes à corriger"),
        (len(report["declined_contact"]), "ne veulent pas être contactées : rien n’en est gardé"),
    )
    return [{"value": number(count), "label": label} for count, label in counted]


def _column(column: Column, samples: Sequence[str]) -> dict[str, Any]:
    sample = samples[column.index] if column.index < len(samples) else ""
    return {
        "name": f"column.{column.index}", "header": column.header or say("{part} {count}", part="Colonne", count=column.index + 1),
        "field": str(column.field or ""), "sample": sample,
        "unsure": column.field is not None and column.confidence < 0.8, "label": FIELDS[column.field] if column.field else LEFT_OUT,
    }  # fmt: skip


def _line(line: LineToCorrect, columns: tuple[Column, ...], typed: Typed | None) -> dict[str, Any]:
    """A line to correct: who it is about, the fields that are wrong, and whether it may be recorded without them."""
    mine = typed if typed and typed.line == line.line else None
    faults = {fault.column: said_again(fault.reason) for fault in line.faults}
    shifted = any(fault.code == "cells_shifted" for fault in line.faults)
    asked = [
        one for one in columns if one.field and (shifted or one.header in faults or (mine and one.header in mine.wrong))
    ]
    cells = dict(zip((one.index for one in columns), line.cells, strict=False))
    names = [cells.get(one.index, "") for one in columns if one.field in (Field.NAME, Field.PERSON)]
    return {
        "line": line.line, "who": " · ".join(name for name in names if name), "note": said_again(line.faults[0].reason) if shifted else None,
        "may_drop": not any(fault.code in NEEDED for fault in line.faults),
        "asked": [_asked(line.line, one, cells.get(one.index, ""), mine, {} if shifted else faults) for one in asked],
    }  # fmt: skip


def _asked(line: int, column: Column, cell: str, typed: Typed | None, faults: Mapping[str, str]) -> dict[str, Any]:
    header = column.header
    return {
        "id": f"ligne-{line}-{column.index}", "name": f"value.{column.index}", "label": header,
        "value": typed.values.get(header, cell) if typed else cell,
        "error": typed.wrong.get(header) if typed else None, "hint": faults.get(header) if not typed else None,
        "attributes": {"autocomplete": "off", "maxlength": 2000, **(_CONTACTS.get(column.field, {}) if column.field else {})},
    }  # fmt: skip


def _id(line: int, columns: tuple[Column, ...], header: str) -> str | None:
    found = next((one.index for one in columns if one.field and one.header == header), None)
    return None if found is None else f"ligne-{line}-{found}"


def _duplicate(one: Mapping[str, Any]) -> dict[str, Any]:
    case = one["of"].get("case")
    said = say("le dossier {case}", case=case) if case else say("la ligne {line}", line=one["of"]["line"])
    otherwise = [
        say(
            "{label} : « {file} » dans le fichier, {kept} dans le dossier",
            label=d["label"],
            file=d["file"],
            kept=_kept(d["case"]),
        )
        for d in one.get("differences", ())
    ]
    return {"line": one["line"], "of": said, "href": f"/dossiers/{case}" if case else None, "otherwise": otherwise}


def _kept(value: str | None) -> str:
    return say("« {words} »", words=value) if value else say("rien")
