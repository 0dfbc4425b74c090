"""Reference data that ships with the product: programme and field operators, aids, the first territories and their communes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, insert, select, update

from cases.identifiers import new_id
from cases.tables.operators import aid, operator
from cases.tables.territories import commune

FOLDER: Final = Path(__file__).with_name("reference")
SURE: Final = "A"
"""The confidence of what was seen on a public page; anything else is shown as to be verified."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows of a table are new, changed, and as they were."""

    table: str
    new: int
    changed: int
    same: int


@dataclass(frozen=True, slots=True)
class KnownTerritory:
    """A territory of the programme as the reference data knows it, with its communes where these are listed."""

    slug: str
    name: str
    kind: str
    code: str | None
    communes: tuple[str, ...]
    timezone: str
    holidays: str


def load(db: Connection, now: datetime) -> tuple[Loaded, ...]:
    """Bring operators, aids and communes up to the reference data; what was loaded already is not doubled, and what is not in it stays."""
    shipped, places = _read("operators.json"), _read("territories.json")
    operators = [{**_without(one, "role"), "role_text": one["role"]} for one in shipped["operators"]]
    aids = [{**_without(one, "source"), "url": one["source"], **_days(one)} for one in shipped["aids"]]
    return (
        _bring_up(db, operator, "slug", operators, now),
        _bring_up(db, aid, "slug", aids, now),
        _bring_up(db, commune, "insee", places["communes"], now),
    )


def known_territory(slug: str) -> KnownTerritory | None:
    """A territory of the reference data, by its slug."""
    found = next((one for one in _read("territories.json")["territories"] if one["slug"] == slug), None)
    if found is None:
        return None
    return KnownTerritory(**{**_without(found, "confidence"), "communes": tuple(found["communes"])})


def to_verify(row: Mapping[Any, Any], today: date) -> bool:
    """Whether what an aid says must be shown as « à vérifier »: nobody checked it, the check is over, or the source is not sure."""
    stale = row["valid_until"] is not None and row["valid_until"] < today
    return row["confidence"] != SURE or row["verified_on"] is None or stale


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return found


def _without(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def _days(values: Mapping[str, Any]) -> dict[str, date | None]:
    return {name: date.fromisoformat(values[name]) if values[name] else None for name in ("verified_on", "valid_until")}


def _bring_up(db: Connection, table: Table, key: str, rows: Iterable[Mapping[str, Any]], now: datetime) -> Loaded:
    present = {row[key]: row for row in db.execute(select(table)).mappings()}
    new = changed = same = 0
    for row in rows:
        there = present.get(row[key])
        if there is None:
            identifier = {"id": new_id(now)} if "id" in table.c else {}
            db.execute(insert(table).values(**identifier, **row))
            new += 1
        elif any(there[name] != value for name, value in row.items()):
            db.execute(update(table).where(table.c[key] == row[key]).values(**row))
            changed += 1
        else:
            same += 1
    return Loaded(table.name, new, changed, same)
