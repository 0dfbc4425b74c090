"""Asking operators for a need, in one gesture: what each would be asked is seen before anything leaves, then drafted and sent together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from cases import journey
from cases.access import BRANCH_ROLES, Identity, actor_on, case_row
from cases.errors import Refused
from cases.gestures import TALKED
from cases.journey import Fired, Request
from cases.tables.memory import journal, journal_text
from cases.tables.routing import routing_proposal
from cases.writing.beginnings import begin
from engine.decision import decide
from engine.facts import Act, Actor, CaseFacts, Referral
from engine.lists import CHOSEN_FOR
from engine.model import CASE_TRACK, Kind, Refusal

ANSWER = "referral.sent.answer"


@dataclass(frozen=True, slots=True)
class Asking:
    """The operators that an adviser asks for one need of a case.

    `branches` are asked in that order, once each. `one_is_enough`: as soon as one engages, the others are withdrawn. Without `send`, drafts are kept.
    `message` is what the adviser writes to them, instead of the message that is prepared.
    """

    reference: str
    need: str
    branches: tuple[str, ...]
    reason: str | None = None
    message: str | None = None
    one_is_enough: bool = True
    send: bool = True
    version: int | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class ToAsk:
    """One branch as it would be asked now: why that is not possible, and by when it would answer. `kept`: the proposal keeps it."""

    branch: str
    branch_name: str
    operator: str
    kept: bool
    reasons: tuple[Refusal, ...]
    answer_by: date | None


def ask_operators(db: Connection, asking: Asking, *, by: Identity, now: datetime) -> tuple[Fired, ...]:
    """Draft a request to each branch, then send them: one transaction, two lines each; give what was done of each draft.

    Raises what `journey.fire` raises; then nothing is written.
    """
    if not asking.branches:
        raise Refused((Refusal("no_branch", "Choisissez au moins une antenne.", field="antenne"),))
    by = by.without(BRANCH_ROLES)  # who asks does not act for the branch, even for their own
    offers = _offers(db, asking)
    drafts: list[Fired] = []
    for place, branch in enumerate(dict.fromkeys(asking.branches)):
        before = [one.lines[0]["track"] for one in drafts] if asking.one_is_enough else []
        payload = _payload(asking, branch, offers) | ({"exclusive_with": before} if before else {})
        version = None if drafts else asking.version
        request = Request(asking.reference, "draft", Kind.REFERRAL, payload, version, _key(asking, f"draft-{place}"))
        drafts.append(journey.fire(db, request, by=by, now=now))
    for drafted in drafts if asking.send else ():
        track = drafted.lines[0]["track"]
        journey.fire(db, Request(asking.reference, "send", track, key=_key(asking, track)), by=by, now=now)
    return tuple(drafts)


def take_on_oneself(db: Connection, asking: Asking, *, by: Identity, now: datetime) -> Fired:
    """Ask one's own branch, accept and note the exchange that there was: one transaction, four lines, and no mail to oneself.

    Whoever chose to work as an adviser for now is the agent of their branch all the same.
    Raises what `journey.fire` raises, Refused for a branch that is not theirs; then nothing is written.
    """
    by = by.whole()
    if len(asking.branches) != 1 or asking.branches[0] not in by.branches():
        said = "Vous ne travaillez pas pour cette antenne : demandez-lui."
        raise Refused((Refusal("not_own_branch", said, field="antenne"),))
    [drafted] = ask_operators(db, replace(asking, one_is_enough=False, send=True), by=by, now=now)
    track, own = drafted.lines[0]["track"], {"agent": by.person}
    facts, _ = journey.facts_for(db, asking.reference, by=by, now=now)
    full = getattr(facts.tracks[track], "free_places", None) == 0
    taken = own | ({"exceed_reason": asking.reason or CHOSEN_FOR["oneself"]} if full else {})
    journey.fire(db, Request(asking.reference, "accept", track, taken, key=_key(asking, "accept")), by=by, now=now)
    talked = Request(asking.reference, "first_contact", track, {**own, "result": TALKED}, key=_key(asking, "talked"))
    return journey.fire(db, talked, by=by, now=now)


def written_to(db: Connection, asked: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What the adviser wrote to branches in their own words, by case and track; what was erased, or never written, is absent."""
    if not asked:
        return {}
    drafts = [and_(journal.c.subject_id == case_id, journal.c.track == track) for case_id, track in sorted(asked)]
    same = (journal_text.c.subject_id == journal.c.subject_id) & (journal_text.c.sequence == journal.c.sequence)
    query = select(journal.c.subject_id, journal.c.track, journal_text.c.words).select_from(
        journal.join(journal_text, same)
    )
    rows = db.execute(query.where(journal.c.event == "draft", or_(*drafts)))
    return {(row.subject_id, row.track): row.words["message"] for row in rows if row.words.get("message")}


def to_ask(db: Connection, asking: Asking, *, by: Identity, now: datetime) -> tuple[ToAsk, ...]:
    """What asking each of the branches would give now; nothing is written. Raises NotFound, Unreadable for a branch that there is not."""
    row = case_row(db, by, asking.reference)
    facts, _ = journey.facts_on(db, row, by=by, now=now)
    actor, offers = actor_on(by, facts, CASE_TRACK), _offers(db, asking)
    found = []
    for branch in dict.fromkeys(asking.branches):
        payload = {"reason": "?", **_payload(asking, branch, offers)}
        track = begin(db, Kind.REFERRAL, row, payload, actor, now)
        if isinstance(track, Referral):
            found.append(_as_asked(facts.with_track(track), track, payload, actor, now))
    return tuple(found)


def _as_asked(facts: CaseFacts, track: Referral, payload: Mapping[str, Any], actor: Actor, now: datetime) -> ToAsk:
    """What the rules themselves say of drafting it, then of sending it."""
    drafted = decide(facts, Act(track.name, "draft", actor, now, payload))
    sent = decide(drafted.facts, Act(track.name, "send", actor, now)) if drafted.allowed else drafted
    due = [d.due_on for d in sent.facts.deadlines if d.track == track.name and d.rule == ANSWER] if sent.allowed else []
    names = (track.branch, track.branch_name, track.operator_name)
    return ToAsk(*names, track.kept_by_routing, sent.reasons, due[0] if due else None)


def _payload(asking: Asking, branch: str, offers: Mapping[str, str]) -> dict[str, Any]:
    given = {
        "branch": branch, "needs": [asking.need], "offer": offers.get(branch), "reason": asking.reason, "message": asking.message,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value}


def _offers(db: Connection, asking: Asking) -> dict[str, str]:
    """The best offer that the current proposal keeps of each branch."""
    current = (routing_proposal.c.need_id == asking.need, routing_proposal.c.current)
    found: dict[str, str] = {}
    for candidates in db.execute(select(routing_proposal.c.candidates).where(*current)).scalars():
        for one in candidates:
            if one["kept"]:
                found.setdefault(one["branch"]["id"], one["offer"]["id"])
    return found


def _key(asking: Asking, part: str) -> str | None:
    return f"{asking.key}-{part}" if asking.key else None
