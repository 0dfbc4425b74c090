"""A duplicate's tracks go to the case that is kept, with their clocks: nobody is asked anything twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from cases.facts.of_case import facts_of
from cases.identifiers import new_id
from cases.journal import START, Chain
from cases.tables.case import case_file, need
from cases.tables.memory import deadline, outbox, pending_step, stay
from cases.tables.tracks import plan_action, referral_need
from cases.writing.applying import TRACK_TABLES, soonest, track_row
from cases.writing.batch import Batch
from engine.definition import VERSION
from engine.effects import Move
from engine.facts import SYSTEM, CaseFacts
from engine.ownership import owner_of


def move_tracks(
    db: Connection, closed: Mapping[str, Any], kept: Mapping[str, Any], tracks: Iterable[str], now: datetime
) -> CaseFacts:
    """Give each track the next number in the kept case, with its deadlines, its needs and a line that says where it came from.

    Give the facts of the kept case once they are there.
    """
    chain = Chain("case", kept["id"], kept["head_sequence"], kept["head_hash"] or START)
    moved = [_move(db, chain, closed, kept, track, now) for track in tracks]
    facts = _hand_over(db, kept, moved, now)
    values = {
        "version": kept["version"] + 1, "head_sequence": chain.sequence, "head_hash": chain.head, "updated_at": now,
        "open_tracks": len(facts.open_tracks()), "pending_needs": len(facts.pending_needs()), **soonest(facts),
    }  # fmt: skip
    db.execute(update(case_file).where(case_file.c.id == kept["id"]).values(**values))
    return facts


def _kind(track: str) -> Any:
    return track.rsplit("-", 1)[0]


def _move(
    db: Connection, chain: Chain, closed: Mapping[str, Any], kept: Mapping[str, Any], track: str, now: datetime
) -> str:
    table, where = track_row(track, closed["id"])
    row = db.execute(select(table).where(*where)).mappings().one()
    last = db.execute(
        select(func.coalesce(func.max(table.c.number), 0)).where(table.c.case_id == kept["id"])
    ).scalar_one()
    new = f"{_kind(track)}-{int(last) + 1}"
    db.execute(update(table).where(*where).values(case_id=kept["id"], number=int(last) + 1))
    for child in (deadline, outbox, pending_step):
        mine = (child.c.subject_id == closed["id"], child.c.track == track)
        db.execute(update(child).where(*mine).values(subject_id=kept["id"], track=new))
    _move_needs(db, row["id"], kept["id"], closed["id"])
    if table is TRACK_TABLES["transition_plan"]:
        db.execute(update(plan_action).where(plan_action.c.plan_id == row["id"]).values(case_id=kept["id"]))
    line = Move(
        new, "moved_here", SYSTEM, row["state"], row["state"], True, {"from": f"{closed['reference']}/{track}"}, {}, ()
    )
    writes = Batch(db)
    chain.append(writes, line, at=now, cause=None)
    writes.send()
    db.execute(
        insert(stay).values(
            id=new_id(now), subject_id=kept["id"], track=new, state=row["state"], entered_at=now, definition=VERSION
        )
    )
    return new


def _hand_over(db: Connection, kept: Mapping[str, Any], tracks: Collection[str], now: datetime) -> CaseFacts:
    """The tracks' deadlines are the kept case's: of its territory, and of whoever must act on them there."""
    facts = facts_of(db, kept, now.date())
    for armed in facts.deadlines:
        if armed.track in tracks:
            whose = {"territory_id": facts.territory, "owner_id": owner_of(facts, armed)}
            db.execute(update(deadline).where(deadline.c.id == armed.id).values(**whose))
    return facts


def _move_needs(db: Connection, referral_id: str, kept_id: str, closed_id: str) -> None:
    links = select(referral_need.c.need_id).where(referral_need.c.referral_id == referral_id)
    db.execute(
        update(need)
        .where(need.c.id.in_(links))
        .values(case_id=kept_id, from_case_id=closed_id, outcome=None, outcome_on=None)
    )
