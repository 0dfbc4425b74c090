"""What `qp verify` checks: the chain of each journal, that replaying it gives what is stored, the counts kept on the row, the proposals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from cases import journal
from cases.routing_check import changed_proposals
from cases.tables.case import case_file, need
from cases.tables.memory import deadline
from cases.tables.memory import journal as lines
from cases.tables.territories import territory
from cases.writing.applying import TRACK_TABLES
from engine.definition import OVER
from engine.model import CASE_TRACK, NEW, TERRITORY_TRACK, Kind


def verify_case(db: Connection, case_id: str) -> list[str]:
    """What is wrong with a case: a line changed or missing, a state that no line explains, a count that is not the rows', a proposal."""
    row = dict(db.execute(select(case_file).where(case_file.c.id == case_id)).mappings().one())
    tracks = _tracks(db, case_id)
    told = _lines(db, case_id)
    stored = {CASE_TRACK: row["state"], **tracks}
    if row["kept_case_id"] is not None:
        stored = {line.track: line.to_state for line in told} | stored
    found = (
        journal.verify(db, case_id),
        _replay(row, told, stored, {}),
        _counts(db, row, tracks),
        changed_proposals(db, case_id),
    )
    return [line for lines in found for line in lines]


def verify_territory(db: Connection, territory_id: str) -> list[str]:
    """The same of a territory, which enters the programme in any phase."""
    row = dict(db.execute(select(territory).where(territory.c.id == territory_id)).mappings().one())
    told = _lines(db, territory_id)
    first = told[0].from_state if told else row["state"]
    stored = {TERRITORY_TRACK: row["state"]}
    return [*journal.verify(db, territory_id), *_replay(row, told, stored, {TERRITORY_TRACK: first})]


def _tracks(db: Connection, case_id: str) -> dict[str, str]:
    """The state of each track, by its name."""
    return {
        f"{kind}-{row.number}": row.state
        for kind, table in TRACK_TABLES.items()
        for row in db.execute(select(table.c.number, table.c.state).where(table.c.case_id == case_id))
    }


def _lines(db: Connection, subject_id: str) -> list[Row[Any]]:
    return list(db.execute(select(lines).where(lines.c.subject_id == subject_id).order_by(lines.c.sequence)))


def _replay(
    row: Mapping[str, Any], told: Sequence[Row[Any]], stored: Mapping[str, str], began: Mapping[str, str]
) -> Iterator[str]:
    """Where the recorded moves, applied again, do not lead to what is stored. They are not decided again.

    A track that went to the kept case stays here as its last line tells it.
    """
    reached = dict(began)
    for line in told:
        if line.from_state != reached.get(line.track, NEW) and line.event != "moved_here":
            yield f"line {line.sequence} leaves a state where {line.track} was not"
        reached[line.track] = line.to_state
    head = (told[-1].sequence, told[-1].hash) if told else (0, None)
    if head != (row["head_sequence"], row["head_hash"]):
        yield "the last line is not the one that the row names"
    for track in sorted(reached.keys() | stored.keys()):
        if reached.get(track) != stored.get(track):
            yield f"{track} is stored as {stored.get(track)}, its lines say {reached.get(track)}"


def _counts(db: Connection, row: Mapping[str, Any], tracks: Mapping[str, str]) -> Iterator[str]:
    """Where a count on the row is not that of the rows it stands for."""
    due = select(func.min(deadline.c.due_at, type_=deadline.c.due_at.type)).where(
        deadline.c.subject_id == row["id"], deadline.c.status == "open"
    )
    pending = select(func.count()).select_from(need).where(need.c.case_id == row["id"], need.c.outcome.is_(None))
    counted = {
        "open_tracks": sum(state not in {NEW, *OVER[Kind(name.rsplit("-", 1)[0])]} for name, state in tracks.items()),
        "pending_needs": db.execute(pending).scalar_one(),
        "next_due_at": db.execute(due).scalar_one(),
    }
    for name, found in counted.items():
        if row[name] != found:
            yield f"{name} is {row[name]} on the row, and {found} when it is counted"
