"""Mail scanners follow links: whatever a signed link is for, opening its pages changes nothing and uses nothing up; only a button does."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from api.migrations.target import target
from cases.database import Database
from cases.identifiers import new_id
from cases.tables.case import survey
from cases.tables.memory import access_log
from notifications.links import LASTS, Purpose
from tests.api.browser import Browser
from tests.api.test_my_case import Mentored
from tests.cases.conftest import database

__all__ = ["database"]

NOT_READ = {"rate_count", "heartbeat", "access_log", "case_search"}
"""What is counted of requests, and who looked, which is no change of anything; and the words of the search, that nobody reads: they follow their case."""


class Mailbox(Mentored):
    """A case with an operator asked, a mentor proposed and a survey sent: a link of each purpose leads to it."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        now = self.scene.clock.now()
        row = {"case_id": self.case.id, "track": "case", "recipient": "entrepreneur", "sent_at": now, "reminders": 0}
        self.scene.change(insert(survey).values(id=new_id(now), **row))

    def to_follow(self, purpose: str) -> list[str]:
        """A link of that purpose, and the pages behind it."""
        nobody: dict[str, Any] = {"entrepreneur_id": None}
        bound: dict[str, dict[str, Any]] = {
            "sign_in": {**nobody, "case_id": None, "person_id": self.scene.ids["adviser"]},
            "answer": {**nobody, "person_id": self.agent(), "track": "referral-1"},
            "my_case": {},
            "survey": {"track": "case"},
            "log_book": {**nobody, "person_id": self.mentor, "track": "mentoring_pair-1"},
            "charter": {**nobody, "person_id": self.mentor, "track": "mentoring_pair-1"},
            "reply": {**nobody, "person_id": self.agent(), "track": "referral-1"},
        }
        link = self.link(purpose, **bound.get(purpose, {}))
        behind = {
            "answer": ("?reponse=oui", "?reponse=non", "?reponse=question"),
            "my_case": ("/partage", "/arreter", "/enquete", "/rouvrir"),
            "charter": ("?reponse=non",),
        }
        return [link, *(link + more for more in behind.get(purpose, ()))]

    def everything(self) -> dict[str, list[Any]]:
        """All that is stored."""
        tables = [table for table in target().sorted_tables if table.name not in NOT_READ]
        return {table.name: sorted(map(repr, self.scene.rows(table.select()))) for table in tables}


@pytest.fixture
def mailbox(database: Database) -> Mailbox:
    return Mailbox(database)


@pytest.mark.parametrize("purpose", [str(purpose) for purpose in LASTS if purpose is not Purpose.CODE])
@pytest.mark.asvs("3.5.3")
def test_following_a_link_changes_nothing_however_it_is_followed(mailbox: Mailbox, purpose: str) -> None:
    pages = mailbox.to_follow(purpose)
    before = mailbox.everything()

    for page in pages:
        client = Browser(mailbox.app).client
        for method in ("GET", "GET", "HEAD", "OPTIONS"):
            answer = client.request(method, page)
            assert answer.status_code < 500, f"{method} {page}"
            assert method == "GET" or answer.status_code in (404, 405, 410), f"{method} {page}"

    assert mailbox.everything() == before


@pytest.mark.parametrize("purpose", ["answer", "charter", "survey", "sign_in"])
def test_the_button_of_the_page_acts(mailbox: Mailbox, purpose: str) -> None:
    fields = {
        "answer": {"step": "accept", "agent": mailbox.agent()},
        "charter": {"step": "sign_charter"},
        "survey": {"answer": "yes"},
        "sign_in": {},
    }
    link = mailbox.to_follow(purpose)[0]
    opened = Browser(mailbox.app).open(link + ("?reponse=oui" if purpose == "answer" else ""))
    before = mailbox.everything()

    opened.fill(**fields[purpose])

    assert mailbox.everything() != before


@pytest.mark.parametrize(
    ("said", "how"),
    [
        ({"Sec-Fetch-User": "?1", "Sec-Fetch-Mode": "navigate"}, "link"),
        ({}, "link_unsure"),
        ({"Sec-Fetch-Mode": "navigate"}, "link_unsure"),
        ({"Sec-Fetch-User": "?1", "Sec-Purpose": "prefetch;prerender"}, "link_unsure"),
    ],
)
def test_a_look_is_somebodys_own_when_their_browser_says_that_they_pressed_the_link(
    mailbox: Mailbox, said: dict[str, str], how: str
) -> None:
    client = Browser(mailbox.app).client

    assert client.get(mailbox.to_follow("answer")[0], headers=said).status_code == 200

    looks = [row.what for row in mailbox.scene.rows(access_log.select()) if row.person_id == mailbox.agent()]
    assert looks == [how]


def test_an_address_to_answer_a_mail_opens_no_page(mailbox: Mailbox) -> None:
    link = mailbox.to_follow(str(Purpose.REPLY))[0]

    assert Browser(mailbox.app).open(link).status == 404
