"""A branch that closes for some days: its clocks stand still, and the advisers know before the first day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, insert, select

from cases import journey
from cases.access import THE_SYSTEM, Identity
from cases.database import widen_to_case
from cases.directory.charge import Charge, charge_of
from cases.errors import Invalid, NotFound
from cases.facts.of_case import NO_TERRITORY
from cases.identifiers import new_id
from cases.journey import Fired, Request
from cases.tables.case import case_file
from cases.tables.memory import pending_step
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
    joined = referral.join(case_file, case_file.c.id == referral.c.case_id).outerjoin(
        territory, territory.c.id == case_file.c.territory_id
    )
    columns = (case_file.c.id, case_file.c.reference, referral.c.number, territory.c.holidays, territory.c.timezone)
    open_now = (referral.c.branch_id == branch_id, referral.c.state.in_(RUNNING))
    fired = []
    for row in db.execute(
        select(*columns).select_from(joined).where(*open_now).order_by(case_file.c.id, referral.c.number)
    ).all():
        calendar = Calendar(row.holidays, row.timezone) if row.holidays else NO_TERRITORY
        track = f"referral-{row.number}"
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


def _plan(db: Connection, case_id: str, track: str, at: datetime, payload: dict[str, object], now: datetime) -> None:
    row = {"subject_id": case_id, "track": track, "event": "closure", "payload": payload, "at": at}
    db.execute(insert(pending_step).values(id=new_id(now), **row))
