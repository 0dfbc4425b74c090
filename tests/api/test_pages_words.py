"""What the desk says: the same number everywhere, whole dates in sentences, one name once."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest

from api.pages.rules import meeting_event
from api.pages.today import NUMBERS
from cases.database import connect
from engine.definition import MACHINES, RULES
from engine.model import Kind, Role
from tests.api.browser import Browser, application
from tests.api.street import Street, a_street
from tests.cases.conftest import migrated_file

MONTHS = "janv|févr|avr|juil|sept|oct|nov|déc"


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """The street of 24 November 2026: these tests only look."""
    folder = tmp_path_factory.mktemp("words")
    shutil.copy(migrated_file(tmp_path_factory.getbasetemp()), folder / "cases.db")
    built = a_street(connect(f"sqlite:///{folder}/cases.db"))
    yield built
    built.database.close()


def as_(street: Street, name: str) -> Browser:
    """A browser where that person is signed in."""
    return street.sign_in(name, application(street.database, street.clock))


def test_an_adviser_reads_the_same_number_in_the_sentence_and_in_the_navigation(street: Street) -> None:
    page = as_(street, "ines").open("/").page

    said = re.search(r"(\w+) actions? vous atten", page)
    shown = re.search(r'À faire <span class="n[^"]*">(\d+)<', page)
    assert said
    assert shown
    assert said[1] == NUMBERS[int(shown[1])]


def test_an_observer_who_has_nothing_to_do_begins_with_the_figures(street: Street) -> None:
    browser = as_(street, "observer").open("/")

    assert "<h1>Pilotage</h1>" in browser.page


def test_a_rule_says_its_date_in_whole_words(street: Street) -> None:
    page = as_(street, "ines").open(f"/dossiers/{street.cases['pagnes']}").page

    rules = re.findall(r'<p class="why">(.*?)</p>', page)
    assert rules
    assert not [rule for rule in rules if re.search(rf"\b({MONTHS})\.", rule)]


def test_nobody_stands_twice_among_those_who_are_late(street: Street) -> None:
    page = as_(street, "laurent").open("/pilotage").page

    owners = re.findall(r"<b>([^<]+)</b>", page.partition('class="owners"')[2].partition("</ul>")[0])
    assert owners
    assert len(owners) == len(set(owners))


def test_no_deadline_offers_a_step_that_the_product_alone_takes() -> None:
    offered = {(kind, event) for rule, found in RULES.items() if (kind := Kind(rule.split(".")[0])) and (event := meeting_event(found, kind))}  # fmt: skip
    taken = {(kind, event): MACHINES[kind].events[event].by for kind, event in offered if event in MACHINES[kind].events}  # fmt: skip

    assert (Kind.REFERRAL, "first_contact") in taken
    assert not [step for step, by in taken.items() if by == {Role.SYSTEM}]


def test_reminders_stand_under_their_days_by_the_name_of_their_case(street: Street) -> None:
    page = as_(street, "ines").open("/relances").page

    days = re.findall(r'<h2><time datetime="([\d-]+)">', page)
    assert len(days) > 1
    assert days == sorted(set(days))
    titles = re.findall(r'<ul class="panel list days">.*?</ul>', page, re.DOTALL)
    assert titles
    assert all('<h3><a href="/dossiers/QP-' in one for one in titles)
    assert not re.search(r">\s*QP-[\w-]+\s*<", "".join(titles))
