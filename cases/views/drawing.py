"""What a drawing of a case shows, as somebody who may see it sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from cases import journey
from cases.access import Identity, case_row
from cases.views.sight import sight_of
from engine.facts import CaseFacts


def drawn_facts(db: Connection, who: Identity, reference: str, *, now: datetime) -> CaseFacts:
    """The case with the tracks that this person sees, for `engine.diagram.live_svg`. Raises NotFound for another's as for none."""
    row = case_row(db, who, reference)
    sight = sight_of(db, who, row)
    facts, _ = journey.facts_on(db, row, by=who, now=now)
    return replace(facts, tracks={name: t for name, t in facts.tracks.items() if sight.of_track(name)})
