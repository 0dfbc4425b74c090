"""Workers that send mails are killed, stopped and away, and some mails are poisoned: nothing is lost, and nothing is another letter the second time."""

from __future__ import annotations

import pytest

from bench.mail_faults import come_back_after_three_days, kill_workers, poison_two, stop_one_of_four

KILLS, DUE, CASES = 10, 500, 50
"""A twentieth of what `qp bench faults` does."""


def test_a_worker_killed_between_the_servers_answer_and_its_commit_loses_no_mail() -> None:
    killed = kill_workers("sqlite", KILLS)

    assert killed.repeated_once > 0, "a kill that repeats nothing came too late"
    assert (killed.lost, killed.repeated_more, killed.under_another_id) == (0, 0, 0)


@pytest.mark.usefixtures("postgres_server")
def test_a_worker_stopped_for_longer_than_its_lease_repeats_a_mail_once_at_the_most() -> None:
    stopped = stop_one_of_four("postgresql", DUE, speed=10)

    assert stopped.due == DUE
    assert (stopped.lost, stopped.repeated_more, stopped.under_another_id, stopped.unmarked) == (0, 0, 0, 0)


def test_after_three_days_without_a_worker_each_person_gets_one_reminder() -> None:
    outage = come_back_after_three_days("sqlite", CASES)

    assert outage.reminders > outage.people_written_to > 0
    assert (outage.left, outage.mails_a_person_at_most) == (0, 1)


def test_a_broken_template_and_a_broken_address_stop_no_other_mail_and_are_seen() -> None:
    assert poison_two("sqlite", 100).held
