"""A branch without a place: its people read so before they answer, on the page and from the mail, and take one more with a reason."""

from __future__ import annotations

import pytest

from cases.clock import FixedClock
from notifications.links import new_link
from tests.api.browser import Browser, application
from tests.api.test_orientation import browser_of, clock, referrals
from tests.cases.conftest import database
from tests.cases.test_places import accepts, asked, places
from tests.cases.test_routing import NOW, WORKER, Town, town

__all__ = ["clock", "database", "town"]
FULL = "L'antenne n'a plus de place cette semaine : dites pourquoi vous prenez cette demande quand même."
REASON = "Pourquoi au-delà de vos places"


@pytest.fixture
def waiting(town: Town) -> str:
    """A request to the Adie, which has one place."""
    places(town, 1)
    return asked(town, "Snack du Pile")


def fill_up(town: Town) -> None:
    accepts(town, asked(town, "Épicerie"))


def from_the_mail(town: Town, reference: str, clock: FixedClock) -> Browser:
    agent = str(town.agents["adie"].person)
    [case_id] = [one["case_id"] for one in referrals(town.database) if one["state"] == "sent"]
    bound = {"person_id": agent, "case_id": case_id, "track": "referral-1"}
    token = town.database.write(lambda db: new_link(db, "answer", now=NOW, **bound), WORKER)
    return Browser(application(town.database, clock)).open(f"/lien/{token}?reponse=oui")


def states(town: Town) -> list[str]:
    return sorted(one["state"] for one in referrals(town.database))


def test_with_a_place_left_the_mail_asks_for_nothing_more(town: Town, waiting: str, clock: FixedClock) -> None:
    page = from_the_mail(town, waiting, clock)
    assert REASON not in page.page

    page.fill(step="accept")

    assert states(town) == ["accepted"]


@pytest.mark.parametrize(("pressed", "then"), [("accept", "accepted"), ("called", "engaged")])
def test_from_the_mail_one_more_is_taken_with_a_reason(
    town: Town, waiting: str, clock: FixedClock, pressed: str, then: str
) -> None:
    fill_up(town)
    page = from_the_mail(town, waiting, clock)
    assert FULL in page.page

    page.fill(step=pressed)
    assert (page.status, states(town)) == (422, ["accepted", "sent"])
    assert FULL in page.page
    page.fill(step=pressed, exceed_reason="Elle ouvre lundi.")

    assert states(town) == sorted(["accepted", then])


def test_the_last_place_taken_meanwhile_is_said_and_what_was_chosen_is_kept(
    town: Town, waiting: str, clock: FixedClock
) -> None:
    page = from_the_mail(town, waiting, clock)
    fill_up(town)

    page.fill(step="accept")

    assert page.status == 422
    assert FULL in page.page
    assert REASON in page.page


def test_the_page_of_the_request_leads_to_the_reason(town: Town, waiting: str, clock: FixedClock) -> None:
    fill_up(town)
    agent = browser_of(town, town.agents["adie"], clock)
    address = f"/dossiers/{waiting}/actions/accept"

    agent.open(f"/orientations/{waiting}/referral-1")
    assert FULL in agent.page
    assert f'action="{address}"' not in agent.page
    agent.open(f"{address}?suivi=referral-1")
    assert FULL in agent.page
    agent.fill(address, agent=str(town.agents["adie"].person), exceed_reason="Elle ouvre lundi.")

    assert states(town) == ["accepted", "accepted"]
    assert "Elle ouvre lundi." in agent.open(f"/dossiers/{waiting}").page


def test_with_a_place_left_the_form_does_not_speak_of_places(town: Town, waiting: str, clock: FixedClock) -> None:
    agent = browser_of(town, town.agents["adie"], clock)

    assert REASON not in agent.open(f"/dossiers/{waiting}/actions/accept?suivi=referral-1").page
