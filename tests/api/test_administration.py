"""Administration: people are let in and out, are away, hand over what they hold; the journal is searched; nobody else sees these pages."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import Connection, insert, select, update

from api.pages.administration.webhooks import LABELS
from api.security import new_token
from cases.database import Database
from cases.identifiers import new_id
from cases.tables.case import case_file, task
from cases.tables.operators import branch, operator
from cases.tables.people import absence, api_token, person, session
from cases.tables.webhooks import webhook, webhook_delivery
from cases.webhooks import Wanted, make_webhook
from notifications.links import new_link
from notifications.previews import KEYS
from notifications.tables import message, signed_link
from tests.api.street import NOW, WORKER, Town
from tests.cases.conftest import database

__all__ = ["database"]
PEOPLE = "/administration/personnes"


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def of(town: Town, name: str) -> str:
    return f"{PEOPLE}/{town.street.ids[name]}"


@pytest.mark.asvs("8.2.1")
def test_each_finds_the_pages_that_are_theirs(town: Town) -> None:
    assert "Ouvrir un dossier avec un motif" in town["admin"].open("/administration").page
    manager = town["laurent"].open("/administration").page
    assert "Personnes, rôles, absences" in manager
    assert "Ouvrir un dossier avec un motif" not in manager
    assert town["ines"].open("/administration").status == 404
    assert 'href="/administration"' not in town["ines"].open("/").answer.text
    assert 'href="/administration"' in town["laurent"].open("/").answer.text


def test_a_manager_sees_their_own_people_and_no_admin(town: Town) -> None:
    page = town["laurent"].open(PEOPLE).page
    assert "Inès Morvan" in page
    assert "Odile Arnoux" not in page
    assert "Claire Nougaret" not in page
    assert town["laurent"].open(of(town, "stranger")).status == 404
    assert "Odile Arnoux" in town["admin"].open(f"{PEOPLE}?q=arnoux").page


def test_people_come_thirty_at_a_time_and_are_found_without_their_accents(town: Town) -> None:
    known = [{"id": new_id(NOW), "name": f"Élodie {number:02}", "created_at": NOW} for number in range(40)]
    town.street.database.write(lambda db: db.execute(insert(person), known), WORKER)
    browser = town["admin"].open(f"{PEOPLE}?q=elodie")
    assert "Élodie 29" in browser.page
    assert "Élodie 30" not in browser.page
    further = re.search(r'href="([^"]*suite=[^"]*)"', browser.answer.text)
    assert further is not None
    browser.open(unescape(further[1]))
    assert "Élodie 30" in browser.page
    assert "Élodie 29" not in browser.page
    assert "Suivants" not in browser.page
    assert town["admin"].open(f"{PEOPLE}?q=arnoux&suite=abc").status == 422


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("cma", "Nora Petit a son rôle."),
        ("Antenne de la Halle", "Antenne de la Halle (Adie), Antenne de la Halle (BGE)"),
        ("bge halle", "Nora Petit a son rôle."),
        ("antenne qui n’est nulle part", "Aucune antenne ne s'appelle"),
        ("r", "Plusieurs antennes portent ces mots"),
    ],
)
def test_a_branch_is_found_by_a_word_of_its_name(town: Town, named: str, told: str) -> None:
    town.street.database.write(lambda db: open_in_the_hall(db, "adie", "bge"), WORKER)
    browser = town["admin"].open(PEOPLE)
    browser.fill(name="Nora Petit", email="nora@example.org", role="operator", branch=named)
    assert told in browser.page


def open_in_the_hall(db: Connection, *operators: str) -> None:
    """A branch of each of these, all of one name."""
    for slug in operators:
        of = select(operator.c.id).where(operator.c.slug == slug).scalar_subquery()
        db.execute(insert(branch).values(id=new_id(NOW), operator_id=of, name="Antenne de la Halle"))


def test_whoever_is_invited_has_a_role_and_gets_a_link_to_come_in(town: Town) -> None:
    browser = town["laurent"].open(PEOPLE)
    browser.fill(name="Nora Petit", email="nora@example.org", role="adviser", territory="roubaix")

    assert "Nora Petit a son rôle." in browser.page
    assert [row["key"] for row in town.row(message) if row["to_email"] == "nora@example.org"] == ["invitation"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "Écrivez le nom de la personne."),
        ({"email": "nora"}, "Écrivez son adresse en entier"),
        ({"role": "admin"}, "Choisissez un rôle de la liste."),
        ({"territory": "arras"}, "Choisissez un territoire de la liste."),
    ],
)
def test_a_manager_invites_nobody_beyond_their_territory(town: Town, changes: dict[str, str], told: str) -> None:
    given = {"name": "Nora", "email": "nora@example.org", "role": "adviser", "territory": "roubaix"}
    browser = town["laurent"].open(PEOPLE).fill(**{**given, **changes})

    assert browser.status == 422
    assert told in browser.page
    assert not [row for row in town.row(person) if row["email"] == "nora@example.org"]


@pytest.mark.asvs("7.4.2")
def test_an_account_that_is_closed_opens_nothing_any_more(town: Town) -> None:
    town["ines"].open("/")
    own, now = town.street.ids["ines"], town.street.clock.now()
    town.street.database.write(lambda db: new_link(db, "invitation", person_id=own, now=now), WORKER)
    town["laurent"].open(of(town, "ines")).fill(f"{of(town, 'ines')}/fermer")

    assert town["ines"].open("/").title == "Connexion" or "/connexion" in town["ines"].address
    assert [row["revoked_at"] for row in town.row(signed_link) if row["person_id"] == own] == [now]
    assert all(row["ended_at"] for row in town.row(session) if row["person_id"] == own)
    assert all(row["revoked_at"] for row in town.row(api_token) if row["person_id"] == own)


def test_nobody_closes_their_own_account_nor_takes_a_role_from_themselves(town: Town) -> None:
    page = town["laurent"].open(of(town, "laurent"))
    assert "Fermer ce compte" not in page.page
    page.post(f"{of(town, 'laurent')}/fermer", {"csrf": csrf(page.answer.text)})
    assert "personne ne ferme son propre compte" in page.page


def csrf(text: str) -> str:
    return text.partition('name="csrf" value="')[2].partition('"')[0]


def test_two_people_never_stand_in_for_each_other(town: Town) -> None:
    ids, laurent = town.street.ids, town["laurent"]
    days = {"from": "2026-12-21", "to": "2026-12-31"}
    laurent.open(of(town, "ines")).fill(f"{of(town, 'ines')}/absences", **days, substitute=ids["bruno"])
    assert "remplacé par Bruno Wattez" in laurent.page

    laurent.open(of(town, "bruno")).fill(f"{of(town, 'bruno')}/absences", **days, substitute=ids["ines"])

    assert laurent.status == 422
    assert "se remplaceraient l'une l'autre" in laurent.page
    assert len(town.row(absence)) == 1
    later = {"from": "2027-01-04", "to": "2027-01-08"}
    laurent.open(of(town, "bruno")).fill(f"{of(town, 'bruno')}/absences", **later, substitute=ids["ines"])
    assert len(town.row(absence)) == 2


@pytest.mark.parametrize("days", [{"from": "2026-12-31", "to": "2026-12-21"}, {"from": "", "to": "2026-12-21"}])
@pytest.mark.asvs("2.2.3")
def test_days_that_make_no_absence_are_told(town: Town, days: dict[str, str]) -> None:
    browser = town["laurent"].open(of(town, "ines")).fill(f"{of(town, 'ines')}/absences", **days, substitute="")
    assert browser.status == 422
    assert not town.row(absence)


def test_all_that_somebody_holds_goes_to_another_case_by_case(town: Town) -> None:
    references = [town.logged(), town.logged(name="Garage du Pile", phone="06 39 98 07 12")]
    ids, laurent = town.street.ids, town["laurent"]

    laurent.open(of(town, "ines")).fill(f"{of(town, 'ines')}/confier", to=ids["bruno"], reason="Elle part en congé.")

    assert "2 dossiers confiés" in laurent.page
    assert {row["referent_id"] for row in town.row(case_file)} == {ids["bruno"]}
    assert not [row for row in town.row(task) if row["owner_id"] == ids["ines"]]
    for reference in references:
        assert "Dossier confié à Bruno Wattez" in laurent.open(f"/dossiers/{reference}").page


def test_one_case_that_is_handed_over_is_said_as_one(town: Town) -> None:
    town.logged()
    here, laurent = of(town, "ines"), town["laurent"]

    laurent.open(here).fill(f"{here}/confier", to=town.street.ids["bruno"])

    assert "1 dossier confié, " in laurent.page


def test_a_handover_goes_to_somebody_of_the_territory(town: Town) -> None:
    town.logged()
    browser = town["laurent"].open(of(town, "ines"))
    browser.fill(f"{of(town, 'ines')}/confier", to=town.street.ids["stranger"], reason="")
    assert browser.status == 422
    assert {row["referent_id"] for row in town.row(case_file)} == {town.street.ids["ines"]}


def test_the_journal_is_searched_across_the_cases_that_one_sees_whole(town: Town) -> None:
    reference = town.asked()
    page = town["laurent"].open("/administration/journal?personne=morvan&evenement=qualify").page
    assert reference in page
    assert "Besoin qualifié" in page
    assert reference not in town["laurent"].open("/administration/journal?personne=haddadi").page
    assert reference not in town["laurent"].open("/administration/journal?au=2026-01-01").page
    assert reference not in town["admin"].open("/administration/journal").page
    assert town["karim"].open("/administration/journal").status == 404
    assert town["laurent"].open("/administration/journal?dossier=%25&personne=%25_").status == 200


def test_every_mail_can_be_looked_at_without_anybody_s_data(town: Town) -> None:
    browser = town["laurent"].open("/administration/courriels")
    assert browser.status == 200
    for key in KEYS:
        browser.open(f"/administration/courriels/{key}")
        assert browser.status == 200, key
        assert "Undefined" not in browser.page


@pytest.mark.parametrize("machine", ["case", "referral", "mentoring_pair", "transition_plan", "territory"])
def test_each_machine_is_drawn_and_told(town: Town, machine: str) -> None:
    browser = town["laurent"].open(f"/administration/machines/{machine}")
    assert browser.status == 200
    drawn = browser.client.get(f"/administration/machines/{machine}/schema.svg")
    assert drawn.headers["content-type"].startswith("image/svg+xml")


def test_a_token_is_made_from_the_page_shown_once_and_good_for_what_was_chosen(town: Town) -> None:
    page, ids = "/administration/jetons", town.street.ids
    browser = town["admin"].open(page).fill(person=ids["admin"], name="tableau de bord", scopes="read", days="30")

    token = re.search(r"qp_[\w-]{43}", browser.page)
    assert token
    assert token[0] not in browser.open(page).page
    row = town.row(api_token)[0]
    assert (row["person_id"], row["scopes"], row["expires_at"] - row["created_at"]) == (
        ids["admin"],
        ["read"],
        timedelta(days=30),
    )
    bearer = {"Authorization": f"Bearer {token[0]}"}
    assert browser.client.get("/api/v1/me", headers=bearer).status_code == 200
    assert browser.client.post("/api/v1/cases", json={}, headers=bearer).status_code == 403


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": " "}, "Écrivez à quoi sert ce jeton"),
        ({"days": "0"}, "Un jeton dure de 1 à 366 jours."),
        ({"days": "367"}, "Un jeton dure de 1 à 366 jours."),
        ({"days": "toujours"}, "Donnez un nombre de jours, de 1 à 366."),
        ({"scopes": "all"}, "Choisissez au moins un droit."),
        ({"person": "ines"}, "Choisissez un nom de la liste."),
    ],
)
def test_a_token_is_made_in_nobody_elses_name_nor_for_ever(town: Town, changes: dict[str, str], told: str) -> None:
    given = {"person": town.street.ids["admin"], "name": "tableau", "scopes": "read", "days": "30"} | changes
    given["person"] = town.street.ids.get(given["person"], given["person"])
    browser = town["admin"].open("/administration/jetons").fill(**given)

    assert browser.status == 422
    assert told in browser.page
    assert town.row(api_token) == []


def test_a_tool_is_told_from_the_page_its_secret_shown_once_then_stopped_resumed_and_removed(town: Town) -> None:
    page, url = "/administration/webhooks", "https://outil.example/lignes"
    browser = town["admin"].open(page).fill(url=url, events="log")
    secret = re.search(r"whsec_[\w+/=]{44}", browser.page)
    assert secret
    one = browser.address
    assert secret[0] not in browser.open(one).page
    assert LABELS["log"] in browser.page

    assert "n'est plus prévenu" in browser.fill(f"{one}/arreter").page
    assert town.row(webhook)[0]["disabled_because"] == "Arrêté à la main."
    assert "arrêté" in browser.open(page).page
    assert "de nouveau prévenu" in browser.open(one).fill(f"{one}/reprendre").page
    assert town.row(webhook)[0]["disabled_at"] is None
    assert "son secret est effacé" in browser.fill(f"{one}/supprimer").page
    assert town.row(webhook) == []
    assert browser.open(one).status == 404


def test_since_when_a_tool_is_told_is_said_in_the_language_of_who_reads(town: Town) -> None:
    english = update(person).where(person.c.id == town.street.ids["admin"]).values(reads_in="en")
    town.street.database.write(lambda db: db.execute(english), WORKER)

    page = town["admin"].open("/administration/webhooks").fill(url="https://outil.example/lignes").page

    assert "Notified since 24 Nov" in page
    assert "24 nov." not in page


def test_what_was_told_and_what_failed_is_read_and_the_cases_of_others_are_not_named(town: Town) -> None:
    street, url = town.street, "https://outil.example/lignes"
    hers = street.database.write(
        lambda db: make_webhook(db, street.who["ines"], Wanted(url), now=street.clock.now()), WORKER
    )  # fmt: skip
    reference = town.logged()
    failed = update(webhook_delivery).values(attempts=3, last_error="Réponse 500.")
    street.database.write(lambda db: db.execute(failed), WORKER)

    page = town["admin"].open(f"/administration/webhooks/{hers['id']}").page

    assert "Réponse 500." in page
    assert "ligne 1 d'un dossier" in page
    assert reference not in page
    assert "Inès Morvan" in town["admin"].open("/administration/webhooks").page


@pytest.mark.parametrize(
    ("url", "told"),
    [("http://outil.example", "Donnez une adresse https://"), ("https://localhost/", "n'est pas publique")],
)
def test_an_address_that_may_not_be_told_is_said_on_the_form(town: Town, url: str, told: str) -> None:
    browser = town["admin"].open("/administration/webhooks").fill(url=url)

    assert browser.status == 422
    assert told in browser.page
    assert f'value="{url}"' in browser.page


@pytest.mark.asvs("7.4.5")
def test_somebody_is_signed_out_everywhere_and_comes_in_again(town: Town) -> None:
    ines = town["ines"]
    assert ines.open("/dossiers").status == 200

    browser = town["laurent"].open(of(town, "ines")).fill(f"{of(town, 'ines')}/sessions/fermer")

    assert "Ses sessions sont fermées" in browser.page
    assert ines.open("/dossiers").title == "Se connecter"
    assert town.street.sign_in("ines", town.app).open("/dossiers").title != "Se connecter"
    assert town["laurent"].open("/dossiers").status == 200
    forged = {"csrf": csrf(town["laurent"].open(of(town, "ines")).answer.text)}
    assert town["laurent"].post(f"{of(town, 'stranger')}/sessions/fermer", forged).status == 404


def test_a_token_is_revoked(town: Town) -> None:
    ids, database = town.street.ids, town.street.database
    database.write(lambda db: new_token(db, ids["ines"], "tableur", now=town.street.clock.now()), WORKER)
    identifier = town.row(api_token)[0]["id"]
    browser = town["admin"].open("/administration/jetons").fill(f"/administration/jetons/{identifier}/revoquer")
    assert "Ce jeton n'ouvre plus rien." in browser.page
    assert town.row(api_token)[0]["revoked_at"] is not None
    assert town["laurent"].open("/administration/jetons").status == 404


def test_how_long_things_are_kept_is_changed_by_the_programme_alone(town: Town) -> None:
    page = "/administration/conservation"
    town["admin"].open(page).fill(name="mail_body", length="30")
    assert "30 jours" in town["laurent"].open(page).page
    assert "Changer" not in town["laurent"].page
    browser = town["admin"].open(page).fill(name="mail_body", length="trente")
    assert browser.status == 422
    assert town["admin"].open(page).fill(name="closed_case", length="0").status == 422
