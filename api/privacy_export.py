"""All that is held on somebody as they are given it: a ZIP of JSON and of a page to read."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from cases.journal import plain
from cases.journal import shown as as_read
from engine.sentences import say
from notifications.languages import shown, teach
from notifications.personal_data import Held
from notifications.typography import day_long, filters

_PAGE: Final = say("a-lire")
_TEMPLATES: Final = Path(__file__).parent / "templates"
Rows = Mapping[str, tuple[Mapping[str, Any], ...]]
"""The parts of what is held, by their French name."""


def zipped(held: Sequence[Held], now: datetime) -> bytes:
    """The bytes of the file on who is helped: for each case its data, and one page that tells them all."""
    pages: dict[str, Rows] = {say("Dossier {reference}", reference=one.reference): _of_case(one) for one in held}
    return _archive({f"{one.reference}.json": one.as_json() for one in held}, pages, now)


def zipped_account(held: Rows, now: datetime) -> bytes:
    """The bytes of the file on who works here."""
    return _archive({"compte.json": plain(dict(held))}, {"Votre compte": held}, now)


def _archive(data: Mapping[str, Any], told: Mapping[str, Rows], now: datetime) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in data.items():
            archive.writestr(name, json.dumps(content, ensure_ascii=False, indent=1))
        archive.writestr(f"{shown(_PAGE)}.html", _page(told, now))
    return file.getvalue()


def _page(told: Mapping[str, Rows], now: datetime) -> str:
    subjects = [{"title": title, "parts": list(_parts(rows))} for title, rows in told.items()]
    return _template().render(subjects=subjects, on=day_long(now.date(), weekday=False, year=True))


@cache
def _template() -> Template:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, extensions=["jinja2.ext.i18n"]
    )
    teach(made)
    made.filters.update(filters())
    return made.get_template("export.html")


def _of_case(held: Held) -> Rows:
    return {
        "Dossier": (held.case,), "Entreprise": (held.business,), "Personne": (held.person,), "Journal": held.journal, **held.rows,
    }  # fmt: skip


def _parts(parts: Rows) -> Iterator[dict[str, Any]]:
    """Each part: a title, and its rows as pairs of a name and a text."""
    for title, rows in parts.items():
        if rows:
            yield {"title": title, "rows": [list(_pairs(row)) for row in rows]}


def _pairs(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in as_read(row).items():
        yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
