"""The catalogue of aids: by what words an aid is found, and when what it says must be verified again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from cases.duplicates import fold
from engine.aids import AidRules
from engine.offers import eligibility_from

SURE: Final = "A"
"""The confidence of what was seen on a public page; anything else is shown as to be verified."""
FRESH: Final = timedelta(days=365)
"""How long what was verified is taken for granted, where the aid itself says no end."""
CLOSED: Final = "closed"
SEARCHED: Final = ("name", "operator", "facts", "caveat", "conditions", "perimeter")


def search_text(row: Mapping[Any, Any]) -> str:
    """The words by which an aid is found: lower case, no accents."""
    return fold(" ".join(str(row[name]) for name in SEARCHED if row.get(name)))


def to_verify(row: Mapping[Any, Any], today: date) -> bool:
    """Whether what an aid says must be shown as « à vérifier »: its source is not sure, nobody checked it, or that was too long ago."""
    if row["confidence"] != SURE or row["verified_on"] is None:
        return True
    return bool((row["valid_until"] or row["verified_on"] + FRESH) < today)


def rules_of(row: Mapping[Any, Any], today: date) -> AidRules:
    """An aid as a rule reads it on a day."""
    return AidRules(
        name=row["name"], scope=row["scope"], axes=tuple(row["axes"] or ()), levers=tuple(row["levers"] or ()),
        eligibility=eligibility_from(row["eligibility"] or {}), perimeter=row["perimeter"], closed=row["status"] == CLOSED,
        until=row["valid_until"], de_minimis=row["de_minimis"], stale=to_verify(row, today),
    )  # fmt: skip
