"""The rows that mails speak of, read for many messages at once: as many questions for fifty as for one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from cases.appointments import appointment_of
from cases.orienting import written_to
from cases.tables.case import business, case_file, entrepreneur, need
from cases.tables.memory import deadline, journal, journal_text
from cases.tables.operators import branch, operator
from cases.tables.people import absence, person
from cases.tables.routing import routing_proposal
from cases.tables.territories import quartier, territory
from cases.tables.tracks import mentoring_pair, plan_action, referral, referral_need
from cases.writing.applying import number_of_track, table_of_track
from engine.model import CASE_TRACK
from engine.state_names import PairState
from notifications.preferences import APPOINTMENTS

Row = Mapping[Any, Any]
WITH_MENTOR: Final = (PairState.ACTIVE, PairState.PAUSED, PairState.MID_REVIEW, PairState.ENDED)
"""States of a pair in which the case has a mentor."""
REQUEST: Final = "referral_sent"
"""The mail by which a branch is asked."""
NEXT_ONE: Final = frozenset({"referral_declined", "referral_expired", "decide_next"})
"""Mails that say who could be asked next."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows by what they are found by; lists are in the order in which they are said."""

    cases: Mapping[str, Row]
    homes: Mapping[str, Row]
    needs: Mapping[str, Sequence[Row]]
    """By case; `needs_of_referral` narrows them to those of one referral."""
    needs_of_referral: Mapping[tuple[str, int], frozenset[str]]
    asked: Mapping[str, Sequence[Row]]
    mentors: Mapping[str, Sequence[Row]]
    absences: Mapping[str, Sequence[Row]]
    tracks: Mapping[tuple[str, str], Row]
    people: Mapping[str, Row]
    offices: Mapping[str, Row]
    lines: Mapping[tuple[str, int], Row]
    running: Mapping[str, Sequence[Row]]
    """The deadlines that are open or paused, by case or territory, the latest first."""
    own: Mapping[str, Row]
    """Deadlines by their id."""
    items: Mapping[str, str]
    """The names of actions of plans, by their id."""
    proposals: Mapping[str, Sequence[Row]]
    appointments: Mapping[tuple[str, int], Any]
    """Those that are still as their line says, by their case and its sequence."""
    written: Mapping[tuple[str, str], str]
    """What advisers wrote to branches in their own words, by case and track."""


def rows_for(db: Connection, messages: Sequence[Row]) -> Rows:
    """Everything that these messages can say."""
    ids = {message["case_id"] for message in messages} - {None}
    cases = _by_id(db, _case_rows(), case_file.c.id, ids)
    tracks = _tracks(
        db,
        {
            (one["case_id"], one["track"])
            for one in messages
            if one["case_id"] and (one["track"] or CASE_TRACK) != CASE_TRACK
        },
    )
    subjects = {message["subject_id"] for message in messages} - {None}
    places = {row["territory_id"] for row in cases.values()} | (subjects - ids)
    workers = {row.get(name) for row in tracks.values() for name in ("agent_id", "mentor_id", "owner_id")}
    readers = {message["person_id"] for message in messages}
    next_one = {one["case_id"] for one in messages if one["key"] in NEXT_ONE}
    return Rows(
        cases, _by_id(db, select(territory), territory.c.id, places), _listed(db, _NEEDS, need.c.case_id, ids), _needs_of_referrals(db, ids),
        _listed(db, _ASKED, referral.c.case_id, ids), _listed(db, _MENTORS, mentoring_pair.c.case_id, ids),
        _listed(db, select(absence), absence.c.person_id, {row["referent_id"] for row in cases.values()}), tracks,
        _by_id(db, select(person), person.c.id, workers | readers), _by_id(db, _OFFICES, branch.c.id, {row.get("branch_id") for row in tracks.values()}),
        _lines(db, messages), _listed(db, _RUNNING, deadline.c.subject_id, subjects),
        _by_id(db, select(deadline), deadline.c.id, {message["deadline_id"] for message in messages}),
        {key: row["name"] for key, row in _by_id(db, select(plan_action), plan_action.c.id, {_facts(one).get("item") for one in messages}).items()},
        _listed(db, _PROPOSALS, routing_proposal.c.case_id, next_one), _appointments(db, messages),
        written_to(db, {(one["case_id"], one["track"]) for one in messages if one["key"] == REQUEST and one["case_id"]}),
    )  # fmt: skip


# -- questions --------------------------------------------------------------------------------------------------------------


_LANGUAGE: Final = func.coalesce(entrepreneur.c.reads_in, entrepreneur.c.language).label("language")
"""The language that the person chose to read in, else the one that they speak."""


def _case_rows() -> Select[Any]:
    columns = (
        *case_file.c, business.c.name.label("business"), business.c.activity, business.c.address_line, business.c.city,
        entrepreneur.c.name.label("person"), entrepreneur.c.phone.label("person_phone"), entrepreneur.c.email.label("person_email"),
        _LANGUAGE, quartier.c.name.label("quartier"), person.c.name.label("referent"), person.c.phone.label("referent_phone"),
        person.c.email.label("referent_email"),
    )  # fmt: skip
    joined = (
        case_file.join(business, business.c.id == case_file.c.business_id)
        .join(entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id)
        .outerjoin(quartier, quartier.c.id == case_file.c.quartier_id)
        .outerjoin(person, person.c.id == case_file.c.referent_id)
    )
    return select(*columns).select_from(joined)


_NEEDS: Final = select(need).order_by(need.c.outcome.is_not(None), need.c.created_at, need.c.id)
"""First those that have no outcome."""
_ASKED: Final = (
    select(referral.c.case_id, operator.c.name, referral.c.state, referral.c.number, referral.c.branch_id, referral.c.agent_id, person.c.name.label("agent"))
    .select_from(
        referral.join(branch, branch.c.id == referral.c.branch_id)
        .join(operator, operator.c.id == branch.c.operator_id)
        .outerjoin(person, person.c.id == referral.c.agent_id)
    )
    .order_by(referral.c.number)
)  # fmt: skip
_MENTORS: Final = (
    select(mentoring_pair.c.case_id, person.c.name)
    .select_from(mentoring_pair.join(person, person.c.id == mentoring_pair.c.mentor_id))
    .where(mentoring_pair.c.state.in_(WITH_MENTOR))
)
_OFFICES: Final = select(branch.c.id, branch.c.name, branch.c.phone, operator.c.name.label("operator")).select_from(
    branch.join(operator, operator.c.id == branch.c.operator_id)
)
_RUNNING: Final = select(deadline).where(deadline.c.status.in_(("open", "paused"))).order_by(deadline.c.due_on.desc())
_PROPOSALS: Final = select(routing_proposal).where(routing_proposal.c.current).order_by(routing_proposal.c.id)
_LINES: Final = select(
    *journal.c, journal_text.c.words, person.c.name.label("actor"), person.c.phone.label("actor_phone")
).select_from(
    journal.outerjoin(
        journal_text,
        and_(journal_text.c.subject_id == journal.c.subject_id, journal_text.c.sequence == journal.c.sequence),
    ).outerjoin(person, person.c.id == journal.c.actor_id)
)


def _by_id(db: Connection, query: Select[Any], column: ColumnElement[Any], ids: Iterable[str | None]) -> dict[str, Row]:
    wanted = set(ids) - {None}
    return {row["id"]: row for row in db.execute(query.where(column.in_(wanted))).mappings()} if wanted else {}


def _listed(db: Connection, query: Select[Any], column: Any, ids: Collection[str | None]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    wanted = set(ids) - {None}
    for row in db.execute(query.where(column.in_(wanted))).mappings() if wanted else ():
        found[row[column.name]].append(row)
    return found


def _needs_of_referrals(db: Connection, cases: Collection[str]) -> dict[tuple[str, int], frozenset[str]]:
    if not cases:
        return {}
    joined = referral_need.join(referral, referral.c.id == referral_need.c.referral_id)
    query = select(referral.c.case_id, referral.c.number, referral_need.c.need_id).select_from(joined)
    found = defaultdict(set)
    for row in db.execute(query.where(referral.c.case_id.in_(cases))):
        found[row.case_id, row.number].add(row.need_id)
    return {key: frozenset(needs) for key, needs in found.items()}


def _tracks(db: Connection, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], Row]:
    by_table = defaultdict(set)
    for case_id, name in wanted:
        by_table[table_of_track(name)].add((case_id, name))
    found: dict[tuple[str, str], Row] = {}
    for table, names in by_table.items():
        rows = db.execute(select(table).where(table.c.case_id.in_({case_id for case_id, _ in names}))).mappings()
        known = {(row["case_id"], row["number"]): dict(row) for row in rows}
        numbers = {(case_id, name): (case_id, number_of_track(name)) for case_id, name in names}
        found |= {key: known[own] for key, own in numbers.items() if own in known}
    return found


def _lines(db: Connection, messages: Sequence[Row]) -> dict[tuple[str, int], Row]:
    wanted = {
        (one["subject_id"], sequence) for one in messages if (sequence := _facts(one).get("sequence")) is not None
    }
    of_each = [
        and_(journal.c.subject_id == own, journal.c.sequence == sequence) for own, sequence in sorted(wanted) if own
    ]
    if not of_each:
        return {}
    rows = db.execute(_LINES.where(or_(*of_each))).mappings()
    return {(row["subject_id"], row["sequence"]): row for row in rows}


def _appointments(db: Connection, messages: Sequence[Row]) -> dict[tuple[str, int], Any]:
    told = {(one["case_id"], _facts(one).get("sequence") or 0) for one in messages if one["key"] in APPOINTMENTS}
    found = {(case_id, sequence): appointment_of(db, case_id, sequence) for case_id, sequence in told}
    return {key: row for key, row in found.items() if row is not None}


def _facts(message: Row) -> Mapping[str, Any]:
    return message["facts"] or {}
