"""Reference data that ships with the product: programme and field operators, aids, the first territories and their communes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, insert, select, update

from cases.aid_catalogue import search_text
from cases.identifiers import new_id
from cases.tables.operators import aid, operator
from cases.tables.territories import commune

FOLDER: Final = Path(__file__).with_name("reference")


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
    return (
        bring_up(db, operator, "slug", operators, now),
        bring_up(db, aid, "slug", _not_known_better(db, [_aid(one) for one in shipped["aids"]]), now),
        bring_up(db, commune, "insee", places["communes"], now),
    )


def known_territory(slug: str) -> KnownTerritory | None:
    """A territory of the reference data, by its slug."""
    return next((one for one in known_territories() if one.slug == slug), None)


def known_territories() -> tuple[KnownTerritory, ...]:
    """The territories of the reference data: the first fourteen."""
    read = _read("territories.json")["territories"]
    return tuple(KnownTerritory(**{**_without(one, "confidence"), "communes": tuple(one["communes"])}) for one in read)


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return found


def _without(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def _days(values: Mapping[str, Any]) -> dict[str, date | None]:
    return {name: date.fromisoformat(values[name]) if values[name] else None for name in ("verified_on", "valid_until")}


def _aid(shipped: Mapping[str, Any]) -> dict[str, Any]:
    """An aid as its row: the source that it names is where it is read."""
    row = {**_without(shipped, "source"), "url": shipped["source"], **_days(shipped)}
    return row | {"search_text": search_text(row)}


def _not_known_better(db: Connection, rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The aids of the product, but for those that an import verified later than they were when they were shipped."""
    verified = {row.slug: row.verified_on for row in db.execute(select(aid.c.slug, aid.c.verified_on))}
    return [row for row in rows if (verified.get(row["slug"]) or date.min) <= (row["verified_on"] or date.min)]


def bring_up(
    db: Connection, table: Table, key: str, rows: Iterable[Mapping[str, Any]], now: datetime, *, dry_run: bool = False
) -> Loaded:
    """Make the rows of a table as they are given, by their key: what is the same already is left alone. A dry run only counts."""
    present = {row[key]: row for row in db.execute(select(table)).mappings()}
    added: list[dict[str, Any]] = []
    changed = same = 0
    for row in rows:
        there = present.get(row[key])
        if there is None:
            added.append(({"id": new_id(now)} if "id" in table.c else {}) | dict(row))
        elif any(there[name] != value for name, value in row.items()):
            changed += 1
            if not dry_run:
                db.execute(update(table).where(table.c[key] == row[key]).values(**row))
        else:
            same += 1
    if not dry_run:
        for _, alike in groupby(added, dict.keys):
            db.execute(insert(table), list(alike))
    return Loaded(table.name, len(added), changed, same)
