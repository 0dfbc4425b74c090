"""A territory chooses a length: its effect is seen before, what starts follows at once, what runs moves case by case."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update

from cases import intake, programme
from cases.access import Grant, Identity, scope_of
from cases.database import Database
from cases.errors import NotFound, Refused
from cases.intake import Detection
from cases.lengths import Preview, preview
from cases.programme import TerritoryRequest
from cases.sweep import sweep
from cases.tables.case import case_file
from cases.tables.memory import deadline, journal, pending_step
from cases.tables.territories import deadline_length, territory
from cases.views.lengths import Offered, length_offered, lengths_seen
from engine.model import Role
from tests.cases.conftest import database
from tests.cases.test_stories_in_memory import WORKER
from tests.cases.test_sweep import BEGAN, in_acceleration, live_until, rows

__all__ = ["database"]

FIRST_CONTACT = "case.first_contact"
LATER = BEGAN + timedelta(days=1)


def logged(database: Database, by: Identity, name: str, now: datetime = BEGAN) -> str:
    shop = Detection(name, territory="roubaix", consents=("contact",), channel="visit")
    return database.write(partial(intake.log_case, detection=shop, by=by, now=now), WORKER).fired.case_id


def choose(database: Database, by: Identity, value: int | None, *, now: datetime = LATER, **more: Any) -> None:
    payload = {"family": FIRST_CONTACT, "value": value, "reason": "peu de conseillers", **more}
    asked = TerritoryRequest("roubaix", "deadline_length", payload)
    database.write(lambda db: programme.fire(db, asked, by=by, now=now), scope_of(by))


def first_contacts(database: Database) -> dict[str, tuple[str, int, str]]:
    found = rows(database, deadline, deadline.c.rule == "case.detection.first_contact")
    return {row.subject_id: (row.due_on.isoformat(), row.length, row.source) for row in found}


def seen(database: Database, by: Identity, value: int | None, now: datetime = LATER) -> Offered:
    read = partial(length_offered, slug="roubaix", family=FIRST_CONTACT, value=value, by=by, now=now)
    return database.read(read, scope_of(by))


def test_what_starts_follows_the_new_length_and_what_runs_keeps_its_date(database: Database) -> None:
    manager = in_acceleration(database)
    before = logged(database, manager, "Avant")

    choose(database, manager, 6)
    after = logged(database, manager, "Après", LATER)

    assert first_contacts(database) == {
        before: ("2027-01-07", 3, "default"),
        after: ("2027-01-13", 6, "territory"),
    }


def test_what_runs_moves_when_it_is_asked_to_each_case_by_its_own_line(database: Database) -> None:
    manager = in_acceleration(database)
    shops = [logged(database, manager, name) for name in ("A", "B")]

    choose(database, manager, 6, move=True)
    sweep(database, LATER)

    assert first_contacts(database) == dict.fromkeys(shops, ("2027-01-12", 6, "territory"))
    lines = rows(database, journal, journal.c.event == "take_length")
    assert {(line.subject_id, line.actor_role) for line in lines} == {(shop, "system") for shop in shops}
    live_until(database, BEGAN + timedelta(days=12))
    due = [row.due_at for row in rows(database, deadline, deadline.c.rule == "case.detection.first_contact")]
    assert [row.next_due_at for row in rows(database, case_file)] == due


def test_a_length_that_was_changed_is_kept_once_and_given_back(database: Database) -> None:
    manager = in_acceleration(database)
    for value in (6, 9):
        choose(database, manager, value)
    assert [(row.family, row.value) for row in rows(database, deadline_length)] == [(FIRST_CONTACT, 9)]

    choose(database, manager, None)

    assert rows(database, deadline_length) == []
    assert len(rows(database, journal, journal.c.event == "deadline_length")) == 3


def test_the_effect_is_seen_before_anything_is_written(database: Database) -> None:
    manager = in_acceleration(database)
    shop = logged(database, manager, "Épicerie")

    found = seen(database, manager, 6)

    assert isinstance(found.effect, Preview)
    (moving,) = found.effect.moving
    assert (moving.case_id, moving.name) == (shop, "Épicerie")
    assert (moving.running.due_on, moving.moved.due_on) == (date(2027, 1, 7), date(2027, 1, 12))
    assert (rows(database, deadline_length), rows(database, pending_step)) == ([], [])


def test_what_would_have_left_yesterday_is_told_beside_what_did(database: Database) -> None:
    manager = in_acceleration(database)
    logged(database, manager, "Épicerie")
    friday = BEGAN + timedelta(days=4)  # the 8th: yesterday, the 7th, was the due day
    live_until(database, friday)

    effects = [seen(database, manager, value, friday).effect for value in (2, 6, 3)]

    assert [(len(one.yesterday), one.left_yesterday) for one in effects if one] == [(0, 1), (0, 1), (1, 1)]


def test_an_admin_sees_how_many_and_never_which(database: Database) -> None:
    manager = in_acceleration(database)
    logged(database, manager, "Épicerie")

    found = seen(database, Identity("x", "Programme", (Grant(Role.ADMIN),)), 6)

    assert found.effect is not None
    assert (len(found.effect.moving), found.names) == (1, False)


def test_an_admin_moves_cases_that_are_out_of_their_sight(database: Database) -> None:
    shop = logged(database, in_acceleration(database), "Épicerie")

    choose(database, Identity("x", "Programme", (Grant(Role.ADMIN),)), 6, move=True)
    sweep(database, LATER)

    assert first_contacts(database)[shop] == ("2027-01-12", 6, "territory")


@pytest.mark.parametrize("role", [Role.ADVISER, Role.OPERATOR, Role.MENTOR, Role.OBSERVER])
def test_who_does_not_run_the_territory_neither_sees_the_effect_nor_chooses(database: Database, role: Role) -> None:
    in_acceleration(database)
    (home,) = rows(database, territory)
    who = Identity("x", "Quelqu’un", (Grant(role, territory=home.id if role is Role.ADVISER else None),))

    with pytest.raises(NotFound):
        seen(database, who, 6)
    with pytest.raises(Refused) as refused:
        choose(database, who, 6)
    assert [reason.code for reason in refused.value.reasons] == ["not_your_role"]
    assert not database.read(lambda db: lengths_seen(db, "roubaix", by=who), scope_of(who)).may_choose


def test_the_manager_of_another_territory_chooses_nothing_here(database: Database) -> None:
    in_acceleration(database)
    with pytest.raises(NotFound):
        seen(database, Identity("x", "Ailleurs", (Grant(Role.MANAGER, territory="elsewhere"),)), 6)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"value": 10}, "length_out_of_limits"),
        ({"value": 0}, "length_out_of_limits"),
        ({"value": "six"}, "not_a_number"),
        ({"family": "case.check", "value": 6}, "length_is_fixed"),
        ({"family": "nothing", "value": 6}, "length_is_fixed"),
        ({"reason": "", "value": 6}, "missing_reason"),
    ],
)
def test_a_length_that_makes_no_sense_is_refused_with_a_sentence(
    database: Database, given: dict[str, Any], code: str
) -> None:
    manager = in_acceleration(database)
    with pytest.raises(Refused) as refused:
        choose(database, manager, **given)
    assert code in [reason.code for reason in refused.value.reasons]
    assert (rows(database, deadline_length), rows(database, journal, journal.c.event == "deadline_length")) == ([], [])


def test_a_case_that_cannot_move_stops_no_other(database: Database) -> None:
    manager = in_acceleration(database)
    broken, sound = (logged(database, manager, name) for name in ("A", "B"))
    choose(database, manager, 6, move=True)
    track = update(pending_step).where(pending_step.c.subject_id == broken).values(track="referral-9")
    database.write(lambda db: db.execute(track), WORKER)

    sweep(database, LATER)

    assert first_contacts(database)[sound] == ("2027-01-12", 6, "territory")
    assert first_contacts(database)[broken] == ("2027-01-07", 3, "default")
    assert {row.attempts for row in rows(database, pending_step)} == {1}


def test_a_preview_counts_the_deadlines_of_its_territory_alone(database: Database) -> None:
    manager = in_acceleration(database)
    logged(database, manager, "Ici")
    (home,) = rows(database, territory)
    elsewhere = update(deadline).values(territory_id="elsewhere")
    database.write(lambda db: db.execute(elsewhere), WORKER)

    found = database.read(lambda db: preview(db, home.id, FIRST_CONTACT, 6, LATER), WORKER)

    assert found.moving == ()
