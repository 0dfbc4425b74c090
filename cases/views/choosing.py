"""How advisers choose among the operators that are proposed, and why otherwise: what a report on the weights is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from cases.access import Identity, visible_to
from cases.tables.case import case_file
from cases.tables.routing import routing_proposal
from engine.lists import CHOSEN_FOR

OVER: Final = timedelta(days=365)
AT_MOST: Final = 2_000
"""Choices that are read, the newest first."""


@dataclass(frozen=True, slots=True)
class Choices:
    """How often the first of the proposal was asked, another one that it keeps, or one that it does not; and why otherwise.

    `reasons` are labels of `engine.lists.CHOSEN_FOR`, « Autre » for what was written freely. `better` and `worse` count, by criterion, how often
    the one that was chosen had more points than the first, or fewer.
    """

    first: int
    another: int
    outside: int
    reasons: Mapping[str, int]
    better: Mapping[str, int]
    worse: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many choices there were."""
        return self.first + self.another + self.outside


def choices_of(db: Connection, who: Identity, *, now: datetime) -> Choices:
    """The choices made in somebody's territories over a year."""
    joined = routing_proposal.join(case_file, case_file.c.id == routing_proposal.c.case_id)
    mine = (case_file.c.territory_id.in_(who.territories()), visible_to(who))
    recent = (routing_proposal.c.choice.is_not(None), routing_proposal.c.computed_at >= now - OVER)
    query = select(routing_proposal.c.choice, routing_proposal.c.candidates).select_from(joined).where(*mine, *recent)
    rows = db.execute(query.order_by(routing_proposal.c.computed_at.desc()).limit(AT_MOST)).all()
    ranks = Counter("first" if r.choice["rank"] == 1 else "another" if r.choice["rank"] else "outside" for r in rows)
    otherwise = [row for row in rows if row.choice["rank"] != 1]
    better, worse = Counter[str](), Counter[str]()
    for row in otherwise:
        for code, points in _beside_the_first(row.choice, row.candidates):
            (better if points > 0 else worse)[code] += 1
    reasons = Counter(_reason(row.choice.get("reason")) for row in otherwise if row.choice.get("reason"))
    return Choices(ranks["first"], ranks["another"], ranks["outside"], reasons, better, worse)


def _reason(words: str) -> str:
    """The reason as it was chosen in the list: what stands before « : »; « Autre » for what was written freely."""
    label = words.partition(" : ")[0]
    return label if label in CHOSEN_FOR.values() else CHOSEN_FOR["other"]


def _beside_the_first(choice: Mapping[str, Any], candidates: list[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """By criterion, how many points more (or fewer) the chosen one had than the first; nothing where they are level."""
    kept = [one for one in candidates if one["kept"]]
    chosen = next((one for one in candidates if one["branch"]["id"] == choice["branch"]), None)
    if not kept or chosen is None:
        return []
    pairs = zip(chosen["criteria"], kept[0]["criteria"], strict=True)
    return [(own["code"], own["points"] - other["points"]) for own, other in pairs if own["points"] != other["points"]]
