"""The last step of the ladder: what nobody moved is listed for the programme, once a week."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import insert, update

from cases.identifiers import new_id
from cases.tables.memory import deadline
from cases.tables.people import person, role_grant
from notifications.exceptions import tell_exceptions
from notifications.preferences import Category, choose
from tests.cases.test_stories_in_memory import WORKER
from tests.notifications.mail_server import MailServer
from tests.notifications.scenes import Scene

MONDAY = "2027-02-08T08:30"


@pytest.fixture
def stuck(scene: Scene) -> Scene:
    """An admin, and a case on which everybody was told of a deadline that is past: nobody is reminded of it any more."""
    now = scene.clock.now()
    scene.admin = new_id(now)
    scene.change(insert(person).values(id=scene.admin, name="Ada Programme", email="ada@example.org", created_at=now))
    scene.change(insert(role_grant).values(id=new_id(now), person_id=scene.admin, role="admin", created_at=now))
    scene.change(update(deadline).values(next_at=None, due_at=now, due_on=now.date()))
    return scene


def tell(scene: Scene, at: str) -> int:
    scene.clock.set(scene.at(at))
    return tell_exceptions(scene.database, scene.clock.now(), domain="quartiers.example")


def test_the_programme_gets_the_list_once_on_the_first_working_morning_of_the_week(stuck: Scene) -> None:
    assert [tell(stuck, at) for at in ("2027-02-08T08:29", MONDAY, "2027-02-08T08:31", "2027-02-12T18:00")] == [
        0,
        1,
        0,
        0,
    ]
    assert tell(stuck, "2027-02-15T09:00") == 1
    (first, _) = stuck.messages(key="exceptions")
    assert (first.to_name, first.facts["territories"][0]["cases"]) == ("Ada Programme", 1)


def test_after_an_outage_the_list_comes_late_rather_than_never(stuck: Scene) -> None:
    assert tell(stuck, "2027-02-11T15:00") == 1


def test_a_week_that_begins_with_a_holiday_begins_the_day_after(stuck: Scene) -> None:
    assert tell(stuck, "2027-03-29T10:00") == 0, "Easter Monday"
    assert tell(stuck, "2027-03-30T08:30") == 1


def test_several_workers_at_once_tell_it_once(stuck: Scene) -> None:
    stuck.clock.set(stuck.at(MONDAY))
    now: datetime = stuck.clock.now()
    with ThreadPoolExecutor(4) as threads:
        told = list(threads.map(lambda _: tell_exceptions(stuck.database, now), range(4)))
    assert sum(told) == len(stuck.messages(key="exceptions")) == 1


def test_when_nothing_is_stuck_nobody_is_written_to(stuck: Scene) -> None:
    stuck.change(update(deadline).values(status="met"))
    assert tell(stuck, MONDAY) == 0


def test_the_mail_counts_what_nobody_moved_and_leads_to_each_territory(stuck: Scene, mail_server: MailServer) -> None:
    stuck.plan()
    stuck.send(mail_server)
    tell(stuck, MONDAY)
    stuck.send(mail_server)
    letter = stuck.letter(mail_server, "exceptions")
    body = letter.get_body(("plain",))
    assert body is not None
    assert letter["Subject"].replace("\u00a0", " ") == "1 dossier que personne n’a débloqué"
    assert "https://quartiers.example/pilotage?territoire=" in body.get_content()


def test_an_admin_who_wants_no_list_gets_none(stuck: Scene) -> None:
    reader = f"person:{stuck.admin}"
    stuck.database.write(lambda db: choose(db, reader, {Category.WEEKLY: False}, stuck.clock.now()), WORKER)
    tell(stuck, MONDAY)
    assert [row.status for row in stuck.messages(key="exceptions")] == ["dropped"]
