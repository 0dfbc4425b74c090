"""Who must act on a deadline: a person as soon as one is named, and nobody in the place of a team, a programme or the system."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from engine.definition import RULES, owner_role
from engine.facts import ArmedDeadline, CaseFacts
from engine.model import Kind, Role
from engine.ownership import owner_of
from tests.engine.people_and_cases import a_case, a_territory, a_track

DAY = date(2027, 2, 2)


def armed(track: str, rule: str) -> ArmedDeadline:
    return ArmedDeadline(track, rule, DAY, DAY, "wd")


def a_case_with(kind: Kind, **known: Any) -> CaseFacts:
    """A case that Inès follows, with one track of that kind."""
    track = replace(a_track(kind, "proposed"), **known)
    return a_case(referent="ines").with_track(track)


@pytest.mark.parametrize(
    ("facts", "track", "rule", "owner"),
    [
        (a_case(referent="ines"), "case", "case.detection.qualification", "ines"),
        (a_case(referent=None), "case", "case.detection.qualification", None),
        (a_case(referent="ines"), "case", "case.closed.satisfaction", None),
        (a_case_with(Kind.REFERRAL, agent="karim"), "referral-1", "referral.engaged.progress", "karim"),
        (a_case_with(Kind.REFERRAL, agent=None), "referral-1", "referral.sent.answer", None),
        (a_case_with(Kind.REFERRAL, agent="karim"), "referral-1", "referral.info_requested.answer_question", "ines"),
        (a_case_with(Kind.MENTORING_PAIR, mentor="odile"), "mentoring_pair-1", "mentoring_pair.active.logbook", "odile"),
        (a_case_with(Kind.MENTORING_PAIR, mentor="odile"), "mentoring_pair-1", "mentoring_pair.paused.resumption", "ines"),
        (a_case_with(Kind.TRANSITION_PLAN, owner="karim"), "transition_plan-1", "transition_plan.planned.booking", "karim"),
        (a_case_with(Kind.TRANSITION_PLAN, owner=None, branch="cci"), "transition_plan-1", "transition_plan.planned.booking", None),
        (a_case_with(Kind.TRANSITION_PLAN, owner=None, branch=None), "transition_plan-1", "transition_plan.planned.booking", "ines"),
    ],
)  # fmt: skip
def test_a_deadline_is_the_persons_who_must_act(facts: CaseFacts, track: str, rule: str, owner: str | None) -> None:
    assert owner_of(facts, armed(track, rule)) == owner


def test_a_territorys_deadline_is_its_managers_together() -> None:
    assert owner_of(a_territory(), armed("territory", "territory.incubation.diagnostic")) is None


def test_only_these_roles_ever_own_a_deadline_of_a_case() -> None:
    owners = {owner_role(name) for name in RULES if not name.startswith("territory.")}

    assert owners == {Role.ADVISER, Role.OPERATOR, Role.MENTOR, Role.OWNER, Role.SYSTEM}
