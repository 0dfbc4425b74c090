"""What the numbers of Pilotage count, each as a condition on cases: the number and the list behind it are one question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Select, and_, false, func, literal, select

from cases.tables.case import case_file, need
from cases.tables.memory import deadline, stay
from cases.tables.operators import branch
from cases.tables.people import person
from cases.tables.routing import routing_proposal
from cases.tables.tracks import referral
from engine.model import Role
from engine.state_names import ReferralState

PERIOD: Final = timedelta(days=90)
"""How far back delays are measured."""
Moment = datetime | BindParameter[datetime]
"""An instant, or the name under which a question that is made once is given it each time."""


class Figure(StrEnum):
    """What is counted."""

    LATE = "late"
    WORKING = "working"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    FIRST_CONTACT = "first_contact"
    ANSWER = "answer"
    CALL = "call"
    GAP = "gap"
    ENTERED = "entered"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Counted:
    """One number: what it counts, and of whom: a role and an owner, a branch and a reason, a need and a quartier, a week."""

    figure: Figure
    of: str = ""
    more: str = ""

    def written(self) -> str:
        """The same, as an address says it."""
        return ":".join(part for part in (self.figure, self.of, self.more) if part)


@dataclass(frozen=True, slots=True)
class Number:
    """A number, and what it counts: the list behind it has that many cases."""

    count: int
    counted: Counted


def counted_of(text: str) -> Counted | None:
    """What an address says; None when it says nothing known."""
    figure, _, rest = text.partition(":")
    of, _, more = rest.partition(":")
    return Counted(Figure(figure), of, more) if figure in set(Figure) else None


def condition_of(counted: Counted, now: datetime) -> ColumnElement[bool]:
    """The condition on `case_file` under which a case is one of those that the number counts."""
    return _CONDITIONS[counted.figure](counted, now)


def late_deadlines(now: Moment) -> Select[Any]:
    """The open deadlines that are past, each with its owner: the referent of an adviser's, the branch of another's."""
    advisers = deadline.c.owner_role == Role.ADVISER
    joined = (
        deadline.join(case_file, case_file.c.id == deadline.c.subject_id)
        .outerjoin(person, and_(person.c.id == case_file.c.referent_id, advisers))
        .outerjoin(
            referral, and_(referral.c.case_id == case_file.c.id, referral.c.track == deadline.c.track, ~advisers)
        )
        .outerjoin(branch, branch.c.id == referral.c.branch_id)
    )
    late = (deadline.c.status == "open", deadline.c.due_at < now, deadline.c.owner_role != Role.SYSTEM)
    return select(deadline.c.subject_id).select_from(joined).where(*late, case_file.c.state != "closed")


def owner_of_deadline() -> ColumnElement[str]:
    """Whose a late deadline is: a person's id, a branch's, or '' where nobody is named."""
    return func.coalesce(person.c.id, branch.c.id, literal(""))


def requests_that(figure: Figure) -> ColumnElement[bool]:
    """The condition on `referral` under which a request counts for a branch."""
    return _REQUESTS[figure]


_REQUESTS: Final[Mapping[Figure, ColumnElement[bool]]] = {
    Figure.WORKING: referral.c.state.in_((ReferralState.ACCEPTED, ReferralState.ENGAGED)),
    Figure.WAITING: referral.c.state.in_((ReferralState.SENT, ReferralState.INFO_REQUESTED)),
    Figure.ACCEPTED: and_(referral.c.answered_at.is_not(None), referral.c.state != ReferralState.DECLINED),
    Figure.DECLINED: referral.c.state == ReferralState.DECLINED,
    Figure.EXPIRED: referral.c.state == ReferralState.EXPIRED,
}


def delays_of(figure: Figure, since: Moment, *, territory: BindParameter[str] | None = None) -> Select[Any]:
    """The delays of that kind that ended since then: the case's `id`, when each began and when it ended.

    They are those of a territory's cases, by its id; without one, of every case.
    """
    measured, home = _delays(figure, since)
    if territory is None:
        return measured
    if home is not None:
        return measured.where(home == territory)
    of_there = select(case_file.c.id).where(case_file.c.territory_id == territory)
    return measured.where(measured.selected_columns.id.in_(of_there))


def _delays(figure: Figure, since: Moment) -> tuple[Select[Any], ColumnElement[str] | None]:
    """The delays, and the column that says whose territory they are of where the rows that they are read from have one."""
    if figure is Figure.FIRST_CONTACT:
        met = case_file.alias("met")
        ended = met.c.real_contact_at
        found = select(met.c.id, met.c.opened_at.label("began"), ended.label("ended")).where(ended >= since)
        return found, met.c.territory_id
    if figure is Figure.ANSWER:
        return _between("sent", referral.c.answered_at, since), None
    engaged = stay.alias("engaged")
    here = and_(
        engaged.c.subject_id == stay.c.subject_id, engaged.c.track == stay.c.track, engaged.c.state == "engaged"
    )
    columns = (stay.c.subject_id.label("id"), stay.c.entered_at.label("began"), engaged.c.entered_at.label("ended"))
    joined = stay.join(engaged, here)
    return select(*columns).select_from(joined).where(stay.c.state == "accepted", engaged.c.entered_at >= since), None


def _between(state: str, ended: ColumnElement[Any], since: Moment) -> Select[Any]:
    """From the first day of a referral in a state to something that its row says."""
    joined = referral.join(stay, and_(stay.c.subject_id == referral.c.case_id, stay.c.track == referral.c.track))
    began = func.min(stay.c.entered_at)
    query = select(referral.c.case_id.label("id"), began.label("began"), ended.label("ended")).select_from(joined)
    return query.where(stay.c.state == state, ended >= since).group_by(referral.c.id, referral.c.case_id, ended)


def _late(counted: Counted, now: datetime) -> ColumnElement[bool]:
    whose = (deadline.c.owner_role == counted.of, owner_of_deadline() == counted.more)
    return case_file.c.id.in_(late_deadlines(now).where(*whose))


def _asked_of_a_branch(counted: Counted, _: datetime) -> ColumnElement[bool]:
    of_branch = (referral.c.branch_id == counted.of, requests_that(counted.figure))
    why = (referral.c.closing_reason == counted.more,) if counted.more else ()
    return case_file.c.id.in_(select(referral.c.case_id).where(*of_branch, *why))


def _measured(counted: Counted, now: datetime) -> ColumnElement[bool]:
    measured = delays_of(counted.figure, now - PERIOD)
    return measured.where(measured.selected_columns.id == case_file.c.id).correlate(case_file).exists()


def _without_an_offer(counted: Counted, _: datetime) -> ColumnElement[bool]:
    joined = routing_proposal.join(need, need.c.id == routing_proposal.c.need_id)
    gap = (routing_proposal.c.gap, routing_proposal.c.current, need.c.subject == counted.of)
    here = func.coalesce(case_file.c.quartier_id, literal("")) == counted.more
    cases = select(routing_proposal.c.case_id).select_from(joined).where(*gap)
    return and_(case_file.c.id.in_(cases), here, case_file.c.state != "closed")


def _in_a_week(counted: Counted, _: datetime) -> ColumnElement[bool]:
    """`of` and `more` are when the week begins and ends, in seconds since 1970."""
    ends = (counted.of, counted.more)
    if not all(one.isascii() and one.isdigit() and len(one) <= 10 for one in ends):
        return false()
    first, last = (datetime.fromtimestamp(int(one), UTC) for one in ends)
    moment = case_file.c.opened_at if counted.figure is Figure.ENTERED else case_file.c.closed_at
    return and_(moment >= first, moment < last)


_CONDITIONS: Final[Mapping[Figure, Callable[[Counted, datetime], ColumnElement[bool]]]] = {
    Figure.LATE: _late,
    **dict.fromkeys(_REQUESTS, _asked_of_a_branch),
    **dict.fromkeys((Figure.FIRST_CONTACT, Figure.ANSWER, Figure.CALL), _measured),
    Figure.GAP: _without_an_offer,
    **dict.fromkeys((Figure.ENTERED, Figure.LEFT), _in_a_week),
}
