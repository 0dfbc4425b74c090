"""When a mail may leave: by class, in the recipient's own day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import MailClass
from engine.working_days import Calendar
from notifications.schedule import TRIES, next_morning, send_at, try_again_at

PARIS, REUNION = Calendar("FR", "Europe/Paris"), Calendar("FR-974", "Indian/Reunion")


def leaves(mail: MailClass, local: str, calendar: Calendar = PARIS) -> str:
    zone = ZoneInfo(calendar.timezone)
    at = send_at(mail, datetime.fromisoformat(local).replace(tzinfo=zone), calendar)
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize("local", ["2027-02-02T03:00", "2027-02-06T23:59", "2027-05-01T12:00"])
def test_what_was_asked_for_leaves_at_once_always(local: str) -> None:
    assert leaves(MailClass.REQUESTED, local) == local


@pytest.mark.parametrize(
    ("local", "leaving"),
    [
        ("2027-02-02T07:00", "2027-02-02T07:00"),
        ("2027-02-02T19:59", "2027-02-02T19:59"),
        ("2027-02-02T20:00", "2027-02-03T07:00"),
        ("2027-02-03T06:59", "2027-02-03T07:00"),
        ("2027-02-06T10:00", "2027-02-06T10:00"),
        ("2027-02-06T21:00", "2027-02-07T07:00"),
    ],
)
def test_news_leaves_by_day_any_day(local: str, leaving: str) -> None:
    assert leaves(MailClass.DIRECT, local) == leaving


@pytest.mark.parametrize(
    ("local", "leaving"),
    [
        ("2027-02-02T08:29", "2027-02-02T08:30"),
        ("2027-02-02T18:00", "2027-02-02T18:00"),
        ("2027-02-02T20:00", "2027-02-03T08:30"),
        ("2027-02-05T20:00", "2027-02-08T08:30"),
        ("2027-02-06T10:00", "2027-02-08T08:30"),
        ("2028-05-01T08:30", "2028-05-02T08:30"),
    ],
)
def test_a_reminder_leaves_on_a_working_day_from_half_past_eight(local: str, leaving: str) -> None:
    assert leaves(MailClass.REMINDER, local) == leaving


def test_the_day_is_the_recipients_own() -> None:
    assert leaves(MailClass.REMINDER, "2027-12-20T09:00", REUNION) == "2027-12-21T08:30"
    assert leaves(MailClass.REMINDER, "2027-12-20T09:00") == "2027-12-20T09:00"


@given(st.integers(0, 10 * 365 * 24 * 60), st.sampled_from(MailClass))
def test_a_mail_never_leaves_before_it_is_asked_nor_at_night(minutes: int, mail: MailClass) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    at = send_at(mail, now, PARIS)
    local = at.astimezone(ZoneInfo("Europe/Paris"))
    assert at >= now
    assert mail is MailClass.REQUESTED or 7 <= local.hour < 20
    assert mail is not MailClass.REMINDER or (PARIS.works(local.date()) and (local.hour, local.minute) >= (8, 30))
    assert send_at(mail, at, PARIS) == at


def test_too_much_for_today_leaves_on_the_next_working_morning() -> None:
    friday = datetime(2027, 2, 5, 11, tzinfo=UTC)
    assert next_morning(friday, PARIS) == datetime(2027, 2, 8, 7, 30, tzinfo=UTC)


def test_tries_come_less_and_less_often_for_more_than_three_days() -> None:
    start = datetime(2027, 2, 5, 11, tzinfo=UTC)
    delays = [try_again_at(start, attempts, "a mail") - start for attempts in range(1, TRIES)]
    assert timedelta(seconds=45) <= delays[0] <= timedelta(seconds=75)
    assert max(delays) <= timedelta(hours=7, minutes=30)
    assert sum(delays, timedelta()) > timedelta(days=2.5)
    assert try_again_at(start, 3, "one") != try_again_at(start, 3, "another")
