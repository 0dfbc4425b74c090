"""Personal data: who looked is noted, a case is opened with a reason, somebody is given all that is held on them, and is erased for good."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from cases.database import Database
from cases.privacy import keeping
from cases.tables.case import case_file, entrepreneur, need
from cases.tables.memory import access_log, journal, journal_text
from cases.tables.people import person
from cases.tables.privacy import case_opening, privacy_act, retention_notice
from cases.verification import verify_case
from notifications import retention
from notifications.planner import plan
from notifications.tables import message
from tests.api.browser import Browser
from tests.api.canary import EMAIL, NAME, SHOP, led_through, traces
from tests.api.street import WORKER, Town
from tests.cases.conftest import database

__all__ = ["database"]


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def comes_back(town: Town, name: str, when: Any) -> Browser:
    """Somebody signs in again, later."""
    town.street.clock.set(when)
    town.known[name] = town.street.sign_in(name, town.app)
    return town.known[name]


# -- who looked -------------------------------------------------------------------------------------------------------------


def test_who_opens_a_case_is_noted_once_an_hour(town: Town) -> None:
    reference = town.asked()
    town.street.database.write(lambda db: db.execute(delete(access_log)), WORKER)

    for name in ("laurent", "laurent", "karim"):
        assert town[name].open(f"/dossiers/{reference}").status == 200
    town.later(hours=1)
    comes_back(town, "laurent", town.street.clock.now()).open(f"/dossiers/{reference}")

    ids = town.street.ids
    seen = sorted((row["person_id"], row["role"], row["what"]) for row in town.row(access_log))
    wanted = [(ids["laurent"], "manager", "page")] * 2 + [(ids["karim"], "operator", "page")]
    assert seen == sorted(wanted)


def test_who_is_refused_looked_at_nothing(town: Town) -> None:
    reference = town.asked()
    before = len(town.row(access_log))
    assert town["stranger"].open(f"/dossiers/{reference}").status == 404
    assert len(town.row(access_log)) == before


def test_who_looked_is_told_on_the_case_to_its_territory_and_to_nobody_else(town: Town) -> None:
    reference = town.asked()
    town["karim"].open(f"/dossiers/{reference}")

    page = town["ines"].open(f"/dossiers/{reference}/donnees").page

    assert "Qui a consulté ce dossier" in page
    assert "Karim Haddadi" in page
    assert town["karim"].open(f"/dossiers/{reference}/donnees").status == 404


# -- opened with a reason ---------------------------------------------------------------------------------------------------


def test_an_admin_opens_a_case_with_a_reason_for_some_hours_and_its_manager_is_told(town: Town) -> None:
    reference, admin = town.asked(), town["admin"]
    assert admin.open(f"/dossiers/{reference}").status == 404

    admin.open("/administration/dossier").fill(reference=reference, reason="Réclamation reçue par courrier.")

    assert admin.status == 200
    assert "Épicerie Traoré" in admin.page
    [line] = [row for row in town.row(journal) if row["event"] == "break_glass"]
    assert (line["actor_id"], line["actor_role"]) == (town.street.ids["admin"], "admin")
    assert "Réclamation reçue par courrier." in town["laurent"].open(f"/dossiers/{reference}").page
    plan(town.street.database, town.street.clock.now() + timedelta(minutes=11), domain="quartiers.example")
    told = [row["to_email"] for row in town.row(message) if row["key"] == "case_opened"]
    assert told == ["laurent@example.org"]
    assert town.row(access_log)

    town.later(hours=5)
    assert comes_back(town, "admin", town.street.clock.now()).open(f"/dossiers/{reference}").status == 404


def test_a_case_that_was_opened_is_closed_again(town: Town) -> None:
    reference, admin = town.asked(), town["admin"]
    admin.open("/administration/dossier").fill(reference=reference, reason="Un contrôle.")
    admin.open("/administration/dossier").fill(f"/administration/dossier/{reference}/refermer")
    assert admin.open(f"/dossiers/{reference}").status == 404
    assert town.row(case_opening)[0]["ended_at"] is not None


@pytest.mark.parametrize(("given", "told"), [
    ({"reason": ""}, "Écrivez pourquoi vous ouvrez ce dossier."), ({"reference": "QP-0000-0000"}, "Ce dossier n'existe pas"),
    ({"reference": "n'importe quoi"}, "référence"),
])  # fmt: skip
def test_a_case_is_not_opened_without_a_reason_nor_a_reference(town: Town, given: dict[str, str], told: str) -> None:
    reference = town.asked()
    browser = (
        town["admin"]
        .open("/administration/dossier")
        .fill(**{"reference": reference, "reason": "Un contrôle.", **given})
    )
    assert browser.status == 422
    assert told in browser.page
    assert not town.row(case_opening)


def test_nobody_but_an_admin_opens_a_case_with_a_reason(town: Town) -> None:
    assert town["laurent"].open("/administration/dossier").status == 404


# -- given ------------------------------------------------------------------------------------------------------------------


def test_somebody_is_given_all_that_is_held_on_them_mails_included(town: Town) -> None:
    reference = led_through(town)
    mail = {"text": f"Bonjour {NAME}", "status": "sent"}
    plan(town.street.database, town.street.clock.now() + timedelta(minutes=11), domain="quartiers.example")
    town.street.database.write(lambda db: db.execute(update(message).values(**mail)), WORKER)

    answer = town["ines"].client.get(f"/dossiers/{reference}/donnees/export.zip")

    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    data = json.loads(archive.read(f"{reference}.json"))
    assert (data["personne"]["name"], data["personne"]["email"], data["entreprise"]["name"]) == (NAME, EMAIL, SHOP)
    assert {row["event"] for row in data["journal"]} >= {"log", "qualify", "note", "send", "accept"}
    assert any("canarix-mot" in json.dumps(row["words"]) for row in data["journal"] if "words" in row)
    assert data["Courriels"][0]["text"] == f"Bonjour {NAME}"
    assert data["Accords"]
    page = archive.read("a-lire.html").decode()
    assert NAME in page
    assert not {"token_hash", "salt"} & set(page.split())
    assert [row["kind"] for row in town.row(privacy_act)] == ["export"]
    assert {row["what"] for row in town.row(access_log)} == {"page", "export"}
    assert town["karim"].client.get(f"/dossiers/{reference}/donnees/export.zip").status_code == 404


# -- erased -----------------------------------------------------------------------------------------------------------------


def erased(town: Town, reference: str) -> None:
    """Ask for it as the manager does; what has to be told leaves, then the day's work comes."""
    town["laurent"].open(f"/dossiers/{reference}/donnees").fill(f"/dossiers/{reference}/donnees/effacer", sure="1")
    assert "s'effacent d'elles-mêmes, sous un jour" in town["laurent"].page
    later = town.street.clock.now() + timedelta(days=1)
    town.street.later(later)
    plan(town.street.database, later, domain="quartiers.example")
    sent = (
        update(message)
        .where(message.c.status.in_(("waiting", "leased")))
        .values(status="sent", text=f"À propos de {NAME}")
    )
    town.street.database.write(lambda db: db.execute(sent), WORKER)
    went = retention.run(town.street.database, later)
    assert went.anonymised == (reference,)


@pytest.mark.asvs("14.2.4")
def test_after_an_erasure_she_is_found_nowhere_and_the_chain_verifies(town: Town) -> None:
    reference = led_through(town)
    bystander = town.logged(name="Autre commerce", phone="06 39 98 11 11")
    assert traces(town.street.database) >= {
        "entrepreneur.name",
        "business.name",
        "journal_text.words",
        "need.detail",
        "case_file.search_text",
    }

    erased(town, reference)

    database = town.street.database
    assert traces(database) == set()
    row = next(row for row in town.row(case_file) if row["reference"] == reference)
    assert row["anonymised_at"] is not None
    assert database.read(lambda db: verify_case(db, row["id"]), WORKER) == []
    assert not [text for text in town.row(journal_text) if text["subject_id"] == row["id"]]
    proof = next(act for act in town.row(privacy_act) if act["kind"] == "erasure")
    assert proof["facts"]["chain_verified"] is True
    assert proof["facts"]["head"] == row["head_hash"]
    assert proof["facts"]["lines"] > 5
    assert "Autre commerce" in comes_back(town, "ines", town.street.clock.now()).open(f"/dossiers/{bystander}").page
    page = town["ines"].open(f"/dossiers/{reference}").page
    assert "Entreprise anonymisée" in page
    assert "Données personnelles effacées" in page


def test_a_trace_that_is_left_would_be_found(town: Town) -> None:
    reference = led_through(town)
    erased(town, reference)
    town.street.database.write(lambda db: db.execute(update(need).values(detail="elle s’appelait Canarix")), WORKER)
    assert traces(town.street.database) == {"need.detail"}


def test_a_closed_case_that_nobody_has_to_be_told_of_is_erased_at_once(town: Town) -> None:
    reference = town.logged(name=SHOP, person_name=NAME)
    later = town.street.clock.now() + timedelta(hours=3)
    town["ines"].open(f"/dossiers/{reference}/actions/close").fill(reason="no_need")
    town.street.clock.set(later)
    plan(town.street.database, later, domain="quartiers.example")
    town.street.database.write(lambda db: db.execute(update(message).values(status="sent")), WORKER)

    town["laurent"].open(f"/dossiers/{reference}/donnees").fill(f"/dossiers/{reference}/donnees/effacer", sure="1")

    assert "le journal se vérifie" in town["laurent"].page
    assert traces(town.street.database) == set()


def test_nothing_is_erased_without_the_box_nor_by_an_adviser(town: Town) -> None:
    reference = town.logged(name=SHOP)
    browser = town["laurent"].open(f"/dossiers/{reference}/donnees").fill(f"/dossiers/{reference}/donnees/effacer")
    assert browser.status == 422
    assert "Effacer ses données" not in town["ines"].open(f"/dossiers/{reference}/donnees").page
    assert {row["anonymised_at"] for row in town.row(case_file)} == {None}


# -- words that touch on private life ---------------------------------------------------------------------------------------


def test_a_word_that_touches_on_health_is_kept_and_told_and_may_be_taken_away(town: Town) -> None:
    reference, ines = town.qualified(), town["ines"]
    ines.open(f"/dossiers/{reference}/noter/note").fill(text="Elle suit un traitement pour son diabète.")
    assert "« diabète » touche à la vie privée (santé)" in ines.page

    line = next(row["sequence"] for row in town.row(journal) if row["event"] == "note")
    ines.fill(f"/dossiers/{reference}/mots/{line}/effacer")

    assert "Ces mots sont effacés." in ines.page
    assert "diabète" not in ines.page
    case = town.case()
    assert town.street.database.read(lambda db: verify_case(db, case["id"]), WORKER) == []


def test_an_ordinary_note_is_told_nothing(town: Town) -> None:
    reference, ines = town.qualified(), town["ines"]
    ines.open(f"/dossiers/{reference}/noter/note").fill(text="Elle cherche un local pour sa boutique.")
    assert "touche à la vie privée" not in ines.page


# -- how long ---------------------------------------------------------------------------------------------------------------


def closed(town: Town) -> Any:
    reference = town.logged(name=SHOP, person_name=NAME)
    town["ines"].open(f"/dossiers/{reference}/actions/close").fill(reason="no_need")
    return town.case()


def after(town: Town, case: Any, months: int) -> Any:
    """The moment so many months after the case was closed."""
    return case["closed_at"] + timedelta(days=30.5 * months)


def test_a_closed_case_is_announced_a_month_ahead_then_anonymised(town: Town) -> None:
    database, case = town.street.database, closed(town)
    assert retention.run(database, after(town, case, 18)).noticed == ()

    comes_back(town, "laurent", after(town, case, 20))
    announced = retention.run(database, after(town, case, 23.5))
    assert (announced.noticed, announced.anonymised) == ((case["reference"],), ())
    assert [row["key"] for row in town.row(message) if row["key"] == "retention_notice"] == ["retention_notice"]
    assert retention.run(database, after(town, case, 24)).anonymised == ()
    gone = retention.run(database, after(town, case, 25))

    assert gone.anonymised == (case["reference"],)
    assert "canarix" not in " ".join(str(value) for value in town.case().values()).casefold()
    assert traces(database) == set()


def test_a_case_on_which_somebody_works_again_is_kept(town: Town) -> None:
    database, case = town.street.database, closed(town)
    comes_back(town, "ines", after(town, case, 20))
    retention.run(database, after(town, case, 23.5))
    comes_back(town, "ines", after(town, case, 24)).open(f"/dossiers/{case['reference']}/noter/correct").fill(
        person_name="Zoé C."
    )

    assert retention.run(database, after(town, case, 25)).anonymised == ()
    assert town.row(retention_notice)[0]["ended_at"] is not None


def test_a_dry_run_says_the_same_and_changes_nothing(town: Town) -> None:
    database, case = town.street.database, closed(town)
    when = after(town, case, 23.5)
    would = retention.run(database, when, dry_run=True)
    assert would.noticed == (case["reference"],)
    assert not town.row(retention_notice)
    assert retention.run(database, when).noticed == would.noticed


def test_a_length_that_is_changed_is_the_one_that_is_kept(town: Town) -> None:
    database, case = town.street.database, closed(town)
    database.write(lambda db: keeping.change_rule(db, "closed_case", 6, by=None, now=case["closed_at"]), WORKER)
    assert retention.run(database, after(town, case, 5.5)).noticed == (case["reference"],)


@pytest.mark.asvs("14.2.4")
def test_mails_and_unused_accounts_go_in_their_time_and_people_at_work_stay(town: Town) -> None:
    database, case = town.street.database, closed(town)
    plan(database, case["closed_at"] + timedelta(hours=3), domain="quartiers.example")
    database.write(
        lambda db: db.execute(update(message).values(status="sent", text="Bonjour", subject="Bonjour")), WORKER
    )

    retention.run(database, case["closed_at"] + timedelta(days=60))
    assert {row["text"] for row in town.row(message)} == {"Bonjour"}
    retention.run(database, case["closed_at"] + timedelta(days=64))
    assert {row["text"] for row in town.row(message)} == {None}

    comes_back(town, "ines", after(town, case, 20))
    retention.run(database, after(town, case, 25))
    assert {row["name"] for row in town.row(person) if row["active"]} == {"Inès Morvan", "Claire Nougaret"}
    assert {row["email"] for row in town.row(person) if not row["active"]} == {None}


def test_the_days_work_is_done_once(town: Town) -> None:
    now = town.street.clock.now()
    assert retention.keep_schedule(town.street.database, now) is not None
    assert retention.keep_schedule(town.street.database, now + timedelta(hours=1)) is None
    assert retention.keep_schedule(town.street.database, now + timedelta(days=1)) is not None


# -- put right --------------------------------------------------------------------------------------------------------------


def test_a_fact_that_is_put_right_on_the_page_is_right_everywhere(town: Town) -> None:
    reference, ines = town.logged(), town["ines"]
    ines.open(f"/dossiers/{reference}/noter/correct").fill(person_name="Awa Traoré", person_phone="06 39 98 00 77")

    assert "Awa Traoré" in ines.open(f"/dossiers/{reference}").page
    assert [(row["name"], row["phone"]) for row in town.row(entrepreneur)] == [("Awa Traoré", "+33639980077")]
    assert "awa" in town.case()["search_text"].casefold()


def test_a_number_that_is_none_corrects_nothing(town: Town) -> None:
    reference = town.logged()
    browser = town["ines"].open(f"/dossiers/{reference}/noter/correct").fill(person_phone="téléphone")
    assert browser.status == 422
    assert [row["phone"] for row in town.row(entrepreneur)] == ["+33639986690"]
    assert not [row for row in town.row(journal) if row["event"] == "correct"]
