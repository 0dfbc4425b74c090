"""« Je m'en occupe moi-même », and the message that an adviser writes with their own words: in one gesture, and nothing to oneself."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from cases import people
from cases.access import Grant, Identity
from cases.clock import FixedClock
from cases.people import Newcomer
from cases.tables.case import task
from cases.tables.memory import journal, outbox
from cases.tables.operators import branch
from cases.tables.people import role_grant
from engine.model import Role
from engine.states.orientation.work import MESSAGE_AT_MOST
from notifications.composer import Composed, compose
from notifications.planner import plan
from notifications.said_rows import rows_for
from notifications.tables import message
from tests.api.browser import Browser
from tests.api.test_account import choose
from tests.api.test_orientation import browser_of, clock, ines, link, message_to, referrals
from tests.cases.conftest import database
from tests.cases.test_places import accepts, asked, places
from tests.cases.test_routing import NOW, WORKER, Town, town

__all__ = ["clock", "database", "ines", "town"]
TAKE = "Je m'en occupe moi-même"
OWN_WORDS = "Nadia reprend le snack de sa tante.\nElle préfère être appelée le matin."
HOSTILE = {
    "a script": "<script>alert(1)</script> & <img src=x onerror=alert(1)>",
    "turned round": "Nadia \u202eevil\u202c\u2066",
    "a template": "{{ links.answer }} {% raw %}",
    "a header": "Bonjour\r\nBcc: everybody@example.org",
}


@pytest.fixture
def both(town: Town) -> Identity:
    """Inès, who works for the Adie too."""
    own = town.branches["adie"]
    agent = Newcomer("Inès Morvan", "ines@example.org", Role.OPERATOR, branch=own)
    town.database.write(lambda db: people.add(db, agent, NOW), WORKER)
    return replace(town.adviser, grants=(*town.adviser.grants, Grant(Role.OPERATOR, branch=own)))


def events(town: Town) -> list[str]:
    lines = select(journal.c.event, journal.c.track).order_by(journal.c.sequence)
    found = town.database.read(lambda db: db.execute(lines).all(), WORKER)
    return [row.event for row in found if row.event not in ("log", "qualify")]


def messages(town: Town) -> list[Any]:
    return list(town.database.read(lambda db: db.execute(select(message)).mappings().all(), WORKER))


def letter(town: Town, key: str) -> Composed:
    def unit(db: Any) -> Composed:
        row = db.execute(select(message).where(message.c.key == key)).mappings().one()
        made = {"now": NOW, "base_url": "https://quartiers.example", "make_link": lambda purpose, **_: purpose}
        return compose(rows_for(db, (row,)), row, **made)

    return town.database.read(unit, WORKER)


def asked_with(ines: Browser, town: Town, reference: str, words: str, **more: str) -> Browser:
    message_to(ines, reference, town, "adie")
    return ines.fill(f"/dossiers/{reference}/orienter", message=words, **more)


def test_an_adviser_who_works_for_the_branch_takes_it_on_in_one_press(
    town: Town, both: Identity, clock: FixedClock
) -> None:
    reference = town.log()
    page = browser_of(town, both, clock).open(f"/dossiers/{reference}")

    page.open(link(page, "Demander à un opérateur"))
    page.fill(f"/dossiers/{reference}/orienter", suite="moi")

    assert "vous vous en occupez" in page.page
    [taken] = referrals(town.database)
    assert (taken["state"], taken["agent_id"]) == ("engaged", both.person)
    assert events(town) == ["draft", "send", "accept", "first_contact", "start_accompaniment"]


@pytest.mark.parametrize("email", ["adie@example.org", None], ids=["a group address", "no address"])
def test_nobody_is_written_to_about_what_they_do_themselves(
    town: Town, both: Identity, clock: FixedClock, email: str | None
) -> None:
    """Neither by a mail, nor by a call to make to one's own branch."""
    town.database.write(
        lambda db: db.execute(update(branch).where(branch.c.name == "adie").values(email=email)), WORKER
    )
    reference = town.log()

    browser_of(town, both, clock).open(f"/dossiers/{reference}/orienter").fill(suite="moi")
    plan(town.database, NOW + timedelta(hours=1))

    assert town.database.read(lambda db: db.execute(select(outbox)).all(), WORKER) == []
    asked = [one for one in messages(town) if one["key"] == "referral_sent"]
    assert {(one["status"], one["last_error"]) for one in asked} <= {("dropped", "moved_on")}
    assert [
        one["key"] for one in messages(town) if one["person_id"] == both.person and one["status"] != "dropped"
    ] == []
    calls = town.database.read(lambda db: db.execute(select(task.c.label)).scalars().all(), WORKER)
    assert not any("adie" in title for title in calls)


def test_who_works_as_an_adviser_for_now_takes_it_on_all_the_same(
    town: Town, both: Identity, clock: FixedClock
) -> None:
    reference, page = town.log(), browser_of(town, both, clock)
    adviser = select(role_grant.c.id).where(role_grant.c.person_id == both.person, role_grant.c.role == "adviser")
    choose(page, town.database.read(lambda db: db.execute(adviser).scalar_one(), WORKER))
    assert "/orientations" not in page.open("/").page

    page.open(f"/dossiers/{reference}/orienter")
    page.fill(f"/dossiers/{reference}/orienter", suite="moi")

    [taken] = referrals(town.database)
    assert (taken["state"], taken["agent_id"]) == ("engaged", both.person)
    assert "vous vous en occupez" in page.page


def test_a_branch_without_a_place_does_not_stop_who_takes_it_on_themselves(
    town: Town, both: Identity, clock: FixedClock
) -> None:
    places(town, 1)
    accepts(town, asked(town, "Fleuriste"))
    reference = town.log()

    browser_of(town, both, clock).open(f"/dossiers/{reference}/orienter").fill(suite="moi")

    assert sorted(one["state"] for one in referrals(town.database)) == ["accepted", "engaged"]
    assert "Je m'en occupe moi-même" in browser_of(town, town.adviser, clock).open(f"/dossiers/{reference}").page


def test_pressed_twice_it_is_taken_once(town: Town, both: Identity, clock: FixedClock) -> None:
    reference = town.log()
    page = browser_of(town, both, clock).open(f"/dossiers/{reference}/orienter")
    hidden = re.findall(r'name="(csrf|besoin|antenne|version|key)" value="([^"]*)"', page.answer.text)
    form = dict(reversed(hidden))  # of the first form

    page.post(f"/dossiers/{reference}/orienter", {**form, "suite": "moi"})
    page.post(f"/dossiers/{reference}/orienter", {**form, "suite": "moi"})

    assert [one["state"] for one in referrals(town.database)] == ["engaged"]


def test_who_works_for_no_branch_is_not_offered_it_and_is_refused(town: Town, ines: Browser) -> None:
    reference = town.log()
    assert TAKE not in ines.open(f"/dossiers/{reference}/orienter").page
    message_to(ines, reference, town, "adie")

    ines.fill(f"/dossiers/{reference}/orienter", suite="moi")

    assert (ines.status, referrals(town.database)) == (422, [])
    assert "Vous ne travaillez pas pour cette antenne" in ines.page


def test_without_the_persons_agreement_nothing_of_it_is_done(town: Town, both: Identity, clock: FixedClock) -> None:
    reference = town.log(share=False)
    page = browser_of(town, both, clock).open(f"/dossiers/{reference}/orienter")

    page.fill(f"/dossiers/{reference}/orienter", suite="moi")

    assert (page.status, referrals(town.database), events(town)) == (422, [], [])


def test_an_adviser_of_the_branch_still_asks_their_colleagues(town: Town, both: Identity, clock: FixedClock) -> None:
    reference = town.log()
    page = browser_of(town, both, clock)
    message_to(page, reference, town, "adie")

    page.fill(f"/dossiers/{reference}/orienter")

    assert [one["state"] for one in referrals(town.database)] == ["sent"]


def test_the_message_is_changed_read_again_and_sent_in_the_advisers_words(town: Town, ines: Browser) -> None:
    reference = town.log()
    asked_with(ines, town, reference, OWN_WORDS, suite="relire")
    assert "Elle préfère être appelée le matin." in ines.page
    assert "a besoin d'aide" not in ines.page.partition("<form")[2].partition("<details")[0]
    assert referrals(town.database) == []

    ines.fill(f"/dossiers/{reference}/orienter", message=OWN_WORDS)
    plan(town.database, NOW)

    mail = letter(town, "referral_sent")
    assert "\n\nNadia reprend le snack de sa tante.\n\nElle préfère être appelée le matin.\n\n" in mail.text
    assert "Cette personne sait que vous recevez ce message et elle est d’accord." in mail.text
    assert "<p>Nadia reprend le snack de sa tante.</p>" in mail.html
    assert "a besoin d" not in mail.text


def test_the_operator_reads_it_with_the_request(town: Town, ines: Browser, clock: FixedClock) -> None:
    reference = town.log()
    asked_with(ines, town, reference, OWN_WORDS)

    page = browser_of(town, town.agents["adie"], clock).open(f"/orientations/{reference}/referral-1").page

    assert "Nadia reprend le snack de sa tante." in page
    assert "Elle préfère être appelée le matin." in page


def test_a_draft_keeps_the_words_until_it_leaves(town: Town, ines: Browser) -> None:
    reference = town.log()
    asked_with(ines, town, reference, OWN_WORDS, suite="brouillon")

    town.fire(reference, "send", "referral-1")
    plan(town.database, NOW)

    assert "Nadia reprend le snack de sa tante." in letter(town, "referral_sent").text


def test_words_that_were_not_changed_are_not_kept(town: Town, ines: Browser) -> None:
    reference = town.log()
    message_to(ines, reference, town, "adie")
    found = re.search(r'<textarea[^>]*name="message"[^>]*>\n(.*?)</textarea>', ines.answer.text, re.DOTALL)
    assert found

    ines.fill(f"/dossiers/{reference}/orienter", message=html.unescape(found[1]))
    plan(town.database, NOW)

    assert "a besoin d’aide" in letter(town, "referral_sent").text
    assert "Votre message" not in ines.open(f"/dossiers/{reference}").page


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_whatever_is_written_the_letter_is_harmless(town: Town, ines: Browser, words: str) -> None:
    reference = town.log()
    asked_with(ines, town, reference, words)
    plan(town.database, NOW)

    mail = letter(town, "referral_sent")

    assert "<script" not in mail.html
    assert "<img" not in mail.html
    assert not set("\u202e\u202c\u2066\r") & set(mail.text + mail.html)
    assert "Bcc" not in mail.subject


def test_words_that_nobody_would_read_are_refused_with_a_sentence(town: Town, ines: Browser) -> None:
    reference = town.log()

    asked_with(ines, town, reference, "x" * (MESSAGE_AT_MOST + 1))

    assert (ines.status, referrals(town.database)) == (422, [])
    assert "Ce message est trop long pour être lu : 1000 caractères au plus." in ines.page


def test_a_letter_that_no_page_can_keep_is_refused(town: Town, ines: Browser) -> None:
    reference = town.log()

    asked_with(ines, town, reference, "Bonjour\x00")

    assert (ines.status, referrals(town.database)) == (422, [])
    assert "Retirez les caractères de contrôle." in ines.page
