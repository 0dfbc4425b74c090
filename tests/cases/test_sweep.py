"""The sweep: a territory's marks fire too, a case that cannot go on stops no other, and the lists keep the present date."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Table, insert, select, update

from cases import intake, journal, programme
from cases.access import Grant, Identity
from cases.database import Database
from cases.identifiers import new_id
from cases.intake import Detection
from cases.programme import TerritoryRequest
from cases.sweep import next_due, sweep
from cases.tables.case import case_file
from cases.tables.memory import deadline, mark_fired, outbox, pending_step
from cases.tables.memory import journal as lines
from cases.tables.people import person, role_grant
from cases.tables.territories import (
    convention,
    deadline_length,
    diagnostic,
    indicator_snapshot,
    quartier,
    roadmap,
    territory,
)
from engine.model import Role
from tests.acceptance.stories import STORIES
from tests.cases.test_stories_in_memory import WORKER, Stage

ZONE = ZoneInfo("Europe/Paris")
BEGAN = datetime(2027, 1, 4, 10, 0, tzinfo=ZONE)


def rows(database: Database, table: Table, *where: Any) -> Sequence[Any]:
    return database.read(lambda db: db.execute(select(table).where(*where)).all(), WORKER)


def in_acceleration(database: Database) -> Identity:
    """A territory whose acceleration began on 4 January 2027; its manager."""
    manager = database.write(_a_territory, WORKER)
    request = TerritoryRequest("roubaix", "start_acceleration")
    database.write(lambda db: programme.fire(db, request, by=manager, now=BEGAN), WORKER)
    return manager


def _a_territory(db: Connection) -> Identity:
    own, who = new_id(BEGAN), new_id(BEGAN)
    named = {"slug": "roubaix", "name": "Roubaix", "kind": "commune", "state": "incubation", "axes": ["local_trade"]}
    db.execute(insert(territory).values(id=own, state_since=BEGAN, created_at=BEGAN, **named))
    db.execute(insert(person).values(id=who, name="Zoé Carlier", created_at=BEGAN))
    grant = {"person_id": who, "role": "manager", "territory_id": own, "created_at": BEGAN}
    db.execute(insert(role_grant).values(id=new_id(BEGAN), **grant))
    here, day = {"territory_id": own, "recorded_at": BEGAN}, BEGAN.date()
    db.execute(insert(quartier).values(id=new_id(BEGAN), code="QN1", name="Le Pile", territory_id=own))
    db.execute(insert(convention).values(id=new_id(BEGAN), signed_on=day, reference="C-1", **here))
    db.execute(insert(diagnostic).values(id=new_id(BEGAN), published_on=day, indicators={}, **here))
    db.execute(
        insert(roadmap).values(
            id=new_id(BEGAN), version=1, approved_on=day, axes=["local_trade"], objectives=[], **here
        )
    )
    return Identity(who, "Zoé Carlier", (Grant(Role.MANAGER, territory=own),))


def live_until(database: Database, end: datetime) -> None:
    """Sweep at each moment when something is due."""
    while (due := next_due(database)) is not None and due <= end:
        sweep(database, due)


def test_a_territorys_review_is_reminded_then_alerted_and_its_report_is_made(database: Database) -> None:
    in_acceleration(database)

    live_until(database, datetime(2027, 4, 30, 12, 0, tzinfo=ZONE))

    fired = [(row.at.astimezone(ZONE).isoformat()[:16], row.mark, row.do) for row in rows(database, mark_fired)]
    assert sorted(fired) == [
        ("2027-03-19T08:30", "due-10", "remind"),
        ("2027-04-05T18:00", "due", "act"),
        ("2027-04-05T18:00", "due", "escalate"),
    ]
    told = {(row.subject, row.kind, row.role) for row in rows(database, outbox) if row.facts.get("rule")}
    assert told == {("territory", "territory_due", "manager"), ("territory", "territory_due", "admin")}
    assert [row.reason for row in rows(database, indicator_snapshot)] == ["quarterly_report"]
    (line,) = rows(database, lines, lines.c.event == "quarterly_report")
    assert (line.subject, line.actor_role) == ("territory", "system")
    assert database.read(lambda db: journal.verify(db, line.subject_id), WORKER) == []


def test_a_review_that_is_held_is_not_alerted_and_the_next_one_begins(database: Database) -> None:
    manager = in_acceleration(database)
    held = datetime(2027, 3, 22, 10, 0, tzinfo=ZONE)
    live_until(database, held)
    request = TerritoryRequest("roubaix", "review", {"on_day": "2027-03-22"})
    database.write(lambda db: programme.fire(db, request, by=manager, now=held), WORKER)

    live_until(database, datetime(2027, 4, 30, 12, 0, tzinfo=ZONE))

    assert [row.mark for row in rows(database, mark_fired)] == ["due-10"]
    assert [(row.status, str(row.due_on)) for row in rows(database, deadline) if row.status == "open"] == [
        ("open", "2027-06-22")
    ]


def test_the_end_of_an_evaluation_and_why_a_territory_left_are_kept(database: Database) -> None:
    manager = in_acceleration(database)
    admin = Identity("x", "Programme", (Grant(Role.ADMIN),))

    for who, event, payload in (
        (manager, "start_evaluation", {"end_date": "2027-12-31"}),
        (admin, "exit", {"reason": "fin du programme"}),
    ):
        request = TerritoryRequest("roubaix", event, payload)
        database.write(lambda db, request=request, who=who: programme.fire(db, request, by=who, now=BEGAN), WORKER)

    (row,) = rows(database, territory)
    assert (row.state, str(row.evaluation_end), row.exit_reason) == ("exited", "2027-12-31", "fin du programme")


def two_cases(database: Database) -> list[str]:
    """Two cases that were logged at the same moment."""
    by = in_acceleration(database)
    shops = [Detection(name, territory="roubaix", consents=("contact",), channel="visit") for name in ("A", "B")]
    return [
        database.write(lambda db, shop=shop: intake.log_case(db, shop, by=by, now=BEGAN), WORKER).fired.case_id
        for shop in shops
    ]


def test_a_case_that_cannot_go_on_stops_no_other_and_is_tried_again_later(database: Database) -> None:
    broken, sound = two_cases(database)
    unknown = update(deadline).where(deadline.c.subject_id == broken, deadline.c.rule.endswith("first_contact"))
    database.write(lambda db: db.execute(unknown.values(rule="case.detection.gone")), WORKER)
    now = BEGAN + timedelta(days=4)

    assert sweep(database, now) > 0

    assert {row.subject_id for row in rows(database, mark_fired)} == {sound}
    failed = rows(database, deadline, deadline.c.subject_id == broken, deadline.c.attempts > 0)
    assert {(row.attempts, row.last_error) for row in failed} == {(1, "KeyError")}
    assert all(row.retry_at == now + timedelta(minutes=1) for row in failed)
    assert sweep(database, now) == 0
    sweep(database, now + timedelta(minutes=1))
    assert {row.attempts for row in rows(database, deadline, deadline.c.id == failed[0].id)} == {2}


def test_one_case_of_many_that_cannot_be_reminded_stops_no_other(database: Database) -> None:
    by = in_acceleration(database)
    shops = [
        Detection(f"Commerce {name}", territory="roubaix", consents=("contact",), channel="visit") for name in "ABCDE"
    ]
    cases = [database.write(partial(intake.log_case, detection=shop, by=by, now=BEGAN), WORKER) for shop in shops]
    broken = cases[2].fired.case_id
    before_the_calendar = update(deadline).where(deadline.c.subject_id == broken).values(due_on=date.min)
    database.write(lambda db: db.execute(before_the_calendar), WORKER)

    sweep(database, BEGAN + timedelta(days=4))

    fired = Counter(row.subject_id for row in rows(database, mark_fired))
    assert fired == {case.fired.case_id: 2 for case in cases if case.fired.case_id != broken}
    assert {row.attempts for row in rows(database, deadline, deadline.c.attempts > 0)} == {1}


def test_the_marks_of_a_case_fire_in_their_order_however_late_the_sweep_is(database: Database) -> None:
    two_cases(database)

    sweep(database, BEGAN + timedelta(days=60))

    for case in rows(database, case_file):
        fired = rows(database, mark_fired, mark_fired.c.subject_id == case.id)
        told = rows(database, outbox, outbox.c.subject_id == case.id, outbox.c.sequence.is_(None))
        assert [row.mark for row in fired] == ["due-1", "due", "due+5", "due", "due+3", "due+5"]
        assert [row.at for row in fired] == sorted(row.at for row in fired)
        assert sorted(row.not_before for row in told) == [row.at for row in fired]


def test_what_was_planned_before_a_reminder_happens_before_it(database: Database) -> None:
    case_id, _ = two_cases(database)
    (home,) = rows(database, territory)
    step = {"subject_id": case_id, "track": "case", "event": "take_length", "payload": {"family": "case.first_contact"}}
    planned = {"id": new_id(BEGAN), "at": BEGAN + timedelta(days=2), **step}
    longer = {"territory_id": home.id, "family": "case.first_contact", "value": 9, "since": BEGAN}
    database.write(lambda db: db.execute(insert(deadline_length).values(**longer)), WORKER)
    database.write(lambda db: db.execute(insert(pending_step).values(**planned)), WORKER)

    sweep(database, BEGAN + timedelta(days=4))

    assert [row.mark for row in rows(database, mark_fired, mark_fired.c.subject_id == case_id)] == ["due-1"]


def test_a_moment_that_the_calendar_has_moved_since_is_put_right(database: Database) -> None:
    case_id, _ = two_cases(database)
    early = update(deadline).where(deadline.c.subject_id == case_id).values(next_at=BEGAN)
    database.write(lambda db: db.execute(early), WORKER)

    assert sweep(database, BEGAN) == 0

    assert rows(database, mark_fired) == []
    assert all(row.next_at > BEGAN for row in rows(database, deadline, deadline.c.subject_id == case_id))


def test_four_sweeps_at_once_fire_each_mark_once(database: Database) -> None:
    by = in_acceleration(database)
    for name in range(8):
        shop = Detection(f"Commerce {name}", territory="roubaix", consents=("contact",), channel="visit")
        database.write(partial(intake.log_case, detection=shop, by=by, now=BEGAN), WORKER)
    now = BEGAN + timedelta(days=60)

    sweeps = [threading.Thread(target=sweep, args=(database, now)) for _ in range(4)]
    for one in sweeps:
        one.start()
    for one in sweeps:
        one.join()
    sweep(database, now)

    fired = Counter((row.deadline_id, row.mark, row.do) for row in rows(database, mark_fired))
    assert len(fired) > 30
    assert set(fired.values()) == {1}
    assert sweep(database, now) == 0


def test_what_failed_and_was_mended_happens(database: Database) -> None:
    broken, _ = two_cases(database)
    now = BEGAN + timedelta(days=4)
    here = (deadline.c.subject_id == broken, deadline.c.next_at <= now)
    (known,) = rows(database, deadline, *here)
    database.write(lambda db: db.execute(update(deadline).where(*here).values(rule="case.detection.gone")), WORKER)
    sweep(database, now)

    mended = update(deadline).where(deadline.c.id == known.id).values(rule=known.rule)
    database.write(lambda db: db.execute(mended), WORKER)
    later = next_due(database)
    assert later == now + timedelta(minutes=1)
    sweep(database, later)

    assert broken in {row.subject_id for row in rows(database, mark_fired)}
    (row,) = rows(database, deadline, deadline.c.id == known.id)
    assert (row.attempts, row.retry_at, row.last_error) == (0, None, None)


def test_a_planned_step_that_fails_is_put_off_and_kept(database: Database) -> None:
    case_id, _ = two_cases(database)
    row = {"subject_id": case_id, "track": "referral-9", "event": "expire", "payload": {}, "at": BEGAN}
    database.write(lambda db: db.execute(insert(pending_step).values(id=new_id(BEGAN), **row)), WORKER)

    sweep(database, BEGAN)

    (kept,) = rows(database, pending_step, pending_step.c.track == "referral-9")
    assert (kept.attempts, kept.last_error) == (1, "NotFound")


@pytest.mark.parametrize("story", [s for s in STORIES if s["id"] in ("S06", "S12")], ids=lambda s: s["id"])
def test_the_soonest_date_stands_on_the_case_after_each_step_and_each_mark(
    database: Database, story: dict[str, Any]
) -> None:
    stage = Stage(database, story)
    for step in story["steps"]:
        stage.play(step)
        for case in rows(database, case_file):
            here = (deadline.c.subject_id == case.id, deadline.c.status == "open")
            assert case.next_due_at == min((row.due_at for row in rows(database, deadline, *here)), default=None), step
