"""The JSON interface, as another tool meets it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from cases.database import Scope
from cases.tables.memory import refused_attempt
from tests.api.doors import SHOP, Door, town
from tests.cases.conftest import database

__all__ = ["database", "town"]


@pytest.fixture
def adviser(town: dict[str, Door]) -> Door:
    """An adviser of Roubaix."""
    return town["adviser"]


def _logged(door: Door, **changes: Any) -> str:
    return door.logs(**changes)


def _but_where(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name not in ("instance", "request_id")}


@pytest.mark.asvs("8.2.1")
def test_nobody_comes_in_without_a_token(adviser: Door) -> None:
    answer = adviser.client.get("/api/v1/cases")

    assert answer.status_code == 401
    assert answer.json()["code"] == "not_signed_in"


def test_a_case_without_consent_nor_legal_basis_is_refused_and_nothing_is_kept(adviser: Door) -> None:
    answer = adviser.post("/cases", {"name": "Snack", "territory": "roubaix"})

    assert answer.status_code == 422
    assert answer.json()["reasons"][0]["code"] == "no_legal_basis"
    assert adviser.get("/cases").json()["items"] == []


def test_a_business_outside_any_territory_is_logged_all_the_same(adviser: Door) -> None:
    answer = adviser.post("/cases", {**SHOP, "territory": None, "situation": "outside"})

    assert answer.status_code == 201


def test_a_quartier_that_nobody_knows_is_refused_with_what_to_write_and_nothing_is_kept(adviser: Door) -> None:
    answer = adviser.post("/cases", {**SHOP, "quartier": "QN99999Z"})

    assert answer.status_code == 422
    [wrong] = answer.json()["fields"]
    assert wrong["pointer"] == "/quartier"
    assert wrong["message"].startswith("Ce quartier n’est pas connu : donnez un code comme QN05901M")
    assert adviser.get("/cases").json()["items"] == []


def test_the_same_phone_is_said_to_look_like_another_case(adviser: Door) -> None:
    first = _logged(adviser)

    answer = adviser.post("/cases", SHOP)

    assert answer.json()["possible_duplicates"] == [first]


def test_a_case_is_shown_with_its_version_as_its_etag(adviser: Door) -> None:
    reference = _logged(adviser)

    answer = adviser.get(f"/cases/{reference.lower()}")

    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    assert answer.json()["state"] == "detection"
    assert answer.json()["label"] == "Détection"


@pytest.mark.asvs("8.2.2")
def test_what_is_not_yours_and_what_does_not_exist_have_the_same_answer(town: dict[str, Door]) -> None:
    reference, stranger = _logged(town["adviser"]), town["stranger"]

    not_yours, unknown = stranger.get(f"/cases/{reference}"), stranger.get("/cases/QP-0000-0000")

    assert not_yours.status_code == unknown.status_code == 404
    assert _but_where(not_yours) == _but_where(unknown)


def test_every_step_is_offered_or_says_why_not(adviser: Door) -> None:
    reference = _logged(adviser)

    steps = {(s["track"], s["step"]): s for s in adviser.get(f"/cases/{reference}/steps").json()["items"]}

    assert steps["case", "qualify"]["allowed"]
    assert steps["case", "enter_follow_up"]["reasons"][0]["code"] == "not_from_this_state"
    assert steps["referral", "draft"]["reasons"][0]["code"] == "case_not_qualified"
    assert "duplicate" in steps["case", "close"]["input"]["properties"]["reason"]["enum"]


def test_a_retried_request_has_one_effect(adviser: Door) -> None:
    reference = _logged(adviser)
    path, body = f"/cases/{reference}/steps", {"step": "qualify"}

    first = adviser.post(path, body, **{"Idempotency-Key": "k1"})
    again = adviser.post(path, body, **{"Idempotency-Key": "k1"})
    other = adviser.post(path, {"step": "qualify", "payload": {"text": "autre"}}, **{"Idempotency-Key": "k1"})

    assert first.status_code == again.status_code == 200
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
    assert other.json()["code"] == "idempotency_key_reused"
    assert len(adviser.get(f"/cases/{reference}/journal").json()["items"]) == 2


def test_a_stale_version_gets_the_fresh_one(adviser: Door) -> None:
    reference = _logged(adviser)

    answer = adviser.post(f"/cases/{reference}/steps", {"step": "qualify", "version": 0})

    assert answer.status_code == 409
    assert answer.json()["current"]["version"] == 1


@pytest.mark.asvs("2.3.1", "16.5.3")
def test_a_refusal_changes_nothing_and_is_noted_apart(adviser: Door) -> None:
    reference = _logged(adviser, needs=[])
    before = adviser.get(f"/cases/{reference}").json()

    answer = adviser.post(f"/cases/{reference}/steps", {"step": "qualify"})

    assert answer.json()["detail"] == "Notez au moins un besoin, avec son axe."
    assert adviser.get(f"/cases/{reference}").json() == before
    noted = adviser.database.read(
        lambda db: db.execute(select(refused_attempt.c.codes)).scalars().all(), Scope.worker()
    )
    assert noted == [["no_need_with_axis"]]


@pytest.mark.parametrize("name", ["a\x00b", "x" * 10_001])
@pytest.mark.asvs("1.3.3")
def test_text_that_cannot_be_kept_is_refused_with_its_place(adviser: Door, name: str) -> None:
    answer = adviser.post("/cases", {**SHOP, "name": name})

    assert answer.status_code == 422
    assert answer.json()["fields"][0]["pointer"] == "/name"


@pytest.mark.asvs("15.3.3")
def test_an_unknown_field_and_broken_json_are_said(adviser: Door) -> None:
    unknown = adviser.post("/cases", {**SHOP, "color": "red"})
    broken = adviser.client.post(
        "/api/v1/cases",
        content="{",
        headers={"Authorization": f"Bearer {adviser.token}", "content-type": "application/json"},
    )

    assert unknown.json()["fields"][0]["pointer"] == "/color"
    assert (broken.status_code, broken.json()["code"]) == (400, "not_json")


def test_pages_follow_each_other_without_gap(adviser: Door) -> None:
    wanted = [_logged(adviser, name=f"Commerce {n}", phone=None) for n in range(5)]
    found, after = [], ""

    while after is not None:
        page = adviser.get(f"/cases?limit=2{'&after=' + after if after else ''}").json()
        found += [item["reference"] for item in page["items"]]
        after = page["next"]

    assert sorted(found) == sorted(wanted)
    assert len(found) == len(wanted)
