"""What of a case somebody sees: the whole of it, or their own track and what was shared with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, or_, select

from cases.access import BRANCH_ROLES, Identity
from cases.tables.tracks import mentoring_pair, referral, transition_plan
from engine.definition import OVER
from engine.model import CASE_TRACK, Kind, Role

PRIVATE_WORDS = "private_text"
"""What a mentor writes for the pair alone."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How much of a case is seen: its whole, or some tracks; `working` when one of these tracks is still open."""

    whole: bool
    tracks: frozenset[str] = frozenset()
    working: bool = True
    operator: bool = False
    mentor: bool = False

    def of_track(self, track: str) -> bool:
        """Whether a track is seen."""
        return self.whole or track in self.tracks

    def of_line(self, line: Mapping[Any, Any]) -> bool:
        """Whether a line of the journal is seen: one's own track once it was asked, the case's changes of state, the notes that were shared."""
        if self.of_track(line["track"]):
            return self.whole or line["event"] != "draft"
        if line["track"] != CASE_TRACK or not self.working:
            return False
        shared = line["event"] == "note" and bool((line["facts"] or {}).get("shared"))
        return line["from_state"] != line["to_state"] or (shared and self.operator)

    def words(self, line: Mapping[Any, Any], said: Mapping[str, str]) -> dict[str, str]:
        """The words of a line that are read: a pair's own only by its mentor, a case's only by who sees it whole or was shared them."""
        if not self.whole and line["track"] == CASE_TRACK and line["event"] != "note":
            return {}
        own = self.mentor and line["track"] in self.tracks
        return {name: text for name, text in said.items() if name != PRIVATE_WORDS or own}


def sight_of(db: Connection, who: Identity, case: Mapping[str, Any]) -> Sight:
    """How much of a case, which they may see, this person sees. Advisers and managers of its territory see it whole."""
    here = case["territory_id"] in who.territories() or (case["territory_id"] is None and who.has(Role.ADMIN))
    here = here or case["id"] in who.opened
    mentored = {f"mentoring_pair-{row.number}": row.state for row in _pairs(db, who, case["id"])}
    if who.system or here:
        return Sight(True, frozenset(mentored), mentor=bool(mentored))
    asked = {f"referral-{row.number}": row.state for row in _referrals(db, who, case["id"])}
    planned = {f"transition_plan-{row.number}": row.state for row in _plans(db, who, case["id"])}
    own = {**mentored, **asked, **planned}
    working = any(state not in OVER[Kind(track.rsplit("-", 1)[0])] for track, state in own.items())
    return Sight(False, frozenset(own), working, operator=bool(asked), mentor=bool(mentored))


def _pairs(db: Connection, who: Identity, case_id: str) -> list[Any]:
    if not who.person or not who.has(Role.MENTOR):
        return []
    mine = (mentoring_pair.c.case_id == case_id, mentoring_pair.c.mentor_id == who.person)
    return list(db.execute(select(mentoring_pair.c.number, mentoring_pair.c.state).where(*mine)))


def _referrals(db: Connection, who: Identity, case_id: str) -> list[Any]:
    if not any(grant.role in BRANCH_ROLES for grant in who.grants):
        return []
    mine = (referral.c.case_id == case_id, referral.c.branch_id.in_(who.branches()), referral.c.state != "draft")
    return list(db.execute(select(referral.c.number, referral.c.state).where(*mine)))


def _plans(db: Connection, who: Identity, case_id: str) -> list[Any]:
    own = or_(transition_plan.c.branch_id.in_(who.branches()), transition_plan.c.owner_id == who.person)
    mine = (transition_plan.c.case_id == case_id, own)
    return list(db.execute(select(transition_plan.c.number, transition_plan.c.state).where(*mine)))
