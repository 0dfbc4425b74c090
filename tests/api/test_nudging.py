"""« Relancer »: who runs the case asks again the one who must act and is late, with a word; it is written down, and said with the day's reminders."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cases import people
from cases.access import Identity
from cases.clock import FixedClock
from cases.people import Newcomer
from cases.sweep import sweep
from cases.tables.memory import deadline, journal
from engine.model import Role
from notifications.composer import compose
from notifications.planner import plan
from notifications.said_rows import rows_for
from notifications.tables import message
from tests.api.browser import Browser
from tests.api.test_orientation import browser_of
from tests.cases.conftest import database
from tests.cases.test_routing import NOW, WORKER, Town, town

__all__ = ["database", "town"]
STUCK = NOW + timedelta(days=9)
"""Two working days after the answer was due, once its manager and the adviser were told."""
WORDS = "Nadia signe son bail lundi."


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(STUCK)


@pytest.fixture
def silent(town: Town) -> str:
    """A request that the Adie has not answered, nine days later."""
    reference = town.log()
    town.ask(reference, "adie")
    town.fire(reference, "send", "referral-1")
    sweep(town.database, STUCK)
    plan(town.database, STUCK)
    return reference


def boss(town: Town, clock: FixedClock) -> Browser:
    """The territory's manager, who has just signed in."""
    newcomer = Newcomer("Laurent Delattre", "laurent@example.org", Role.MANAGER, "roubaix")
    own = town.database.write(lambda db: people.add(db, newcomer, NOW), WORKER)
    return browser_of(town, Identity(own), clock)


@pytest.fixture
def laurent(town: Town, clock: FixedClock) -> Browser:
    return boss(town, clock)


def nudges(town: Town, now: datetime) -> list[Any]:
    """What is written to whom."""
    plan(town.database, now)
    query = select(message).where(message.c.key == "nudged").order_by(message.c.id)
    return list(town.database.read(lambda db: db.execute(query).mappings().all(), WORKER))


def letter(town: Town, row: Any) -> str:
    made = {"now": STUCK, "base_url": "https://quartiers.example", "make_link": lambda purpose, **_: purpose}
    return town.database.read(lambda db: compose(rows_for(db, (row,)), row, **made), WORKER).text


def form_of(reference: str, track: str = "referral-1") -> str:
    return f"/dossiers/{reference}/noter/nudge?suivi={track}"


def test_the_branch_that_is_late_is_asked_again_by_name_and_it_is_written_down(
    town: Town, laurent: Browser, silent: str
) -> None:
    laurent.open(form_of(silent)).fill(f"/dossiers/{silent}/noter/nudge", text=WORDS)

    [told] = nudges(town, STUCK)
    own = f"branch:{town.branches['adie']}"
    assert (told["role"], told["recipient"], told["mail_class"]) == ("operator", own, "reminder")
    said = letter(town, told)
    assert "Laurent D. vous demande où vous en êtes." in said.replace("\u00a0", " ")
    assert WORDS in said
    page = laurent.open(f"/dossiers/{silent}").page
    assert "Relance" in page
    assert WORDS in page
    late = select(deadline.c.status).where(deadline.c.rule == "referral.sent.answer")
    assert town.database.read(lambda db: db.execute(late).scalar_one(), WORKER) == "open"


def test_what_is_not_late_is_not_asked_again(town: Town, laurent: Browser) -> None:
    reference = town.log()
    town.ask(reference, "adie")
    town.fire(reference, "send", "referral-1", at=STUCK)

    assert "Rien n'est en retard ici : il est trop tôt pour relancer." in laurent.open(form_of(reference)).page
    assert "noter/nudge" not in laurent.open(f"/dossiers/{reference}").page


def test_nobody_asks_themselves_again(town: Town, silent: str, clock: FixedClock) -> None:
    """The acceptance of the case is late too, in the end: it is the adviser's own."""
    clock.set(STUCK + timedelta(days=30))
    ines = browser_of(town, town.adviser, clock)

    assert "C'est à vous d'agir : personne d'autre n'est attendu ici." in ines.open(form_of(silent, "case")).page


def test_an_operator_does_not_ask_others_again(town: Town, silent: str, clock: FixedClock) -> None:
    agent = browser_of(town, town.agents["adie"], clock)

    assert "Cette orientation est suivie par" in agent.open(form_of(silent)).page
    assert nudges(town, STUCK) == []


def test_the_desk_of_the_manager_offers_it_beside_handing_over(town: Town, silent: str, clock: FixedClock) -> None:
    clock.set(STUCK + timedelta(days=30))
    sweep(town.database, clock.now())
    laurent = boss(town, clock)

    found = re.search(r'href="([^"]+)"[^>]*>Relancer', laurent.open("/").answer.text)
    assert found
    laurent.open(html.unescape(found[1])).fill(f"/dossiers/{silent}/noter/nudge")

    assert "La relance part" in laurent.page
    assert [(one["role"], one["person_id"]) for one in nudges(town, clock.now())] == [("adviser", town.adviser.person)]


def test_several_cases_are_asked_again_at_once_with_a_verdict_each(town: Town, laurent: Browser, silent: str) -> None:
    other = town.log(name="Fleuriste")

    laurent.open(f"/dossiers/ensemble?geste=nudge&dossier={silent}&dossier={other}")
    laurent.fill("/dossiers/ensemble", geste="nudge", dossier=silent, text=WORDS)

    assert "1 dossier relancé" in laurent.page
    assert len(nudges(town, STUCK)) == 1
    lines = select(journal.c.track).where(journal.c.event == "nudge")
    assert town.database.read(lambda db: db.execute(lines).scalars().all(), WORKER) == ["referral-1"]
