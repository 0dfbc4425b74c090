"""Every machine, state, event and role: the decision agrees with the plain table of the design; guards may only refuse further."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from engine.model import CASE_TRACK, NEW, TERRITORY_TRACK, Kind, RefusedBy, Role
from tests.engine.people_and_cases import ROLES, a_case, a_territory, a_track, ask

TABLE: dict[str, Any] = json.loads((Path(__file__).parent / "workflow.json").read_text(encoding="utf-8"))
COMBINATIONS = [
    (kind, state, transition["event"])
    for kind in Kind
    for state, transition in product([NEW, *TABLE[kind]["states"]], TABLE[kind]["transitions"])
]


def refused_by_table(kind: Kind, state: str, event: str, role: Role) -> RefusedBy | None:
    """What refuses according to the table alone."""
    transition = next((t for t in TABLE[kind]["transitions"] if t["event"] == event), None)
    if transition is None:
        return RefusedBy.EVENT
    if state not in transition["from"]:
        return RefusedBy.STATE
    if not {str(role), *TABLE["roles_include"].get(str(role), [])} & set(transition["roles"]):
        return RefusedBy.ROLE
    return None


def answer(kind: Kind, state: str, event: str, role: Role) -> RefusedBy | None:
    """What refuses according to the rules, for somebody who is party to the track."""
    if kind is Kind.TERRITORY:
        decision = ask(a_territory(state=state), TERRITORY_TRACK, event, role)
    elif kind is Kind.CASE:
        decision = ask(a_case(state=state), CASE_TRACK, event, role)
    else:
        track = a_track(kind, state)
        decision = ask(a_case(state="orientation").with_track(track), track.name, event, role)
    return None if decision.allowed else decision.reasons[0].by


@pytest.mark.parametrize(("kind", "state", "event"), COMBINATIONS)
@pytest.mark.asvs("2.3.1")
def test_the_rules_refuse_what_the_table_refuses(kind: Kind, state: str, event: str) -> None:
    for role in ROLES:
        expected, found = refused_by_table(kind, state, event, role), answer(kind, state, event, role)
        if expected is None:
            assert found in (None, RefusedBy.GUARD), role
        else:
            assert found is expected, role


@pytest.mark.parametrize("kind", list(Kind))
def test_an_unknown_step_is_refused_as_such_in_every_state(kind: Kind) -> None:
    for state, role in product(TABLE[kind]["states"], ROLES):
        assert answer(kind, state, "fly", role) is RefusedBy.EVENT


def test_every_state_event_and_role_of_the_five_machines_is_asked() -> None:
    assert len(COMBINATIONS) == sum((1 + len(TABLE[k]["states"])) * len(TABLE[k]["transitions"]) for k in Kind)
    assert len(COMBINATIONS) * len(ROLES) > 4_000
