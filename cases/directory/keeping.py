"""Keeping lines of the directory: judged one after the other, then written together, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, update

from cases.access import Identity
from cases.branches import declare_closure
from cases.directory import corrections
from cases.directory.columns import Nature
from cases.directory.held import Held, Row, read_directory
from cases.directory.judging import Entry, Verdict, Wrong, eligibility_of, judge
from cases.identifiers import new_id
from cases.tables.operators import branch, coverage, offer, operator
from cases.tables.people import absence
from engine.sentences import say

_PUT_RIGHT: Final = frozenset({Nature.OPERATOR, Nature.BRANCH, Nature.OFFER})
"""Lines whose corrections are noted: what an organisation is, and not the days of its people."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of each line; `written` says whether anything was."""

    verdicts: tuple[Verdict, ...]
    written: bool

    @property
    def refused(self) -> tuple[Verdict, ...]:
        """The lines that are to be put right."""
        return tuple(one for one in self.verdicts if one.outcome == "refused")

    def count(self, outcome: str) -> int:
        """How many lines came out so."""
        return sum(one.outcome == outcome for one in self.verdicts)


def keep_lines(db: Connection, entries: Iterable[Entry], *, by: Identity, now: datetime, dry_run: bool = False) -> Kept:
    """Judge every line against the directory as the lines before leave it; write them all, or none when one is refused."""
    held = read_directory(db)
    before: dict[Any, int] = {}
    verdicts = []
    for entry in sorted(entries, key=lambda one: (list(Nature).index(one.nature), one.number)):
        verdict = judge(held, entry, now)
        verdicts.append(_not_twice(verdict, before))
    kept = Kept(tuple(verdicts), written=False)
    if dry_run or kept.refused:
        return kept
    for verdict in verdicts:
        if verdict.row is not None and verdict.outcome in ("new", "changed"):
            write = _WRITERS[verdict.entry.nature]
            write(_Writing(db, held, verdict.row, verdict.outcome == "new", by, now))
            if verdict.outcome == "changed" and verdict.entry.nature in _PUT_RIGHT:
                corrections.note(db, verdict.entry.nature, verdict.row.id, verdict.changes, by=by, now=now)
    return Kept(tuple(verdicts), written=True)


def _not_twice(verdict: Verdict, before: dict[Any, int]) -> Verdict:
    """A file says a thing once: what stands on two lines is refused on the second."""
    if verdict.row is None:
        return verdict
    first = before.setdefault(verdict.row.id, verdict.entry.number)
    if first == verdict.entry.number:
        return verdict
    wrong = Wrong(
        "nature",
        verdict.title,
        "line_twice",
        say("La ligne {first} parle déjà de la même chose : gardez-en une.", first=first),
    )
    return Verdict(verdict.entry, "refused", wrong=(wrong,))


# -- writing --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Writing:
    """One line to write."""

    db: Connection
    held: Held
    row: Row
    is_new: bool
    by: Identity
    now: datetime

    def put(self, table: Any, values: Mapping[str, Any], **only_new: Any) -> None:
        """Add the row, or change it."""
        if self.is_new:
            self.db.execute(insert(table).values(id=self.row.id, **only_new, **values))
        else:
            self.db.execute(update(table).where(table.c.id == self.row.id).values(**values))

    def named(self, nature: Nature, *columns: str) -> str:
        """The id of the line that this one names."""
        found = self.held.row(nature, *(self.row.values[name] for name in columns))
        if found is None:
            raise LookupError(nature)
        return found.id


def _operator(line: _Writing) -> None:
    values = line.row.values
    about = {"name": values["name"], "kind": values["family"], "role_text": values["role"]}
    line.put(operator, about | {"axes": values["axes"], "levers": values["levers"]}, slug=values["operator"])


def _branch(line: _Writing) -> None:
    values = line.row.values
    about = {name: values[name] for name in ("email", "phone", "languages", "step_free", "active")}
    parent = line.named(Nature.OPERATOR, "operator")
    line.put(branch, about | {"name": values["name"], "capacity_per_week": values["capacity"]}, operator_id=parent)
    line.db.execute(delete(coverage).where(coverage.c.branch_id == line.row.id))
    for level, code in values["covers"]:
        line.db.execute(insert(coverage).values(id=new_id(line.now), branch_id=line.row.id, level=level, code=code))


def _offer(line: _Writing) -> None:
    values = line.row.values
    about = {name: values[name] for name in ("name", "kind", "scope", "axes", "levers", "needs", "active")}
    about |= {"aid_id": line.held.aids.get(values["aid"] or ""), "eligibility": eligibility_of(line.row)}
    line.put(offer, about, branch_id=line.named(Nature.BRANCH, "operator", "branch"))


def _closure(line: _Writing) -> None:
    own, days = line.named(Nature.BRANCH, "operator", "branch"), line.row.values
    declare_closure(line.db, own, days["from_day"], days["to_day"], by=line.by, now=line.now)


def _absence(line: _Writing) -> None:
    values = line.row.values
    substitute = line.held.people[values["substitute"]].id if values["substitute"] else None
    about = {"to_day": values["to_day"], "substitute_id": substitute}
    line.put(absence, about, from_day=values["from_day"], person_id=line.held.people[values["agent"]].id)


_WRITERS: Final[Mapping[Nature, Callable[[_Writing], None]]] = {
    Nature.OPERATOR: _operator,
    Nature.BRANCH: _branch,
    Nature.OFFER: _offer,
    Nature.CLOSURE: _closure,
    Nature.ABSENCE: _absence,
}
