"""The whole life of a case through the forms of the pages, on both databases."""

from __future__ import annotations

import re

import pytest

from cases.database import Database
from cases.tables.memory import journal
from tests.api.street import Town
from tests.cases.conftest import database

__all__ = ["database"]


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def test_a_case_lives_from_the_street_to_its_closing_through_the_pages(town: Town) -> None:
    reference = town.asked()
    assert "Transmis à Adie" in town["ines"].open(f"/dossiers/{reference}").page

    inbox = town["karim"].open("/orientations")
    assert "Épicerie Traoré" in inbox.page
    inbox.open(f"/orientations/{reference}/referral-1").fill(f"/dossiers/{reference}/actions/accept")
    assert "la demande est à vous" in inbox.page
    inbox.open(f"/dossiers/{reference}/actions/first_contact?suivi=referral-1").fill(result="reached", channel="phone")
    assert town.case()["state"] == "accompaniment"

    inbox.open(f"/dossiers/{reference}/actions/complete?suivi=referral-1")
    outcome = re.search(r'name="(outcomes\.[^"]+)"', inbox.answer.text)
    assert outcome
    inbox.fill(**{outcome[1]: "met", "text": "Prêt accordé."})
    adviser = town["ines"].open(f"/dossiers/{reference}/actions/close").fill(reason="goal_reached")
    assert "Le dossier est clos" in adviser.page
    assert town.case()["state"] == "closed"
    assert [line["event"] for line in town.row(journal)] == [
        "log", "qualify", "draft", "send", "accept", "first_contact", "start_accompaniment", "complete", "close",
    ]  # fmt: skip


def test_a_mentor_signs_and_writes_the_log_book_through_the_pages(town: Town) -> None:
    reference = town.qualified()
    case = f"/dossiers/{reference}/actions"
    town["ines"].open(f"{case}/propose?suivi=mentoring_pair").fill(
        mentor=town.street.ids["jean"], text="Elle connaît le commerce."
    )
    mentor = town["jean"].open("/mentorat")
    assert "Signer la charte" in mentor.page
    mentor.open(f"{case}/sign_charter?suivi=mentoring_pair-1&retour=/mentorat").fill()
    town["ines"].open(f"{case}/sign_charter?suivi=mentoring_pair-1").fill(paper="1")
    assert town.case()["state"] == "mentoring"
    mentor.open(f"{case}/record_progress?suivi=mentoring_pair-1&retour=/mentorat").fill(
        status="on_track", text="Elle a fixé ses prix."
    )
    assert mentor.address == "/mentorat"
    assert "Ça avance" in mentor.page


def test_a_plan_goes_from_its_score_to_its_actions_through_the_pages(town: Town) -> None:
    reference = town.qualified()
    case, adviser = f"/dossiers/{reference}", town["ines"]
    adviser.open(f"{case}/actions/open?suivi=transition_plan").fill(lever="digital")
    adviser.open(f"{case}/actions/start_diagnosis?suivi=transition_plan-1").fill()
    notes = {f"dimensions.{name}": "2" for name in ("presence", "sales", "management", "data_security", "skills")}
    adviser.open(f"{case}/noter/score?suivi=transition_plan-1").fill(when="before", **notes)
    actions = {"actions.0.name": "Ouvrir un site", "actions.0.day": "2027-02-01"}
    adviser.open(f"{case}/actions/validate_plan?suivi=transition_plan-1").fill(**actions)
    adviser.open(f"{case}/actions/start_action?suivi=transition_plan-1").fill()
    page = adviser.open(case).page
    assert "mise en œuvre" in page
    assert "Action du plan" in page


def test_the_manager_hands_a_case_over_to_a_colleague(town: Town) -> None:
    reference = town.logged()
    manager = town["laurent"].open(f"/dossiers/{reference}/actions/hand_over?retour=/pilotage")
    assert "Bruno Wattez" in manager.page
    manager.fill(referent=town.street.ids["bruno"])
    assert town.case()["referent_id"] == town.street.ids["bruno"]
    assert manager.address == "/pilotage"


def test_the_manager_records_the_programmes_papers_through_the_pages(town: Town) -> None:
    manager = (
        town["laurent"].open("/territoires/roubaix/actions/convention").fill(signed_on="2026-13-45", reference="C-12")
    )
    assert manager.status == 422
    assert "C-12" in manager.page
    manager.fill(signed_on="2026-11-20", reference="C-12")
    assert manager.address == "/territoires/roubaix"
    assert "C-12" in manager.page
    manager.open("/territoires/roubaix/actions/roadmap").fill(approved_on="2026-11-21", axes="local_trade")
    assert "Commerce et artisanat de proximité" in manager.page
