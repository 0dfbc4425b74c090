"""All that is held on somebody as they are given it: a ZIP of JSON and of a page to read."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cases.journal import shown
from notifications.languages import teach
from notifications.personal_data import Held
from notifications.typography import filters

_TEMPLATES: Final = Path(__file__).parent / "templates"


def zipped(held: Sequence[Held], now: datetime) -> bytes:
    """The bytes of the file: for each case its data, and one page that tells them all."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in held:
            archive.writestr(f"{one.reference}.json", json.dumps(one.as_json(), ensure_ascii=False, indent=1))
        archive.writestr("a-lire.html", _page(held, now))
    return file.getvalue()


def _page(held: Sequence[Held], now: datetime) -> str:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, extensions=["jinja2.ext.i18n"]
    )
    teach(made)
    made.filters.update(filters())
    cases = [{"reference": one.reference, "parts": list(_parts(one))} for one in held]
    return made.get_template("export.html").render(cases=cases, on=f"{now:%d/%m/%Y}")


def _parts(held: Held) -> Iterator[dict[str, Any]]:
    """The parts of a case: a title, and its rows as pairs of a name and a text."""
    named = {
        "Dossier": (held.case,),
        "Entreprise": (held.business,),
        "Personne": (held.person,),
        "Journal": held.journal,
        **held.rows,
    }
    for title, rows in named.items():
        if rows:
            yield {"title": title, "rows": [list(_pairs(row)) for row in rows]}


def _pairs(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in shown(row).items():
        yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
