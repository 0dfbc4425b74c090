"""Every message has its template and every template its message; each can be said to each of its readers, whatever is known."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import update

from cases.database import connect
from cases.tables.case import business, need
from cases.tables.people import person
from engine.model import Kind
from notifications import composer
from notifications.composer import Composed
from notifications.typography import phone, prose
from tests.cases.conftest import migrated_file
from tests.notifications.mailbag import ASKED_FOR, BASE_URL, PLAYED, Life, Mail, mails
from tests.notifications.test_painting import assert_painted_as_alone

EMAILS = Path(composer.__file__).parent / "emails"
TEMPLATES = {path.stem for path in EMAILS.glob("*.jinja")}
MAILS = sorted(mails())
KINDS = tuple(PLAYED)
WEIGHT = 30_000
"""Bytes that the HTML form may weigh."""

Lives = dict[str, Life]


def lives_in(folder: Path, base: Path) -> Lives:
    found: Lives = {}
    for kind in KINDS:
        shutil.copy(migrated_file(base), folder / f"{kind}.db")
        found[kind] = Life(connect(f"sqlite:///{folder}/{kind}.db"), kind)
    return found


@pytest.fixture(scope="module", params=["little is known", "everything is known"])
def lives(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lives]:
    """A life for each kind of track, on SQLite."""
    found = lives_in(tmp_path_factory.mktemp("lives"), tmp_path_factory.getbasetemp())
    for life in found.values():
        if request.param == "everything is known":
            life.everything_is_known()
        else:
            life.change(update(business).values(name="C", activity=None, city=None))
            life.case_has(referent_id=None)
    yield found
    for life in found.values():
        life.database.close()


def life_of(lives: Lives, mail: Mail) -> Life:
    return lives.get(mail.kind, lives[Kind.REFERRAL])


class Buttons(HTMLParser):
    """Where the buttons and the links of a mail lead; whether its tags close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.buttons: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            (self.buttons if given.get("class") == "btn" else self.links).append(given["href"] or "")
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check(composed: Composed) -> None:
    """What is true of every mail."""
    found = Buttons(composed.html)
    assert not found.open
    assert len(found.buttons) == 1
    for address in (*found.buttons, *found.links):
        assert address.startswith((f"{BASE_URL}/", "tel:+"))
        assert (phone(address.removeprefix("tel:")) if address.startswith("tel:") else address) in composed.text
    assert "tel:" not in composed.text, "a number is written as people write it"
    assert composed.preheader not in (composer.PRODUCT, composed.subject), (
        "the preview says something, and something else"
    )
    assert str(prose(composed.preheader)) in composed.html
    assert 0 < len(composed.subject) <= composer.SUBJECT
    assert "\n" not in composed.subject + composed.preheader + composed.from_name
    assert len(composed.sms) <= 160
    assert len(composed.html.encode()) <= WEIGHT
    assert_painted_as_alone(composed.html)
    said = re.sub(r"<style>.*?</style>", "", composed.html, flags=re.DOTALL)
    for form in (composed.subject, composed.preheader, composed.text, said):
        assert not re.search(r"\bNone\b|\{\{|\{%|Undefined| \.(?!\d)| ,|\(\)|«\s*»|\bde\s*\.", form), form
    assert not re.search(r"<(script|img|link|iframe)|https?://(?!quartiers\.example)", composed.html)


def test_every_message_has_a_template_and_every_template_a_message() -> None:
    assert {mail.key for mail in MAILS} | ASKED_FOR == TEMPLATES


def test_a_message_without_a_template_would_be_found() -> None:
    assert {"survey", "decide_next", "referral_sent", "deadline_missed", "tried_to_reach"} <= {
        mail.key for mail in MAILS
    }
    assert {mail.key for mail in MAILS if mail.rule} - {mail.key for mail in MAILS if not mail.rule}


@pytest.mark.parametrize("key", sorted({mail.key for mail in MAILS}))
def test_a_message_can_be_said_to_each_of_its_readers(lives: Lives, key: str) -> None:
    for mail in MAILS:
        if mail.key == key:
            life = life_of(lives, mail)
            check(life.compose(life.message(mail)))


@pytest.mark.parametrize("key", ["sign_in", "invitation", "new_link", "token_expires"])
def test_what_people_ask_for_can_be_said(lives: Lives, key: str) -> None:
    life = lives[Kind.REFERRAL]
    facts = {"next_page": "/dossiers", "purpose": "answer", "data": {}, "request": "1"}
    if key == "token_expires":
        facts |= {"token": "tableur <b>", "ends": "2027-03-02T23:30:00+00:00"}
    row = life.message(
        Mail(key, "adviser", "case"), case_id=None, subject_id=None, track=None, facts=facts, reason=None, role=""
    )
    before = len(life.made)
    check(life.compose(row))
    made = {"sign_in": ["code", "sign_in"], "invitation": ["invitation"], "new_link": ["answer"], "token_expires": []}
    assert [one["purpose"] for one in life.made[before:]] == made[key]


def test_reminders_of_every_kind_make_a_digest(lives: Lives) -> None:
    life = lives[Kind.REFERRAL]
    for role in ("adviser", "operator", "manager", "entrepreneur", "operator_manager"):
        rows = [life.message(mail) for mail in MAILS if mail.role == role and mail.kind == Kind.REFERRAL]
        check(
            life.compose_digest(
                rows or [life.message(Mail("still_looking", role, "case", "case.orientation.acceptance"))]
            )
        )


HOSTILE = {
    "markup": "<script>alert(1)</script>\"'><b onclick=x>{{ 7 * 7 }} {% raw %}",
    "long": "A" * 10_000,
    "long words": "mot " * 2_500,
    "controls": "Nadia \u202e\u2066evil\u200f\r\nBcc: tous@example.org\x1b[31m",
    "emoji": "Chez 👩🏽‍🍳 & fils",
}
ONE_OF_EACH = list({mail.key: mail for mail in MAILS}.values())


@pytest.fixture(scope="module")
def hostile_lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lives]:
    found = lives_in(tmp_path_factory.mktemp("hostile"), tmp_path_factory.getbasetemp())
    for life in found.values():
        life.everything_is_known()
    yield found
    for life in found.values():
        life.database.close()


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_name_harms_no_mail(hostile_lives: Lives, words: str) -> None:
    for life in hostile_lives.values():
        life.entrepreneur_has(name=words)
        life.change(update(business).values(name=words, activity=words, address_line=words, city=words))
        life.change(update(need).values(detail=words))
        life.change(update(person).values(name=words))
    for mail in ONE_OF_EACH:
        life = life_of(hostile_lives, mail)
        composed = life.compose(life.message(mail, to_name=f"{words}\x00"))
        assert len(Buttons(composed.html).buttons) == 1
        assert len(composed.subject) <= composer.SUBJECT
        assert len(composed.sms) <= 160
        assert len(composed.html.encode()) <= WEIGHT
        assert_painted_as_alone(composed.html)
        assert "<script" not in composed.html
        assert "onclick=x>" not in composed.html
        assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066\u200f]", composed.text + composed.html)
        assert not re.search(
            "[\x00-\x1f\u202e]", composed.subject + composed.preheader + composed.from_name + composed.sms
        )
        assert "49" not in composed.subject
