"""What waits, what left, what could not and which addresses no longer answer, for who is in charge; and what they decide on it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, true

from cases.access import Identity, visible_to
from cases.errors import NotFound
from cases.tables.case import case_file
from engine.model import Role
from notifications import dead_letters
from notifications.tables import message, suppression

SHOWN: Final = 100
"""Messages that a tray shows: the nearest first."""
KEPT: Final = timedelta(days=30)
"""How long what left, or was dropped, is shown."""


class Tray(StrEnum):
    """What is looked at, as its address says it."""

    DEAD = "non-partis"
    AGAIN = "a-reprendre"
    WAITING = "en-attente"
    SENT = "partis"
    DROPPED = "abandonnes"
    SUPPRESSED = "adresses"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One tray, and how many there are in each. `rows` are messages with their case's reference, or refused addresses."""

    tray: Tray
    counts: Mapping[Tray, int]
    rows: Sequence[Mapping[str, Any]]
    by_name: bool
    """Whether its reader may read the names of those who are helped."""


def outgoing(db: Connection, who: Identity, tray: Tray, now: datetime) -> Outgoing:
    """One tray of what leaves. Raises NotFound for who is in charge of nothing. To be asked within the system's scope: who is in charge sees
    that a message could not leave, not what it says."""
    seen = _in_charge(who)
    counts = {one: _count(db, _of(one, now), seen) for one in Tray if one is not Tray.SUPPRESSED}
    refused = _refused(db, seen)
    rows = (
        refused
        if tray is Tray.SUPPRESSED
        else _rows(db, _of(tray, now), seen, newest=tray in (Tray.SENT, Tray.DROPPED, Tray.DEAD))
    )
    return Outgoing(tray, counts | {Tray.SUPPRESSED: len(refused)}, rows[:SHOWN], not who.has(Role.ADMIN))


def retry(db: Connection, who: Identity, identifier: str, now: datetime) -> None:
    """Send a dead letter again, and trust its address again. Raises NotFound for another's as for none."""
    _decide(db, who, identifier)
    if not dead_letters.retry(db, identifier, now):
        raise NotFound("Ce courriel est déjà reparti, ou quelqu’un en a décidé autrement.")


def give_up(db: Connection, who: Identity, identifier: str) -> None:
    """Let a dead letter be. Raises NotFound for another's as for none."""
    _decide(db, who, identifier)
    if not dead_letters.give_up(db, identifier):
        raise NotFound("Ce courriel est déjà reparti, ou quelqu’un en a décidé autrement.")


def mark_of(email: str) -> str:
    """What tells a refused address to who may not read it."""
    return hashlib.sha256(email.lower().encode()).hexdigest()[:32]


def trust_again(db: Connection, who: Identity, mark: str) -> None:
    """Write again to an address that was refused: for who is in charge, and for who follows a case on which it was written to.

    Raises NotFound for another's as for none.
    """
    email = next((one for one in db.execute(select(suppression.c.email)).scalars() if mark_of(one) == mark), "")
    cases = select(case_file.c.id).where(visible_to(who), case_file.c.territory_id.in_(who.territories()))
    mine = or_(_in_charge(who, nothing=True), message.c.case_id.in_(cases))
    written = exists().where(func.lower(message.c.to_email) == email.lower(), mine)
    if not db.execute(select(written)).scalar() or not dead_letters.lift(db, email):
        raise NotFound("Cette adresse n’est pas parmi celles qui sont refusées.")


def refused_on(db: Connection, case_id: str) -> list[Mapping[str, Any]]:
    """The addresses that no longer answer, of those who were written to about a case: whose they are, why, since when."""
    joined = message.join(suppression, func.lower(message.c.to_email) == suppression.c.email)
    columns = (message.c.to_name, suppression.c.email, suppression.c.reason, suppression.c.at)
    query = select(*columns).select_from(joined).where(message.c.case_id == case_id).distinct()
    return [dict(row) for row in db.execute(query.order_by(suppression.c.email)).mappings()]


# -- what is seen -----------------------------------------------------------------------------------------------------------


def _in_charge(who: Identity, *, nothing: bool = False) -> ColumnElement[bool]:
    """The messages that somebody answers for: all of them for the programme's admins; those of their territory for its managers."""
    if who.has(Role.ADMIN):
        return true()
    managed = {grant.territory for grant in who.grants if grant.territory and grant.role is Role.MANAGER}
    if not managed and not nothing:
        raise NotFound("Cette page n’existe pas, ou elle n’est pas à vous.")
    theirs = select(case_file.c.id).where(case_file.c.territory_id.in_(managed))
    part = message.alias("part")
    of_digest = exists().where(part.c.digest_id == message.c.id, part.c.case_id.in_(theirs))
    return or_(
        message.c.case_id.in_(theirs), message.c.subject_id.in_(managed), and_(message.c.kind == "digest", of_digest)
    )


def _of(tray: Tray, now: datetime) -> ColumnElement[bool]:
    waiting = message.c.status.in_(("waiting", "leased"))
    return {
        Tray.DEAD: message.c.status == "dead",
        Tray.AGAIN: and_(waiting, message.c.last_error.is_not(None)),
        Tray.WAITING: and_(waiting, message.c.last_error.is_(None)),
        Tray.SENT: and_(message.c.status == "sent", message.c.sent_at > now - KEPT),
        Tray.DROPPED: and_(message.c.status == "dropped", message.c.send_at > now - KEPT),
    }[tray]


def _count(db: Connection, *where: ColumnElement[bool]) -> int:
    return int(db.execute(select(func.count()).select_from(message).where(*where)).scalar_one())


_COLUMNS: Final = (
    "id", "key", "kind", "role", "mail_class", "recipient", "entrepreneur_id", "to_name", "to_email", "reason", "status", "send_at", "sent_at",
    "attempts", "last_error", "timezone", "holidays",
)  # fmt: skip
"""What is read of a message: not its words."""


def _rows(db: Connection, *where: ColumnElement[bool], newest: bool) -> list[Mapping[str, Any]]:
    joined = message.outerjoin(case_file, case_file.c.id == message.c.case_id)
    order = message.c.send_at.desc() if newest else message.c.send_at
    columns = (*(message.c[name] for name in _COLUMNS), case_file.c.reference)
    query = select(*columns).select_from(joined).where(*where).order_by(order, message.c.id).limit(SHOWN)
    return [dict(row) for row in db.execute(query).mappings()]


def _refused(db: Connection, seen: ColumnElement[bool]) -> list[Mapping[str, Any]]:
    """The addresses that were refused, each with a name to which it was written; the latest first."""
    joined = suppression.join(message, func.lower(message.c.to_email) == suppression.c.email)
    who = (func.max(message.c.to_name).label("to_name"), func.max(message.c.entrepreneur_id).label("entrepreneur_id"))
    query = select(suppression, *who).select_from(joined).where(seen).group_by(*suppression.c)
    return [dict(row) for row in db.execute(query.order_by(suppression.c.at.desc(), suppression.c.email)).mappings()]


def _decide(db: Connection, who: Identity, identifier: str) -> None:
    if not db.execute(select(message.c.id).where(message.c.id == identifier, _in_charge(who))).first():
        raise NotFound("Ce courriel n’existe pas, ou il n’est pas à vous.")
