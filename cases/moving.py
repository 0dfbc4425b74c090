"""A duplicate's tracks go to the case that is kept, with their clocks: nobody is asked anything twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from cases.applying import TRACK_TABLES, track_row
from cases.identifiers import new_id
from cases.journal import START, Chain
from cases.tables.case import case_file, need
from cases.tables.memory import deadline, outbox, pending_step, stay
from cases.tables.tracks import plan_action, referral_need
from engine.definition import OVER, VERSION
from engine.effects import Move
from engine.facts import SYSTEM


def move_tracks(
    db: Connection, closed: Mapping[str, Any], kept: Mapping[str, Any], tracks: Iterable[str], now: datetime
) -> None:
    """Give each track the next number in the kept case, with its deadlines, its needs and a line that says where it came from."""
    chain = Chain("case", kept["id"], kept["head_sequence"], kept["head_hash"] or START)
    moved = [_move(db, chain, closed, kept, track, now) for track in tracks]
    still_open = sum(OVER[_kind(track)].isdisjoint({state}) for track, state in moved)
    values = {
        "version": kept["version"] + 1, "head_sequence": chain.sequence, "head_hash": chain.head, "updated_at": now,
        "open_tracks": case_file.c.open_tracks + still_open,
    }  # fmt: skip
    db.execute(update(case_file).where(case_file.c.id == kept["id"]).values(**values))


def _kind(track: str) -> Any:
    return track.rsplit("-", 1)[0]


def _move(
    db: Connection, chain: Chain, closed: Mapping[str, Any], kept: Mapping[str, Any], track: str, now: datetime
) -> tuple[str, str]:
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
    chain.append(db, line, at=now, cause=None)
    db.execute(
        insert(stay).values(
            id=new_id(now), subject_id=kept["id"], track=new, state=row["state"], entered_at=now, definition=VERSION
        )
    )
    return new, row["state"]


def _move_needs(db: Connection, referral_id: str, kept_id: str, closed_id: str) -> None:
    links = select(referral_need.c.need_id).where(referral_need.c.referral_id == referral_id)
    db.execute(
        update(need)
        .where(need.c.id.in_(links))
        .values(case_id=kept_id, from_case_id=closed_id, outcome=None, outcome_on=None)
    )
