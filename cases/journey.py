"""The one write path: a step or a record of a case, in one transaction with its lines, its deadlines and what has to be told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from cases import routing
from cases.access import Identity, actor_on, case_row, visible_to
from cases.database import widen_to_case
from cases.errors import Conflict, NotFound, Refused, Unreadable
from cases.facts.compiled import fetch_row
from cases.facts.de_minimis import with_de_minimis
from cases.facts.of_case import Found, facts_from, facts_of
from cases.identifiers import new_id
from cases.journal import START, Chain
from cases.standing import with_free_places
from cases.tables.case import case_file
from cases.tables.memory import refused_attempt, stay
from cases.writing.aids_obtained import keep_aid
from cases.writing.applying import Transaction, soonest
from cases.writing.batch import Batch
from cases.writing.beginnings import begin, with_actions, write_track
from cases.writing.idempotency import claim, claim_of, keep_answer
from cases.writing.moving import move_tracks
from engine.decision import decide
from engine.definition import MACHINES, VERSION, step_named
from engine.effects import Decision, Move, MoveTrack
from engine.facts import Act, Actor, CaseFacts
from engine.inputs import read_entered
from engine.model import CASE_TRACK, NEW, TRACK_KINDS, Kind, Refusal
from engine.records import CASE_RECORDS

KINDS = frozenset(Kind)
_UNCHANGED = update(case_file).where(
    case_file.c.id == bindparam("of_case"), case_file.c.version == bindparam("of_version")
)
_LEAVE = update(stay).where(
    stay.c.subject_id == bindparam("of_subject"), stay.c.track == bindparam("of_track"), stay.c.left_at.is_(None)
)


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks of a case. `track` is a track, or a kind of track when the event creates one."""

    reference: str
    event: str
    track: str = CASE_TRACK
    payload: Mapping[str, Any] = field(default_factory=dict)
    version: int | None = None
    key: str | None = None
    on_behalf_of: Mapping[str, Any] | None = None
    day: date | None = None
    """The local day of the event, where it is not today: a form filled in offline."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """A case that waits to be written with its first step: its row, the documents of all the rest, and what waits with it."""

    row: dict[str, Any]
    documents: Found
    writes: Batch


@dataclass(frozen=True, slots=True)
class Fired:
    """What was done: the case's version then, and a line for each step that was taken."""

    case_id: str
    reference: str
    version: int
    track: str
    lines: tuple[Mapping[str, Any], ...]
    replayed: bool = False


def fire(db: Connection, request: Request, *, by: Identity, now: datetime) -> Fired:
    """Take one step, or note one record, and write all that follows of it.

    Raises NotFound when the case is unknown or not theirs, Conflict when it changed since, Refused with the reasons when the
    rules say no, Unreadable for a value of another kind than is asked, KeyReused when the key
    served for something else. Whatever is raised, nothing is written.
    """
    request = as_entered(request, by, now)
    claimed = claim_of(by, f"{request.reference} {_collection(request)}", request.key) if request.key else None
    if claimed and (stored := claim(db, claimed, _body(request), now)):
        return done_before(stored)
    fired = _fire_on(db, request, _lock(db, request, by), by=by, now=now)
    if claimed:
        keep_answer(db, claimed, to_keep(fired))
    return fired


def begin_case(db: Connection, request: Request, new: Beginning, *, by: Identity, now: datetime) -> Fired:
    """Take the first step of a case that waits to be written, and have it wait too: whoever logs it needs no relation to it yet.

    Raises Refused with the reasons when the rules say no.
    """
    facts = facts_from(new.row, new.documents, now.date())
    actor = actor_on(by, facts, CASE_TRACK)
    decision = decide(facts, Act(CASE_TRACK, request.event, actor, now, request.payload, request.day))
    if not decision.allowed:
        raise Refused(decision.reasons, CASE_TRACK)
    chain = Chain("case", new.row["id"], 0, START)
    transaction = Transaction(db, "case", new.row["id"], now, facts, after=decision.facts, batch=new.writes)
    lines = _write_lines(transaction, decision, chain)
    new.row.update(_case_columns(transaction, new.row, decision.facts, chain))
    return Fired(new.row["id"], new.row["reference"], new.row["version"], CASE_TRACK, lines)


def _fire_on(db: Connection, request: Request, row: dict[str, Any], *, by: Identity, now: datetime) -> Fired:
    if request.event == "action" and request.payload.get("news") == "new":
        request = replace(request, payload={**request.payload, "action": new_id(now)})
    facts = facts_of(db, row, now.date(), request.payload)
    track, facts = _with_new_track(db, request, row, facts, by, now)
    actor = actor_on(by, facts, track, request.on_behalf_of)
    if request.event == "accept":
        facts = with_free_places(db, facts, taking=track)
    if request.event == "validate_plan":
        facts = with_actions(db, facts, track, row["id"], request.payload, now)
        facts = with_de_minimis(db, facts, row["business_id"])
    facts, kept = _kept_case(db, request, row["id"], facts, by)
    decision = decide(facts, Act(track, request.event, actor, now, request.payload, request.day))
    if not decision.allowed:
        raise Refused(decision.reasons, request.track)
    if request.track in TRACK_KINDS:
        write_track(db, facts.tracks[track], row["id"], request.payload, now)
    for aid in request.payload.get("aids") or ():
        keep_aid(db, row["id"], track, aid, now)
    return replace(write(db, row, facts, decision, now, kept=kept), track=track)


# -- before ---------------------------------------------------------------------------------------------------------------


def as_entered(request: Request, by: Identity, now: datetime) -> Request:
    """The request with what was entered read as its kind. Raises Unreadable. What the system says needs no reading."""
    kind = request.track if request.track in KINDS else request.track.rpartition("-")[0]
    step = step_named(Kind(kind), request.event) if kind in KINDS else None
    if by.system or step is None:
        return request
    values, wrong = read_entered(step.inputs, request.payload)
    if request.day is not None and request.day > now.date() + timedelta(days=1):
        wrong += (Refusal("day_to_come", "Ce jour n’est pas encore passé : donnez celui de l’événement.", field="day"),)
    if wrong:
        raise Unreadable(wrong, request.track)
    return replace(request, payload=values)


def _collection(request: Request) -> str:
    """Steps are asked for at one address, each kind of record at its own."""
    return request.event if request.event in CASE_RECORDS else "steps"


def _body(request: Request) -> list[Any]:
    return [request.track, request.event, request.payload, request.on_behalf_of, request.day, request.version]


def to_keep(fired: Fired) -> dict[str, Any]:
    """What was done, as it is kept beside its idempotency key."""
    known = {"case_id": fired.case_id, "reference": fired.reference, "version": fired.version, "track": fired.track}
    return {**known, "lines": [dict(line) for line in fired.lines]}


def done_before(kept: Mapping[str, Any]) -> Fired:
    """What was done the first time, from what was kept."""
    return Fired(**{**kept, "lines": tuple(kept["lines"])}, replayed=True)


@lru_cache(maxsize=1024)
def _lock_for(by: Identity) -> Select[Any]:
    """The question for a case that somebody may see, built once for each of them."""
    return select(case_file).where(case_file.c.reference == bindparam("wanted"), visible_to(by)).with_for_update()


def _lock(db: Connection, request: Request, by: Identity) -> dict[str, Any]:
    row = fetch_row(db, _lock_for(by), {"wanted": request.reference})
    if row is None:
        raise NotFound
    if request.version is not None and request.version != row["version"]:
        raise Conflict({"reference": row["reference"], "version": row["version"], "state": row["state"]})
    widen_to_case(db, row["id"])
    return row


def _with_new_track(
    db: Connection, request: Request, row: Mapping[str, Any], facts: CaseFacts, by: Identity, now: datetime
) -> tuple[str, CaseFacts]:
    if request.track not in TRACK_KINDS:
        if request.track != CASE_TRACK and request.track not in facts.tracks:
            raise NotFound("Ce suivi n’existe pas dans ce dossier.")
        return request.track, facts
    creation = {step.event for step in MACHINES[Kind(request.track)].journey.creations}
    if request.event not in creation:
        raise NotFound("Ce suivi n’existe pas encore.")
    track = begin(db, request.track, row, request.payload, actor_on(by, facts, CASE_TRACK), now)
    return track.name, facts.with_track(track)


def _kept_case(
    db: Connection, request: Request, own: str, facts: CaseFacts, by: Identity
) -> tuple[CaseFacts, dict[str, Any] | None]:
    """The case that a duplicate names as the one to keep, locked too; one that is out of their sight is no case."""
    reference = request.payload.get("keeps")
    if request.event != "close" or not reference:
        return facts, None
    named = (case_file.c.reference == str(reference).upper(), case_file.c.id != own, visible_to(by))
    kept = db.execute(select(case_file).where(*named).with_for_update()).mappings().first()
    if kept is None:
        return facts, None
    widen_to_case(db, own, kept["id"])
    return facts.changed(kept_case=kept["state"]), dict(kept)


# -- writing --------------------------------------------------------------------------------------------------------------


def write(
    db: Connection,
    row: Mapping[str, Any],
    facts: CaseFacts,
    decision: Decision,
    now: datetime,
    *,
    kept: Mapping[str, Any] | None = None,
) -> Fired:
    """Write a decision on a case: lines, stays, deadlines, messages, fields; the version tells whether somebody was faster."""
    chain = Chain("case", row["id"], row["head_sequence"], row["head_hash"] or START)
    keeps = kept["id"] if kept else None
    transaction = Transaction(db, "case", row["id"], now, facts, kept_case_id=keeps, after=decision.facts)
    lines = _write_lines(transaction, decision, chain)
    after, moved = (
        decision.facts,
        [e.track for move in decision.moves for e in move.effects if isinstance(e, MoveTrack)],
    )
    if kept and moved:
        transaction.writes.send()
        after = _without(decision.facts, moved, move_tracks(db, row, kept, moved, now))
    version = _update_row(transaction, row, after, chain)
    if routing.asked_by(decision):
        routing.propose(db, row["id"], now)
    return Fired(row["id"], row["reference"], version, CASE_TRACK, lines)


def _write_lines(transaction: Transaction, decision: Decision, chain: Chain) -> tuple[Mapping[str, Any], ...]:
    """Write each move of a decision with its stay and its effects; give their lines."""
    lines: list[dict[str, Any]] = []
    for move in decision.moves:
        cause = None if move.cause is None else lines[move.cause]["sequence"]
        lines.append(chain.append(transaction.writes, move, at=transaction.now, cause=cause))
        _stay(transaction, move)
        for effect in move.effects:
            transaction.apply(effect, chain.sequence)
    transaction.hand_over_deadlines()
    return tuple(lines)


def _without(after: CaseFacts, tracks: Collection[str], kept: CaseFacts) -> CaseFacts:
    """The facts of a case without the tracks that went to another one, and what went with them."""
    deadlines = tuple(armed for armed in after.deadlines if armed.track not in tracks)
    return after.changed(deadlines=deadlines, needs=tuple(need for need in after.needs if kept.need(need.id) is None))


def _stay(transaction: Transaction, move: Move) -> None:
    if move.from_state == move.to_state:
        return
    now, here = transaction.now, {"subject_id": transaction.subject_id, "track": move.track}
    if move.from_state != NEW:
        transaction.writes.add(_LEAVE, {"of_subject": transaction.subject_id, "of_track": move.track, "left_at": now})
    row = {**here, "id": new_id(now), "state": move.to_state, "entered_at": now, "definition": VERSION}
    transaction.writes.insert(stay, row)
    if move.track != CASE_TRACK:
        transaction.put_on_track(move.track, {"state": move.to_state, "state_since": now})


def _update_row(transaction: Transaction, row: Mapping[str, Any], after: CaseFacts, chain: Chain) -> int:
    """Send all that was written, and last the case's own row: nothing of it stays when somebody was faster."""
    values = _case_columns(transaction, row, after, chain)
    transaction.writes.add(_UNCHANGED, {"of_case": row["id"], "of_version": row["version"], **values})
    if transaction.writes.send() != 1:
        raise Conflict({"reference": row["reference"]})
    return int(values["version"])


def _case_columns(transaction: Transaction, row: Mapping[str, Any], after: CaseFacts, chain: Chain) -> dict[str, Any]:
    """What changes in the case's own row."""
    now = transaction.now
    return {
        **transaction.row, "state": after.state, "version": row["version"] + 1, "head_sequence": chain.sequence, "head_hash": chain.head, "updated_at": now,
        "open_tracks": len(after.open_tracks()), "pending_needs": len(after.pending_needs()), "definition": VERSION,
        **soonest(after), **({"state_since": now} if after.state != row["state"] else {}),
    }  # fmt: skip


def note_refusal(db: Connection, request: Request, by: Identity, reasons: tuple[Refusal, ...], now: datetime) -> None:
    """Note, apart and for 90 days, that a step was refused and why: in a transaction of its own."""
    case_id = db.execute(
        select(case_file.c.id).where(case_file.c.reference == request.reference, visible_to(by))
    ).scalar()
    if case_id is None:
        return
    widen_to_case(db, case_id)
    role = by.grants[0].role if by.grants else "entrepreneur"
    row = {
        "subject_id": case_id,
        "at": now,
        "actor_role": str(role),
        "actor_id": by.person,
        "event": request.event,
        "track": request.track,
    }
    db.execute(insert(refused_attempt).values(id=new_id(now), codes=[reason.code for reason in reasons], **row))


def facts_for(db: Connection, reference: str, *, by: Identity, now: datetime) -> tuple[CaseFacts, Actor]:
    """The facts of a case that somebody may see, and what they are to it: for asking what is possible."""
    return facts_on(db, case_row(db, by, reference), by=by, now=now)


def facts_on(db: Connection, row: Mapping[Any, Any], *, by: Identity, now: datetime) -> tuple[CaseFacts, Actor]:
    """The same, of a case whose row was read as it is now."""
    widen_to_case(db, row["id"])
    facts = with_free_places(db, facts_of(db, dict(row), now.date()))
    facts = with_de_minimis(db, facts, row["business_id"])
    return facts, actor_on(by, facts, CASE_TRACK)
