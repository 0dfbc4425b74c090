"""Whose turn it is: the person who must act on a deadline, as the case is now."""

from __future__ import annotations

from engine.definition import owner_role
from engine.facts import ArmedDeadline, CaseFacts, Facts, Pair, Plan, Referral
from engine.model import Role


def owner_of(facts: Facts, deadline: ArmedDeadline) -> str | None:
    """The person who must act on a deadline; None while nobody is named: a branch, the programme, the system."""
    if not isinstance(facts, CaseFacts):
        return None
    role, track = owner_role(deadline.rule), facts.tracks.get(deadline.track)
    if role is Role.ADVISER:
        return facts.referent
    if role is Role.OPERATOR and isinstance(track, Referral):
        return track.agent
    if role is Role.MENTOR and isinstance(track, Pair):
        return track.mentor
    if role is Role.OWNER and isinstance(track, Plan):
        return track.owner or (None if track.branch else facts.referent)
    return None
