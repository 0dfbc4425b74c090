"""Correcting the facts of a case: a line of its journal, and the rows put right. A state is never corrected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, select, update

from cases import journey, look_alikes, search
from cases.access import Identity
from cases.errors import Invalid
from cases.journey import Fired, Request
from cases.tables.case import business, case_file, entrepreneur
from cases.tables.territories import quartier

NOT_KNOWN: Final = "(effacé)"
"""What the journal says of a fact that is not known after all."""
_TABLES: Final[tuple[tuple[str, Table, str], ...]] = (
    ("business_", business, "business_id"),
    ("person_", entrepreneur, "entrepreneur_id"),
)


@dataclass(frozen=True, slots=True)
class Correction:
    """The facts that are put right, by the names of `engine.lists.CORRECTED`; None: not known after all."""

    facts: Mapping[str, str | None]


def correct(
    db: Connection, reference: str, correction: Correction, *, version: int, by: Identity, now: datetime
) -> Fired:
    """Put facts right, for who read the case in that version. Raises what `journey.fire` raises, and Invalid for an unknown quartier."""
    given = dict(correction.facts)
    if not given:
        raise Invalid("Donnez au moins un fait à corriger.")
    said = {name: value or NOT_KNOWN for name, value in given.items()}
    fired = journey.fire(db, Request(reference, "correct", payload=said, version=version), by=by, now=now)
    case = db.execute(select(case_file).where(case_file.c.id == fired.case_id)).mappings().one()
    for prefix, table, key in _TABLES:
        values = {name.removeprefix(prefix): value for name, value in given.items() if name.startswith(prefix)}
        if values:
            db.execute(update(table).where(table.c.id == case[key]).values(**values))
    changed = {**_place(db, given), "search_text": _searched(db, case)}
    db.execute(update(case_file).where(case_file.c.id == fired.case_id).values(**changed))
    look_alikes.look_again(db, fired.case_id, by=by, now=now)
    return fired


def _place(db: Connection, given: Mapping[str, str | None]) -> dict[str, Any]:
    """Where the business is: a quartier's code says that it is inside; being elsewhere says that it is in none."""
    code, situation = given.get("quartier_code"), given.get("quartier_situation")
    if code:
        found = db.execute(select(quartier.c.id).where(quartier.c.code == code).order_by(quartier.c.id)).scalar()
        if found is None:
            raise Invalid("Ce quartier n’est pas connu : donnez un code comme QN05901M.", "quartier/code")
        return {"quartier_id": found, "situation": "inside"}
    if situation in ("outside", "unknown"):
        return {"quartier_id": None, "situation": situation}
    return {"situation": situation} if situation else {}


def _searched(db: Connection, case: Mapping[Any, Any]) -> str:
    place = db.execute(select(business).where(business.c.id == case["business_id"])).mappings().one()
    helped = db.execute(select(entrepreneur).where(entrepreneur.c.id == case["entrepreneur_id"])).mappings().one()
    words = (place["name"], helped["name"], place["siret"], helped["email"], place["city"])
    return search.text_of(reference=case["reference"], phone=helped["phone"], words=words)
