"""Correcting the facts of a case: a line of its journal, and the rows put right. A state is never corrected."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Table, select, update

from cases import journey, look_alikes, search
from cases.access import Identity
from cases.errors import Invalid
from cases.importers.values import ValueRefused, read_email, read_phone, read_postcode, read_siret
from cases.journey import Fired, Request
from cases.quartiers import quartier_named
from cases.tables.case import business, case_file, entrepreneur
from cases.tables.territories import quartier
from engine.lists import CORRECTED
from engine.sentences import say

NOT_KNOWN: Final = "(effacé)"
"""What the journal says of a fact that is not known after all."""
_TABLES: Final[tuple[tuple[str, Table, str], ...]] = (
    ("business_", business, "business_id"),
    ("person_", entrepreneur, "entrepreneur_id"),
)
_READ: Final[Mapping[str, Callable[[str], str | None]]] = {
    "person_phone": partial(read_phone, region="FR"),
    "person_email": read_email,
    "business_siret": read_siret,
    "business_postcode": read_postcode,
}
_SHAPES: Final[Mapping[str, tuple[str, str]]] = {
    "business_naf": (r"\d{2}\.\d{2}[A-Z]", "47.11B"), "business_insee": (r"\d[\dAB]\d{3}", "59512"), "person_language": (r"[a-z]{2,3}", "fr"),
}  # fmt: skip
"""The codes, and one that is written as it should be: no words stand there."""
_ALWAYS_KNOWN: Final = frozenset({"business_name", "person_language"})
"""What no case is without."""


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
    fired = journey.fire(db, Request(reference, "correct", payload=as_said(given), version=version), by=by, now=now)
    write_facts(db, fired.case_id, given, by=by, now=now, quartier_at="quartier/code")
    return fired


def known_facts(db: Connection, case: Mapping[Any, Any]) -> dict[str, str]:
    """The facts of a case that may be corrected, as they stand; an empty text for what is not known."""
    found: dict[str, Any] = {"quartier_situation": case["situation"]}
    for prefix, table, key in _TABLES:
        row = db.execute(select(table).where(table.c.id == case[key])).mappings().one()
        found |= {name: row[name.removeprefix(prefix)] for name in CORRECTED if name.startswith(prefix)}
    code = select(quartier.c.code).where(quartier.c.id == case["quartier_id"])
    found["quartier_code"] = db.execute(code).scalar_one_or_none()
    return {name: value or "" for name, value in found.items()}


def as_said(given: Mapping[str, Any]) -> dict[str, Any]:
    """What the journal says of facts that are put right."""
    return {name: NOT_KNOWN if value is None else value for name, value in given.items()}


def as_read(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What a form corrects, each number and address as the sheets' readers understand it; None: not known after all. Raises Invalid, with the field."""
    given = {name: value for name, value in payload.items() if value != ""}
    for name in _ALWAYS_KNOWN & {name for name, value in given.items() if value is None}:
        raise Invalid("Ce champ ne peut pas rester vide : écrivez ce qui est juste.", name)
    for name in _READ.keys() & {name for name, value in given.items() if value is not None}:
        try:
            given[name] = _READ[name](given[name])
        except ValueRefused as error:
            raise Invalid(error.reason, name) from None
    for name in _SHAPES.keys() & given.keys():
        shape, like = _SHAPES[name]
        if given[name] is not None and not re.fullmatch(shape, given[name]):
            raise Invalid(say("Écrivez ce code ainsi : {like}.", like=like), name)
    if not given:
        raise Invalid("Donnez au moins un fait à corriger.")
    return given


def write_facts(
    db: Connection, case_id: str, given: Mapping[str, Any], *, by: Identity, now: datetime, quartier_at: str = "quartier_code",
) -> None:  # fmt: skip
    """Write the facts on their rows, once their line is in the journal; look-alikes are looked for again.

    Raises Invalid for an unknown quartier, on the field in which its code was given.
    """
    case = db.execute(select(case_file).where(case_file.c.id == case_id)).mappings().one()
    for prefix, table, key in _TABLES:
        values = {name.removeprefix(prefix): value for name, value in given.items() if name.startswith(prefix)}
        if values:
            db.execute(update(table).where(table.c.id == case[key]).values(**values))
    changed = {**_place(db, given, quartier_at), "search_text": _searched(db, case)}
    db.execute(update(case_file).where(case_file.c.id == case_id).values(**changed))
    look_alikes.look_again(db, case_id, by=by, now=now)


def _place(db: Connection, given: Mapping[str, str | None], quartier_at: str) -> dict[str, Any]:
    """Where the business is: a quartier's code says that it is inside; being elsewhere says that it is in none."""
    code, situation = given.get("quartier_code"), given.get("quartier_situation")
    if code:
        return {"quartier_id": quartier_named(db, code, quartier_at), "situation": "inside"}
    if situation in ("outside", "unknown"):
        return {"quartier_id": None, "situation": situation}
    return {"situation": situation} if situation else {}


def _searched(db: Connection, case: Mapping[Any, Any]) -> str:
    place = db.execute(select(business).where(business.c.id == case["business_id"])).mappings().one()
    helped = db.execute(select(entrepreneur).where(entrepreneur.c.id == case["entrepreneur_id"])).mappings().one()
    words = (place["name"], helped["name"], place["siret"], helped["email"], place["city"])
    return search.text_of(reference=case["reference"], phone=helped["phone"], words=words)
