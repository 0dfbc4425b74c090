"""Another tool is told of each line that its owner may read: signed, at least once under one id, to a public address and no other."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from api.metrics import Figures
from api.settings import Settings
from cases.tables.memory import journal
from cases.tables.people import person
from cases.tables.webhooks import webhook, webhook_delivery, webhook_secret
from cases.webhooks import AT_MOST
from notifications.tables import message
from notifications.webhooks import KEPT, PATIENCE, RETRIES, STOPPED_AFTER, Teller, deliver_due, is_public
from tests.api.doors import WORKER, Door, town
from tests.cases.conftest import database
from tests.notifications.tool_server import NAME, Request, Tool

__all__ = ["database", "town"]


@pytest.fixture
def tool(tmp_path: Path) -> Iterator[Tool]:
    with Tool(tmp_path).running() as running:
        yield running


def told(door: Door, teller: Teller) -> int:
    return asyncio.run(deliver_due(door.database, door.clock, teller))


def rows(door: Door, query: Any) -> list[Any]:
    return door.database.read(lambda db: list(db.execute(query)), WORKER)


def made(door: Door, tool: Tool, **given: Any) -> dict[str, Any]:
    answer = door.post("/webhooks", {"url": tool.url(), **given})
    assert answer.status_code == 201, answer.json()
    return dict(answer.json())


def signature_of(request: Request, secret: str) -> str:
    """As the tool's own library computes it: Standard Webhooks, version 1."""
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def test_each_line_is_told_with_its_reference_and_a_signature_that_holds(town: dict[str, Door], tool: Tool) -> None:
    adviser = town["adviser"]
    own = made(adviser, tool)
    reference = adviser.logs()

    assert told(adviser, tool.teller()) == len(tool.told)

    lines = [json.loads(request.body) for request in tool.told]
    journal_lines = adviser.get(f"/cases/{reference}/journal").json()["items"]
    assert lines == [{"reference": reference, **line} for line in journal_lines]
    for request in tool.told:
        assert request.headers["webhook-signature"] == signature_of(request, own["secret"])
        assert request.headers["webhook-timestamp"] == str(int(adviser.clock.now().timestamp()))
        assert (request.path, request.host) == ("/lignes?de=qp", f"{NAME}:{tool.port}")
    assert len({request.headers["webhook-id"] for request in tool.told}) == len(tool.told)
    assert told(adviser, tool.teller()) == 0


def test_the_secret_is_shown_once(town: dict[str, Door], tool: Tool) -> None:
    adviser = town["adviser"]
    own = made(adviser, tool)

    assert own["secret"].startswith("whsec_")
    assert own["secret"] not in adviser.get("/webhooks").text + adviser.get(f"/webhooks/{own['id']}").text


@pytest.mark.asvs("15.3.1")
def test_a_tool_is_told_no_more_than_its_owner_reads(town: dict[str, Door], tool: Tool) -> None:
    made(town["stranger"], tool)
    made(town["adie"], tool)
    town["adviser"].referred("adie")

    told(town["adviser"], tool.teller())

    lines = [json.loads(request.body) for request in tool.told]
    assert {(line["track"], line["event"]) for line in lines} >= {("referral-1", "send")}
    assert {line["track"] for line in lines if line["from"] == line["to"]} <= {"referral-1"}
    waiting = {row.status for row in rows(town["adviser"], select(webhook_delivery.c.status))}
    assert waiting == {"delivered", "dropped"}


def test_only_the_events_that_were_asked_for_are_told(town: dict[str, Door], tool: Tool) -> None:
    made(town["adviser"], tool, events=["qualify"])
    town["adviser"].qualified()

    told(town["adviser"], tool.teller())

    assert [json.loads(request.body)["event"] for request in tool.told] == ["qualify"]


def test_a_step_of_the_territory_is_told_with_its_slug(town: dict[str, Door], tool: Tool) -> None:
    made(town["manager"], tool)
    answer = town["manager"].post(
        "/territories/roubaix/steps", {"step": "review", "payload": {"on_day": "2027-02-01", "text": "Tout avance."}}
    )
    assert answer.status_code == 200, answer.json()

    told(town["manager"], tool.teller())

    assert [json.loads(request.body)["territory"] for request in tool.told] == ["roubaix"]


@pytest.mark.asvs("15.3.2")
def test_a_tool_that_fails_is_told_again_later_under_the_same_id(town: dict[str, Door], tool: Tool) -> None:
    adviser = town["adviser"]
    made(adviser, tool, events=["log"])
    adviser.logs()
    tool.answers = [500, 302]

    assert told(adviser, tool.teller()) == 0
    assert told(adviser, tool.teller()) == 0, "not before its time"
    adviser.clock.set(adviser.clock.now() + RETRIES[0])
    assert told(adviser, tool.teller()) == 0, "a redirection is not followed"
    adviser.clock.set(adviser.clock.now() + RETRIES[1])
    assert told(adviser, tool.teller()) == 1

    assert len(tool.told) == 3
    assert len({request.headers["webhook-id"] for request in tool.told}) == 1
    assert "/elsewhere" not in {request.path for request in tool.told}


def test_a_worker_that_dies_between_the_telling_and_its_mark_tells_again(town: dict[str, Door], tool: Tool) -> None:
    adviser = town["adviser"]
    made(adviser, tool, events=["log"])
    adviser.logs()
    told(adviser, tool.teller())
    adviser.database.write(lambda db: db.execute(update(webhook_delivery).values(status="waiting")), WORKER)

    assert told(adviser, tool.teller()) == 0, "it may still be at work"
    adviser.clock.set(adviser.clock.now() + timedelta(seconds=61))
    assert told(adviser, tool.teller()) == 1

    assert tool.told[0].headers["webhook-id"] == tool.told[1].headers["webhook-id"]


def test_a_tool_that_never_answers_well_is_stopped_its_owner_hears_of_it_and_may_resume(
    town: dict[str, Door], tool: Tool
) -> None:
    adviser = town["adviser"]
    own = made(adviser, tool, events=["log"])
    adviser.logs()
    tool.always = 503
    for wait in (timedelta(0), *RETRIES):
        adviser.clock.set(adviser.clock.now() + wait)
        told(adviser, tool.teller())

    seen = adviser.get(f"/webhooks/{own['id']}").json()
    assert sum(RETRIES, timedelta()) > STOPPED_AFTER
    assert (seen["failed"], seen["disabled_because"], seen["last_error"]) == (1, "Réponse 503.", "Réponse 503.")
    [mail] = rows(adviser, select(message).where(message.c.key == "webhook_stopped"))
    assert mail.person_id == adviser.ids["adviser"]
    figures = Figures()
    adviser.database.read(lambda db: figures.read(db, adviser.clock), WORKER)
    assert b"qp_webhooks_stopped 1.0" in figures.text()
    adviser.logs(name="Le Fournil")
    assert len(rows(adviser, select(webhook_delivery))) == 1, "nothing more is to be told meanwhile"

    tool.always = 200
    assert adviser.post(f"/webhooks/{own['id']}/resume", None).json()["disabled_at"] is None
    adviser.logs(name="Au Bon Pain")

    assert told(adviser, tool.teller()) == 1


def test_a_tool_that_says_that_it_is_gone_is_told_nothing_more(town: dict[str, Door], tool: Tool) -> None:
    made(town["adviser"], tool, events=["log"])
    town["adviser"].logs()
    tool.always = 410

    told(town["adviser"], tool.teller())

    assert town["adviser"].get("/webhooks").json()["items"][0]["disabled_because"] == "Réponse 410."


@pytest.mark.asvs("16.5.2")
def test_one_tool_that_fails_keeps_no_other_waiting(town: dict[str, Door], tool: Tool) -> None:
    made(town["adviser"], tool, events=["log"])
    broken = town["manager"].post("/webhooks", {"url": "https://nowhere.invalid/", "events": ["log"]})
    assert broken.status_code == 201
    town["adviser"].logs()

    assert told(town["adviser"], tool.teller()) == 1

    assert town["manager"].get("/webhooks").json()["items"][0]["last_error"].startswith("Connexion impossible")


def test_a_tool_that_is_slow_is_not_waited_for(town: dict[str, Door], tool: Tool) -> None:
    made(town["adviser"], tool, events=["log"])
    town["adviser"].logs()
    tool.seconds = PATIENCE + 1

    assert told(town["adviser"], tool.teller()) == 0

    assert town["adviser"].get("/webhooks").json()["items"][0]["last_error"] == "Pas de réponse en 5 secondes."


@pytest.mark.asvs("12.3.2")
def test_a_tool_whose_certificate_is_not_trusted_is_told_nothing(town: dict[str, Door], tool: Tool) -> None:
    made(town["adviser"], tool, events=["log"])
    town["adviser"].logs()

    assert told(town["adviser"], tool.teller(trusted=False)) == 0

    assert tool.told == []


@pytest.mark.asvs("1.3.6")
def test_a_name_that_leads_to_a_private_address_is_not_connected_to(town: dict[str, Door], tool: Tool) -> None:
    made(town["adviser"], tool, events=["log"])
    town["adviser"].logs()

    assert told(town["adviser"], tool.teller(here=False)) == 0

    assert tool.told == []
    assert town["adviser"].get("/webhooks").json()["items"][0]["last_error"] == "Cette adresse n’est pas publique."


PRIVATE = (
    "127.0.0.1", "10.0.0.8", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::",
    "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1", "ff02::1",
)  # fmt: skip


def test_what_was_told_long_ago_is_forgotten(town: dict[str, Door], tool: Tool) -> None:
    adviser = town["adviser"]
    made(adviser, tool, events=["log"])
    adviser.logs()
    told(adviser, tool.teller())
    adviser.clock.set(adviser.clock.now() + KEPT + timedelta(days=1))
    adviser.logs(name="Le Fournil")

    told(adviser, tool.teller())

    assert len(rows(adviser, select(webhook_delivery))) == 1


@pytest.mark.parametrize("address", PRIVATE)
@pytest.mark.asvs("1.3.6")
def test_an_address_that_is_not_public_is_never_told(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["9.9.9.9", "2001:4860:4860::8888"])
def test_a_public_address_may_be_told(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://tool.example/", "https://", "https://user:pass@tool.example/", "https://tool.example/#x", "https://127.0.0.1/", "https://localhost/", "https://[::1]/",
        "https://10.1.2.3/x", "https://169.254.169.254/latest", "ftp://tool.example", "https://tool.example:99999/", "https://tool.internal/",
        "https://tool.example/ x", "https://tool.example/\x00", "https://outil.exämple/", "https://x.example/" + "a" * 600, "javascript:alert(1)",
    ],
)  # fmt: skip
@pytest.mark.asvs("1.2.2", "1.3.6")
def test_an_address_that_may_not_be_told_is_refused_with_a_sentence(town: dict[str, Door], url: str) -> None:
    answer = town["adviser"].post("/webhooks", {"url": url})

    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert not rows(town["adviser"], select(webhook))


def test_an_event_that_does_not_exist_is_refused(town: dict[str, Door]) -> None:
    answer = town["adviser"].post("/webhooks", {"url": "https://tool.example/", "events": ["qualify", "explode"]})

    assert answer.status_code == 422


def test_there_are_so_many_webhooks_of_one_person(town: dict[str, Door]) -> None:
    for _ in range(AT_MOST):
        assert town["adviser"].post("/webhooks", {"url": "https://tool.example/"}).status_code == 201

    assert town["adviser"].post("/webhooks", {"url": "https://tool.example/"}).status_code == 422


def test_another_persons_webhook_does_not_exist_and_an_admin_sees_and_removes_all(
    town: dict[str, Door], tool: Tool
) -> None:
    own = made(town["adviser"], tool)
    town["adviser"].logs()
    here = f"/webhooks/{own['id']}"

    assert town["manager"].get("/webhooks").json()["items"] == []
    for method, path in (("GET", here), ("DELETE", here), ("POST", f"{here}/resume")):
        assert town["manager"].ask(method, path).status_code == 404
    assert [one["id"] for one in town["admin"].get("/webhooks").json()["items"]] == [own["id"]]
    assert town["admin"].ask("DELETE", here).status_code == 204
    assert town["adviser"].get("/webhooks").json()["items"] == []
    assert not rows(town["adviser"], select(webhook_secret))


def test_who_works_here_no_more_has_no_tool_told(town: dict[str, Door], tool: Tool) -> None:
    made(town["adviser"], tool)
    town["adviser"].logs()
    gone = update(person).where(person.c.id == town["adviser"].ids["adviser"]).values(active=False)
    town["adviser"].database.write(lambda db: db.execute(gone), WORKER)

    assert told(town["manager"], tool.teller()) == 0

    assert tool.told == []


def test_a_refused_step_tells_nothing(town: dict[str, Door], tool: Tool) -> None:
    made(town["adviser"], tool)
    reference = town["adviser"].logs(needs=[])
    before = len(rows(town["adviser"], select(webhook_delivery)))

    answer = town["adviser"].post(f"/cases/{reference}/steps", {"step": "qualify", "track": "case"})

    assert answer.status_code == 422
    lines = rows(town["adviser"], select(journal))
    assert len(rows(town["adviser"], select(webhook_delivery))) == before == len(lines)


@pytest.mark.asvs("1.3.6", "13.2.4", "13.2.5")
def test_in_production_only_the_hosts_of_the_settings_are_told(town: dict[str, Door], tool: Tool) -> None:
    made(town["adviser"], tool)
    town["adviser"].logs()
    production = {"env": "production", "base_url": "https://quartiers.example"}

    assert Settings(**production).tool_hosts == frozenset()
    assert Settings(**production, webhook_hosts="Outil.example, autre.example").tool_hosts == {NAME, "autre.example"}
    elsewhere = replace(tool.teller(), hosts=Settings(**production, webhook_hosts="autre.example").tool_hosts)
    assert told(town["adviser"], elsewhere) == 0
    assert tool.told == []
    known = replace(tool.teller(), hosts=Settings(**production, webhook_hosts=NAME).tool_hosts)
    town["adviser"].clock.set(town["adviser"].clock.now() + timedelta(days=1))
    assert told(town["adviser"], known) > 0


@pytest.mark.asvs("13.2.4")
def test_a_webhook_to_a_host_that_is_not_in_the_settings_is_refused(town: dict[str, Door]) -> None:
    app = town["adviser"].client.app
    app.state.tool_hosts = frozenset({"autre.example"})  # type: ignore[attr-defined]  # the state of an application has any name

    refused = town["adviser"].post("/webhooks", {"url": "https://outil.example/lignes"})

    assert refused.status_code == 422
    assert "QP_WEBHOOK_HOSTS" in refused.json()["detail"]
    assert town["adviser"].post("/webhooks", {"url": "https://autre.example/lignes"}).status_code == 201
