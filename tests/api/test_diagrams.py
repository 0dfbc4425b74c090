"""The rules and the drawings over the JSON interface: who has them already is not sent them again, and a case is drawn for who sees it."""

from __future__ import annotations

from xml.etree import ElementTree

from engine.definition import VERSION, as_data, fingerprint
from engine.model import Kind
from tests.api.doors import Door, town
from tests.cases.conftest import database

__all__ = ["database", "town"]


def words(svg: bytes) -> str:
    """What a drawing says."""
    return "".join(ElementTree.fromstring(svg).itertext())


def test_the_rules_are_given_as_data_with_their_fingerprint(town: dict[str, Door]) -> None:
    every, one = (town["adviser"].get(path) for path in ("/workflow", "/workflow/referral"))

    assert every.json() == as_data()
    assert list(one.json()["states"]) == list(as_data()["referral"]["states"])
    assert every.headers["Definition"] == one.headers["Definition"] == f"{VERSION} {fingerprint()}"


def test_who_has_it_already_is_told_so(town: dict[str, Door]) -> None:
    door = town["adviser"]
    for path in ("/workflow", "/workflow/case", "/workflow/case/diagram.svg", f"/cases/{door.logs()}/diagram.svg"):
        first = door.get(path)
        known = door.ask("GET", path, If_None_Match=f'"other", W/{first.headers["ETag"]}')
        changed = door.ask("GET", path, If_None_Match='"other"')

        assert (known.status_code, known.content, known.headers["ETag"]) == (304, b"", first.headers["ETag"])
        assert (changed.status_code, changed.content) == (200, first.content)


def test_each_machine_is_drawn(town: dict[str, Door]) -> None:
    for kind in Kind:
        drawn = town["adviser"].get(f"/workflow/{kind}/diagram.svg")
        assert drawn.headers["content-type"].startswith("image/svg+xml")
        assert ElementTree.fromstring(drawn.content).get("role") == "img"


def test_a_case_is_drawn_where_it_is_for_who_may_see_it(town: dict[str, Door]) -> None:
    path = f"/cases/{town['adviser'].logs()}/diagram.svg"

    drawn, hidden = town["adviser"].get(path), town["stranger"].get(path)

    assert drawn.headers["content-type"].startswith("image/svg+xml")
    (present,) = (g for g in ElementTree.fromstring(drawn.content).iter() if g.get("aria-current") == "step")
    assert "Détection" in "".join(present.itertext())
    assert hidden.status_code == 404
    assert town["adviser"].client.get(f"/api/v1{path}").status_code == 401


def test_an_operator_sees_its_own_track_alone_beside_the_case(town: dict[str, Door]) -> None:
    adviser = town["adviser"]
    reference = adviser.referred("adie")
    more = {"branch": adviser.ids["branch bge"], "needs": adviser.needs(reference), "reason": "les deux"}
    adviser.takes(reference, "draft", "referral", **more)
    adviser.takes(reference, "send", "referral-2")

    whole, own = (words(town[name].get(f"/cases/{reference}/diagram.svg").content) for name in ("adviser", "adie"))

    assert ("Adie Roubaix" in whole, "Bge Roubaix" in whole) == (True, True)
    assert ("Adie Roubaix" in own, "Bge Roubaix" in own) == (True, False)
