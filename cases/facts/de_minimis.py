"""The de minimis aid that an undertaking has had: in all the cases of its SIREN, whoever follows them."""

from __future__ import annotations

from sqlalchemy import Connection, and_, or_, select

from cases.database import ask_everywhere
from cases.tables.case import aid_obtained, business, case_file
from engine.de_minimis import Granted
from engine.facts import CaseFacts, Plan
from engine.state_names import PlanState
from engine.working_days import Calendar


def with_de_minimis(db: Connection, facts: CaseFacts, business_id: str) -> CaseFacts:
    """The facts with the de minimis aid of the undertaking, where a plan of the case may be validated; else as they are."""
    plans = (track for track in facts.tracks.values() if isinstance(track, Plan))
    if not any(plan.state == PlanState.DIAGNOSING for plan in plans):
        return facts
    return facts.changed(de_minimis=granted_to(db, business_id, facts.calendar))


def granted_to(db: Connection, business_id: str, calendar: Calendar) -> tuple[Granted, ...]:
    """Each de minimis aid noted for a business, or for another establishment of the same SIREN, with its local day."""
    siret = db.execute(select(business.c.siret).where(business.c.id == business_id)).scalar()
    same = business.c.id == business_id
    if siret:
        siren = siret[:9]
        same = or_(same, and_(business.c.siret >= f"{siren}00000", business.c.siret <= f"{siren}99999"))
    joined = aid_obtained.join(case_file, case_file.c.id == aid_obtained.c.case_id).join(
        business, business.c.id == case_file.c.business_id
    )
    columns = (aid_obtained.c.granted_on, aid_obtained.c.at, aid_obtained.c.amount)
    counted = (aid_obtained.c.de_minimis, aid_obtained.c.amount.is_not(None), same)
    rows = ask_everywhere(db, select(*columns).select_from(joined).where(*counted))
    return tuple(Granted(row.granted_on or calendar.day_of(row.at), row.amount) for row in rows)
