"""One case in the JSON interface: the shapes of the contract, its versions, its corrections, its keys."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from cases.tables.case import case_file
from notifications.tables import message
from tests.api.doors import NOW, SHOP, WORKER, Door, town
from tests.cases.conftest import database

__all__ = ["database", "town"]

HOLD = {"step": "hold", "payload": {"reason": "health", "until": "2027-02-20"}}


def test_a_case_has_the_shape_of_the_contract(town: dict[str, Door]) -> None:
    reference = town["adviser"].referred(siret=None, naf="47.11B", postcode="59100", insee="59512")

    answer = town["adviser"].get(f"/cases/{reference}")

    found = answer.json()
    assert answer.headers["etag"] == f'"{found["version"]}"' == '"4"'
    need, track = found["needs"][0], found["tracks"][0]
    assert list(found) == [
        "reference", "version", "state", "label", "state_since", "urgent", "hold", "territory", "quartier", "business", "person", "referent",
        "consents", "needs", "tracks", "next_deadline",
    ]  # fmt: skip
    assert (found["state"], found["label"], found["urgent"], found["hold"]) == (
        "orientation",
        "Orientation",
        False,
        None,
    )
    assert found["state_since"] == "2027-02-02T09:00:00.000000Z"
    assert found["territory"] == {
        "slug": "roubaix",
        "name": "Roubaix",
        "phase": "acceleration",
        "timezone": "Europe/Paris",
    }
    assert found["quartier"] == {"situation": "inside", "code": None, "name": None}
    assert found["business"]["siret"] is None
    assert found["business"]["naf"] == "47.11B"
    assert found["business"]["address"] == {"line": None, "postcode": "59100", "city": None, "insee": "59512"}
    assert found["person"] == {"name": None, "phone": "+33639980001", "email": None, "language": "fr"}
    assert found["referent"] == {"id": town["adviser"].ids["adviser"], "name": "Adviser"}
    consent = {"given": True, "at": "2027-02-02T09:00:00.000000Z", "channel": "visit", "notice_version": "2026-01"}
    assert found["consents"] == [{"purpose": purpose, **consent} for purpose in ("contact", "share")]
    assert need == {"id": need["id"], "subject": "funding", "axis": "local_trade", "levers": [], "outcome": None}
    assert track == {
        "track": "referral-1", "kind": "referral", "state": "sent", "state_since": "2027-02-02T09:00:00.000000Z", "title": "Adie Roubaix",
        "needs": [need["id"]], "exclusive": False, "progress": None,
    }  # fmt: skip
    assert found["next_deadline"] == {
        "track": "referral-1", "rule": "referral.sent.answer", "due_on": "2027-02-09", "overdue": False,
    }  # fmt: skip


def test_a_step_a_line_and_a_deadline_have_the_shape_of_the_contract(town: dict[str, Door]) -> None:
    reference = town["adviser"].referred()

    answer = town["adie"].post(
        f"/cases/{reference}/steps",
        {"track": "referral-1", "step": "accept", "version": 4, "on_behalf_of": None, "reason": None, "payload": {"agent": town["adie"].ids["adie"]}},
        Idempotency_Key="7d0f",
    )  # fmt: skip

    assert answer.headers["etag"] == '"5"'
    assert answer.json()["case"] == {"reference": reference, "version": 5}
    assert list(answer.json()) == ["case", "lines"]
    line = answer.json()["lines"][0]
    assert line == {"sequence": 5, "track": "referral-1", "event": "accept", "from": "sent", "to": "accepted"}
    written = next(
        x for x in town["adviser"].get(f"/cases/{reference}/journal").json()["items"] if x["event"] == "accept"
    )
    assert list(written) == [
        "sequence", "at", "track", "event", "from", "to", "actor", "reason", "text", "facts", "cause", "cascade", "definition", "previous", "hash",
    ]  # fmt: skip
    assert written["actor"] == {
        "role": "operator",
        "id": town["adie"].ids["adie"],
        "name": "Adie",
        "on_behalf_of": None,
        "via": "api",
    }
    assert (written["facts"], written["definition"]) == ({"agent": town["adie"].ids["adie"]}, "1")
    due = {d["rule"]: d for d in town["adviser"].get(f"/cases/{reference}/deadlines").json()["items"]}
    met, running = due["referral.sent.answer"], due["referral.accepted.first_contact"]
    assert list(running) == [
        "id", "track", "rule", "label", "occurrence", "status", "armed_at", "due_at", "due_on", "timezone", "owner", "length", "missed", "paused",
        "met_by", "next_mark", "item",
    ]  # fmt: skip
    assert running["length"] == {"value": 5, "unit": "working_days", "source": "default"}
    assert running["next_mark"] == {"at": "2027-02-05T07:30:00.000000Z", "do": "remind", "to": ["operator"]}
    assert running["owner"]["role"] == "operator"
    assert (met["status"], met["met_by"], met["missed"]) == ("met", line["sequence"], False)


def test_the_steps_say_why_not_as_the_contract_does(town: dict[str, Door]) -> None:
    reference = town["adviser"].logs(needs=[])

    listed = town["adviser"].get(f"/cases/{reference}/steps").json()
    refused = town["adviser"].post(f"/cases/{reference}/steps", {"step": "qualify"})

    step = next(s for s in listed["items"] if s["step"] == "qualify")
    why = {"code": "no_need_with_axis", "message": "Notez au moins un besoin, avec son axe.", "track": "case"}
    assert listed["version"] == 1
    assert list(step) == ["track", "step", "label", "to", "allowed", "reasons", "input"]
    assert step["reasons"] == [why]
    problem = refused.json()
    assert problem["type"].startswith("http")
    assert problem["type"].endswith("/aide/erreurs#step_refused")
    assert {k: problem[k] for k in ("title", "status", "code", "detail", "instance", "reasons", "current")} == {
        "title": "Étape refusée", "status": 422, "code": "step_refused", "detail": why["message"], "instance": f"/api/v1/cases/{reference}/steps",
        "reasons": [why], "current": None,
    }  # fmt: skip
    assert refused.headers["x-request-id"] == problem["request_id"]


def test_a_stale_if_match_is_412_and_a_stale_version_409_with_the_fresh_case(town: dict[str, Door]) -> None:
    reference, adviser = town["adviser"].qualified(), town["adviser"]
    path, fresh = f"/cases/{reference}/steps", adviser.get(f"/cases/{reference}").json()

    by_header = adviser.post(path, HOLD, If_Match='"1"')
    by_body = adviser.post(path, {**HOLD, "version": 1})
    by_both = adviser.post(path, {**HOLD, "version": 1}, If_Match='"2"')

    assert [a.status_code for a in (by_header, by_body, by_both)] == [412, 409, 409]
    assert by_header.json()["current"] == by_body.json()["current"] == fresh
    assert adviser.post(path, HOLD, If_Match='"2"').status_code == 200


def test_facts_are_corrected_by_who_read_the_case_and_the_journal_says_so(town: dict[str, Door]) -> None:
    reference, adviser = town["adviser"].logs(), town["adviser"]
    body = {
        "business": {"name": "Épicerie Traoré", "address": {"line": "59 boulevard", "insee": "59512"}},
        "person": {"phone": None},
        "quartier": {"code": "QN05901M"},
    }

    blind = adviser.patch(f"/cases/{reference}", body)
    answer = adviser.patch(f"/cases/{reference}", body, If_Match='"1"')
    late = adviser.patch(f"/cases/{reference}", body, If_Match='"1"')

    assert (blind.status_code, blind.json()["code"]) == (428, "version_needed")
    found = answer.json()
    assert (answer.status_code, answer.headers["etag"], found["version"]) == (200, '"2"', 2)
    assert (found["business"]["name"], found["business"]["address"]["line"]) == ("Épicerie Traoré", "59 boulevard")
    assert found["person"]["phone"] is None
    assert found["quartier"] == {"situation": "inside", "code": "QN05901M", "name": "Le Pile"}
    assert (late.status_code, late.json()["current"]) == (412, found)
    assert [item["reference"] for item in adviser.get("/cases?q=traoré").json()["items"]] == [reference]
    line = adviser.get(f"/cases/{reference}/journal").json()["items"][-1]
    assert (line["event"], line["from"], line["to"]) == ("correct", "detection", "detection")
    assert "Épicerie Traoré" in line["text"]
    assert "Traoré" not in str(line["facts"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"state": "closed"}, "/state"),
        ({"business": {"color": "red"}}, "/business/color"),
        ({"business": {"siret": "12345678901234"}}, "/business/siret"),
        ({"person": {"phone": "06"}}, "/person/phone"),
        ({"person": {"email": 3}}, "/person/email"),
        ({"quartier": {"code": "QN99999X"}}, "/quartier/code"),
        ({"quartier": {"situation": "nowhere"}}, "/quartier/situation"),
    ],
)
def test_what_cannot_be_corrected_is_pointed_at(town: dict[str, Door], body: dict[str, Any], pointer: str) -> None:
    reference = town["adviser"].logs()

    answer = town["adviser"].patch(f"/cases/{reference}", body, If_Match='"1"')

    assert answer.status_code == 422
    assert answer.json()["fields"][0]["pointer"] == pointer
    assert town["adviser"].get(f"/cases/{reference}").json()["version"] == 1


@pytest.mark.asvs("8.2.3")
def test_an_operator_does_not_correct_the_facts(town: dict[str, Door]) -> None:
    reference = town["adviser"].referred()

    assert town["adie"].patch(f"/cases/{reference}", {"person": {"name": "X"}}, If_Match='"4"').status_code == 403


def test_a_case_that_is_logged_twice_with_one_key_is_logged_once(town: dict[str, Door]) -> None:
    adviser = town["adviser"]
    answers: list[Any] = []

    def log() -> None:
        answers.append(adviser.post("/cases", SHOP, Idempotency_Key="from-the-street"))

    threads = [threading.Thread(target=log) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other = adviser.post("/cases", {**SHOP, "name": "Autre"}, Idempotency_Key="from-the-street")

    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["case"]["reference"] for a in answers}) == 1
    assert sum(a.headers.get("idempotency-replayed") == "true" for a in answers) == 7
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(adviser.get("/cases").json()["items"]) == 1
    assert (
        town["manager"].post("/cases", SHOP, Idempotency_Key="from-the-street").headers.get("idempotency-replayed")
        is None
    )


@pytest.mark.parametrize("key", ["", "k" * 256, "a b", "é".encode("latin-1").decode("latin-1")])
def test_a_key_is_1_to_255_visible_letters(town: dict[str, Door], key: str) -> None:
    headers = {b"authorization": f"Bearer {town['adviser'].token}".encode(), b"idempotency-key": key.encode("latin-1")}

    answer = town["adviser"].client.post("/api/v1/cases", json=SHOP, headers=headers)

    assert answer.status_code == 422


def test_one_key_serves_once_at_each_address(town: dict[str, Door]) -> None:
    reference, adviser = town["adviser"].logs(), town["adviser"]
    note = {"payload": {"text": "vu sur place"}}

    first = adviser.post(f"/cases/{reference}/notes", note, Idempotency_Key="k")
    again = adviser.post(f"/cases/{reference}/notes", note, Idempotency_Key="k")
    step = adviser.post(f"/cases/{reference}/steps", HOLD, Idempotency_Key="k")

    assert (first.status_code, again.status_code, again.headers["idempotency-replayed"]) == (201, 201, "true")
    assert again.json() == first.json()
    assert step.status_code == 200
    assert "idempotency-replayed" not in step.headers


def test_the_same_step_on_many_cases_has_a_verdict_each(town: dict[str, Door]) -> None:
    adviser = town["adviser"]
    good, refused = adviser.logs(), adviser.logs(needs=[])
    theirs = town["stranger"].logs(territory="arras")

    answer = adviser.post("/cases/steps", {"cases": [good, refused, theirs, "QP-NO"], "step": "qualify"})

    verdicts = answer.json()["items"]
    assert [v["status"] for v in verdicts] == [200, 422, 404, 404]
    assert verdicts[0]["lines"][0]["to"] == "orientation"
    assert verdicts[1]["problem"]["code"] == "step_refused"
    assert adviser.post("/cases/steps", {"cases": [good] * 201, "step": "qualify"}).status_code == 422


def test_the_journal_comes_in_pages_that_belong_to_it(town: dict[str, Door]) -> None:
    reference, adviser = town["adviser"].logs(), town["adviser"]
    for number in range(4):
        adviser.post(f"/cases/{reference}/notes", {"payload": {"text": f"note {number}"}})

    first = adviser.get(f"/cases/{reference}/journal?limit=3").json()
    second = adviser.get(f"/cases/{reference}/journal?limit=3&after={first['next']}").json()

    assert [line["sequence"] for line in first["items"] + second["items"]] == [1, 2, 3, 4, 5]
    assert second["next"] is None
    assert adviser.get(f"/cases/{reference}/deadlines?after={first['next']}").status_code == 422


@pytest.mark.asvs("8.2.3", "15.3.1")
def test_an_operator_reads_its_own_and_nothing_more_once_it_declined(town: dict[str, Door]) -> None:
    reference = town["adviser"].referred()
    town["adviser"].post(f"/cases/{reference}/notes", {"payload": {"text": "des dettes"}})
    working = town["adie"].get(f"/cases/{reference}").json()
    decline = {"track": "referral-1", "step": "decline", "payload": {"reason": "capacity_full"}}
    assert town["adie"].post(f"/cases/{reference}/steps", decline).status_code == 200

    over = town["adie"].get(f"/cases/{reference}").json()

    assert "consents" not in working
    assert working["person"]["phone"] == "+33639980001"
    assert "dettes" not in town["adie"].get(f"/cases/{reference}/journal").text
    assert "person" not in over
    assert [track["state"] for track in over["tracks"]] == ["declined"]


def test_aids_that_an_accompaniment_brought_are_counted(town: dict[str, Door]) -> None:
    reference, adie = town["adviser"].referred(), town["adie"]
    adie.takes(reference, "first_contact", "referral-1", agent=adie.ids["adie"], channel="phone")
    need = town["adviser"].needs(reference)[0]
    loan = {"aid": "Microcrédit", "amount": {"amount": "1500.00", "currency": "EUR"}, "scope": "common_law"}

    adie.takes(reference, "complete", "referral-1", outcomes={need: "met"}, aids=[loan])
    noted = town["adviser"].post(
        f"/cases/{reference}/aids", {"payload": {"aid": "Prêt d’honneur", "amount": loan["amount"]}}
    )

    assert noted.status_code == 201, noted.json()
    assert town["manager"].get("/backlog").json()["aids"] == {"amount": "3000.00", "currency": "EUR"}


def test_the_messages_about_a_case_are_read_by_those_who_follow_it_and_by_whom_they_were_for(
    town: dict[str, Door],
) -> None:
    reference, adviser = town["adviser"].referred(), town["adviser"]

    def one(db: Connection, key: str, to: str) -> None:
        own = db.execute(select(case_file.c.id).where(case_file.c.reference == reference)).scalar_one()
        row = {
            "key": key,
            "mail_class": "direct",
            "person_id": adviser.ids[to],
            "case_id": own,
            "to_name": to,
            "send_at": NOW,
            "created_at": NOW,
        }
        db.execute(insert(message).values(id=key, outbox_key=key, **row))

    adviser.database.write(lambda db: (one(db, "referral_sent", "adie"), one(db, "step_taken", "adviser")), WORKER)

    all_of_them = adviser.get(f"/cases/{reference}/messages").json()
    own = town["adie"].get(f"/cases/{reference}/messages").json()

    assert [found["key"] for found in all_of_them["items"]] == ["referral_sent", "step_taken"]
    assert [found["key"] for found in own["items"]] == ["referral_sent"]
    assert own["items"][0]["to"] == {"id": adviser.ids["adie"], "name": "adie", "email": None}
