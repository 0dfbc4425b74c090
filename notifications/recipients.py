"""Who is to be told: a role on a case, a track or a territory becomes people with an address, a name and a day of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, RowMapping, select

from cases.facts.of_case import NO_TERRITORY
from cases.tables.case import case_file, entrepreneur
from cases.tables.memory import journal
from cases.tables.operators import branch
from cases.tables.people import absence, person, role_grant
from cases.tables.territories import territory
from cases.tables.tracks import mentoring_pair, referral
from cases.writing.applying import track_row
from engine.definition import OVER, owner_role
from engine.model import CASE_TRACK, Kind, Role
from engine.working_days import Calendar

CALLED: Final = frozenset({"accepted", "engaged"})
"""States of a referral in which its branch has said that it would call."""
NEXT: Final = frozenset({"decide_next"})
"""Messages that say what is due now, and not what was done: also to who did it."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell to one role: a row of the outbox, or a mark that is still to come."""

    key: str
    role: Role
    subject: str
    subject_id: str
    track: str
    sequence: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to tell; `key` names them whatever they are, `calendar` is their own day."""

    key: str
    role: Role
    name: str
    email: str | None
    phone: str | None
    calendar: Calendar
    person_id: str | None = None
    entrepreneur_id: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """What the thing told is about: a case or a territory, and the calendar there."""

    calendar: Calendar
    territory_id: str | None
    case: RowMapping | None = None

    @property
    def referent_id(self) -> str | None:
        """Who follows the case."""
        return self.case["referent_id"] if self.case else None


def place_of(db: Connection, subject: str, subject_id: str) -> Place:
    """The case or the territory that a thing told is about."""
    case = None
    if subject == "case":
        case = db.execute(select(case_file).where(case_file.c.id == subject_id)).mappings().one()
    home_id = case["territory_id"] if case else subject_id
    home = db.execute(select(territory.c.holidays, territory.c.timezone).where(territory.c.id == home_id)).first()
    return Place(Calendar(home.holidays, home.timezone) if home else NO_TERRITORY, home_id, case)


def recipients_of(db: Connection, told: Told, place: Place, now: datetime) -> list[Recipient]:
    """Everybody to tell, once each: substitutes instead of those who are away, and never somebody of what they just did, or of what followed of it."""
    found = {one.key: one for one in _found(db, told, place, now)}
    if told.key.endswith("_ack") or told.key in NEXT:
        return list(found.values())
    return [one for one in found.values() if not _did_it(db, told, one)]


def asked_at(db: Connection, branch_id: str, place: Place, now: datetime) -> list[Recipient]:
    """Whom a new request to that branch would be sent to."""
    return list(_at_branch(db, Role.OPERATOR, branch_id, None, place, now))


def _did_it(db: Connection, told: Told, one: Recipient) -> bool:
    line = _done_by(db, told)
    if line is None:
        return False
    if one.role is Role.ENTREPRENEUR:
        return bool(line.actor_role == Role.ENTREPRENEUR)
    if line.actor_id is None or one.person_id is not None:
        return line.actor_id is not None and line.actor_id == one.person_id
    works_there = (role_grant.c.person_id == line.actor_id, role_grant.c.branch_id == one.key.removeprefix("branch:"))
    return db.execute(select(role_grant.c.id).where(*works_there)).first() is not None


def _done_by(db: Connection, told: Told) -> Any:
    """The line that tells it; where the case took a step that somebody's act on a track proposed, the line of that act."""
    columns = (journal.c.event, journal.c.actor_id, journal.c.actor_role, journal.c.cause, journal.c.cascade)
    of_subject = select(*columns).where(journal.c.subject_id == told.subject_id)
    line = db.execute(of_subject.where(journal.c.sequence == told.sequence, journal.c.track == told.track)).first()
    if line is None or line.cause is None:
        return line
    act = db.execute(of_subject.where(journal.c.sequence == line.cause)).first()
    proposed = act is not None and (act.cascade or {}).get("event") == line.event
    return act if proposed else line


def _found(db: Connection, told: Told, place: Place, now: datetime) -> Iterator[Recipient]:
    if told.role is Role.OWNER:
        yield from _owner(db, told, place, now)
    elif told.role is Role.ENTREPRENEUR:
        yield from _entrepreneur(db, place)
    elif told.role in (Role.OPERATOR, Role.OPERATOR_MANAGER):
        for branch_id, agent_id in _branches(db, told, place):
            yield from _at_branch(db, told.role, branch_id, agent_id, place, now)
    else:
        yield from _known(_people(db, told, place), told.role, place, _away(db, place, now))


# -- the territory's people -------------------------------------------------------------------------------------------------


def _people(db: Connection, told: Told, place: Place) -> list[Row[Any]]:
    if told.role is Role.MENTOR:
        return _mentors(db, told, place)
    if told.role is Role.ADVISER and place.case is not None:
        referent = _active(db, person.c.id == place.referent_id)
        return referent or _in_charge(db, place)
    if told.role in (Role.ADVISER, Role.MANAGER):
        return _holders(db, told.role, role_grant.c.territory_id == place.territory_id) or _in_charge(db, place)
    return _holders(db, told.role)


def _in_charge(db: Connection, place: Place) -> list[Row[Any]]:
    """The territory's managers; the programme's admins where there are none."""
    managers = _holders(db, Role.MANAGER, role_grant.c.territory_id == place.territory_id)
    return managers or _holders(db, Role.ADMIN)


def _mentors(db: Connection, told: Told, place: Place) -> list[Row[Any]]:
    """The pair's mentor; told of the whole case, every mentor whose pair is open, or was when there is something to erase."""
    pairs = select(mentoring_pair.c.mentor_id).where(mentoring_pair.c.case_id == told.subject_id)
    if told.track != CASE_TRACK:
        pairs = pairs.where(*track_row(told.track, told.subject_id)[1])
    elif told.key != "please_erase":
        pairs = pairs.where(mentoring_pair.c.state.not_in(OVER[Kind.MENTORING_PAIR]))
    return _active(db, person.c.id.in_(pairs))


def _holders(db: Connection, role: Role, *where: ColumnElement[bool]) -> list[Row[Any]]:
    granted = select(role_grant.c.person_id).where(role_grant.c.role == str(role), role_grant.c.ended_at.is_(None))
    return _active(db, person.c.id.in_(granted.where(*where)))


def _active(db: Connection, which: ColumnElement[bool]) -> list[Row[Any]]:
    return list(db.execute(select(person).where(which, person.c.active).order_by(person.c.id)))


def _away(db: Connection, place: Place, now: datetime) -> dict[str, Row[Any]]:
    """Who stands in today, by the one who is away."""
    today = place.calendar.day_of(now)
    columns = (absence.c.person_id.label("absent"), *person.c)
    joined = absence.join(person, person.c.id == absence.c.substitute_id)
    days = (absence.c.from_day <= today, absence.c.to_day >= today, person.c.active)
    return {row.absent: row for row in db.execute(select(*columns).select_from(joined).where(*days))}


def _known(people: Iterable[Row[Any]], role: Role, place: Place, away: Mapping[str, Row[Any]]) -> Iterator[Recipient]:
    for row in people:
        here = away.get(row.id, row)
        calendar = replace(place.calendar, timezone=here.timezone)
        yield Recipient(f"person:{here.id}", role, here.name, here.email, here.phone, calendar, person_id=here.id)


# -- the others -------------------------------------------------------------------------------------------------------------


def _entrepreneur(db: Connection, place: Place) -> Iterator[Recipient]:
    if place.case is None or place.case["anonymised_at"] is not None:
        return
    row = db.execute(select(entrepreneur).where(entrepreneur.c.id == place.case["entrepreneur_id"])).one()
    name = row.name or "l’entrepreneur"
    yield Recipient(
        f"entrepreneur:{row.id}", Role.ENTREPRENEUR, name, row.email, row.phone, place.calendar, entrepreneur_id=row.id
    )


def _branches(db: Connection, told: Told, place: Place) -> list[tuple[str, str | None]]:
    """The branches concerned, each with the agent named: the track's own, or those of the case that are at work."""
    if told.track.startswith(Kind.REFERRAL):
        row = _track(db, told)
        return [(row["branch_id"], row["agent_id"])]
    if told.track != CASE_TRACK:
        row = _track(db, told)
        return [(row["branch_id"], _agent_of(db, told, row["branch_id"]))] if row["branch_id"] else []
    own = referral.c.case_id == told.subject_id
    if told.key == "please_erase":
        return _asked_once(db, told)
    states = CALLED if told.key == "nobody_called" else CALLED | {"sent", "info_requested"}
    rows = db.execute(select(referral.c.branch_id, referral.c.agent_id).where(own, referral.c.state.in_(states)))
    return [(row.branch_id, row.agent_id) for row in rows]


def _asked_once(db: Connection, told: Told) -> list[tuple[str, str | None]]:
    """Every branch that the case was ever sent to."""
    sent = select(journal.c.track).where(journal.c.subject_id == told.subject_id, journal.c.event == "send")
    tracks = set(db.execute(sent).scalars())
    rows = db.execute(select(referral).where(referral.c.case_id == told.subject_id).order_by(referral.c.number))
    return [(row.branch_id, row.agent_id) for row in rows if f"{Kind.REFERRAL}-{row.number}" in tracks]


def _track(db: Connection, told: Told) -> RowMapping:
    table, where = track_row(told.track, told.subject_id)
    return db.execute(select(table).where(*where)).mappings().one()


def _agent_of(db: Connection, told: Told, branch_id: str) -> str | None:
    """The agent who works for the case at that branch."""
    own = (referral.c.case_id == told.subject_id, referral.c.branch_id == branch_id, referral.c.state.in_(CALLED))
    return db.execute(select(referral.c.agent_id).where(*own).order_by(referral.c.number.desc()).limit(1)).scalar()


def _at_branch(
    db: Connection, role: Role, branch_id: str, agent_id: str | None, place: Place, now: datetime
) -> Iterator[Recipient]:
    """The agent named; else the branch's group address; else every agent. For its managers: them, else the group address."""
    people = _active(db, person.c.id == agent_id) if role is Role.OPERATOR and agent_id else []
    holders = people or _holders(db, role, role_grant.c.branch_id == branch_id)
    office = db.execute(select(branch).where(branch.c.id == branch_id)).one()
    written_to_the_group = office.email and not people and (role is Role.OPERATOR or not holders)
    if written_to_the_group or not holders:
        key = f"branch:{office.id}"
        yield Recipient(key, role, office.name, office.email, office.phone, place.calendar)
        return
    yield from _known(holders, role, place, _away(db, place, now))


def _owner(db: Connection, told: Told, place: Place, now: datetime) -> Iterator[Recipient]:
    """Whoever must act: on the deadline that a step names, or on the plan."""
    if told.track == CASE_TRACK:
        named = _deadline_named(db, told)
        if named is not None:
            yield from _found(db, named, place, now)
        return
    plan = _track(db, told)
    people = _active(db, person.c.id == plan.get("owner_id"))
    if people:
        yield from _known(people, Role.OWNER, place, _away(db, place, now))
        return
    role = Role.OPERATOR if plan.get("branch_id") else Role.ADVISER
    for one in _found(db, replace(told, role=role), place, now):
        yield replace(one, role=Role.OWNER)


def _deadline_named(db: Connection, told: Told) -> Told | None:
    line = (journal.c.subject_id == told.subject_id, journal.c.sequence == told.sequence)
    facts = db.execute(select(journal.c.facts).where(*line)).scalar() or {}
    rule, track = facts.get("deadline"), facts.get("deadline_on") or CASE_TRACK
    role = owner_role(rule) if rule else None
    if role is None or (role is Role.OWNER and track == CASE_TRACK):
        return None
    return replace(told, role=role, track=track)
