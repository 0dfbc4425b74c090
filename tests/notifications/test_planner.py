"""Who is told what: outbox rows become messages, once each, whoever plans."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from cases.identifiers import new_id
from cases.journey import Request, fire
from cases.tables.case import case_file, task
from cases.tables.memory import outbox
from cases.tables.operators import branch
from cases.tables.people import absence, person, role_grant
from notifications.planner import plan
from notifications.tables import suppression
from tests.cases.test_stories_in_memory import WORKER
from tests.notifications.scenes import Scene


def told(scene: Scene) -> list[tuple[str, str, str]]:
    return sorted((row.key, row.role, row.to_name) for row in scene.messages())


def tell(scene: Scene, kind: str, role: str, **values: Any) -> None:
    """Something to tell that no step told."""
    now = scene.clock.now()
    row = {"subject": "case", "subject_id": scene.row("")["id"], "track": "case", "mail_class": "direct", "facts": {}}
    given = {"not_before": now, "created_at": now, "kind": kind, "role": role}
    scene.change(insert(outbox).values(id=new_id(now), **{**row, **given, **values}))


def nobody_called(scene: Scene, by: str) -> None:
    scene.database.write(
        lambda db: fire(
            db,
            Request(scene.references[""], "nobody_called"),
            by=scene.who({"by": by, "of": "case"}),
            now=scene.clock.now(),
        ),
        WORKER,
    )


def test_what_is_to_be_told_becomes_a_message_for_each_person(scene: Scene) -> None:
    assert scene.plan() == 2
    assert told(scene) == [("case_logged", "entrepreneur", "Nadia"), ("referral_sent", "operator", "Adie")]
    assert not scene.rows(select(outbox))
    row = scene.messages(key="referral_sent")[0]
    assert row.message_id == f"<{row.id}@quartiers.example>"
    assert row.thread_id == f"<{row.case_id}.branch.{scene.branch('Adie')}@quartiers.example>"
    assert row.reason == "Action « Envoyer »"


def test_planning_again_makes_no_message_twice(scene: Scene) -> None:
    kept = scene.rows(select(outbox))
    scene.plan()
    first = scene.messages()
    scene.change(insert(outbox).values([dict(row._mapping) for row in kept]))
    assert scene.plan() == 0
    assert scene.messages() == first
    assert not scene.rows(select(outbox))


def test_planners_at_once_make_no_message_twice(scene: Scene) -> None:
    for number in range(20):
        tell(scene, f"news_{number}", "adviser")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: plan(scene.database, scene.clock.now()), range(4)))
    assert len(scene.messages()) == 22


def test_a_row_that_cannot_be_planned_stops_no_other(scene: Scene) -> None:
    tell(scene, "nonsense", "nobody at all")
    assert scene.plan() == 2
    assert [row.kind for row in scene.rows(select(outbox))] == ["nonsense"]


def test_what_an_undo_may_call_back_is_not_planned_yet(scene: Scene) -> None:
    scene.plan()
    scene.next_steps(1)
    scene.plan()
    assert not scene.messages(key="who_calls")
    scene.now_is("2027-02-03T10:10")
    assert len(scene.messages(key="who_calls")) == 1


def test_a_substitute_is_told_instead_of_who_is_away(scene: Scene) -> None:
    now = scene.clock.now()
    away = {"person_id": scene.ids["adviser"], "substitute_id": scene.ids["Nora"]}
    scene.change(insert(absence).values(id=new_id(now), from_day=date(2027, 2, 1), to_day=date(2027, 2, 5), **away))
    tell(scene, "question", "adviser", track="referral-1")
    scene.plan()
    assert ("question", "adviser", "Nora") in told(scene)


def test_without_a_referent_the_managers_are_told(scene: Scene) -> None:
    scene.change(update(case_file).values(referent_id=None))
    tell(scene, "question", "adviser", track="referral-1")
    scene.plan()
    assert ("question", "adviser", "manager") in told(scene)


def test_outside_any_territory_the_programme_is_told(scene: Scene) -> None:
    now, admin = scene.clock.now(), new_id(scene.clock.now())
    scene.change(insert(person).values(id=admin, name="Programme", email="programme@example.org", created_at=now))
    scene.change(insert(role_grant).values(id=new_id(now), person_id=admin, role="admin", created_at=now))
    scene.change(update(case_file).values(referent_id=None, territory_id=None))
    tell(scene, "question", "adviser", track="referral-1")
    scene.plan()
    assert ("question", "adviser", "Programme") in told(scene)


def test_a_branch_without_a_group_address_is_told_by_its_agents(scene: Scene) -> None:
    scene.change(update(branch).values(email=None))
    scene.plan()
    assert ("referral_sent", "operator", "agent Adie") in told(scene)


def test_the_agent_named_is_told_instead_of_the_branch(scene: Scene) -> None:
    scene.next_steps(1)
    tell(scene, "news", "operator", track="referral-1")
    scene.plan()
    named = [row.to_name for row in scene.messages(key="news")]
    assert named == [f"Karim {scene.branch('Adie')}"]


def test_nobody_is_told_of_what_they_just_did(scene: Scene) -> None:
    scene.next_steps(1)
    nobody_called(scene, "adviser")
    scene.plan()
    assert [(row.role, row.to_name) for row in scene.messages(key="nobody_called")] == [
        ("operator_manager", "boss Adie")
    ]


def test_who_said_it_gets_a_receipt(scene: Scene) -> None:
    scene.next_steps(1)
    nobody_called(scene, "entrepreneur")
    scene.plan()
    assert ("nobody_called_ack", "entrepreneur", "Nadia") in told(scene)
    assert ("nobody_called", "adviser", "adviser") in told(scene)


def test_somebody_without_an_address_is_to_be_called(scene: Scene) -> None:
    scene.entrepreneur_has(email=None, phone="+33612345678")
    scene.plan()
    (call,) = scene.tasks()
    assert (call.label, call.owner_id, call.due_on) == ("Appeler Nadia", scene.ids["adviser"], date(2027, 2, 2))
    assert call.phone == "+33612345678"
    (row,) = scene.messages(kind="task")
    assert (row.status, row.id) == ("task", call.message_id)


def test_what_is_to_be_said_is_what_they_would_have_read(scene: Scene) -> None:
    scene.entrepreneur_has(email=None)
    scene.plan()
    (call,) = scene.tasks()
    assert call.detail.replace("\u00a0", " ") == "adviser, de la mairie de roubaix : votre demande est notée"


def test_one_call_says_all_that_was_to_be_written_to_the_same_person_until_it_is_made(scene: Scene) -> None:
    scene.entrepreneur_has(email=None)
    for key in ("nobody_called_ack", "still_looking", "nobody_called_ack"):
        tell(scene, key, "entrepreneur")
    scene.plan()
    (call,) = scene.tasks()
    assert len(scene.messages(kind="task")) == 4
    assert len(set(call.detail.splitlines())) == len(call.detail.splitlines()) == 3

    scene.change(update(task).values(done_at=scene.clock.now()))
    tell(scene, "nobody_called_ack", "entrepreneur")
    scene.plan()
    assert sorted(call.done_at is None for call in scene.tasks()) == [False, True]


def test_somebody_whose_address_no_longer_answers_is_to_be_called(scene: Scene) -> None:
    refused = {"email": "nadia@example.org", "reason": "550", "at": scene.clock.now()}
    scene.change(insert(suppression).values(**refused))
    scene.entrepreneur_has(email="Nadia@example.org")
    scene.plan()
    assert [call.label for call in scene.tasks()] == ["Appeler Nadia"]


def test_after_an_outage_only_the_latest_reminder_of_a_deadline_leaves(scene: Scene) -> None:
    scene.plan()
    scene.now_is("2027-02-08T20:30")
    marks = {row.facts["mark"]: row.status for row in scene.messages(role="operator") if row.deadline_id}
    assert marks == {"entry+2": "dropped", "entry+4": "waiting"}


def test_an_anonymised_entrepreneur_is_told_nothing(scene: Scene) -> None:
    scene.change(update(case_file).values(anonymised_at=scene.clock.now()))
    scene.plan()
    assert not scene.messages(role="entrepreneur")


def test_messages_wait_for_the_recipients_morning(scene: Scene) -> None:
    scene.person_has("adviser", timezone="Indian/Reunion")
    scene.clock.set(scene.at("2027-02-02T18:00"))
    tell(scene, "question", "adviser", track="referral-1")
    scene.plan()
    (row,) = scene.messages(key="question")
    assert (row.timezone, scene.local(row.send_at)) == ("Indian/Reunion", "2027-02-03T04:00")
