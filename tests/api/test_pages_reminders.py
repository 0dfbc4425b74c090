"""Relances and délais on the pages: what will leave and why, a reminder put off, a length chosen after its effect was seen."""

from __future__ import annotations

import re

import pytest

from cases.database import Database
from cases.sweep import sweep
from cases.tables.memory import deadline
from cases.tables.territories import deadline_length
from notifications.planner import plan
from notifications.tables import message, snooze
from tests.api.browser import Browser
from tests.api.street import NOW, Town, at
from tests.cases.conftest import database

__all__ = ["database"]

FIRST_CONTACT = "/territoires/roubaix/delais/case.first_contact"


@pytest.fixture
def town(database: Database) -> Town:
    """A town where Inès logged a shop that nobody has called yet: its first contact is due on Friday 27 November at 18:00."""
    town = Town(database)
    town.street.log("11-24 08:00", "ines", "shop", {"name": "Épicerie Traoré", "met": False})
    return town


def test_an_adviser_sees_what_will_come_to_them_and_why(town: Town) -> None:
    page = town["ines"].open("/relances").page
    assert "Rappel" in page
    assert "à vous" in page
    assert "Échéance « Premier contact », 1 jour ouvré avant la date" in page
    assert town.street.cases["shop"] in page
    assert "Alerte" not in page


def test_the_navigation_counts_the_deadlines_of_which_a_reminder_comes_next(town: Town) -> None:
    """As many as the page has, each deadline once: the first contact and the need of two shops; none for who is reminded of nothing."""
    town.street.log("11-24 08:05", "ines", "other", {"name": "Coiffure Awa", "met": False})
    for name, expected in (("ines", 4), ("laurent", 0), ("bruno", 0), ("stranger", 0), ("karim", 0)):
        page = town[name].open("/relances")
        assert counted(page) == expected, name
        reminded = set(re.findall(r'action="/relances/([^"]+)/plus-tard"', page.answer.text))
        assert len(reminded) == expected, name
    for moment in (at("11-26 10:00"), at("11-27 10:00")):
        sweep(town.street.database, moment)
    assert counted(town["ines"].open("/relances")) == 2, (
        "the reminders of the first contact left: the next moment is an alert"
    )


def counted(page: Browser) -> int:
    """What stands beside « Relances » in the navigation."""
    found = re.search(
        r'href="/relances"[^>]*>(?:(?!</a>).)*?<span class="n[^"]*"[^>]*>(\d+)', page.answer.text, re.DOTALL
    )
    return int(found[1]) if found else 0


def test_a_manager_sees_the_alerts_that_would_come_to_them_and_what_comes_to_others(town: Town) -> None:
    assert "Alerte" in town["laurent"].open("/relances").page
    everything = town["laurent"].open("/relances?pour=territoire").page
    assert "à Inès Morvan" in everything
    assert "à vous" in everything


def test_the_next_things_of_one_case_are_seen_from_it(town: Town) -> None:
    case = town["ines"].open(f"/dossiers/{town.street.cases['shop']}")
    assert f"/relances?dossier={town.street.cases['shop']}" in case.answer.text
    assert "à Laurent Delattre" in case.open(f"/relances?dossier={town.street.cases['shop']}").page


def test_who_works_elsewhere_sees_nothing_of_it(town: Town) -> None:
    for name in ("stranger", "karim", "jean"):
        for address in ("/relances", "/relances?pour=territoire", "/relances?vue=parties&pour=territoire"):
            page = town[name].open(address).page
            assert "Traoré" not in page
            assert town.street.cases["shop"] not in page


def test_a_reminder_is_put_off_and_leaves_on_the_day_that_was_chosen(town: Town) -> None:
    page = town["ines"].open("/relances")
    where = re.findall(r'action="(/relances/[^"]+/plus-tard)"', page.answer.text)
    page.fill(where[0], jour="2026-11-30")
    assert "rien avant le lundi 30 novembre" in page.page

    for moment in (at("11-26 10:00"), at("11-27 10:00")):
        sweep(town.street.database, moment)
        plan(town.street.database, moment)

    reminders = town.row(message, message.c.send_at, message.c.status, message.c.facts, message.c.person_id)
    mine = [
        one for one in reminders if one["person_id"] == town.street.ids["ines"] and one["facts"].get("do") == "remind"
    ]
    assert {one["send_at"] for one in mine} == {at("11-30 07:30")}
    assert [one["status"] for one in mine].count("waiting") == 1


def test_a_reminder_that_waits_already_waits_longer(town: Town) -> None:
    town.street.clock.set(at("11-26 06:00"))
    sweep(town.street.database, at("11-26 07:30"))
    plan(town.street.database, at("11-26 07:30"))
    town.street.clock.set(at("11-26 07:31"))
    (own,) = town.row(message, message.c.deadline_id)[-1:]

    town["ines"].open("/relances").fill(f"/relances/{own['deadline_id']}/plus-tard", jour="2026-11-27")

    assert [one["send_at"] for one in town.row(message) if one["facts"].get("do") == "remind"] == [at("11-27 07:30")]


@pytest.mark.parametrize("day", ["2026-12-24", "2026-11-24", "2026-11-28", "hier", ""])
def test_a_day_that_is_not_offered_is_refused_with_a_sentence(town: Town, day: str) -> None:
    (own,) = town.row(deadline, deadline.c.id)[:1]
    page = town["ines"].open("/relances").fill(f"/relances/{own['id']}/plus-tard", jour=day)
    assert "Choisissez un des 5 prochains jours ouvrés." in page.page
    assert town.row(snooze) == []


@pytest.mark.parametrize("name", ["stranger", "karim", "jean"])
def test_nobody_puts_off_what_is_out_of_their_sight(town: Town, name: str) -> None:
    (own,) = town.row(deadline, deadline.c.id)[:1]
    browser = town[name].open("/relances")
    browser.post(f"/relances/{own['id']}/plus-tard", {"jour": "2026-11-30"})
    assert browser.status in (403, 404)
    assert town.row(snooze) == []


def test_a_manager_sees_the_effect_of_a_length_then_chooses_it(town: Town) -> None:
    page = town["laurent"].open("/territoires/roubaix").open("/territoires/roubaix/delais")
    assert "3 jours ouvrés" in page.page
    page.open(f"{FIRST_CONTACT}?valeur=6")
    assert "Une échéance en cours changerait de date." in page.page
    assert "Épicerie Traoré" in page.page
    assert "mer. 2 déc." in page.page

    page.fill(FIRST_CONTACT, reason="peu de conseillers", move="1")
    sweep(town.street.database, NOW)

    assert "C'est noté" in page.page
    assert "au lieu de 3 jours ouvrés" in page.page
    assert [(one["family"], one["value"]) for one in town.row(deadline_length)] == [("case.first_contact", 6)]
    case = town["ines"].open(f"/dossiers/{town.street.cases['shop']}").page
    assert "Délai choisi par le territoire." in case
    assert "Échéances mises au délai du territoire" in case


@pytest.mark.parametrize("typed", ["0", "10", "-1", "1e3", "trois", "999999999999", "²"])
def test_a_length_out_of_its_limits_is_refused_where_it_was_typed(town: Town, typed: str) -> None:
    page = town["laurent"].open(f"{FIRST_CONTACT}?valeur={typed}")
    assert "entre 1 et 9" in page.page
    page.open(f"{FIRST_CONTACT}?valeur=6").fill(FIRST_CONTACT, valeur=typed, reason="x")
    assert page.status == 422
    assert town.row(deadline_length) == []


def test_a_length_needs_a_reason_and_keeps_what_was_typed(town: Town) -> None:
    page = town["laurent"].open(f"{FIRST_CONTACT}?valeur=6").fill(FIRST_CONTACT, reason="")
    assert page.status == 422
    assert 'value="6"' in page.answer.text
    assert town.row(deadline_length) == []


def test_an_adviser_reads_the_lengths_and_chooses_none(town: Town) -> None:
    page = town["ines"].open("/territoires/roubaix/delais")
    assert "Premier contact" in page.page
    assert FIRST_CONTACT not in page.answer.text
    assert town["ines"].open(FIRST_CONTACT).status == 404


def test_an_admin_learns_how_many_and_not_which(town: Town) -> None:
    page = town["admin"].open(f"{FIRST_CONTACT}?valeur=6").page
    assert "Une échéance en cours changerait de date." in page
    assert "Traoré" not in page
