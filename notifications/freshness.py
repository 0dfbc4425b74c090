"""Whether messages that waited are still true when they leave: deadlines met, owners who acted, people who left or want no reminder need no mail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select, update

from cases.appointments import appointment_of
from cases.surveys import Surveyed, is_answered
from cases.tables.case import case_file
from cases.tables.memory import deadline, journal, mark_fired
from cases.tables.people import person
from cases.writing.applying import number_of_track, table_of_track
from engine.model import CASE_TRACK, Do, Role
from notifications.dropping import Dropped
from notifications.preferences import unwanted
from notifications.tables import message

HOLDS_IN: Final[Mapping[str, frozenset[str]]] = {
    "referral_sent": frozenset({"sent"}),
    "referral_declined": frozenset({"declined"}),
    "referral_expired": frozenset({"expired"}),
    "question": frozenset({"info_requested"}),
    "who_calls": frozenset({"accepted", "engaged"}),
    "pair_proposed": frozenset({"proposed"}),
}
"""States of its track in which a message is still true."""
OVER: Final[Mapping[str, Dropped]] = {
    "met": Dropped.DEADLINE_MET, "cancelled": Dropped.DEADLINE_CANCELLED, "paused": Dropped.DEADLINE_PAUSED,
}  # fmt: skip
"""States of a deadline in which nobody is reminded of it."""
OWNERS: Final[Mapping[str, frozenset[str]]] = {
    Role.ADVISER: frozenset({"adviser", "manager", "admin"}),
    Role.MANAGER: frozenset({"manager", "admin"}),
    Role.OPERATOR: frozenset({"operator", "operator_manager"}),
    Role.MENTOR: frozenset({"mentor"}),
    Role.OWNER: frozenset({"operator", "operator_manager", "adviser", "manager"}),
}
"""The roles in which the owner of a deadline acts."""
Row = Mapping[str, Any]


def drop_stale(db: Connection, rows: Sequence[Row]) -> list[Row]:
    """Drop those that are not true any more, and say why; give the others, in their order."""
    reasons = why_drop(db, rows)
    said = defaultdict(list)
    for identifier, reason in reasons.items():
        said[reason].append(identifier)
    for reason, ids in said.items():
        db.execute(update(message).where(message.c.id.in_(ids)).values(status="dropped", last_error=reason))
    return [row for row in rows if row["id"] not in reasons]


def why_drop(db: Connection, rows: Sequence[Row]) -> dict[str, str]:
    """Why messages are not to be sent any more, by their id: those that still are have no reason. Many ask as few questions as one."""
    found: dict[str, str] = {}
    for reasons in (_not_wanted, _nobody_there, moved_on, _changed_since, _deadline_over):
        left = [row for row in rows if row["id"] not in found]
        if left:
            found |= reasons(db, left)
    return found


def _not_wanted(db: Connection, rows: Sequence[Row]) -> dict[str, str]:
    refused = unwanted(db, rows)
    return dict.fromkeys((row["id"] for row in rows if row["id"] in refused), Dropped.UNWANTED)


def _nobody_there(db: Connection, rows: Sequence[Row]) -> dict[str, str]:
    people = {row["person_id"] for row in rows} - {None}
    here = _ids(db, select(person.c.id).where(person.c.id.in_(people), person.c.active), people)
    gone: dict[str, str] = {row["id"]: Dropped.PERSON_GONE for row in rows if row["person_id"] in people - here}
    cases = {row["case_id"] for row in rows if row["entrepreneur_id"] is not None} - {None}
    erased = _ids(
        db, select(case_file.c.id).where(case_file.c.id.in_(cases), case_file.c.anonymised_at.is_not(None)), cases
    )
    return gone | {row["id"]: Dropped.ANONYMISED for row in rows if row["entrepreneur_id"] and row["case_id"] in erased}


def _ids(db: Connection, query: Any, asked: Collection[str]) -> set[str]:
    return set(db.execute(query).scalars()) if asked else set()


def moved_on(db: Connection, rows: Sequence[Row]) -> dict[str, str]:
    """The messages whose track is no more in the state that they tell of."""
    told = [row for row in rows if row["key"] in HOLDS_IN and row["case_id"] and row["track"] != CASE_TRACK]
    now = _states(db, {(row["case_id"], row["track"]) for row in told})
    states = {row["id"]: now.get((row["case_id"], row["track"])) for row in told}
    return {row["id"]: Dropped.MOVED_ON for row in told if states[row["id"]] not in HOLDS_IN[row["key"]]}


def _states(db: Connection, tracks: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
    """The state of each track, by its case and its name."""
    by_table = defaultdict(list)
    for case_id, name in tracks:
        by_table[table_of_track(name)].append((case_id, name))
    found: dict[tuple[str, str], str | None] = {}
    for table, names in by_table.items():
        own = table.c.case_id.in_({case_id for case_id, _ in names})
        rows = db.execute(select(table.c.case_id, table.c.number, table.c.state).where(own))
        known = {(row.case_id, row.number): row.state for row in rows}
        found |= {(case_id, name): known.get((case_id, number_of_track(name))) for case_id, name in names}
    return found


def _changed_since(db: Connection, rows: Sequence[Row]) -> dict[str, str]:
    """Appointments that were changed, surveys that were answered: few at a time, each asked by itself."""
    found: dict[str, str] = {}
    for row in rows:
        if row["key"] == "appointment_set" and not _is_as_told(db, row):
            found[row["id"]] = Dropped.APPOINTMENT_CHANGED
        if (
            row["key"] == "survey"
            and row["entrepreneur_id"]
            and is_answered(db, Surveyed(row["case_id"], row["track"]))
        ):
            found[row["id"]] = Dropped.SURVEY_ANSWERED
    return found


def _is_as_told(db: Connection, row: Row) -> bool:
    return appointment_of(db, row["case_id"], row["facts"].get("sequence") or 0) is not None


def _deadline_over(db: Connection, rows: Sequence[Row]) -> dict[str, str]:
    own = {row["deadline_id"] for row in rows} - {None}
    if not own:
        return {}
    clocks: dict[str, Row] = {
        row["id"]: dict(row) for row in db.execute(select(deadline).where(deadline.c.id.in_(own))).mappings()
    }
    told = [row for row in rows if row["deadline_id"] in clocks]
    states = {row["id"]: clocks[row["deadline_id"]]["status"] for row in told}
    over: dict[str, str] = {own: OVER[state] for own, state in states.items() if state in OVER}
    pressed = [row for row in told if row["id"] not in over and row["facts"].get("do") in (Do.REMIND, Do.ESCALATE)]
    return over | dict.fromkeys(_acted(db, pressed, clocks), Dropped.OWNER_ACTED)


def _acted(db: Connection, rows: Sequence[Row], clocks: Mapping[str, Row]) -> list[str]:
    """The messages whose owner did something on the track since the mark before the message's own; since its own when it is the first."""
    if not rows:
        return []
    fired = defaultdict(list)
    marks = select(mark_fired.c.deadline_id, mark_fired.c.mark, mark_fired.c.at)
    for row in db.execute(marks.where(mark_fired.c.deadline_id.in_({one["deadline_id"] for one in rows}))):
        fired[row.deadline_id].append((row.mark, row.at))
    subjects = {clocks[row["deadline_id"]]["subject_id"] for row in rows}
    acts = select(journal.c.subject_id, journal.c.track, journal.c.actor_role, func.max(journal.c.at).label("at"))
    own = acts.where(journal.c.subject_id.in_(subjects)).group_by(
        journal.c.subject_id, journal.c.track, journal.c.actor_role
    )
    last = {(row.subject_id, row.track, row.actor_role): row.at for row in db.execute(own)}

    def acted(row: Row) -> bool:
        clock, since = clocks[row["deadline_id"]], _last_mark(fired[row["deadline_id"]], row["facts"]["mark"])
        roles = OWNERS.get(clock["owner_role"] or "", frozenset())
        theirs = (last.get((clock["subject_id"], clock["track"], role)) for role in roles)
        return since is not None and any(at is not None and at > since for at in theirs)

    return [row["id"] for row in rows if acted(row)]


def _last_mark(fired: Sequence[tuple[str, datetime]], mark: str) -> datetime | None:
    this = max((at for name, at in fired if name == mark), default=None)
    return max((at for _, at in fired if this is not None and at < this), default=this)
