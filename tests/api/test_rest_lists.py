"""Lists in the JSON interface: what narrows them, their order, pages that belong to them; the directory; imports; closures; the backlog."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases.views.collection import Sort
from tests.api.doors import NOW, Door, town
from tests.cases.conftest import database

__all__ = ["database", "town"]

SHEET = "Enseigne;Téléphone;Besoin\nSnack du Pile;06 39 98 00 11;trésorerie\nCoiffure Awa;téléphone;vitrine\n".encode()


def _names(door: Door, query: str) -> list[str]:
    answer = door.get(f"/cases{query}")
    assert answer.status_code == 200, answer.json()
    return [item["business"]["name"] for item in answer.json()["items"]]


@pytest.fixture
def street(town: dict[str, Door]) -> dict[str, Door]:
    """Three shops of Roubaix, logged in this order, a minute apart: A was qualified, B is urgent, C was referred to Adie."""
    adviser = town["adviser"]
    adviser.qualified(name="A épicerie", phone=None)
    adviser.clock.set(NOW + timedelta(minutes=1))
    energy = {"subject": "energy", "axis": "productive_activities", "levers": ["ecological"]}
    urgent = adviser.logs(name="B boulangerie", phone=None, needs=[energy], quartier="QN05901M")
    adviser.takes(urgent, "set_urgent", reason="le froid est en panne")
    adviser.clock.set(NOW + timedelta(minutes=2))
    adviser.referred(name="C coiffure", phone=None)
    town["stranger"].logs(name="Z ailleurs", territory="arras", phone=None)
    return town


NARROWED = (
    ("", ["A épicerie", "B boulangerie", "C coiffure"]),
    ("?state=detection", ["B boulangerie"]),
    ("?state=detection&state=orientation", ["A épicerie", "B boulangerie", "C coiffure"]),
    ("?territory=arras", []),
    ("?territory=roubaix&urgent=true", ["B boulangerie"]),
    ("?urgent=false", ["A épicerie", "C coiffure"]),
    ("?quartier=QN05901M", ["B boulangerie"]),
    ("?axis=local_trade", ["A épicerie", "C coiffure"]),
    ("?lever=ecological", ["B boulangerie"]),
    ("?lever=digital", []),
    ("?operator=adie", ["C coiffure"]),
    ("?operator=bge", []),
    ("?referent=nobody", []),
    ("?overdue=true", []),
    ("?q=coiff", ["C coiffure"]),
    ("?q=EPICERIE%20u", []),
    ("?updated_since=2027-02-02T09:00:30Z", ["B boulangerie", "C coiffure"]),
    ("?in_state_since=2027-02-02T09:00:30%2B00:00", ["A épicerie"]),
    ("?sort=-name", ["C coiffure", "B boulangerie", "A épicerie"]),
    ("?sort=-logged", ["C coiffure", "B boulangerie", "A épicerie"]),
    ("?sort=next_due&state=orientation", ["A épicerie", "C coiffure"]),
)
"""What is asked, and what is found."""


def test_a_list_is_narrowed_and_ordered_as_asked(street: dict[str, Door]) -> None:
    assert {query: _names(street["adviser"], query) for query, _ in NARROWED} == dict(NARROWED)


def test_what_is_overdue_is_listed_once_its_day_has_passed(street: dict[str, Door]) -> None:
    adviser = street["adviser"]
    adviser.clock.set(NOW + timedelta(days=3))

    assert "A épicerie" in _names(adviser, "?overdue=true")
    item = adviser.get("/cases?overdue=true&limit=1").json()["items"][0]
    assert item["next_deadline"]["overdue"]
    assert list(item) == [
        "reference", "version", "state", "label", "state_since", "urgent", "hold", "territory", "business", "referent", "next_deadline",
    ]  # fmt: skip


def test_pages_of_every_order_follow_each_other_without_gap(street: dict[str, Door]) -> None:
    for sort in (sign + order for order in Sort for sign in ("", "-")):
        found = _walk(street["adviser"], sort)

        assert found == _names(street["adviser"], f"?sort={sort}")
        assert len(found) == 3


def _walk(door: Door, sort: str) -> list[str]:
    """The names on every page, one case a page."""
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = door.get(f"/cases?limit=1&sort={sort}{'&after=' + after if after else ''}").json()
        found += [item["business"]["name"] for item in page["items"]]
        after = page["next"]
    return found


def test_a_page_of_another_list_is_refused(street: dict[str, Door]) -> None:
    after = street["adviser"].get("/cases?limit=1").json()["next"]

    for other in ("limit=1&state=detection", "limit=1&sort=-logged", "limit=1&q=a"):
        answer = street["adviser"].get(f"/cases?{other}&after={after}")
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["pointer"] == "/after"


def test_everybody_reads_the_directory(town: dict[str, Door]) -> None:
    mentor = town["mentor"]

    listed, one = mentor.get("/operators").json(), mentor.get("/operators/adie").json()

    assert [item["slug"] for item in listed["items"]] == ["adie", "bge"]
    assert one["branches"][0]["covers"] == [{"level": "commune", "code": "59512"}]
    assert one["branches"][0]["offers"][0]["needs"] == ["funding"]
    assert [aid["to_check"] for aid in mentor.get("/aids").json()["items"]] == [False, False]
    assert mentor.get("/operators/nobody").status_code == 404
    assert mentor.get("/quartiers?territory=roubaix").json()["items"][0]["code"] == "QN05901M"
    assert mentor.get("/quartiers?territory=arras").json() == {"items": [], "next": None}
    territory = mentor.get("/territories/roubaix").json()
    assert (territory["phase"], territory["quartiers"], territory["convention"]) == ("acceleration", 1, None)
    page = mentor.get("/territories?limit=1").json()
    assert [t["slug"] for t in page["items"]] == ["arras"]
    assert mentor.get(f"/territories?limit=1&after={page['next']}").json()["items"][0]["slug"] == "roubaix"


def test_a_territory_moves_on_by_its_manager_and_counts_its_cases_for_the_admin(town: dict[str, Door]) -> None:
    reference = town["adviser"].logs()
    convention = {"step": "convention", "payload": {"signed_on": "2027-01-04", "reference": "C-1"}}

    noted = town["manager"].post("/territories/roubaix/steps", convention)
    theirs = town["stranger"].post("/territories/roubaix/steps", convention)
    left = town["admin"].post("/territories/roubaix/steps", {"step": "exit", "payload": {"reason": "fin"}})

    assert noted.json()["territory"] == {"slug": "roubaix", "phase": "acceleration", "version": 1}
    assert town["mentor"].get("/territories/roubaix").json()["convention"] == {
        "reference": "C-1",
        "signed_on": "2027-01-04",
    }
    assert theirs.status_code == 403
    assert left.status_code == 422
    assert left.json()["reasons"][0]["track"] == "territory"
    assert town["admin"].get(f"/cases/{reference}").status_code == 404


def test_a_manager_chooses_a_length_and_what_starts_says_whose_it_is(town: dict[str, Door]) -> None:
    chosen = {"step": "deadline_length", "payload": {"family": "case.first_contact", "value": 6, "reason": "congés"}}
    too_long = {**chosen, "payload": {**chosen["payload"], "value": 10}}

    refused = town["manager"].post("/territories/roubaix/steps", too_long)
    theirs = town["adviser"].post("/territories/roubaix/steps", chosen)
    assert town["manager"].post("/territories/roubaix/steps", chosen).status_code == 200
    reference = town["adviser"].logs()

    assert (refused.status_code, theirs.status_code) == (422, 403)
    assert [reason["code"] for reason in refused.json()["reasons"]] == ["length_out_of_limits"]
    due = {one["rule"]: one["length"] for one in town["adviser"].get(f"/cases/{reference}/deadlines").json()["items"]}
    assert due["case.detection.first_contact"] == {"value": 6, "unit": "working_days", "source": "territory"}
    assert due["case.detection.qualification"] == {"value": 10, "unit": "working_days", "source": "default"}


def test_the_backlog_counts_by_state_age_and_owner(street: dict[str, Door]) -> None:
    street["manager"].clock.set(NOW + timedelta(days=9))

    found = street["manager"].get("/backlog?territory=roubaix").json()

    states = {row["state"]: [age["cases"] for age in row["ages"]] for row in found["states"]}
    assert found["open"] == 3
    assert sum(states["orientation"]) == 2
    assert [age["from"] for age in found["states"][0]["ages"]] == [0, 6, 11, 21]
    assert {one["role"] for one in found["broken"]} >= {"adviser", "operator"}
    assert street["admin"].get("/backlog?territory=roubaix").json()["open"] == 3
    assert street["stranger"].get("/backlog?territory=roubaix").status_code == 404
    assert street["mentor"].get("/backlog").status_code == 404


@pytest.mark.parametrize("as_a_form", [False, True])
def test_a_sheet_is_imported_and_its_report_read_again(town: dict[str, Door], as_a_form: bool) -> None:
    adviser = town["adviser"]
    path = "/imports?territory=roubaix&name=tournee.csv"

    if as_a_form:
        headers = {"Authorization": f"Bearer {adviser.token}"}
        answer = adviser.client.post(
            f"/api/v1{path}", files={"file": ("tournee.csv", SHEET, "text/csv")}, headers=headers
        )
    else:
        answer = adviser.ask("POST", path, content=SHEET, Content_Type="text/csv")

    report = answer.json()
    assert answer.status_code == 201, report
    assert (report["file"], report["rows"], report["recorded"]) == ("tournee.csv", 2, 1)
    assert report["refused"][0]["code"] == "phone_unreadable"
    assert answer.headers["location"] == f"/api/v1/imports/{report['id']}"
    assert adviser.get(f"/imports/{report['id']}").json() == report
    assert town["stranger"].get(f"/imports/{report['id']}").status_code == 404
    assert len(adviser.get("/cases").json()["items"]) == 1


@pytest.mark.parametrize(("content", "code"), [(b"", "file_empty"), (b"Enseigne;Besoin", "header_only")])
def test_a_file_that_is_no_sheet_is_refused(town: dict[str, Door], content: bytes, code: str) -> None:
    answer = town["adviser"].ask("POST", "/imports?territory=roubaix", content=content)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("who", ["stranger", "adie", "mentor"])
def test_a_sheet_goes_into_ones_own_territory_only(town: dict[str, Door], who: str) -> None:
    assert town[who].ask("POST", "/imports?territory=roubaix", content=SHEET).status_code == 404


def test_a_branch_that_closes_stops_its_own_clocks(town: dict[str, Door]) -> None:
    references = [town["adviser"].referred(name=f"Commerce {n}", phone=None) for n in range(2)]
    days: dict[str, Any] = {"from": "2027-02-02", "to": "2027-02-05"}
    path = f"/branches/{town['boss'].ids['branch adie']}/closures"

    others = town["bge"].post(path, days)
    closed = town["boss"].post(path, days)

    assert others.status_code == 404
    assert {item["case"]["reference"] for item in closed.json()["items"]} == set(references)
    for reference in references:
        due = town["adviser"].get(f"/cases/{reference}/deadlines").json()["items"]
        answer = next(d for d in due if d["rule"] == "referral.sent.answer")
        assert (answer["status"], answer["paused"]["by"]) == ("paused", ["closure"])
    assert town["boss"].post(path, {"from": "2027-03-05", "to": "2027-03-01"}).json()["fields"][0]["pointer"] == "/to"


def test_the_figures_are_those_of_the_territory_that_one_leads(street: dict[str, Door]) -> None:
    found = street["adviser"].get("/indicators?territory=roubaix").json()

    assert found["open"] == 3
    assert [one["delay"] for one in found["delays"]] == ["first_contact", "answer", "call"]
    assert {one["axis"]: one["cases"] for one in found["axes"]} == {
        "entrepreneurship": 0, "local_trade": 2, "productive_activities": 1,
    }  # fmt: skip
    assert found["branches"][0] | {"capacity": 0} == {
        "name": found["branches"][0]["name"], "capacity": 0, "working": 0, "waiting": 1, "accepted": 0, "declined": 0, "expired": 0,
    }  # fmt: skip
    flow = street["adviser"].get("/indicators/flow").json()
    assert len(flow["weeks"]) == 12
    assert flow["weeks"][-1] == {"from": "2027-02-01", "entered": 3, "left": 0}
    assert street["adviser"].get("/indicators?territory=arras").status_code == 404


def test_a_word_typed_wrong_finds_what_comes_close(street: dict[str, Door]) -> None:
    assert _names(street["adviser"], "?q=boulangrie") == ["B boulangerie"]
    assert _names(street["stranger"], "?q=boulangerie") == []
