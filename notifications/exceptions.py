"""The weekly list of exceptions, the last step of the ladder: what everybody in charge was told of and nobody moved, for the programme's admins."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from cases.database import Database, Scope
from cases.facts.of_case import NO_TERRITORY
from cases.identifiers import new_id
from cases.tables.memory import deadline
from cases.tables.people import person, role_grant
from cases.tables.territories import territory
from engine.model import MailClass, Role
from engine.working_days import MORNING
from notifications.letters import message_id_of
from notifications.planner import write_message
from notifications.recipients import Place
from notifications.tables import daily_work

NAME: Final = "exceptions"
"""Its key: of the work of a day, of the message and of its template."""


def tell_exceptions(database: Database, now: datetime, *, domain: str = "localhost") -> int:
    """Once a week, from 08:30 of its first working day, have the list sent to each admin; give how many messages. Nothing stuck: no mail.

    Any number of processes may try, as often as they like: the week's row is the first one's.
    """
    day = _day_of(now)
    if now < NO_TERRITORY.at(day, MORNING) or database.read(partial(_is_done, day=day), Scope.worker()):
        return 0
    return database.write(partial(_tell, day=day, now=now, domain=domain), Scope.worker())


def stuck_by_territory(db: Connection, now: datetime) -> list[dict[str, Any]]:
    """How many cases are past a deadline of which nobody is reminded any more, and since when, by territory; the most first."""
    spent = (
        deadline.c.subject == "case",
        deadline.c.status == "open",
        deadline.c.next_at.is_(None),
        deadline.c.due_at < now,
    )
    joined = deadline.outerjoin(territory, territory.c.id == deadline.c.territory_id)
    count = func.count(deadline.c.subject_id.distinct())
    query = select(territory.c.name, territory.c.slug, count.label("cases"), func.min(deadline.c.due_on).label("since"))
    rows = db.execute(query.select_from(joined).where(*spent).group_by(territory.c.name, territory.c.slug))
    found = [{"name": row.name, "slug": row.slug, "cases": row.cases, "since": row.since.isoformat()} for row in rows]
    return sorted(found, key=lambda one: (-one["cases"], one["name"] or ""))


def _day_of(now: datetime) -> date:
    """The first working day of this week."""
    today = NO_TERRITORY.day_of(now)
    return NO_TERRITORY.roll(today - timedelta(days=today.weekday()))


def _is_done(db: Connection, day: date) -> bool:
    mine = (daily_work.c.name == NAME, daily_work.c.day == day)
    return db.execute(select(daily_work.c.at).where(*mine)).first() is not None


def _tell(db: Connection, day: date, now: datetime, domain: str) -> int:
    insert_once = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    claimed = insert_once(daily_work).values(name=NAME, day=day, at=now).on_conflict_do_nothing()
    if db.execute(claimed.returning(daily_work.c.day)).first() is None:
        return 0
    stuck = stuck_by_territory(db, now)
    admins = _admins(db) if stuck else []
    place = Place(NO_TERRITORY, None)
    return sum(write_message(db, _message(row, stuck, day, now, domain), place, now) for row in admins)


def _admins(db: Connection) -> list[Any]:
    held = select(role_grant.c.person_id).where(role_grant.c.role == str(Role.ADMIN), role_grant.c.ended_at.is_(None))
    return list(db.execute(select(person).where(person.c.id.in_(held), person.c.active).order_by(person.c.id)))


def _message(to: Any, stuck: list[dict[str, Any]], day: date, now: datetime, domain: str) -> dict[str, Any]:
    identifier, key = new_id(now), f"person:{to.id}"
    return {
        "id": identifier, "key": NAME, "mail_class": str(MailClass.REMINDER), "role": str(Role.ADMIN), "recipient": key, "person_id": to.id,
        "entrepreneur_id": None, "case_id": None, "subject_id": None, "track": None, "to_email": to.email, "to_name": to.name,
        "facts": {"territories": stuck}, "timezone": to.timezone, "holidays": NO_TERRITORY.name, "kind": "mail", "status": "waiting", "attempts": 0,
        "send_at": now, "reason": "Liste de la semaine", "message_id": message_id_of(identifier, domain), "thread_id": f"<{NAME}.{to.id}@{domain}>",
        "outbox_key": f"{NAME} {day} {key}", "deadline_id": None, "created_at": now,
    }  # fmt: skip
