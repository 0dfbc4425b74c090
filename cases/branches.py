"""A branch that closes for some days: its clocks stand still, and the advisers know before the first day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from cases import journey
from cases.access import THE_SYSTEM, Identity
from cases.database import widen_to_case
from cases.directory import corrections
from cases.directory.charge import Charge, charge_of
from cases.directory.columns import Nature
from cases.errors import Invalid, NotFound
from cases.facts.of_case import NO_TERRITORY, closures_of
from cases.identifiers import new_id
from cases.journey import Fired, Request
from cases.tables.case import case_file
from cases.tables.memory import deadline, pending_step
from cases.tables.operators import branch, branch_closure
from cases.tables.territories import territory
from cases.tables.tracks import referral
from engine.working_days import EVENING, Calendar

RUNNING = ("sent", "info_requested", "accepted", "engaged")


def declare_closure(
    db: Connection, branch_id: str, first: date, last: date, *, by: Identity, now: datetime
) -> tuple[Fired, ...]:
    """Note that a branch is closed from `first` to `last`, both included.

    The clocks of its referrals stop at once when no working day is left before, else on the evening of the last one; they go on
    after the last day. Raises NotFound for another's branch, Invalid for days that make no closure.
    """
    known = db.execute(select(branch.c.id).where(branch.c.id == branch_id)).first()
    if known is None or charge_of(db, by, branch_id) is Charge.NOTHING:
        raise NotFound("Cette antenne n’existe pas, ou elle n’est pas à vous.")
    actor = by if branch_id in by.branches() else THE_SYSTEM  # who keeps the directory has no relation to the cases
    if last < first or last < now.date():
        raise Invalid("La fermeture finit après son début, et pas dans le passé.", "to")
    db.execute(
        insert(branch_closure).values(id=new_id(now), branch_id=branch_id, from_day=first, to_day=last, declared_at=now)
    )
    fired = []
    for row in _running(db, branch_id):
        calendar, track = _calendar(row), f"referral-{row.number}"
        widen_to_case(db, row.id)
        _plan(db, row.id, track, calendar.at(last, EVENING), {"over": True}, now)
        eve = calendar.shift(first, -1)
        request = Request(row.reference, "closure", track, {"from": first, "to": last}, day=eve)
        if calendar.between(calendar.day_of(now), first - timedelta(days=1)):
            _plan(
                db, row.id, track, calendar.at(eve, EVENING), {"from": first.isoformat(), "to": last.isoformat()}, now
            )
        else:
            fired.append(journey.fire(db, request, by=actor, now=now))
    return tuple(fired)


def lift_closure(db: Connection, closure_id: str, *, by: Identity, now: datetime) -> str:
    """The branch works after all: what was planned for its closure is called back, its clocks go on; give the branch's name.

    Raises NotFound for another's branch, and for a closure that is over or was lifted already.
    """
    joined = branch_closure.join(branch, branch.c.id == branch_closure.c.branch_id)
    live = (
        branch_closure.c.id == closure_id,
        branch_closure.c.ended_at.is_(None),
        branch_closure.c.to_day >= now.date(),
    )
    closure = db.execute(select(branch_closure, branch.c.name).select_from(joined).where(*live)).first()
    if closure is None or charge_of(db, by, closure.branch_id) is Charge.NOTHING:
        raise NotFound("Cette fermeture est déjà finie ou retirée, ou elle n’est pas à vous.")
    db.execute(update(branch_closure).where(branch_closure.c.id == closure_id).values(ended_at=now))
    changes = {"to_day": (closure.to_day.isoformat(), "")}
    corrections.note(db, Nature.CLOSURE, closure.branch_id, changes, by=by, now=now)
    actor = by if closure.branch_id in by.branches() else THE_SYSTEM
    still_closed = closures_of(db, [closure.branch_id], now.date())
    for row in _running(db, closure.branch_id):
        calendar, track = _calendar(row), f"referral-{row.number}"
        widen_to_case(db, row.id)
        for day in (calendar.shift(closure.from_day, -1), closure.to_day):
            _call_back(db, row.id, track, calendar.at(day, EVENING))
        if not still_closed and _stands_still(db, row.id, track):
            over = Request(
                row.reference, "closure", track, {"over": True}, day=calendar.day_of(now) - timedelta(days=1)
            )
            journey.fire(db, over, by=actor, now=now)
    return str(closure.name)


def _running(db: Connection, branch_id: str) -> Sequence[Any]:
    """The requests that the branch works on, each with its case and the calendar there."""
    joined = referral.join(case_file, case_file.c.id == referral.c.case_id).outerjoin(
        territory, territory.c.id == case_file.c.territory_id
    )
    columns = (case_file.c.id, case_file.c.reference, referral.c.number, territory.c.holidays, territory.c.timezone)
    open_now = (referral.c.branch_id == branch_id, referral.c.state.in_(RUNNING))
    query = select(*columns).select_from(joined).where(*open_now)
    return db.execute(query.order_by(case_file.c.id, referral.c.number)).all()


def _calendar(row: Any) -> Calendar:
    return Calendar(row.holidays, row.timezone) if row.holidays else NO_TERRITORY


def _call_back(db: Connection, case_id: str, track: str, at: datetime) -> None:
    """Take away one step that was planned for a closure at that instant, where there is one."""
    same = (pending_step.c.subject_id == case_id, pending_step.c.track == track, pending_step.c.event == "closure")
    planned = select(pending_step.c.id).where(*same, pending_step.c.at == at).limit(1)
    db.execute(delete(pending_step).where(pending_step.c.id == planned.scalar_subquery()))


def _stands_still(db: Connection, case_id: str, track: str) -> bool:
    """Whether a clock of that request was stopped by a closure."""
    paused = (deadline.c.subject_id == case_id, deadline.c.track == track, deadline.c.status == "paused")
    return (
        db.execute(select(deadline.c.id).where(*paused, deadline.c.paused_by.contains("closure"))).first() is not None
    )


def _plan(db: Connection, case_id: str, track: str, at: datetime, payload: dict[str, object], now: datetime) -> None:
    row = {"subject_id": case_id, "track": track, "event": "closure", "payload": payload, "at": at}
    db.execute(insert(pending_step).values(id=new_id(now), **row))
