"""States that have another name since an earlier version: what stands in them takes the new name, with a line that says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Table, func, insert, literal, select, update

from cases.database import Database, Scope
from cases.definitions import WHERE_STATES_STAND, Renames
from cases.errors import Conflict
from cases.identifiers import new_id
from cases.journal import START, Chain
from cases.tables.case import case_file
from cases.tables.memory import deadline, mark_fired, stay
from cases.tables.territories import territory
from cases.writing.applying import TRACK_TABLES
from cases.writing.batch import Batch
from engine.definition import RENAMES, VERSION
from engine.effects import Move
from engine.facts import SYSTEM
from engine.model import CASE_TRACK, TERRITORY_TRACK, Kind

EVENT = "renamed"
"""The event of a line that gives a state its new name."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """A case, one of its tracks, or a territory, in a state that has another name now."""

    subject: str
    """`case` or `territory`."""
    subject_id: str
    name: str
    """The case's reference, or the territory's slug."""
    kind: Kind
    track: str
    old: str
    new: str


def planned(db: Connection, renames: Renames = RENAMES) -> list[Renamed]:
    """All that stands in a state that has another name now, subject by subject."""
    found = (one for kind, names in renames.items() for one in _standing(db, kind, names))
    return sorted(found, key=lambda one: (one.name, one.track))


def apply(database: Database, now: datetime, renames: Renames = RENAMES) -> list[Renamed]:
    """Give them all their new names, each case and territory in a transaction of its own; give what was renamed.

    The deadlines of these states come first, those that are over too, and in one transaction; a run that was cut off is begun again.
    """
    database.write(lambda db: _rename_rules(db, renames), Scope.worker())
    found = database.read(lambda db: planned(db, renames), Scope.worker())
    for _, ones in groupby(found, key=lambda one: one.name):
        database.write(partial(_rename, ones=list(ones), now=now), Scope.worker())
    return found


def _standing(db: Connection, kind: Kind, names: Mapping[str, str]) -> Iterator[Renamed]:
    table = WHERE_STATES_STAND[kind]
    here = table.c.state.in_(names)
    if kind is Kind.TERRITORY:
        for row in db.execute(select(territory.c.id, territory.c.slug, territory.c.state).where(here)):
            yield Renamed("territory", row.id, row.slug, kind, TERRITORY_TRACK, row.state, names[row.state])
        return
    for row in db.execute(_of_cases(kind, table).where(here)):
        track = CASE_TRACK if kind is Kind.CASE else f"{kind}-{row.number}"
        yield Renamed("case", row.id, row.reference, kind, track, row.state, names[row.state])


def _of_cases(kind: Kind, table: Table) -> Any:
    if kind is Kind.CASE:
        return select(case_file.c.id, case_file.c.reference, case_file.c.state)
    joined = table.join(case_file, case_file.c.id == table.c.case_id)
    return select(case_file.c.id, case_file.c.reference, table.c.state, table.c.number).select_from(joined)


def _rename_rules(db: Connection, renames: Renames) -> None:
    """The deadlines of a state follow the same rules under its new name, counted on from those that already do."""
    for kind, names in renames.items():
        for old, new in names.items():
            _rename_rules_of(db, f"{kind}.{old}.", f"{kind}.{new}.")


def _rename_rules_of(db: Connection, old: str, new: str) -> None:
    def renamed(rule: Any) -> Any:
        return literal(new) + func.substr(rule, len(old) + 1)

    other, same = deadline.alias(), ("subject_id", "track", "item")
    earlier = (*(other.c[name] == deadline.c[name] for name in same), other.c.rule == renamed(deadline.c.rule))
    so_far = select(func.coalesce(func.max(other.c.occurrence), 0)).where(*earlier).scalar_subquery()
    here = deadline.c.rule.startswith(old, autoescape=True)
    values = {"rule": renamed(deadline.c.rule), "occurrence": deadline.c.occurrence + so_far}
    db.execute(update(deadline).where(here).values(**values))
    for column in (mark_fired.c.rule, case_file.c.next_rule):
        following = update(column.table).where(column.startswith(old, autoescape=True))
        db.execute(following.values({column: renamed(column)}))


def _rename(db: Connection, ones: list[Renamed], now: datetime) -> None:
    """Rename on one subject: a line, a stay and a state for each track."""
    table = territory if ones[0].subject == "territory" else case_file
    own = ones[0].subject_id
    row = db.execute(select(table).where(table.c.id == own).with_for_update()).mappings().one()
    chain, writes = Chain(ones[0].subject, own, row["head_sequence"], row["head_hash"] or START), Batch(db)
    for one in ones:
        line = Move(one.track, EVENT, SYSTEM, one.old, one.new, True, {}, {}, ())
        chain.append(writes, line, at=now, cause=None)
    writes.send()
    for one in ones:
        _rename_state(db, one, now)
    values = {"version": row["version"] + 1, "head_sequence": chain.sequence, "head_hash": chain.head}
    values |= {"definition": VERSION, "updated_at": now} if table is case_file else {}
    db.execute(update(table).where(table.c.id == own).values(**values))


def _rename_state(db: Connection, one: Renamed, now: datetime) -> None:
    table = WHERE_STATES_STAND[one.kind]
    where = [table.c.state == one.old]
    if one.kind in TRACK_TABLES:
        where += [table.c.case_id == one.subject_id, table.c.number == int(one.track.rsplit("-", 1)[1])]
    else:
        where.append(table.c.id == one.subject_id)
    if db.execute(update(table).where(*where).values(state=one.new)).rowcount != 1:
        raise Conflict({"name": one.name, "track": one.track})
    here = (stay.c.subject_id == one.subject_id, stay.c.track == one.track, stay.c.left_at.is_(None))
    db.execute(update(stay).where(*here).values(left_at=now))
    entered = {"track": one.track, "state": one.new, "entered_at": now, "definition": VERSION}
    db.execute(insert(stay).values(id=new_id(now), subject_id=one.subject_id, **entered))
