"""The facts that ship: every activity of the nomenclature, the communes of the fourteen territories, each with its source."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from cases.naf import begins_a_naf_code, naf_label
from cases.reference_data import FOLDER, known_territory


def shipped(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return found


def test_every_activity_of_the_nomenclature_has_its_words() -> None:
    codes = shipped("naf.json")["codes"]
    assert len(codes) == 732
    assert all(re.fullmatch(r"\d\d\.\d\d[A-Z]", code) and label for code, label in codes.items())
    assert naf_label("47.11B") == "Commerce d’alimentation générale"
    assert naf_label("4711b") == naf_label("47.11B")


@pytest.mark.parametrize(
    ("code", "known"), [("47", True), ("56.1", True), ("96.02A", True), ("99.99X", False), ("", False)]
)
def test_the_beginning_of_a_code_names_activities_or_none(code: str, known: bool) -> None:
    assert begins_a_naf_code(code) is known
    assert naf_label("99.99X") is None


def test_the_fourteen_territories_have_all_their_communes() -> None:
    places = shipped("territories.json")
    communes = {row["insee"]: row for row in places["communes"]}
    assert len(places["territories"]) == 14
    assert len(communes) == len(places["communes"]) == 449
    for one in places["territories"]:
        known = known_territory(one["slug"])
        assert known is not None
        assert known.communes
        assert set(known.communes) <= set(communes)
        if one["code"]:
            assert {communes[insee]["epci"] for insee in known.communes} == {one["code"]}


def test_a_commune_is_told_whole() -> None:
    for row in shipped("territories.json")["communes"]:
        assert re.fullmatch(r"\d[0-9AB]\d{3}", row["insee"])
        assert row["insee"].startswith(row["departement"])
        assert re.fullmatch(r"\d{5}", row["postcode"])
        assert re.fullmatch(r"\d{9}", row["epci"])
        assert re.fullmatch(r"\d\d", row["region"])
        assert row["name"]


@pytest.mark.parametrize("name", ["naf.json", "territories.json"])
def test_what_ships_names_its_source(name: str) -> None:
    assert shipped(name)["source"]
    assert "Etalab" in shipped("territories.json")["communes_source"]
