"""The case stories, played through the JSON interface in virtual time.

What the entrepreneur does by a link has no address of the JSON interface: that goes by the write path, in the entrepreneur's own scope.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.rest.records import RECORDS
from api.security import new_token
from cases.clock import FixedClock
from cases.database import Database
from cases.errors import CasesError, Refused
from engine.model import Refusal
from tests.acceptance.stories import STORIES, kind_of
from tests.cases.conftest import database
from tests.cases.test_stories_in_memory import WORKER, Stage, live_the_story

__all__ = ["database"]

COLLECTIONS = {event: name for name, event in RECORDS.items()}


class HttpStage(Stage):
    """A story whose people come in by the JSON interface, each with a token."""

    def __init__(self, database: Database, story: dict[str, Any]) -> None:
        super().__init__(database, story)
        self.clock = FixedClock(self.start)
        self.client = TestClient(create_app(database, self.clock))
        self.tokens: dict[tuple[str, int], str] = {}
        """One for each person and year: none lasts longer."""

    def play(self, step: dict[str, Any]) -> CasesError | None:
        if step["by"] in ("system", "entrepreneur"):
            return super().play(step)
        given = dict(step.get("with", {}))
        now = self.at(given.pop("arrives", step["at"]))
        self.run_until(now)
        self.clock.set(now)
        path, body = self._request(step, given, now)
        answer = self.client.post(
            f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {self._token(step, now)}"}
        )
        if answer.is_success:
            if step.get("event") == "log":
                self.references[step.get("case", "")] = answer.json()["case"]["reference"]
            return None
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.status_code in (403, 404, 422), problem
        return Refused([Refusal(problem["code"], problem["detail"])])

    def _token(self, step: dict[str, Any], now: datetime) -> str:
        who = self.who(step).person
        assert who is not None
        if (who, now.year) not in self.tokens:
            made = self.database.write(lambda db: new_token(db, who, "story", now=now), WORKER)
            self.tokens[who, now.year] = made
        return self.tokens[who, now.year]

    def _request(self, step: dict[str, Any], given: dict[str, Any], now: datetime) -> tuple[str, dict[str, Any]]:
        case, track, event = step.get("case", ""), step["of"], step.get("event")
        if event == "log":
            return "/cases", self._logged(case, step, given)
        if track == "branch":
            days = {"from": given["from"].isoformat(), "to": given["to"].isoformat()}
            return f"/branches/{self.branch('Initiative')}/closures", days
        if track == "territory":
            return f"/territories/{self.story['territory']}/steps", {"step": event}
        payload, behalf = self._payload(case, step, given, now), step.get("on_behalf_of")
        payload = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in payload.items()}
        payload = {name: _plain(value) for name, value in payload.items()}
        if event is None:
            name = {"action_done": "action"}.get(step["record"], step["record"])
            return f"/cases/{self.references[case]}/{COLLECTIONS[name]}", {"track": track, "payload": payload}
        body = {"step": event, "payload": payload, "on_behalf_of": behalf}
        key = "kind" if event in ("draft", "propose", "open") else "track"
        return f"/cases/{self.references[case]}/steps", {**body, key: kind_of(track) if key == "kind" else track}

    def _logged(self, case: str, step: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        consents = [] if given.get("legal_basis") else ["contact", "share"]
        return {
            "name": f"Commerce {case}", "person_name": "Nadia", "territory": self.story["territory"], "situation": "inside", "consents": consents,
            "channel": "visit", "legal_basis": given.get("legal_basis"), "met_in_person": bool(given.get("met_in_person")),
            "filled_in_on": step["at"][:10],
        }  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [
            {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in item.items()}
            if isinstance(item, dict)
            else item
            for item in value
        ]
    return value


@pytest.mark.parametrize("story", STORIES, ids=lambda s: s["id"])
def test_the_story_is_lived_over_http(database: Database, story: dict[str, Any]) -> None:
    live_the_story(HttpStage(database, story), story)
