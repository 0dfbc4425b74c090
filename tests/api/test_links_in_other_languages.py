"""Who opens a link of a mail in another language sends every form that follows, empty then filled in: nothing is answered outside of what is translated for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import insert, update

from cases.database import Database
from cases.identifiers import new_id
from cases.tables.case import case_file, survey
from cases.tables.people import person
from cases.tables.tracks import mentoring_pair, referral
from notifications import languages
from tests.api.browser import HOST, Browser
from tests.api.english import WORKER, typed
from tests.api.filled import TYPED, Form, forms_of
from tests.api.test_my_case import Mentored
from tests.api.test_own_states import given_a_plan
from tests.api.unsaid import MARKED, spoken_from, unsaid, write_marked
from tests.cases.conftest import database

__all__ = ["database"]
pytestmark = [pytest.mark.long, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
FILES: Final = {"file": ("zyx.txt", b"Zyxwvut", "text/plain")}
OF_A_LINK: Final = re.compile(r"^/(lien|mon-dossier|preferences)/|^/mon-dossier$")


@pytest.fixture
def marked(tmp_path: Path) -> Iterator[None]:
    """Whatever is translated is between brackets: for who is helped what their languages have, for who works here all of it."""
    write_marked(tmp_path, like="ar")
    write_marked(tmp_path, "en")
    with spoken_from(tmp_path, MARKED):
        yield


@pytest.fixture
def pair(database: Database) -> Mentored:
    """A case with a request that was sent and a mentor who is proposed; its owner reads the marked language, the others English."""
    found = Mentored(database)
    found.scene.entrepreneur_has(reads_in=MARKED.code, email="zyx@example.org")
    found.scene.change(update(person).values(reads_in="en"))
    return found


def closed(pair: Mentored) -> None:
    pair.scene.change(update(case_file).values(state="closed", closed_at=pair.scene.clock.now()))


def followed(pair: Mentored) -> None:
    pair.scene.change(update(referral).values(state="completed"))
    pair.scene.change(update(case_file).values(state="follow_up"))


def on_hold(pair: Mentored) -> None:
    until = pair.scene.clock.now().date() + timedelta(days=30)
    pair.scene.change(update(case_file).values(hold_until=until, hold_reason="seasonal"))


def planned(pair: Mentored) -> None:
    given_a_plan(pair, "plan_ready", ("Zyxwvut", pair.scene.clock.now().date() + timedelta(days=9)))


def surveyed(pair: Mentored) -> None:
    now = pair.scene.clock.now()
    row = {"id": new_id(now), "case_id": pair.case.id, "track": "referral-1", "recipient": "entrepreneur"}
    pair.scene.change(insert(survey).values(**row, sent_at=now))


def as_it_is(_: Mentored) -> None:
    """Nothing more."""


STATES: Final = (as_it_is, closed, followed, on_hold, planned, surveyed)
REQUESTS: Final = (
    "sent",
    "accepted",
    "engaged",
    "info_requested",
    "declined",
    "expired",
    "withdrawn",
    "completed",
    "discontinued",
)
PAIRS: Final = ("proposed", "active", "mid_review", "ended")


class Reader:
    """Somebody who opens a link, each page that it leads to, and sends each form of these pages: empty, then filled in."""

    def __init__(self, pair: Mentored, link: str, **cookies: str) -> None:
        self.pair, self.client, self.wrong = pair, Browser(pair.app).client, list[str]()
        for name, value in cookies.items():
            self.client.cookies.set(name, value)
        self.seen, self.waiting = set[str](), [link]
        self.data = pair.scene.database.read(typed, WORKER) | set(TYPED.values())

    def read(self) -> list[str]:
        """What was said in French."""
        while self.waiting:
            address = self.waiting.pop(0)
            self._shown(address, self.client.get(address, follow_redirects=True))
        return self.wrong

    def _shown(self, where: str, answer: Any) -> None:
        assert answer.status_code < 500, where
        if not answer.headers.get("content-type", "").startswith("text/html"):
            return
        self.wrong += [f"{where}: {one}" for one in unsaid(answer.text, self.data)]
        links = [unescape(one) for one in re.findall(r'<a [^>]*href="(/[^"#]*)', answer.text)]
        for link in links:
            if OF_A_LINK.match(link) and "/documents/" not in link and link not in self.seen:
                self.seen.add(link)
                self.waiting.append(link)
        for form in forms_of(answer.text):
            for address, sent in _each_way(form):
                if str((address, sorted(sent.keys()), [sent.get(name) for name, _ in form.buttons])) not in self.seen:
                    self.seen.add(str((address, sorted(sent.keys()), [sent.get(name) for name, _ in form.buttons])))
                    self._send(form, sent)

    def _send(self, form: Form, sent: Mapping[str, str]) -> None:
        files = FILES if form.sends_files and "text" not in sent else None
        headers = {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}
        answer = self.client.post(form.action, data=dict(sent), files=files, headers=headers)
        if answer.status_code == 303:
            answer = self.client.get(answer.headers["location"], follow_redirects=True)
        self._shown(f"{form.action} {sent}", answer)


def _each_way(form: Form) -> Iterator[tuple[str, dict[str, str]]]:
    if form.method == "post" and not form.action.endswith("/langue"):
        for filled in (False, True):
            yield from ((form.action, sent) for sent in form.sent(filled=filled))


@pytest.mark.parametrize("given", STATES, ids=[one.__name__ for one in STATES])
def test_who_is_helped_is_answered_in_what_their_languages_have(pair: Mentored, marked: None, given: Any) -> None:
    given(pair)
    assert Reader(pair, pair.link()).read() == []


@pytest.mark.parametrize("link", ["gone", "nonsense", "reminders", "form"])
def test_so_are_those_who_lost_their_link_or_want_fewer_mails(pair: Mentored, marked: None, link: str) -> None:
    owner = {"recipient": f"entrepreneur:{pair.case.entrepreneur_id}", "categories": ["news"]}
    address = {
        "gone": pair.link(lasts=timedelta(days=-1)), "nonsense": "/mon-dossier/zyx", "form": "/mon-dossier",
        "reminders": pair.link("preferences", entrepreneur_id=None, case_id=None, data=owner).replace("/lien/", "/preferences/"),
    }[link]  # fmt: skip
    assert Reader(pair, address, qp_langue=MARKED.code).read() == []


@pytest.mark.parametrize("state", REQUESTS)
def test_an_operator_is_answered_in_english(pair: Mentored, marked: None, state: str) -> None:
    pair.scene.change(update(referral).values(state=state))
    for who in (pair.agent(), None):
        link = pair.link("answer", entrepreneur_id=None, person_id=who, track="referral-1")
        assert Reader(pair, link, qp_langue="en").read() == []


@pytest.mark.parametrize("state", PAIRS)
def test_a_mentor_and_who_they_see_are_answered_in_their_languages(pair: Mentored, marked: None, state: str) -> None:
    pair.scene.change(update(mentoring_pair).values(state=state))
    mentor = {"entrepreneur_id": None, "person_id": pair.mentor, "track": "mentoring_pair-1"}
    for purpose in ("charter", "log_book"):
        assert Reader(pair, pair.link(purpose, **mentor)).read() == []
    assert Reader(pair, pair.link("charter", track="mentoring_pair-1")).read() == []


def test_a_sentence_that_is_not_translated_for_them_would_be_found(
    pair: Mentored, tmp_path: Path, marked: None
) -> None:
    for code in (MARKED.code, "en"):
        (tmp_path / f"{code}.po").write_bytes(b'msgid ""\nmsgstr ""\n')
    languages.forget()
    assert any("Tout arrêter" in one for one in Reader(pair, pair.link()).read())
