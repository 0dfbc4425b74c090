"""Annuaire: a branch, an offer, an operator put right on their page, and a closure taken back; each time it is known who did it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from cases.sweep import sweep
from cases.tables.memory import deadline, journal, pending_step
from cases.tables.operators import branch, branch_closure, directory_correction, offer, operator
from engine.model import Role
from tests.api.browser import Browser
from tests.api.test_operators import browser_of, found_in, rows
from tests.cases.conftest import database
from tests.cases.test_routing import NOW, Town, town

__all__ = ["database", "town"]
BRANCH = "/annuaire/lignes/branch?operator=adie&name=adie"
PLACE = {"covers": "commune 59512", "email": "adie@example.org", "active": "oui"}
"""What a browser sends of the fields that nobody touches."""


def manager_of(town: Town) -> Browser:
    return browser_of(town, Role.MANAGER, territory="roubaix")


def boss_of(town: Town) -> Browser:
    return browser_of(town, Role.OPERATOR_MANAGER, branch=town.branches["adie"])


def names(town: Town) -> list[str]:
    return sorted(row["name"] for row in rows(town.database, branch))


def test_a_branch_is_renamed_on_its_page_and_its_cases_follow(town: Town) -> None:
    reference = town.log()
    town.ask(reference, "adie")
    manager = manager_of(town)

    manager.open(BRANCH).fill(name="Adie, antenne de Roubaix", **PLACE)

    assert names(town) == ["Adie, antenne de Roubaix", "bge", "initiative-france"]
    assert "Adie, antenne de Roubaix" in manager.open(f"/dossiers/{reference}").page
    assert rows(town.database, offer, offer.c.name == "prêt adie")[0]["branch_id"] == town.branches["adie"]


def test_who_put_what_right_is_read_by_who_keeps_it(town: Town) -> None:
    manager = manager_of(town)
    manager.open(BRANCH).fill(name="Adie Roubaix", capacity="8", **PLACE)

    [kept] = rows(town.database, directory_correction)
    assert kept["changes"] == {"name": ["adie", "Adie Roubaix"], "capacity": ["5", "8"]}
    told = re.sub(r"<[^>]+>", "", manager.open("/annuaire/adie").page)
    assert "Le 2 févr. 2027, manager new : Nom, adie → Adie Roubaix ; Places par semaine, 5 → 8." in told
    assert "Ce qui a été corrigé" not in browser_of(town, Role.MENTOR).open("/annuaire/adie").page


def test_an_operator_is_put_right_by_the_programme(town: Town) -> None:
    admin = browser_of(town, Role.ADMIN)

    admin.open("/annuaire/lignes/operator?operator=adie").fill(
        name="Adie, microcrédit", family="field", role="Microcrédit"
    )

    assert rows(town.database, operator, operator.c.slug == "adie")[0]["name"] == "Adie, microcrédit"
    assert "Nom, Adie → Adie, microcrédit" in admin.open("/annuaire/adie").page


def test_an_offer_is_renamed_on_its_page(town: Town) -> None:
    manager = manager_of(town)

    manager.open("/annuaire/lignes/offer?operator=adie&branch=adie&name=prêt+adie").fill(
        name="Microcrédit", kind="funding", scope="qpv", needs="funding"
    )

    assert [row["name"] for row in rows(town.database, offer, offer.c.branch_id == town.branches["adie"])] == [
        "Microcrédit"
    ]


def test_a_name_that_is_taken_is_refused_and_both_stay(town: Town) -> None:
    admin = browser_of(town, Role.ADMIN)
    admin.open("/annuaire/lignes/branch?operator=adie").fill(name="Adie Lille", covers="commune 59350")

    admin.open(BRANCH).fill(name="Adie Lille", **PLACE)

    assert admin.status == 422
    assert "Ce nom est déjà pris à côté" in admin.page
    assert names(town) == ["Adie Lille", "adie", "bge", "initiative-france"]
    admin.fill("/annuaire/lignes/branch", name="Adie Roubaix", **PLACE)
    assert names(town) == ["Adie Lille", "Adie Roubaix", "bge", "initiative-france"]


def test_a_line_that_was_renamed_meanwhile_is_not_made_a_second_time(town: Town) -> None:
    first, second = manager_of(town), browser_of(town, Role.ADMIN)
    first.open(BRANCH)
    second.open(BRANCH).fill(name="Adie Roubaix", **PLACE)

    first.fill("/annuaire/lignes/branch", name="Adie du Pile", **PLACE)

    assert names(town) == ["Adie Roubaix", "bge", "initiative-france"]
    assert first.status in (404, 422)


@pytest.mark.parametrize("known_as", ["adie", ""])
def test_a_branchs_own_manager_does_not_rename_it(town: Town, known_as: str) -> None:
    boss = boss_of(town)
    assert 'name="name"' in boss.open(BRANCH).page
    assert "Nom</label>" not in boss.page

    boss.fill("/annuaire/lignes/branch", name="La mienne", connue=known_as, capacity="9")

    assert names(town) == ["adie", "bge", "initiative-france"]
    assert boss.status in (404, 422)


def test_a_name_of_no_length_is_asked_for(town: Town) -> None:
    manager = manager_of(town)

    manager.open(BRANCH).fill(name="")

    assert (manager.status, names(town)) == (422, ["adie", "bge", "initiative-france"])
    assert "Il manque « Nom »" in manager.page


# -- a closure that is taken back -----------------------------------------------------------------------------------------


def asked(town: Town) -> str:
    reference = town.log()
    town.ask(reference, "adie")
    town.fire(reference, "send", "referral-1")
    return reference


def closes(town: Town, first: str, last: str) -> Browser:
    boss = boss_of(town)
    boss.open("/annuaire/lignes/closure?operator=adie&branch=adie").fill(from_day=first, to_day=last)
    return boss


def reopens(boss: Browser) -> None:
    boss.fill(found_in(boss.page, r'action="(/annuaire/fermetures/[^"]+)"'))


def clock_of(town: Town) -> Any:
    [row] = rows(town.database, deadline, deadline.c.rule == "referral.sent.answer")
    return row


def test_a_branch_that_opens_again_has_its_clocks_go_on(town: Town) -> None:
    reference = asked(town)
    due = clock_of(town)["due_on"]
    boss = closes(town, "2027-02-02", "2027-02-26")
    assert clock_of(town)["status"] == "paused"

    reopens(boss)

    assert "Rouvrir l'antenne" not in boss.open("/annuaire/adie").page
    assert (clock_of(town)["status"], clock_of(town)["due_on"]) == ("open", due)
    assert rows(town.database, pending_step) == []
    assert rows(town.database, branch_closure)[0]["ended_at"] == NOW
    assert "L'antenne rouvre" in boss.open(f"/dossiers/{reference}").page


def test_a_closure_to_come_is_called_back_and_nothing_stands_still(town: Town) -> None:
    asked(town)
    boss = closes(town, "2027-03-01", "2027-03-05")
    assert len(rows(town.database, pending_step)) == 2

    reopens(boss)
    sweep(town.database, NOW + timedelta(days=2))

    assert rows(town.database, pending_step) == []
    assert clock_of(town)["status"] == "open"
    lines = rows(town.database, journal, journal.c.event == "closure")
    assert lines == []


def test_a_second_closure_keeps_the_clocks_still(town: Town) -> None:
    asked(town)
    closes(town, "2027-02-02", "2027-02-10")
    boss = closes_more(town)

    reopens(boss)

    assert clock_of(town)["status"] == "paused"


def closes_more(town: Town) -> Browser:
    """Another closure over the same days, by the programme; the first on the page is the first that was declared."""
    admin = browser_of(town, Role.ADMIN)
    admin.open("/annuaire/lignes/closure?operator=adie&branch=adie").fill(from_day="2027-02-01", to_day="2027-02-26")
    return admin


def test_a_stranger_takes_no_closure_back(town: Town) -> None:
    closes(town, "2027-03-01", "2027-03-05")
    own = rows(town.database, branch_closure)[0]["id"]
    mentor = browser_of(town, Role.MENTOR).open("/annuaire/adie")
    assert "Rouvrir l'antenne" not in mentor.page
    csrf = re.search(r'name="csrf" value="([^"]+)"', mentor.page)

    mentor.post(f"/annuaire/fermetures/{own}/retirer", {"csrf": csrf[1] if csrf else ""})

    assert mentor.status == 404
    assert rows(town.database, branch_closure)[0]["ended_at"] is None


def test_a_closure_that_is_over_is_not_taken_back(town: Town) -> None:
    boss = closes(town, "2027-03-01", "2027-03-05")
    reopens(boss)

    own = rows(town.database, branch_closure)[0]["id"]
    csrf = re.search(r'name="csrf" value="([^"]+)"', boss.page)
    boss.post(f"/annuaire/fermetures/{own}/retirer", {"csrf": csrf[1] if csrf else ""})

    assert boss.status == 404
    assert "déjà finie ou retirée" in boss.page
