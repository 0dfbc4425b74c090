"""Whose deadline it is: filled when it starts, and changed with the agent, the referent, the plan's owner and the case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from cases import journey, people
from cases.database import Database
from cases.facts.of_case import facts_of
from cases.journey import Request
from cases.people import Newcomer
from cases.tables.case import case_file
from cases.tables.memory import deadline
from cases.tables.people import person
from cases.tables.territories import territory
from engine.model import Role
from engine.ownership import owner_of
from tests.acceptance.stories import STORIES
from tests.cases.test_stories_in_memory import WORKER, Stage

TODAY = date(2027, 2, 2)
TOLD = [story for story in STORIES if story["id"] in ("S02", "S05", "S06", "S12")]
"""Agents and closures; a plan; mentors and a hand-over; a duplicate whose tracks move."""


def live(db: Connection) -> Iterator[tuple[Any, Any]]:
    """Every deadline that runs on a case, as it is stored and as the case's facts have it."""
    for row in db.execute(select(case_file)).mappings().all():
        facts = facts_of(db, row, TODAY)
        known = {armed.id: armed for armed in facts.deadlines}
        here = (deadline.c.subject_id == row["id"], deadline.c.status.in_(("open", "paused")))
        for found in db.execute(select(deadline).where(*here)).all():
            yield found, (owner_of(facts, known[found.id]), facts.territory)


@pytest.mark.parametrize("story", TOLD, ids=lambda s: s["id"])
def test_after_every_step_each_deadline_has_the_owner_that_the_case_gives_it(
    database: Database, story: dict[str, Any]
) -> None:
    stage, roles = Stage(database, story), set()
    for step in story["steps"]:
        stage.play(step)
        for row, expected in database.read(lambda db: list(live(db)), WORKER):
            assert (row.owner_id, row.territory_id) == expected, (step["at"], row.rule)
            roles |= {row.owner_role} if row.owner_id else set()

    assert "adviser" in roles
    assert roles & {"operator", "mentor", "owner"}


def test_a_case_that_changes_hands_takes_its_deadlines_along(database: Database) -> None:
    stage = Stage(database, next(s for s in STORIES if s["id"] == "S01"))
    stage.play(stage.story["steps"][0])
    (reference,) = stage.references.values()
    adviser = stage.who({"by": "adviser"})
    before = database.read(lambda db: {row.owner_id for row, _ in live(db)}, WORKER)

    request = Request(reference, "hand_over", payload={"referent": stage.ids["Nora"]})
    database.write(lambda db: journey.fire(db, request, by=adviser, now=stage.start), WORKER)

    after = database.read(lambda db: {row.owner_id for row, _ in live(db)}, WORKER)
    assert (before, after) == ({stage.ids["adviser"]}, {stage.ids["Nora"]})


def test_somebody_who_comes_to_an_overseas_territory_has_its_days(database: Database) -> None:
    row = {"state": "incubation", "kind": "commune", "timezone": "Indian/Reunion", "holidays": "FR-974"}
    now = datetime(2027, 2, 2, 9, 0, tzinfo=UTC)

    def unit(db: Connection) -> dict[str, str]:
        db.execute(
            insert(territory).values(
                id="r", slug="saint-denis", name="Saint-Denis", state_since=now, created_at=now, **row
            )
        )
        people.add(db, Newcomer("Marie", "marie@example.org", Role.ADVISER, "saint-denis"), now)
        people.add(db, Newcomer("Claire", "claire@example.org", Role.ADMIN), now)
        return {found.name: found.timezone for found in db.execute(select(person))}

    assert database.write(unit, WORKER) == {"Marie": "Indian/Reunion", "Claire": "Europe/Paris"}
