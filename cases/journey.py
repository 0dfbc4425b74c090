"""The one write path: a step or a record of a case, in one transaction with its lines, its deadlines and what has to be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from cases.access import Identity, actor_on, visible_to
from cases.applying import Transaction, track_row
from cases.beginnings import begin, with_actions, write_track
from cases.errors import Conflict, KeyReused, NotFound, Refused
from cases.facts_of_case import facts_of
from cases.identifiers import new_id
from cases.journal import START, Chain, canonical, hash_of
from cases.moving import move_tracks
from cases.tables.case import case_file
from cases.tables.memory import idempotency_key, refused_attempt, stay
from engine.decision import decide
from engine.definition import MACHINES, VERSION
from engine.effects import Decision, Move, MoveTrack
from engine.facts import Act, Actor, CaseFacts
from engine.model import CASE_TRACK, TRACK_KINDS, Kind, Refusal
from engine.working_days import EVENING

PEOPLE_NAMED = ("referent", "agent", "mentor")
"""What a step gives that names a person."""


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
    rules say no, KeyReused when the idempotency key served for something else. Whatever is raised, nothing is written.
    """
    stored = _claim(db, request, by, now)
    if stored is not None:
        return Fired(**{**stored, "lines": tuple(stored["lines"])}, replayed=True)
    return _fire_on(db, request, _lock(db, request, by), by=by, now=now)


def begin_case(db: Connection, request: Request, *, by: Identity, now: datetime) -> Fired:
    """Take the first step of a case whose rows were just written: whoever logs it needs no relation to it yet."""
    row = db.execute(select(case_file).where(case_file.c.reference == request.reference)).mappings().one()
    return _fire_on(db, request, dict(row), by=by, now=now)


def _fire_on(db: Connection, request: Request, row: dict[str, Any], *, by: Identity, now: datetime) -> Fired:
    facts = facts_of(db, row, now.date(), [str(request.payload.get(name) or "") for name in PEOPLE_NAMED])
    track, facts = _with_new_track(db, request, row, facts, by, now)
    actor = actor_on(by, facts, track, request.on_behalf_of)
    if request.event == "validate_plan":
        facts = with_actions(db, facts, track, row["id"], request.payload, now)
    facts, kept = _kept_case(db, request, facts)
    decision = decide(facts, Act(track, request.event, actor, now, request.payload, request.day))
    if not decision.allowed:
        raise Refused(decision.reasons)
    if request.track in TRACK_KINDS:
        write_track(db, facts.tracks[track], row["id"], request.payload, now)
    fired = write(db, row, facts, decision, now, kept=kept)
    fired = replace(fired, track=track)
    _store(db, request, by, fired)
    return fired


# -- before ---------------------------------------------------------------------------------------------------------------


def _scope_of(request: Request, by: Identity) -> str:
    who = by.person or by.entrepreneur or "system"
    return f"{who} {request.reference} {request.track}"


def _claim(db: Connection, request: Request, by: Identity, now: datetime) -> dict[str, Any] | None:
    """Claim the key first: of several requests that bear it, one does the work and the others get its answer."""
    if request.key is None:
        return None
    scope, body = _scope_of(request, by), hash_of(canonical([request.event, request.payload, request.on_behalf_of]))
    row = {"scope": scope, "key": request.key, "body_hash": body, "created_at": now}
    mine = (idempotency_key.c.scope == scope, idempotency_key.c.key == request.key)
    insert_once = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    claim = insert_once(idempotency_key).values(**row).on_conflict_do_nothing().returning(idempotency_key.c.key)
    if db.execute(claim).first() is not None:
        return None
    found = db.execute(select(idempotency_key).where(*mine)).one()
    if found.body_hash != body:
        raise KeyReused
    return dict(found.answer)


def _store(db: Connection, request: Request, by: Identity, fired: Fired) -> None:
    if request.key is None:
        return
    answer = {
        "case_id": fired.case_id,
        "reference": fired.reference,
        "version": fired.version,
        "track": fired.track,
        "lines": [dict(line) for line in fired.lines],
    }
    mine = (idempotency_key.c.scope == _scope_of(request, by), idempotency_key.c.key == request.key)
    db.execute(update(idempotency_key).where(*mine).values(answer=answer))


def _lock(db: Connection, request: Request, by: Identity) -> dict[str, Any]:
    row = (
        db.execute(
            select(case_file).where(case_file.c.reference == request.reference, visible_to(by)).with_for_update()
        )
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound
    if request.version is not None and request.version != row["version"]:
        raise Conflict({"reference": row["reference"], "version": row["version"], "state": row["state"]})
    return dict(row)


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


def _kept_case(db: Connection, request: Request, facts: CaseFacts) -> tuple[CaseFacts, dict[str, Any] | None]:
    """The case that a duplicate names as the one to keep, locked too."""
    reference = request.payload.get("keeps")
    if request.event != "close" or not reference:
        return facts, None
    kept = (
        db.execute(select(case_file).where(case_file.c.reference == str(reference)).with_for_update())
        .mappings()
        .first()
    )
    if kept is None or kept["reference"] == request.reference:
        return facts, None
    return replace(facts, kept_case=kept["state"]), dict(kept)


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
    transaction = Transaction(db, "case", row["id"], now, facts, kept_case_id=kept["id"] if kept else None)
    sequences: list[int] = []
    lines = []
    for move in decision.moves:
        cause = None if move.cause is None else sequences[move.cause]
        sequence = chain.append(db, move, at=now, cause=cause)
        sequences.append(sequence)
        lines.append(
            {
                "sequence": sequence,
                "track": move.track,
                "event": move.event,
                "from": move.from_state,
                "to": move.to_state,
            }
        )
        _stay(db, row["id"], move, now)
        for effect in move.effects:
            transaction.apply(effect, sequence)
    moved = [e.track for move in decision.moves for e in move.effects if isinstance(e, MoveTrack)]
    if kept and moved:
        move_tracks(db, row, kept, moved, now)
    version = _update_row(db, row, decision.facts, chain, transaction, now)
    return Fired(row["id"], row["reference"], version, CASE_TRACK, tuple(lines))


def _stay(db: Connection, case_id: str, move: Move, now: datetime) -> None:
    if move.from_state == move.to_state:
        return
    here = (stay.c.subject_id == case_id, stay.c.track == move.track, stay.c.left_at.is_(None))
    db.execute(update(stay).where(*here).values(left_at=now))
    row = {"subject_id": case_id, "track": move.track, "state": move.to_state, "entered_at": now, "definition": VERSION}
    db.execute(insert(stay).values(id=new_id(now), **row))
    if move.track != CASE_TRACK:
        table, where = track_row(move.track, case_id)
        db.execute(update(table).where(*where).values(state=move.to_state, state_since=now))


def _update_row(
    db: Connection, row: Mapping[str, Any], after: CaseFacts, chain: Chain, transaction: Transaction, now: datetime
) -> int:
    version = row["version"] + 1
    running = sorted((d for d in after.deadlines if d.status == "open"), key=lambda d: d.due_on)
    first = running[0] if running else None
    values = {
        **transaction.row, "state": after.state, "version": version, "head_sequence": chain.sequence, "head_hash": chain.head, "updated_at": now,
        "open_tracks": len(after.open_tracks()), "pending_needs": sum(need.outcome is None for need in after.needs), "definition": VERSION,
        "next_due_at": after.calendar.at(first.due_on, EVENING) if first else None, "next_rule": first.rule if first else None,
        "next_track": first.track if first else None, **({"state_since": now} if after.state != row["state"] else {}),
    }  # fmt: skip
    mine = (case_file.c.id == row["id"], case_file.c.version == row["version"])
    if db.execute(update(case_file).where(*mine).values(**values)).rowcount != 1:
        raise Conflict({"reference": row["reference"]})
    return int(version)


def note_refusal(db: Connection, request: Request, by: Identity, reasons: tuple[Refusal, ...], now: datetime) -> None:
    """Note, apart and for 90 days, that a step was refused and why: in a transaction of its own."""
    case_id = db.execute(
        select(case_file.c.id).where(case_file.c.reference == request.reference, visible_to(by))
    ).scalar()
    if case_id is None:
        return
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
    row = db.execute(select(case_file).where(case_file.c.reference == reference, visible_to(by))).mappings().first()
    if row is None:
        raise NotFound
    facts = facts_of(db, dict(row), now.date())
    return facts, actor_on(by, facts, CASE_TRACK)
