"""One's own account: what is open and where, closed one by one or all at once; a phone of one's own; the role one works in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from api.pages.account import device_of
from api.security import TokenScope, identify, new_token
from cases.database import Database
from cases.identifiers import new_id
from cases.tables.people import api_token, role_grant, session
from tests.api.browser import Browser, application
from tests.api.street import NOW, WORKER, Street, a_street, people_of_the_street
from tests.cases.conftest import database

__all__ = ["database"]

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def street(database: Database) -> Street:
    found = people_of_the_street(database)
    found.clock.set(NOW)
    return found


def test_somebody_sees_where_they_are_signed_in_and_closes_one_or_all_the_others(street: Street) -> None:
    app = application(street.database, street.clock)
    here, lost, third = (street.sign_in("ines", app) for _ in range(3))
    page = here.open("/mon-compte").page
    assert page.count("cette session") == 1
    others = re.findall(r'action="(/mon-compte/sessions/[0-9a-f-]{36}/fermer)"', here.answer.text)
    assert len(others) == 2

    here.fill(others[0])

    assert "La session est fermée." in here.page
    assert sorted([lost.open("/").title == "Se connecter", third.open("/").title == "Se connecter"]) == [False, True]
    here.open("/mon-compte").fill("/mon-compte/sessions/autres/fermer")
    assert [one.open("/").title for one in (lost, third)] == ["Se connecter"] * 2
    assert here.open("/mon-compte").status == 200


@on_sqlite
def test_nobody_closes_the_session_of_somebody_else(street: Street) -> None:
    app = application(street.database, street.clock)
    ines, bruno = street.sign_in("ines", app), street.sign_in("bruno", app)
    mine = street.database.read(
        lambda db: db.execute(select(session.c.id).where(session.c.person_id == street.ids["ines"])).scalar(), WORKER
    )
    token = re.findall(r'name="csrf" value="([^"]+)"', bruno.open("/mon-compte").answer.text)[0]

    assert bruno.post(f"/mon-compte/sessions/{mine}/fermer", {"csrf": token}).status == 404
    assert ines.open("/mon-compte").status == 200


@on_sqlite
def test_a_session_says_on_what_and_from_where(street: Street) -> None:
    browser = street.sign_in("ines")
    change = update(session).values(user_agent=FIREFOX, network="198.51.100.7")
    street.database.write(lambda db: db.execute(change), WORKER)

    page = browser.open("/mon-compte").page

    assert "Firefox sur Windows" in page
    assert "depuis 198.51.100.7" in page
    assert device_of("curl/8") == "Un navigateur"


def test_on_a_phone_of_ones_own_one_logs_and_sees_ones_own_cases_for_thirty_days_and_nothing_else(
    database: Database,
) -> None:
    street = a_street(database)
    phone, desk = street.sign_in("ines"), street.sign_in("ines")
    everything = set(re.findall(r"/dossiers/(QP-[0-9A-Z-]{9})", phone.open("/dossiers").answer.text))
    phone.open("/mon-compte").fill("/mon-compte/telephone")
    assert "reste ouvert 30 jours" in phone.page
    street.clock.set(street.clock.now() + timedelta(days=2))

    shown = set(re.findall(r"/dossiers/(QP-[0-9A-Z-]{9})", phone.open("/dossiers").answer.text))

    assert phone.address == "/dossiers"
    assert shown
    assert shown < everything
    assert all(phone.open(f"/dossiers/{one}").status == 200 for one in shown)
    assert phone.open(f"/dossiers/{min(everything - shown)}").status == 404
    assert phone.open("/dossiers/nouveau").status == 200
    for closed in ("/imports", "/mentorat", "/aides", "/territoires"):
        assert phone.open(closed).title == "Se connecter"
    assert phone.open("/").address == "/dossiers"
    assert desk.open("/dossiers").title == "Se connecter"
    street.clock.set(street.clock.now() + timedelta(days=29))
    assert phone.open("/dossiers").title == "Se connecter"


@on_sqlite
def test_a_phone_of_ones_own_writes_nothing_on_a_case_once_the_session_is_over(database: Database) -> None:
    street = a_street(database)
    phone = street.sign_in("ines")
    phone.open("/mon-compte").fill("/mon-compte/telephone")
    street.clock.set(street.clock.now() + timedelta(minutes=61))
    phone.open("/dossiers")
    street.clock.set(street.clock.now() + timedelta(minutes=1))
    token = re.findall(r'name="csrf" value="([^"]+)"', phone.open("/mon-compte").answer.text)[0]
    reference = re.findall(r"/dossiers/(QP-[0-9A-Z-]{9})", phone.open("/dossiers").answer.text)[0]

    phone.post(f"/dossiers/{reference}/actions/hold", {"csrf": token})

    assert phone.title == "Se connecter"


def test_somebody_with_two_roles_works_in_one_and_then_in_all(database: Database) -> None:
    street = a_street(database)
    grant = {
        "id": new_id(NOW),
        "person_id": street.ids["karim"],
        "role": "adviser",
        "territory_id": street.ids["roubaix"],
    }
    street.database.write(lambda db: db.execute(insert(role_grant).values(**grant, created_at=NOW)), WORKER)
    browser = street.sign_in("karim").open("/dossiers")
    both = set(re.findall(r"/dossiers/(QP-[0-9A-Z-]{9})", browser.answer.text))
    assert "Tous mes rôles" in browser.page
    theirs = street.database.read(
        lambda db: db.execute(select(role_grant.c.id).where(role_grant.c.role == "operator", role_grant.c.person_id == street.ids["karim"])).scalar(),
        WORKER,
    )  # fmt: skip
    choose(browser, str(theirs))

    as_operator = set(re.findall(r"/dossiers/(QP-[0-9A-Z-]{9})", browser.open("/dossiers").answer.text))

    assert as_operator < both
    choose(browser, "")
    assert set(re.findall(r"/dossiers/(QP-[0-9A-Z-]{9})", browser.open("/dossiers").answer.text)) == both
    choose(browser, "another's")
    assert browser.status == 404


def choose(browser: Browser, role: str) -> None:
    token = re.findall(r'name="csrf" value="([^"]+)"', browser.open("/mon-compte").answer.text)[0]
    browser.post("/mon-compte/role", {"csrf": token, "role": role})


@on_sqlite
def test_who_has_one_role_has_nothing_to_choose(street: Street) -> None:
    assert "Tous mes rôles" not in street.sign_in("ines").open("/mon-compte").page


def test_somebody_closes_a_token_of_theirs_and_no_other(street: Street) -> None:
    def make(name: str) -> str:
        return street.database.write(
            lambda db: new_token(db, street.ids[name], "tableur", now=NOW, scopes=[TokenScope.READ]), WORKER
        )

    mine, other = make("ines"), make("bruno")
    browser = street.sign_in("ines").open("/mon-compte")
    assert "read" in browser.page
    assert "jamais servi" in browser.page
    [close] = re.findall(r'action="(/mon-compte/jetons/[^"]+)"', browser.answer.text)

    browser.fill(close)

    assert street.database.read(lambda db: identify(db, mine, NOW), WORKER) is None
    assert street.database.read(lambda db: identify(db, other, NOW), WORKER) is not None
    theirs = street.database.read(lambda db: db.execute(select(api_token.c.id).where(api_token.c.revoked_at.is_(None))).scalar(), WORKER)  # fmt: skip
    csrf = re.findall(r'name="csrf" value="([^"]+)"', browser.open("/mon-compte").answer.text)[0]
    assert browser.post(f"/mon-compte/jetons/{theirs}/fermer", {"csrf": csrf}).status == 404
