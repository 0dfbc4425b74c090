"""Who works here has rights on their data too: given whole, without a word of others; and an account that nobody uses any more is wiped in its time."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from api.security import new_token
from api.vouched_people import forget_vouched
from cases.database import Database
from cases.privacy.keeping import Kept, rules
from cases.saved_views import keep_view
from cases.tables.case import case_file
from cases.tables.memory import journal
from cases.tables.people import absence, api_token, person, provider_identity, role_grant, saved_view, session
from cases.verification import verify_case
from cases.webhooks import Wanted, make_webhook
from notifications import retention
from notifications.own_account import NOBODY
from tests.api.street import WORKER, Town
from tests.cases.conftest import database

__all__ = ["database"]


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def unzipped(content: bytes) -> tuple[dict[str, Any], str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return json.loads(archive.read("compte.json")), archive.read("a-lire.html").decode()


def at_work(town: Town, name: str) -> str:
    """Somebody who has worked here: a case, a token, a list kept, a tool told, a role."""
    street, now, who = town.street, town.street.clock.now(), town.street.who[name]
    reference = town.logged()
    town[name].open(f"/dossiers/{reference}/noter/note").fill(text="Elle hésite encore.")
    street.database.write(lambda db: new_token(db, street.ids[name], "tableur", now=now), WORKER)
    street.database.write(lambda db: keep_view(db, who, "Les miens", "etat=detection", now=now), WORKER)
    street.database.write(lambda db: make_webhook(db, who, Wanted("https://outil.example/"), now=now), WORKER)
    return reference


def test_who_works_here_is_given_all_that_is_held_on_them_and_no_word_of_others(town: Town) -> None:
    reference = at_work(town, "ines")

    answer = town["ines"].client.get("/mon-compte/donnees.zip")

    data, page = unzipped(answer.content)
    assert {"Compte", "Rôles", "Sessions", "Jetons", "Listes gardées", "Webhooks", "Consultations", "Actes"} <= set(
        data
    )
    assert data["Compte"][0]["email"] == "ines@example.org"
    assert {one["reference"] for one in data["Actes"]} == {reference}
    assert {one["event"] for one in data["Actes"]} >= {"log", "note"}
    everything = json.dumps(data, ensure_ascii=False) + page
    assert "Elle hésite encore" not in everything
    assert "Traoré" not in everything
    assert not {"token_hash", "secret", "provider_token"} & {
        name for rows in data.values() for row in rows for name in row
    }
    assert "Inès Morvan" in page
    assert "Télécharger mes données" in town["ines"].open("/mon-compte").page


def test_an_account_that_nobody_used_for_two_years_is_wiped_and_what_it_did_stays(town: Town) -> None:
    reference, street = at_work(town, "ines"), town.street
    hers = street.ids["ines"]
    town["laurent"].open(f"/administration/personnes/{hers}").fill(
        f"/administration/personnes/{hers}/absences", **{"from": "2026-11-25", "to": "2026-11-26"}
    )
    street.database.write(
        lambda db: db.execute(
            provider_identity.insert().values(issuer="i", subject="s", person_id=hers, created_at=street.clock.now())
        ),
        WORKER,
    )
    street.database.write(lambda db: db.execute(update(case_file).values(referent_id=None)), WORKER)
    town["laurent"].open(f"/administration/personnes/{hers}").fill(f"/administration/personnes/{hers}/fermer")
    left = street.clock.now()

    retention.run(street.database, left + timedelta(days=700))
    assert next(row for row in town.row(person) if row["id"] == hers)["name"] == "Inès Morvan"
    went = retention.run(street.database, left + timedelta(days=740))

    assert went.rows[Kept.UNUSED_ACCOUNT] >= 1
    row = next(row for row in town.row(person) if row["id"] == hers)
    assert (row["name"], row["email"], row["phone"], row["active"]) == (NOBODY, None, None, False)
    for table in (session, api_token, saved_view, provider_identity, absence):
        assert not [one for one in town.row(table) if one["person_id"] == hers]
    assert not [one for one in town.row(role_grant) if one["person_id"] == hers and one["ended_at"] is None]
    acts = [line for line in town.row(journal) if line["actor_id"] == hers]
    assert {line["event"] for line in acts} >= {"log", "note"}
    case = next(one for one in town.row(case_file) if one["reference"] == reference)
    assert street.database.read(lambda db: verify_case(db, case["id"]), WORKER) == []
    again = retention.run(street.database, left + timedelta(days=741))
    assert Kept.UNUSED_ACCOUNT not in again.rows


def test_the_schedule_says_what_becomes_of_an_account(town: Town) -> None:
    rule = town.street.database.read(rules, WORKER)[Kept.UNUSED_ACCOUNT]
    assert (rule.length, rule.months) == (24, True)
    assert rule.then.startswith("anonymisé")
    dry = retention.run(town.street.database, town.street.clock.now() + timedelta(days=1000), dry_run=True)
    assert dry.rows[Kept.UNUSED_ACCOUNT] >= 5
    assert NOBODY not in {row["name"] for row in town.row(person)}


def test_who_is_forgotten_by_the_provider_is_matched_anew(town: Town) -> None:
    hers, street = town.street.ids["ines"], town.street
    street.database.write(
        lambda db: db.execute(
            provider_identity.insert().values(issuer="i", subject="s", person_id=hers, created_at=street.clock.now())
        ),
        WORKER,
    )
    street.database.write(lambda db: forget_vouched(db, hers), WORKER)
    assert town.row(provider_identity) == []
