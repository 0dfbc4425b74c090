"""« Mon dossier » tells the truth in each state of a case, shows a number to call, and does what the mails promise: go on, share again, see one's plan."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from cases.database import Database
from cases.identifiers import new_id
from cases.tables.case import case_file
from cases.tables.people import person
from cases.tables.tracks import plan_action, referral, transition_plan
from tests.api.browser import Browser
from tests.api.test_my_case import Mentored, Shop
from tests.cases.conftest import database

__all__ = ["database"]


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)


def given_a_plan(shop: Shop, state: str, *actions: tuple[str, date]) -> None:
    """A plan that Yanis follows; nobody is asked any more."""
    now, own, yanis = shop.scene.clock.now(), new_id(shop.scene.clock.now()), shop.scene.ids["stranger"]
    shop.scene.change(update(person).where(person.c.id == yanis).values(name="Yanis Carré", phone="+33639980055"))
    shop.scene.change(update(referral).values(state="completed"))
    row: dict[str, Any] = {"id": own, "case_id": shop.case.id, "number": 1, "state": state, "state_since": now}
    shop.scene.change(insert(transition_plan).values(**row, opened_at=now, lever="digital", owner_id=yanis))
    for name, day in actions:
        values = {"id": new_id(now), "plan_id": own, "case_id": shop.case.id, "name": name, "day": day}
        shop.scene.change(insert(plan_action).values(**values))


def test_the_number_of_who_calls_is_written_out(shop: Shop) -> None:
    assert "06 39 98 00 11" in shop.browser.page
    assert "C'est gratuit, et vous pouvez arrêter à tout moment." in shop.browser.page


def test_while_an_answer_is_awaited_they_read_by_when_it_must_come(shop: Shop) -> None:
    assert "La réponse doit venir avant" in shop.browser.page
    shop.later(days=60)
    assert "La réponse doit venir" not in shop.browser.open(shop.link()).page, "a day that has passed is not told"


def test_a_case_on_hold_says_until_when_and_goes_on_when_they_say_so(shop: Shop) -> None:
    until, home = shop.scene.clock.now().date() + timedelta(days=21), shop.browser.address
    shop.scene.change(update(case_file).values(hold_until=until, hold_reason="seasonal"))
    assert shop.browser.open(home).title.startswith("Votre dossier est en attente jusqu'au")
    assert "Nous cherchons" not in shop.browser.page

    shop.browser.open(f"{home}/reprendre").fill(home)

    assert shop.events()[-1] == "resume"
    assert shop.browser.title.startswith("Nous attendons la réponse de")


def test_who_took_their_consent_back_may_give_it_again(shop: Shop) -> None:
    home = shop.browser.address
    assert Browser(shop.app).open(f"{home}/accord").status == 404, "it is given already"
    shop.browser.open(f"{home}/partage").fill(home)
    assert shop.browser.title == "Nous ne partageons pas vos informations."
    shop.later(minutes=1)

    shop.browser.open(f"{home}/accord").fill(home)

    assert shop.events()[-1] == "consent"
    assert shop.browser.title == "Nous cherchons qui peut vous aider."
    assert "Ne plus partager mes informations" in shop.browser.page


def test_while_somebody_looks_at_their_business_with_them_they_read_who(shop: Shop) -> None:
    given_a_plan(shop, "diagnosing")

    shop.browser.open(shop.link())

    assert shop.browser.title == "Yanis fait le point avec vous."
    assert "06 39 98 00 55" in shop.browser.page
    assert "Nous cherchons" not in shop.browser.page


def test_a_plan_that_is_ready_shows_its_actions_and_begins_when_they_say_so(shop: Shop) -> None:
    today = shop.scene.clock.now().date()
    given_a_plan(
        shop,
        "plan_ready",
        ("Changer l’enseigne", today + timedelta(days=40)),
        ("Ouvrir une page", today + timedelta(days=9)),
    )
    home = shop.browser.open(shop.link()).address
    assert shop.browser.title == "Votre plan est prêt."
    assert "La prochaine action : Ouvrir une page, avant" in shop.browser.page
    assert shop.browser.page.count('aria-current="step"') == 1
    plan = shop.browser.page.partition('id="plan"')[2]
    assert plan.index("Ouvrir une page") < plan.index("Changer l'enseigne"), "by day"

    shop.browser.fill(home, step="start_action", track="transition_plan-1")

    assert shop.events()[-1] == "start_action"
    assert "J'ai commencé" not in shop.browser.page


def test_a_mentor_who_is_proposed_is_answered_from_ones_own_case(database: Database) -> None:
    mentored = Mentored(database)
    home = mentored.browser.open(mentored.link()).address
    assert "Répondre à Jacques Lemaire, mentor" in mentored.browser.page

    mentored.browser.open(f"{home}/charte").fill(f"{home}/charte", step="sign_charter")

    assert mentored.browser.title == "Vous avez signé."
    assert "Répondre à Jacques Lemaire" not in mentored.browser.open(home).page


def test_there_is_no_charter_to_sign_where_no_mentor_is_proposed(shop: Shop) -> None:
    assert shop.browser.open(f"{shop.browser.address}/charte").status == 404
