"""The stories' mails: what the planner makes of each day is what the story tells, message by message, on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from cases.database import Database
from cases.errors import CasesError
from cases.sweep import next_due, sweep
from cases.tables.case import entrepreneur
from cases.tables.memory import outbox
from notifications.planner import plan
from notifications.tables import message
from tests.acceptance.stories import STORIES, shown
from tests.cases.conftest import database
from tests.cases.test_stories_in_memory import WORKER, Stage, live_the_story

__all__ = ["database"]

DIGEST = ("reminder", "adviser", "digest")
NEWS = frozenset({"step_taken"})
"""Messages that a story calls the adviser's digest: it tells some of them, and leaves the others to be merged."""
ADDRESS_LEARNT_LATER = {("S09", ""), ("S12", "B")}
"""Cases that were logged by a shop's name or a telephone number: their first message is a call to make, not a mail."""
SEEN_ON_SCREEN = {"S12": [("2027-11-23", *DIGEST)]}
"""A probable duplicate, which the adviser finds on the case itself."""


class MailStage(Stage):
    """A story whose messages are planned as soon as there is something to tell, and when an undo can call it back no more."""

    def run_until(self, now: datetime) -> None:
        while (due := self._next()) is not None and due <= now:
            sweep(self.database, due)
            plan(self.database, due)

    def play(self, step: dict[str, Any]) -> CasesError | None:
        refused = super().play(step)
        logged_without = step.get("event") == "log" and (self.story["id"], step.get("case", "")) in ADDRESS_LEARNT_LATER
        if logged_without:
            self._address(step.get("case", ""), None)
        plan(self.database, self.at(step.get("with", {}).get("arrives", step["at"])))
        if logged_without:
            self._address(step.get("case", ""), "nadia@example.org")
        return refused

    def _address(self, case: str, email: str | None) -> None:
        whose = entrepreneur.c.id == self.row(case)["entrepreneur_id"]
        self.database.write(lambda db: db.execute(update(entrepreneur).where(whose).values(email=email)), WORKER)

    def _next(self) -> datetime | None:
        waiting = select(outbox.c.not_before).order_by(outbox.c.not_before).limit(1)
        told = self.database.read(lambda db: db.execute(waiting).scalar(), WORKER)
        return min((at for at in (told, next_due(self.database)) if at is not None), default=None)

    def messages(self) -> list[Any]:
        return self.database.read(lambda db: list(db.execute(select(message))), WORKER)

    def named(self, row: Any) -> str:
        """The track of a message as the story writes it."""
        if row.case_id is None:
            return "territory"
        names = {self.row(case)["id"]: case for case in self.references}
        return shown(names[row.case_id], row.track, self.story)


CALL_BACK = timedelta(minutes=10)
"""How long an undo can call back what an answer tells."""
Line = tuple[str, str, str, str]
"""A message of a step: its local day, its class, to whom, its key."""


def told_by_steps(story: dict[str, Any]) -> Counter[Line]:
    return Counter(
        (step["at"][:10] if "arrives" not in step.get("with", {}) else str(step["with"]["arrives"])[:10], mail["class"], mail["to"], mail["key"])
        for step in story["steps"]
        for mail in step.get("mails", [])
    )  # fmt: skip


def planned_by_steps(stage: MailStage) -> Counter[Line]:
    """What was planned for each step and each role: a branch's colleagues, who get the same mail, count once."""
    found = {
        (row.subject_id, row.facts["sequence"], row.track, row.key, row.role): (
            f"{row.created_at.astimezone(stage.zone):%Y-%m-%d}",
            row.mail_class,
            row.role,
            "digest" if row.key in NEWS else row.key,
        )
        for row in stage.messages()
        if "mark" not in row.facts and row.kind == "mail"
    }
    return Counter(found.values())


def told_by_marks(story: dict[str, Any]) -> Counter[Any]:
    return Counter(
        (mark["at"], mark["on"], mark["deadline"], mark["mark"], mark["do"], role)
        for mark in story["marks"]
        for role in mark.get("to", [])
    )


def planned_by_marks(stage: MailStage) -> Counter[Any]:
    found = {
        (row.deadline_id, row.facts["mark"], row.facts["do"], row.role): (
            stage.local(row.created_at), stage.named(row), row.facts["rule"], row.facts["mark"], row.facts["do"], row.role,
        )
        for row in stage.messages()
        if "mark" in row.facts
    }  # fmt: skip
    return Counter(found.values())


@pytest.mark.parametrize("story", STORIES, ids=lambda s: s["id"])
def test_the_mails_of_the_story_are_planned_as_told(database: Database, story: dict[str, Any]) -> None:
    stage = MailStage(database, story)
    live_the_story(stage, story)
    plan(database, stage.at(story["steps"][-1]["at"]) + CALL_BACK)
    planned, told = planned_by_steps(stage), told_by_steps(story) - Counter(SEEN_ON_SCREEN.get(story["id"], []))
    assert not told - planned
    assert not [line for line in planned - told if line[1:] != DIGEST]
    assert planned_by_marks(stage) == told_by_marks(story)
