"""What goes out to somebody, or about the cases of their territory: to come, sent, and what could not leave."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from cases.access import TERRITORY_ROLES, Identity, visible_to
from cases.tables.case import business, case_file
from cases.tables.people import absence
from cases.views.waiting import AHEAD
from engine.model import Role
from notifications.tables import message
from notifications.upcoming import Coming, coming

AT_MOST: Final = 100
"""What is looked at for one page."""


class Shown(StrEnum):
    """What somebody looks at."""

    COMING = "a-venir"
    SENT = "parties"
    FAILED = "echec"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks to see. `mine`: what comes to them, else all that is sent about the cases in their sight."""

    shown: Shown = Shown.COMING
    mine: bool = True
    case: str | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What answers: messages to come, or messages that were sent or could not be."""

    wanted: Wanted
    coming: tuple[Coming, ...] = ()
    messages: tuple[Any, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """The businesses, by the reference of their case."""


def runs_a_territory(who: Identity) -> bool:
    """Whether somebody follows the cases of a territory: others see what comes to them alone."""
    return any(grant.role in TERRITORY_ROLES for grant in who.grants)


def outgoing(db: Connection, who: Identity, wanted: Wanted, *, now: datetime) -> Outgoing:
    """What goes out, the next first; of what was sent, the latest first."""
    mine = wanted.mine or not runs_a_territory(who)
    asked = Wanted(wanted.shown, mine, wanted.case)
    if wanted.shown is Shown.COMING:
        found = coming(db, now, now + AHEAD, of=_of(who, asked), at_most=AT_MOST)
        kept = tuple(one for one in found if not mine or one.person == who.person)[:AT_MOST]
        return Outgoing(asked, coming=kept, names=_names(db, {one.case for one in kept if one.case}))
    told = tuple(_messages(db, who, asked))
    return Outgoing(asked, messages=told, names=_names(db, {row.reference for row in told if row.reference}))


def _names(db: Connection, references: Collection[str]) -> dict[str, str]:
    joined = case_file.join(business, business.c.id == case_file.c.business_id)
    named = select(case_file.c.reference, business.c.name).select_from(joined)
    return {row.reference: row.name for row in db.execute(named.where(case_file.c.reference.in_(references)))}


def _of(who: Identity, wanted: Wanted) -> ColumnElement[bool]:
    """The cases of which something may come to them."""
    named = case_file.c.reference == wanted.case if wanted.case else case_file.c.id.is_not(None)
    only_adviser = {grant.role for grant in who.grants} == {Role.ADVISER}
    if not (wanted.mine and only_adviser):
        return and_(visible_to(who), named)
    away = select(absence.c.person_id).where(absence.c.substitute_id == who.person)
    followed = or_(case_file.c.referent_id == who.person, case_file.c.referent_id.in_(away))
    return and_(visible_to(who), named, or_(followed, case_file.c.referent_id.is_(None)))


def _messages(db: Connection, who: Identity, wanted: Wanted) -> Sequence[Any]:
    statuses = ("sent",) if wanted.shown is Shown.SENT else ("dead", "given_up")
    joined = message.outerjoin(case_file, case_file.c.id == message.c.case_id)
    whose = message.c.person_id == who.person if wanted.mine else visible_to(who)
    named = (case_file.c.reference == wanted.case,) if wanted.case else ()
    query = select(message, case_file.c.reference).select_from(joined).where(message.c.status.in_(statuses), whose)
    return db.execute(query.where(*named).order_by(message.c.id.desc()).limit(AT_MOST)).all()
