"""Bad input: whatever is sent, the answer is a clear problem of the 4xx, and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from api.rest.records import RECORDS
from cases.tables.memory import journal
from engine.definition import MACHINES
from engine.inputs import LONGEST_LIST, LONGEST_NAME, LONGEST_TEXT
from engine.lists import AXIS, LEVER, OUTCOME
from engine.model import InputKind, Kind, Step
from engine.records import CASE_RECORDS
from engine.territory_records import TERRITORY_RECORDS
from tests.api.doors import SHOP, WORKER, Door, town
from tests.cases.conftest import database

__all__ = ["database", "town"]

DEEP: Any = {}
for _ in range(50):
    DEEP = {"deeper": [DEEP]}
NO_TEXT = (-1, 1.5, True, [], {}, DEEP, "\x00", "\ud800")
NO_NAME = (*NO_TEXT, "x" * (LONGEST_NAME + 1))
NO_LIST = (3, True, {}, [[]], [None], [3], ["\x00"], ["x"] * (LONGEST_LIST + 1))
EUROS = {"currency": "EUR"}
WRONG: dict[InputKind, tuple[Any, ...]] = {
    InputKind.TEXT: (*NO_TEXT, "x" * (LONGEST_TEXT + 1)),
    InputKind.DAY: (
        *NO_NAME,
        "tomorrow",
        "2027-02-30",
        "9999-12-31",
        "0001-01-01",
        "2027-W05-2",
        "2027-02-03T10:00:00Z",
    ),
    InputKind.FLAG: (1, 0, "yes", "true", [], {}, DEEP),
    InputKind.NUMBER: (-1, 1.5, True, "3", 10**30, [], {}, DEEP),
    InputKind.MONEY: (
        3,
        "3",
        [],
        {},
        {"a": 1},
        {"amount": "1e9", **EUROS},
        {"amount": 3, **EUROS},
        {"amount": "1.00", "currency": "USD"},
        DEEP,
    ),
    InputKind.NEEDS: ("x", *NO_LIST),
    InputKind.INDICATORS: ("x", *NO_LIST),
    InputKind.OBJECTIVES: ("x", *NO_LIST),
    InputKind.TRACKS: ("\x00", *NO_LIST),
    InputKind.AXES: ("x", ["nowhere"], *NO_LIST),
    InputKind.LEVERS: ("x", ["nowhere"], *NO_LIST),
    InputKind.OUTCOMES: (3, "x", [], {"n": "nope"}, {"\x00": "met"}, {"n": 3}, DEEP),
    InputKind.SCORE: (3, "x", [], {"energy": "4"}, {"energy": -1}, {"energy": True}, DEEP),
    InputKind.ACTIONS: (*NO_LIST, [{"day": "tomorrow"}], [{"color": "red"}], [{"name": 3}]),
    InputKind.AIDS: (*NO_LIST, [{"aid": 3}], [{}], [{"amount": "3"}], [{"scope": "mine"}]),
}
"""What is of no use for each kind; the others are names."""
CREATED = (Kind.REFERRAL, Kind.MENTORING_PAIR, Kind.TRANSITION_PLAN)
TRACKS = {
    Kind.CASE: "case",
    Kind.REFERRAL: "referral-1",
    Kind.MENTORING_PAIR: "mentoring_pair-1",
    Kind.TRANSITION_PLAN: "transition_plan-1",
}


def every_step() -> Iterator[tuple[str, str, Step]]:
    """Where each step and each record is asked for."""
    for kind, track in TRACKS.items():
        created = {step.event for step in MACHINES[kind].journey.creations}
        for event, step in MACHINES[kind].events.items():
            yield "steps", str(kind) if event in created and kind in CREATED else track, step
    for collection, event in RECORDS.items():
        yield collection, "transition_plan-1" if event in ("score", "action") else "case", CASE_RECORDS[event]


EVERY_STEP = list(every_step())


def lines_of(door: Door) -> int:
    return int(
        door.database.read(lambda db: db.execute(select(func.count()).select_from(journal)).scalar_one(), WORKER)
    )


@pytest.fixture
def busy(town: dict[str, Door]) -> tuple[Door, str]:
    """A case with a track of each kind, and its adviser."""
    adviser = town["adviser"]
    reference = adviser.referred()
    adviser.takes(reference, "propose", "mentoring_pair", mentor=adviser.ids["mentor"])
    adviser.takes(reference, "open", "transition_plan", lever="digital")
    return adviser, reference


def send(door: Door, path: str, body: Any, method: str = "POST") -> Any:
    """As another tool might: with half letters, with numbers that are none."""
    return door.ask(method, path, content=json.dumps(body).encode(), Content_Type="application/json")


def asked(collection: str, where: str, event: str, payload: Any) -> dict[str, Any]:
    creates = collection == "steps" and where in CREATED
    return {
        "payload": payload,
        ("kind" if creates else "track"): where,
        **({"step": event} if collection == "steps" else {}),
    }


@pytest.mark.asvs("2.2.1", "2.2.2")
def test_whatever_is_entered_in_a_step_or_a_record_is_pointed_at_and_nothing_is_written(busy: tuple[Door, str]) -> None:
    adviser, reference = busy
    before = lines_of(adviser)
    steps = EVERY_STEP if adviser.database.dialect == "sqlite" else EVERY_STEP[::7]  # none of it reaches the database
    for collection, where, step in steps:
        for name, value in _wrong_values(step):
            answer = send(
                adviser, f"/cases/{reference}/{collection}", asked(collection, where, step.event, {name: value})
            )
            problem = answer.json()
            assert (answer.status_code, problem["code"]) == (422, "invalid"), (
                step.event,
                name,
                str(value)[:80],
                problem,
            )
            assert problem["fields"][0]["pointer"].startswith(f"/payload/{name}"), (step.event, problem["fields"])
            assert problem["fields"][0]["message"].endswith(".")
    assert lines_of(adviser) == before


def _wrong_values(step: Step) -> Iterator[tuple[str, Any]]:
    yield "unheard_of", 1
    for wanted in step.inputs:
        for value in WRONG.get(wanted.kind, NO_NAME):
            yield wanted.name, value


def test_a_territory_is_told_too(town: dict[str, Door]) -> None:
    manager = town["manager"]
    events = {**MACHINES[Kind.TERRITORY].events, **{e: s for e, s in TERRITORY_RECORDS.items() if s.inputs}}
    for event, step in events.items():
        for name, value in _wrong_values(step):
            answer = send(manager, "/territories/roubaix/steps", {"step": event, "payload": {name: value}})
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), (event, name, value)
    assert manager.get("/territories/roubaix").json()["version"] == 0


NAMES = st.sampled_from(
    ["x", "referral-1", "referral-99999999999999999999", "QP-0000-0000", "case.orientation.acceptance", "é" * 100]
)
DAYS = st.dates(date(1970, 1, 1), date(2100, 1, 1)).map(str)
SHAPED: dict[InputKind, st.SearchStrategy[Any]] = {
    InputKind.TEXT: st.text(max_size=20),
    InputKind.DAY: DAYS,
    InputKind.FLAG: st.booleans(),
    InputKind.NUMBER: st.integers(0, 1_000_000_000),
    InputKind.MONEY: st.just({"amount": "999999999.99", "currency": "EUR"}),
    InputKind.NEEDS: st.lists(NAMES, max_size=3),
    InputKind.TRACKS: NAMES | st.lists(NAMES, max_size=3),
    InputKind.AXES: st.lists(st.sampled_from(list(AXIS)), max_size=3),
    InputKind.LEVERS: st.lists(st.sampled_from(list(LEVER)), max_size=3),
    InputKind.OUTCOMES: st.dictionaries(NAMES, st.sampled_from(list(OUTCOME)), max_size=3),
    InputKind.SCORE: st.dictionaries(NAMES, st.integers(0, 9), max_size=5),
    InputKind.ACTIONS: st.lists(st.fixed_dictionaries({}, optional={"name": NAMES, "day": DAYS}), max_size=3),
    InputKind.AIDS: st.lists(st.fixed_dictionaries({}, optional={"aid": NAMES}), max_size=3),
}
"""What has the right shape and may still make no sense at all."""


def _shaped(step: Step) -> st.SearchStrategy[dict[str, Any]]:
    known = {
        wanted.name: st.sampled_from([*(wanted.choices or ("x",)), "nowhere"])
        if wanted.kind is InputKind.CHOICE
        else SHAPED.get(wanted.kind, NAMES)
        for wanted in step.inputs
    }
    return st.fixed_dictionaries({}, optional=known)


@given(st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_answer_is_a_failure_of_ours(busy: tuple[Door, str], data: st.DataObject) -> None:
    door, reference = busy
    collection, where, step = data.draw(st.sampled_from(EVERY_STEP))
    body = asked(collection, where, step.event, data.draw(_shaped(step)))
    if data.draw(st.booleans()):
        body["on_behalf_of"] = {"channel": "phone", "person": "Mme Roy"}

    answer = send(door, f"/cases/{reference}/{collection}", body)

    assert answer.status_code < 500, (step.event, body, answer.text)
    assert "application/" in answer.headers["content-type"]


# fmt: off
BODIES: tuple[Any, ...] = (
    None, 3, "x", [], [1], True, {"color": "red"}, {"payload": 3}, {"step": 3}, {"track": []}, {"cases": 3}, {"name": {}},
    {"version": "1"},
    {"version": 10**30}, {"on_behalf_of": 3}, {"day": "x"}, {"day": "9999-12-31"}, {"consents": ["all"]},
    {"needs": [3]},
    {"needs": [{}]}, {"needs": [{"subject": "x", "amount": 3}]}, {"siret": "1"}, {"phone": "x"}, {"filled_in_on": "0001-01-01"}, {"from": "x", "to": 3}, DEEP,
)
# fmt: on


@pytest.mark.parametrize(
    "path",
    [
        "/cases",
        "/cases/{}/steps",
        "/cases/steps",
        "/cases/{}/notes",
        "/cases/{}/contacts",
        "/branches/x/closures",
        "/territories/roubaix/steps",
    ],
)
@pytest.mark.asvs("2.2.1", "15.3.5")
def test_a_body_of_the_wrong_shape_is_pointed_at(busy: tuple[Door, str], path: str) -> None:
    door, reference = busy
    before = lines_of(door)
    for body in BODIES:
        answer = send(door, path.format(reference), body)
        assert answer.status_code == 422, (path, body, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert lines_of(door) == before


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe", b"[" * 100_000, b'{"name": 1' + b"0" * 10_000 + b"}", b"nothing"]
)
def test_what_is_not_json_is_said(town: dict[str, Door], content: bytes) -> None:
    answer = town["adviser"].ask("POST", "/cases", content=content, Content_Type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, "not_json")


def test_what_is_too_large_is_said(town: dict[str, Door]) -> None:
    answer = town["adviser"].post("/cases", {**SHOP, "activity": "x" * 1_100_000})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("path", [
    "/cases?limit=0", "/cases?limit=201", "/cases?after=x", "/cases?after=" + "A" * 199, "/cases?sort=id", "/cases?state=nowhere", "/cases?axis=x",
    "/cases?updated_since=yesterday", "/cases?updated_since=0001-01-01T00:00:00%2B14:00", "/cases?color=red", "/cases?q=%00", "/cases?urgent=perhaps",
    "/cases?after=WyJ4Il0", "/territories?after=%00", "/quartiers?limit=x", "/operators?after=bnVsbA", "/imports/%00", "/territories/%00", "/operators/%00",
])  # fmt: skip
def test_what_is_asked_wrongly_is_pointed_at(town: dict[str, Door], path: str) -> None:
    answer = town["adviser"].get(path)

    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_address_or_a_method_that_is_not_there_is_a_problem_too(town: dict[str, Door]) -> None:
    door = town["adviser"]

    for answer, status in (
        (door.get("/nowhere"), 404),
        (door.ask("DELETE", "/cases"), 405),
        (door.get("/cases/QP-%00"), 404),
    ):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["instance"].startswith("/api/v1/")
    assert door.as_("qp_unknown").get("/cases").status_code == 401


@pytest.mark.parametrize(("header", "status"), [('"x"', 412), ("17", 412), ('W/"2"', 200), ("*", 200)])
def test_an_if_match_that_says_nothing_known_is_stale(town: dict[str, Door], header: str, status: int) -> None:
    reference = town["adviser"].qualified()
    hold = {"step": "hold", "payload": {"reason": "health", "until": "2027-02-20"}}

    assert town["adviser"].post(f"/cases/{reference}/steps", hold, If_Match=header).status_code == status


@pytest.mark.asvs("1.4.2")
@pytest.mark.parametrize("number", [10**30, -1, 2**63, 1.5, "1e400", True])
def test_a_number_out_of_its_bounds_is_pointed_at(town: dict[str, Door], number: object) -> None:
    adviser = town["adviser"]
    reference = adviser.logs()

    answers = (
        adviser.get(f"/cases?limit={number}"),
        adviser.post(f"/cases/{reference}/steps", {"step": "qualify", "version": number}),
        adviser.post(f"/cases/{reference}/sessions", {"payload": {"day": "2027-02-01", "minutes": number}}),
        adviser.post(
            f"/cases/{reference}/aids", {"payload": {"aid": "Prêt", "amount": {"amount": number, "currency": "EUR"}}}
        ),
    )

    assert {answer.status_code for answer in answers} <= {409, 422}
    assert adviser.get(f"/cases/{reference}").json()["state"] == "detection"
