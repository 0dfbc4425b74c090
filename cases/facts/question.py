"""All that a decision reads of a case beside its own row, as one question to the database."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BindParameter, bindparam, literal_column, or_, select

from cases.facts.documents import documents, question
from cases.tables.case import consent, contact, need
from cases.tables.memory import deadline
from cases.tables.operators import branch, branch_closure, operator
from cases.tables.people import person, role_grant
from cases.tables.territories import deadline_length, territory
from cases.tables.tracks import mentoring_pair, plan_action, referral, referral_need, transition_plan

NAMED: Final = ("referent", "agent", "mentor")
"""What a step gives that names a person."""

_CASE: BindParameter[str] = bindparam("case")
_PEOPLE: list[BindParameter[str]] = [bindparam(name) for name in NAMED]
_LIVE = deadline.c.status.in_([literal_column("'open'"), literal_column("'paused'")])
"""Written out: a bound value that may be that of a partial index has SQLite plan the whole question anew each time."""
_BRANCHES = select(referral.c.branch_id).where(referral.c.case_id == _CASE)
_WORKING = role_grant.join(person, person.c.id == role_grant.c.person_id)
_ASKED = referral.join(branch, branch.c.id == referral.c.branch_id).join(
    operator, operator.c.id == branch.c.operator_id
)

_OF_THE_TERRITORY = (
    documents("territory", territory.c.state, territory.c.holidays, territory.c.timezone).where(
        territory.c.id == bindparam("territory")
    ),
    documents("length", deadline_length.c.family, deadline_length.c.value).where(
        deadline_length.c.territory_id == bindparam("territory")
    ),
)
_OF_THE_PEOPLE = (
    documents("person", person.c.id, person.c.name, person.c.active).where(person.c.id.in_(_PEOPLE)),
    documents("adviser", role_grant.c.person_id, role_grant.c.territory_id).where(
        role_grant.c.person_id.in_(_PEOPLE),
        or_(role_grant.c.role == "adviser", role_grant.c.role == "manager"),
        role_grant.c.ended_at.is_(None),
    ),
)
_OF_THE_CASE = (
    documents("consent", *(consent.c[name] for name in ("id", "purpose", "given", "at", "withdrawn_at"))).where(
        consent.c.case_id == _CASE
    ),
    documents("attempt", contact.c.day, contact.c.channel, contact.c.sequence).where(
        contact.c.case_id == _CASE, contact.c.kind == "attempt"
    ),
    documents("need", *(need.c[name] for name in ("id", "axis", "levers", "outcome", "created_at"))).where(
        need.c.case_id == _CASE
    ),
)
_OF_REFERRALS = (
    documents(
        "referral",
        *(referral.c[name] for name in (
            "id", "number", "state", "opened_at", "branch_id", "agent_id", "targeted", "exclusive_group", "questions", "answered_at", "touched",
            "attempts", "withdrawn_for",
        )),
        branch.c.name.label("branch_name"),
        branch.c.email.label("branch_email"),
        operator.c.name.label("operator_name"),
    ).select_from(_ASKED).where(referral.c.case_id == _CASE),
    documents("referral_need", referral_need.c.referral_id, referral_need.c.need_id).where(
        referral_need.c.referral_id.in_(select(referral.c.id).where(referral.c.case_id == _CASE))
    ),
    documents("agent", role_grant.c.branch_id, role_grant.c.person_id).select_from(_WORKING).where(
        role_grant.c.branch_id.in_(_BRANCHES), role_grant.c.ended_at.is_(None), person.c.active
    ),
    documents("closure", branch_closure.c.branch_id, branch_closure.c.from_day, branch_closure.c.to_day).where(
        branch_closure.c.branch_id.in_(_BRANCHES), branch_closure.c.ended_at.is_(None), branch_closure.c.to_day >= bindparam("today"),
    ),
)  # fmt: skip
_OF_OTHER_TRACKS = (
    documents(
        "pair",
        *(mentoring_pair.c[name] for name in (
            "number", "state", "opened_at", "mentor_id", "began_on", "mentor_signed_at", "entrepreneur_signed_at", "reviewed", "paused_until",
        )),
        person.c.name.label("mentor_name"),
    ).select_from(mentoring_pair.join(person, person.c.id == mentoring_pair.c.mentor_id)).where(mentoring_pair.c.case_id == _CASE),
    documents("plan", *(transition_plan.c[name] for name in (
        "id", "number", "state", "opened_at", "lever", "owner_id", "branch_id", "score_before", "score_after",
    ))).where(transition_plan.c.case_id == _CASE),
    documents("action", *(plan_action.c[name] for name in ("id", "plan_id", "name", "day", "done_on"))).where(plan_action.c.case_id == _CASE),
)  # fmt: skip
_DEADLINES = documents("deadline", *(deadline.c[name] for name in (
    "id", "track", "rule", "armed_on", "due_on", "unit", "length", "item", "status", "left", "paused_by", "extended", "missed", "next_mark", "undo_of", "source",
))).where(
    deadline.c.subject_id == _CASE, or_(_LIVE, deadline.c.undo_of.is_not(None))
)  # fmt: skip

OF_DEADLINES: Final = question(_DEADLINES)
"""Deadlines of `case`, a case or a territory, that run, stand still, or were met by an answer that may still be undone."""
OF_TERRITORY: Final = question(*_OF_THE_TERRITORY)
"""Of `territory`, for the cases that are in it."""
OF_CASE: Final = question(
    *_OF_THE_TERRITORY, *_OF_THE_PEOPLE, *_OF_THE_CASE, *_OF_REFERRALS, *_OF_OTHER_TRACKS, _DEADLINES
)
"""Of `case` in `territory`, on the day `today`; with the people NAMED."""
