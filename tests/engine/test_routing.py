"""Routing held to situations told in words: who is proposed, in which order, and why the others are not."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.offers import Eligibility, Offered, Wanted, Weights, eligibility_from
from engine.routing import CRITERIA, propose

SITUATIONS: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("routing.yaml").read_text(encoding="utf-8"))
SNACK_BAR = Wanted(
    need="n1", subject="funding", label="Trouver un financement", today=date(2026, 11, 24), phase="acceleration", axis="local_trade",
    chosen_axes=("local_trade",), situation="inside", siret=True, naf="56.10C", headcount=2, age=40,
    place={"quartier": "QN05901M", "commune": "59512", "epci": "200093201", "departement": "59", "region": "32"},
)  # fmt: skip
RULES = {one.name for one in fields(Eligibility)}


def wanted_of(situation: dict[str, Any]) -> Wanted:
    return replace(SNACK_BAR, **_tuples(situation.get("wanted", {})))


def offers_of(situation: dict[str, Any]) -> list[Offered]:
    return [_offered(name, dict(said)) for name, said in situation["operators"].items()]


def _offered(name: str, said: dict[str, Any]) -> Offered:
    covers: Any = [
        tuple(one.split(" ")) if " " in one else (one, None) for one in said.pop("covers", ["commune 59512"])
    ]
    rules = {rule: said.pop(rule) for rule in list(said) if rule in RULES}
    known: dict[str, Any] = {
        "id": name,
        "name": name,
        "branch": name,
        "branch_name": name,
        "operator": name,
        **_tuples(said),
    }
    return Offered(coverage=tuple(covers), eligibility=eligibility_from(rules), **known)


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda s: s["situation"])
def test_the_proposal_is_the_one_that_is_told(situation: dict[str, Any]) -> None:
    weights = Weights(**situation["weights"]) if "weights" in situation else None

    proposal = propose(wanted_of(situation), offers_of(situation), weights)

    marked = {True: " outside the axes", False: ""}
    kept = [f"{c.offered.name} {c.score}{marked[c.outside_axis]}" for c in proposal.candidates if c.kept]
    aside = {
        c.offered.name: next(check.message for check in c.checks if not check.passed)
        for c in proposal.candidates
        if not c.kept
    }
    said = {one.message for c in proposal.candidates for one in (*c.checks, *c.parts)}
    assert kept == situation["proposed"]
    assert aside == situation.get("aside", aside)
    assert set(situation.get("says", [])) <= said
    assert proposal.gap == situation.get("gap", False)


def test_there_are_enough_situations_to_trust_a_change() -> None:
    assert len(SITUATIONS) >= 40


def test_the_parts_of_every_candidate_are_its_score_and_never_pass_their_weight() -> None:
    for situation in SITUATIONS:
        for candidate in propose(wanted_of(situation), offers_of(situation)).candidates:
            assert [part.code for part in candidate.parts] == list(CRITERIA)
            assert all(0 <= part.points <= part.max for part in candidate.parts)
            assert 0 <= candidate.score <= 100


@settings(deadline=None)  # a busy machine is slow, and no rule is wrong
@given(st.permutations(offers_of(SITUATIONS[-1])))
def test_the_order_in_which_offers_are_read_changes_nothing(offers: list[Offered]) -> None:
    assert propose(wanted_of(SITUATIONS[-1]), offers) == propose(wanted_of(SITUATIONS[-1]), offers_of(SITUATIONS[-1]))


def test_weights_that_are_not_a_hundred_are_refused() -> None:
    with pytest.raises(ValueError, match="100"):
        Weights(coverage=30)


def test_a_rule_of_eligibility_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="favourite_colour"):
        eligibility_from({"favourite_colour": "blue"})
