"""Orienter: who is proposed and why, the message before it leaves, requests sent in one gesture, and who comes next when one comes to nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.sign_in import begin_session
from cases import people
from cases.access import Identity
from cases.clock import FixedClock
from cases.database import Database
from cases.intake import Detection, log_case
from cases.people import Newcomer
from cases.sweep import next_due, sweep
from cases.tables.operators import branch
from cases.tables.routing import routing_proposal
from cases.tables.territories import territory
from cases.tables.tracks import referral
from engine.model import Role
from tests.api.browser import Browser, application
from tests.cases.conftest import database
from tests.cases.test_routing import NOW, WORKER, Town, town

__all__ = ["database", "town"]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def ines(town: Town, clock: FixedClock) -> Browser:
    """The adviser's browser."""
    return browser_of(town, town.adviser, clock)


def browser_of(town: Town, who: Identity, clock: FixedClock) -> Browser:
    browser = Browser(application(town.database, clock))
    secret = town.database.write(lambda db: begin_session(db, str(who.person), now=clock.now()), WORKER)
    browser.client.cookies.set("qp_session", secret)
    return browser


def referrals(database: Database) -> list[Any]:
    return database.read(lambda db: db.execute(select(referral).order_by(referral.c.number)).mappings().all(), WORKER)


def link(browser: Browser, words: str) -> str:
    """Where the link of that text leads."""
    found = re.search(rf'<a [^>]*href="([^"]+)"[^>]*>(?:<svg.*?</svg>)?{words}<', browser.page)
    assert found, f"no link « {words} »: {browser.page}"
    return found[1]


def message_to(browser: Browser, reference: str, town: Town, *slugs: str) -> Browser:
    asked = "&".join(f"antenne={town.branches[slug]}" for slug in slugs)
    return browser.open(f"/dossiers/{reference}/orienter/message?{asked}")


def test_the_first_operator_is_asked_in_three_taps_and_no_field(town: Town, ines: Browser) -> None:
    reference = town.log()
    ines.open(f"/dossiers/{reference}")

    ines.open(link(ines, "Demander à un opérateur"))
    ines.open(link(ines, "Demander à l'adie"))
    ines.fill(f"/dossiers/{reference}/orienter")

    assert [(one["state"], one["branch_id"], one["targeted"]) for one in referrals(town.database)] == [
        ("sent", town.branches["adie"], True)
    ]
    choice = town.proposal(reference)["choice"]
    assert (choice["rank"], choice["reason"]) == (1, None)
    assert "La demande est partie." in ines.page


def test_every_candidate_shows_each_criterion_with_its_points_and_the_sum_is_the_score(
    town: Town, ines: Browser
) -> None:
    town.database.write(lambda db: db.execute(update(branch).where(branch.c.name == "bge").values(email=None)), WORKER)
    town.database.write(
        lambda db: people.close_account(db, people.by_email(db, "agent-bge@example.org")["id"], NOW), WORKER
    )
    reference = town.log()

    page = ines.open(f"/dossiers/{reference}/orienter").page

    candidates = town.proposal(reference)["candidates"]
    scores = [int(score) for score in re.findall(r'<p class="score">(\d+)', page)]
    assert scores == [one["score"] for one in candidates if one["kept"]]
    blocks = re.findall(r'<ul class="crit">(.*?)</ul>', page)
    assert [sum(map(int, re.findall(r">(\d+) / \d+<", block))) for block in blocks] == [c["score"] for c in candidates]
    assert [len(re.findall(r"<li>", block)) for block in blocks] == [7] * len(candidates)
    assert all(part["message"].replace("’", "'") in page for one in candidates for part in one["criteria"])
    assert "L'antenne n'a ni adresse ni conseiller : complétez l'annuaire." in page


def test_what_keeps_several_offers_away_is_said_once(town: Town, ines: Browser) -> None:
    reference = town.log(subject="energy")
    aside = town.proposal(reference)["candidates"]
    [why] = {check["message"] for one in aside for check in one["filters"] if not check["passed"]}

    page = ines.open(f"/dossiers/{reference}/orienter").page

    assert "C'est un manque de l'offre" in page
    assert page.count(re.sub("’", "'", why)) == 1
    assert len(aside) > 1
    assert f"{len(aside)} offres" in page
    assert all(f"{one['branch']['name']} · {one['offer']['name']}" in page for one in aside)


def test_where_nothing_is_proposed_yet_one_is_led_to_qualify(town: Town, ines: Browser) -> None:
    shop = Detection("Épicerie", territory="roubaix", consents=("contact",), needs=({"subject": "energy"},))
    fired = town.database.write(lambda db: log_case(db, shop, by=town.adviser, now=NOW), WORKER).fired

    page = ines.open(f"/dossiers/{fired.reference}/orienter")

    assert "Personne n'est encore proposé" in page.page
    assert link(page, "Qualifier") == f"/dossiers/{fired.reference}/actions/qualify"


def test_the_message_is_read_before_it_leaves(town: Town, ines: Browser) -> None:
    reference = town.log()

    page = message_to(ines, reference, town, "adie").page

    assert "pouvez-vous l'aider ?" in page
    assert "À adie" in page
    assert "Réponse attendue avant mardi 9 février" in page
    assert referrals(town.database) == []


def test_several_operators_are_asked_at_once_and_one_answer_is_enough(town: Town, ines: Browser) -> None:
    reference = town.log()

    message_to(ines, reference, town, "adie", "bge")
    ines.post(f"/dossiers/{reference}/orienter", _sent(ines, town, "adie", "bge", une_seule="1"))

    found = referrals(town.database)
    assert [one["state"] for one in found] == ["sent", "sent"]
    assert found[0]["exclusive_group"] == found[1]["exclusive_group"] is not None
    assert "Les 2 demandes sont parties." in ines.page


def _sent(browser: Browser, town: Town, *slugs: str, **more: str) -> Any:
    hidden = dict(
        re.findall(r'<input type="hidden" name="(csrf|besoin|version|key)" value="([^"]*)">', browser.answer.text)
    )
    return {**hidden, **more, "antenne": [town.branches[slug] for slug in slugs]}


def test_the_same_form_sent_twice_asks_once(town: Town, ines: Browser) -> None:
    reference = town.log()
    message_to(ines, reference, town, "adie")
    form = _sent(ines, town, "adie")

    ines.post(f"/dossiers/{reference}/orienter", form)
    ines.post(f"/dossiers/{reference}/orienter", form)

    assert len(referrals(town.database)) == 1


def test_somebody_whom_the_proposal_does_not_keep_is_asked_with_a_reason(town: Town, ines: Browser) -> None:
    reference = town.log(subject="workshop")
    message_to(ines, reference, town, "bge")

    ines.fill(f"/dossiers/{reference}/orienter")
    assert (ines.status, referrals(town.database)) == (422, [])
    assert "dites pourquoi vous la choisissez" in ines.page
    ines.fill(f"/dossiers/{reference}/orienter", motif="Parle sa langue", precision="le wolof")

    assert referrals(town.database)[0]["choice_reason"] == "Parle sa langue : le wolof"


def test_without_their_agreement_the_request_waits_as_a_draft(town: Town, ines: Browser) -> None:
    reference = town.log(share=False)

    message_to(ines, reference, town, "adie")
    assert "L'envoi n'est pas encore possible." in ines.page
    assert ">Envoyer<" not in ines.page
    ines.fill(f"/dossiers/{reference}/orienter", suite="brouillon", motif="C’est son choix")

    assert [one["state"] for one in referrals(town.database)] == ["draft"]


def test_one_refused_request_keeps_all_of_them_from_leaving(town: Town, ines: Browser) -> None:
    reference = town.log()
    message_to(ines, reference, town, "adie", "bge")
    town.database.write(lambda db: db.execute(update(territory).values(state="labellisation")), WORKER)

    ines.post(f"/dossiers/{reference}/orienter", _sent(ines, town, "adie", "bge"))

    assert (ines.status, referrals(town.database)) == (422, [])


def test_a_case_that_changed_meanwhile_is_shown_again_and_nothing_leaves(town: Town, ines: Browser) -> None:
    reference = town.log()
    message_to(ines, reference, town, "adie")
    town.ask(reference, "bge")

    ines.fill(f"/dossiers/{reference}/orienter")

    assert (ines.status, len(referrals(town.database))) == (409, 1)


def test_after_a_decline_the_next_one_is_proposed_on_the_case_and_at_the_desk(town: Town, ines: Browser) -> None:
    reference = town.log()
    town.ask(reference, "adie")
    town.fire(reference, "send", "referral-1")
    assert "a décliné" not in ines.open("/").page

    town.fire(reference, "decline", "referral-1", by=town.agents["adie"], reason="capacity_full")

    assert "adie a décliné. Ensuite : initiative-france" in ines.open("/").page
    assert "adie a décliné. Ensuite : initiative-france" in ines.open(f"/dossiers/{reference}").page
    ines.open(link(ines, "Demander à initiative-france"))
    ines.fill(f"/dossiers/{reference}/orienter")
    assert referrals(town.database)[1]["branch_id"] == town.branches["initiative-france"]
    assert "a décliné. Ensuite" not in ines.open("/").page


def test_after_an_expiry_the_next_one_is_proposed_within_the_tick(town: Town, ines: Browser, clock: FixedClock) -> None:
    reference = town.log()
    town.ask(reference, "adie")
    town.fire(reference, "send", "referral-1")
    while referrals(town.database)[0]["state"] == "sent":
        due = next_due(town.database)
        assert due is not None
        sweep(town.database, due)

    computed = select(routing_proposal.c.computed_at).where(routing_proposal.c.current)
    assert town.database.read(lambda db: db.execute(computed).scalars().all(), WORKER) == [due]
    assert town.ranking(reference) == ["initiative-france", "bge"]
    clock.set(due + timedelta(minutes=1))
    shown = browser_of(town, town.adviser, clock).open(f"/dossiers/{reference}").page
    assert "adie n'a pas répondu. Ensuite : initiative-france" in shown


def test_after_an_interruption_the_next_one_is_proposed(town: Town, ines: Browser) -> None:
    reference = town.log()
    town.ask(reference, "adie")
    town.fire(reference, "send", "referral-1")
    agent = town.agents["adie"]
    town.fire(reference, "first_contact", "referral-1", by=agent, channel="phone", result="reached")

    town.fire(reference, "discontinue", "referral-1", by=agent, reason="capacity")

    assert "adie a interrompu l'accompagnement. Ensuite : initiative-france" in ines.open(f"/dossiers/{reference}").page


def test_an_operator_does_not_read_who_else_is_proposed(town: Town, clock: FixedClock) -> None:
    reference = town.log()
    town.ask(reference, "adie")
    town.fire(reference, "send", "referral-1")
    karim = browser_of(town, town.agents["adie"], clock)

    assert karim.client.get(f"/dossiers/{reference}/orienter").status_code == 404
    assert karim.client.get(f"/dossiers/{reference}/orienter/message?antenne={town.branches['bge']}").status_code == 404


@pytest.mark.parametrize(
    "address", ["orienter?besoin=x", "orienter/message?antenne=x", "orienter/message?besoin=x&antenne=x"]
)
def test_what_there_is_not_is_said_and_never_an_error(town: Town, ines: Browser, address: str) -> None:
    reference = town.log()

    assert ines.client.get(f"/dossiers/{reference}/{address}").status_code in (404, 422)


def test_nobody_chosen_leads_back_to_the_proposal(town: Town, ines: Browser) -> None:
    reference = town.log()

    assert "Cochez au moins une antenne." in ines.open(f"/dossiers/{reference}/orienter/message").page


def test_another_adviser_of_the_territory_asks_too_and_a_stranger_does_not(town: Town, clock: FixedClock) -> None:
    reference = town.log()
    stranger = town.database.write(
        lambda db: people.add(db, Newcomer("Odile", "odile@example.org", Role.MENTOR), NOW), WORKER
    )

    assert browser_of(town, Identity(stranger), clock).client.get(f"/dossiers/{reference}/orienter").status_code == 404


def test_the_manager_sees_why_advisers_chose_otherwise(town: Town, clock: FixedClock) -> None:
    town.ask(town.log(), "adie")
    town.ask(town.log(name="Snack"), "initiative-france", reason="Parle sa langue : le wolof")
    town.ask(town.log(name="Tissus"), "bge", reason="Elle connaît Nils")
    newcomer = Newcomer("Laurent", "laurent@example.org", Role.MANAGER, "roubaix")
    manager = Identity(town.database.write(lambda db: people.add(db, newcomer, NOW), WORKER))

    page = browser_of(town, manager, clock).open("/pilotage/choix").page

    told = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "1 fois, le premier proposé 2 fois, un autre proposé 0 fois, quelqu'un d'autre" in told
    assert "Autre 1 Parle sa langue 1" in told
    assert "Aide de quartier 0 2" in told
