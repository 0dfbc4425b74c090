"""Months later: they say how it goes and ask to be called, answer a survey, are asked again if they forget, and find their case again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from api.rate_limits import LIMITS, Counted
from cases.database import Database
from cases.identifiers import new_id
from cases.surveys import ask_again
from cases.tables.case import case_file, survey
from tests.api.browser import Browser
from tests.api.doors import Door, town
from tests.api.test_my_case import Shop
from tests.cases.conftest import database
from tests.cases.test_stories_in_memory import WORKER
from tests.notifications.mail_server import MailServer

__all__ = ["database", "town"]


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)


def planned(shop: Shop, key: str) -> list[Any]:
    shop.scene.plan()
    return shop.scene.messages(key=key)


def surveyed(shop: Shop) -> None:
    now = shop.scene.clock.now()
    row = {"case_id": shop.case.id, "track": "case", "recipient": "entrepreneur", "sent_at": now, "reminders": 0}
    shop.scene.change(insert(survey).values(id=new_id(now), **row))


def asked_again(shop: Shop) -> int:
    now = shop.scene.clock.now()
    return shop.scene.database.write(lambda db: ask_again(db, now), WORKER)


# -- news -------------------------------------------------------------------------------------------------------------------


def test_in_the_follow_up_they_say_how_it_goes_and_the_adviser_reads_it(shop: Shop) -> None:
    assert "Comment va votre entreprise ?" not in shop.browser.page
    shop.scene.change(update(case_file).values(state="follow_up", referent_id=shop.scene.ids["adviser"]))
    shop.browser.open(shop.link())
    assert "Comment va votre entreprise ?" in shop.browser.page

    shop.browser.fill(step="news", how="difficult", text="Le loyer a augmenté.", call_me="1")

    assert shop.events()[-1] == "news"
    assert "Merci. Votre conseil lit votre réponse." in shop.browser.page
    with MailServer().running() as server:
        shop.scene.plan()
        shop.scene.send(server)
        letter = shop.scene.letter(server, "owner_news")
    text = letter.get_body(("plain",)).get_content().replace("’", "'")
    assert "voudrait qu'on l'appelle" in str(letter["Subject"]).replace("’", "'")
    assert "Le loyer a augmenté." in text


def test_news_that_say_nothing_are_asked_for_again(shop: Shop) -> None:
    shop.scene.change(update(case_file).values(state="follow_up"))
    shop.browser.open(shop.link()).fill(step="news", how="excellent")

    assert shop.browser.status == 422
    assert "news" not in shop.events()


def test_only_who_is_helped_gives_news_of_themselves(town: dict[str, Door]) -> None:
    reference = town["adviser"].logs()

    assert town["adviser"].post(f"/cases/{reference}/news", {"payload": {"how": "well"}}).status_code == 404


# -- surveys ----------------------------------------------------------------------------------------------------------------


def test_a_survey_is_answered_from_ones_own_case_too(shop: Shop) -> None:
    assert Browser(shop.app).open(f"{shop.browser.address}/enquete").status == 404
    surveyed(shop)
    assert "Répondre à deux questions" in shop.browser.open(shop.browser.address).page

    home = shop.browser.address
    shop.browser.open(f"{home}/enquete").fill(answer="yes")
    assert shop.browser.title == "Votre entreprise est-elle ouverte ?"
    shop.browser.fill(answer="no")

    assert shop.browser.title == "Merci."
    assert "Répondre à deux questions" not in shop.browser.open(home).page


def test_after_a_survey_they_ask_to_be_called_even_when_the_case_is_closed(shop: Shop) -> None:
    surveyed(shop)
    shop.scene.change(update(case_file).values(state="closed", closed_at=shop.scene.clock.now()))
    browser = Browser(shop.app).open(shop.link("survey", track="case"))
    browser.fill(answer="yes").fill(answer="yes")

    browser.fill(call_me="1")

    assert shop.events()[-1] == "news"
    assert "votre conseil vous rappelle" in browser.page


def test_a_survey_that_nobody_answered_is_asked_again_twice_and_no_more(shop: Shop) -> None:
    shop.scene.entrepreneur_has(email="nadia@example.org")
    surveyed(shop)
    told = []
    for days in (6, 1, 1, 13, 1, 30):
        shop.later(days=days)
        told.append(asked_again(shop))

    assert told == [0, 1, 0, 1, 0, 0]
    assert len(planned(shop, "survey")) == 2


def test_a_survey_that_was_answered_meanwhile_is_not_asked_again(shop: Shop) -> None:
    shop.scene.entrepreneur_has(email="nadia@example.org")
    surveyed(shop)
    shop.later(days=8)
    assert asked_again(shop) == 1
    assert len(planned(shop, "survey")) == 1
    Browser(shop.app).open(shop.link("survey", track="case")).fill(answer="yes")

    with MailServer().running() as server:
        shop.later(hours=2)
        shop.scene.send(server)
        assert not [letter for letter in server.letters if "Deux questions" in str(letter["Subject"])]

    assert asked_again(shop) == 0


# -- a link that was lost ---------------------------------------------------------------------------------------------------


def test_who_lost_their_link_gets_another_at_the_address_that_the_case_knows(shop: Shop) -> None:
    shop.scene.entrepreneur_has(email="nadia@example.org")
    browser = Browser(shop.app).open("/mon-dossier").fill(email=" Nadia@Example.org ")

    [mail] = shop.scene.messages(key="new_link")
    assert (mail.to_email, mail.facts["purpose"], mail.case_id) == ("nadia@example.org", "my_case", shop.case.id)
    assert browser.address == "/mon-dossier/envoye"
    assert "15 minutes" not in browser.page, "it is no sign-in link"
    assert "code" not in browser.page, "there is none to type"


@pytest.mark.parametrize("email", ["voisin@example.org", "adviser@example.org"])
def test_whether_an_address_is_known_is_not_said(shop: Shop, email: str) -> None:
    shop.scene.entrepreneur_has(email="nadia@example.org")

    other = Browser(shop.app).open("/mon-dossier").fill(email=email)
    known = Browser(shop.app).open("/mon-dossier").fill(email="nadia@example.org")

    assert (other.status, other.address) == (known.status, known.address)
    assert len(shop.scene.messages(key="new_link")) == 1


def test_a_case_that_has_been_closed_for_long_is_not_shown_again(shop: Shop) -> None:
    shop.scene.entrepreneur_has(email="nadia@example.org")
    long_ago = shop.scene.clock.now() - timedelta(days=190)
    shop.scene.change(update(case_file).values(state="closed", closed_at=long_ago))

    Browser(shop.app).open("/mon-dossier").fill(email="nadia@example.org")

    assert not shop.scene.messages(key="new_link")


def test_a_link_is_sent_so_often_and_no_more(shop: Shop) -> None:
    shop.scene.entrepreneur_has(email="nadia@example.org")
    for _ in range(LIMITS[Counted.MAIL].most + 2):
        Browser(shop.app).open("/mon-dossier").fill(email="nadia@example.org")

    assert len(shop.scene.messages(key="new_link")) == LIMITS[Counted.MAIL].most


def test_an_address_that_is_none_is_said(shop: Shop) -> None:
    assert Browser(shop.app).open("/mon-dossier").fill(email="nadia").status == 422


# -- unreachable ------------------------------------------------------------------------------------------------------------


def test_a_case_is_closed_as_unreachable_after_three_attempts_on_two_channels_over_five_days(
    town: dict[str, Door],
) -> None:
    adviser = town["adviser"]
    reference = adviser.logs(met_in_person=False)

    def tries(channel: str) -> None:
        given = {"channel": channel, "result": "no_answer"}
        assert adviser.post(f"/cases/{reference}/attempts", {"payload": given}).status_code == 201

    def closes() -> int:
        body = {"step": "close", "track": "case", "payload": {"reason": "unreachable"}}
        return int(adviser.post(f"/cases/{reference}/steps", body).status_code)

    tries("phone")
    tries("phone")
    assert closes() == 422
    adviser.clock.set(adviser.clock.now() + timedelta(days=7))
    tries("phone")
    assert closes() == 422, "one channel is not two"
    tries("sms")

    assert closes() == 200


def test_the_points_at_three_six_and_twelve_months_are_due_and_each_is_met_by_its_own(town: dict[str, Door]) -> None:
    adviser = town["adviser"]
    reference = adviser.qualified()
    needs = adviser.needs(reference)
    adviser.takes(reference, "enter_follow_up", outcomes={need: "met" for need in needs})

    def checks() -> dict[str, str]:
        items = adviser.get(f"/cases/{reference}/deadlines").json()["items"]
        return {one["item"]: one["status"] for one in items if one["rule"] == "case.follow_up.check"}

    assert checks() == {"3 months": "open", "6 months": "open", "12 months": "open"}
    body = {"payload": {"months": 6, "still_active": True, "text": "Tout va bien."}}
    assert adviser.post(f"/cases/{reference}/checks", body).status_code == 201

    assert checks() == {"3 months": "open", "6 months": "met", "12 months": "open"}
