"""What will be sent next, and why, can always be seen."""

from __future__ import annotations

from datetime import timedelta

from notifications.upcoming import Coming, coming
from tests.cases.test_stories_in_memory import WORKER
from tests.notifications.scenes import Scene


def seen(scene: Scene, days: int) -> list[Coming]:
    now = scene.clock.now()
    return scene.database.read(lambda db: coming(db, now, now + timedelta(days=days)), WORKER)


def test_what_comes_is_told_before_it_comes(scene: Scene) -> None:
    scene.plan()
    found = [(scene.local(one.at), one.recipient, one.kind, one.rule) for one in seen(scene, 7)]
    rule = "referral.sent.answer"
    assert found == [
        ("2027-02-02T10:15", "Adie", "referral_sent", None),
        ("2027-02-02T10:15", "Nadia", "case_logged", None),
        ("2027-02-04T08:30", "Adie", "referral_reminder", rule),
        ("2027-02-08T08:30", "Adie", "referral_reminder", rule),
        ("2027-02-09T08:30", "Nadia", "still_looking", "case.orientation.acceptance"),
    ]


def test_why_it_comes_is_told_too(scene: Scene) -> None:
    scene.plan()
    reminder = next(one for one in seen(scene, 7) if one.kind == "referral_reminder")
    assert reminder.reason == "Échéance « Réponse de l’opérateur » (entry+2)"
    assert (reminder.mail_class, reminder.timezone) == ("reminder", "Europe/Paris")
    assert reminder.case == scene.references[""]


def test_what_waits_to_be_planned_comes_too(scene: Scene) -> None:
    assert {one.kind for one in seen(scene, 0)} == {"referral_sent", "case_logged"}


def test_what_is_told_to_come_is_what_comes(scene: Scene) -> None:
    scene.plan()
    foretold = {(one.recipient, one.kind, one.rule) for one in seen(scene, 6)}
    scene.now_is("2027-02-08T10:15")
    assert foretold == {(row.to_name, row.key, row.facts.get("rule")) for row in scene.messages()}
