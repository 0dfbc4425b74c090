"""Routing in the JSON interface: the proposal in the shape of the contract, and the gaps in the offer, for those who follow the case."""

from __future__ import annotations

import pytest

from tests.api.doors import Door, town
from tests.cases.conftest import database

__all__ = ["database", "town"]


def test_a_proposal_has_the_shape_of_the_contract(town: dict[str, Door]) -> None:
    reference = town["adviser"].qualified(insee="59512")

    proposal = town["adviser"].get(f"/cases/{reference}/routing").json()

    assert set(proposal) == {"id", "computed_at", "current", "rules_version", "need", "gap", "choice", "candidates"}
    assert proposal["need"] == town["adviser"].needs(reference)[0]
    first = proposal["candidates"][0]
    assert {"rank", "kept", "score", "branch", "offer", "outside_axis", "filters", "criteria"} <= set(first)
    assert set(first["branch"]) == {"id", "name", "operator"}
    assert {"code", "passed", "message"} <= set(first["filters"][0])
    assert set(first["criteria"][0]) == {"code", "points", "max", "message"}
    assert first["score"] == sum(criterion["points"] for criterion in first["criteria"])


def test_a_need_is_asked_for_by_its_id(town: dict[str, Door]) -> None:
    reference = town["adviser"].qualified()
    need = town["adviser"].needs(reference)[0]

    assert town["adviser"].get(f"/cases/{reference}/routing?need={need}").json()["need"] == need
    assert town["adviser"].get(f"/cases/{reference}/routing?need=other").status_code == 404


@pytest.mark.parametrize("who", ["adie", "stranger"])
def test_only_those_who_follow_the_case_see_who_else_could_be_asked(town: dict[str, Door], who: str) -> None:
    reference = town["adviser"].referred()

    assert town["adviser"].get(f"/cases/{reference}/routing").status_code == 200
    assert town[who].get(f"/cases/{reference}/routing").status_code == 404


def test_a_gap_in_the_offer_names_its_cases(town: dict[str, Door]) -> None:
    needs = [{"subject": "workshop", "axis": "productive_activities"}]
    reference = town["adviser"].qualified(needs=needs)

    (gap,) = town["manager"].get("/offer-gaps").json()["items"]

    assert (gap["subject"], gap["territory"], gap["cases"]) == ("workshop", "roubaix", [reference])
    assert town["stranger"].get("/offer-gaps").json()["items"] == []
