"""Signing in by a link in a mail, without a password; sessions that end; and forms that only our pages may send."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, Request
from sqlalchemy import Connection, insert, select, update
from starlette.responses import Response

from api import csrf
from api.pages import OF_THE_DEMO, ROUTERS
from api.pages.demo import CaughtMail
from api.pages.frame import SecretKeyMissing
from api.pages.shell import PageVisit, page
from api.rate_limits import LIMITS, Counted
from api.settings import Settings, with_kept_key
from cases.clock import FixedClock
from cases.database import Database, Scope
from cases.identifiers import new_id
from cases.tables.people import person, role_grant, session, sign_in_request
from notifications.composer import compose
from notifications.links import new_link
from notifications.said_rows import rows_for
from notifications.tables import message
from tests.api.browser import HOST, Browser, application
from tests.cases.conftest import database

__all__ = ["database"]

NOW = datetime(2027, 2, 2, 9, 0, tzinfo=UTC)
INES = "ines.morvan@roubaix.example"
WORKER = Scope.worker()
home = APIRouter()


@home.get("/chez-moi")
async def show_home(request: Request, visit: PageVisit) -> Response:
    """A page for those who are signed in."""
    return page(
        request,
        "erreur.html",
        mishap={"title": visit.identity.name, "text": "", "reasons": (), "link": None, "status": 200},
        request_id="",
    )


class Town:
    """A database with one adviser, its clock, and the mails that were asked for."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, FixedClock(NOW)
        self.app = application(database, self.clock)
        self.app.include_router(home)
        self.ines = new_id(NOW)
        row = {
            "id": self.ines,
            "name": "Inès Morvan",
            "email": INES,
            "active": True,
            "created_at": NOW,
            "timezone": "Europe/Paris",
        }
        grant = {"id": new_id(NOW), "person_id": self.ines, "role": "adviser", "created_at": NOW}
        self.change(insert(person).values(**row))
        self.change(insert(role_grant).values(**grant))

    def change(self, statement: Any) -> None:
        self.database.write(lambda db: db.execute(statement), WORKER)

    def rows(self, query: Any) -> list[Any]:
        return self.database.read(lambda db: list(db.execute(query)), WORKER)

    def mails(self) -> list[Any]:
        return self.rows(select(message).order_by(message.c.id))

    def link(self, **changes: Any) -> str:
        made = {"person_id": self.ines, "now": self.clock.now(), **changes}
        return "/lien/" + self.database.write(lambda db: new_link(db, "sign_in", **made), WORKER)

    def browser(self) -> Browser:
        return Browser(self.app)

    def signed_in(self) -> Browser:
        browser = self.browser().open(self.link()).fill()
        assert browser.open("/chez-moi").title == "Inès Morvan"
        return browser

    def later(self, **passed: float) -> None:
        self.clock.set(self.clock.now() + timedelta(**passed))


on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For what does not depend on which database it is."""


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def test_a_known_address_gets_a_link_and_an_unknown_one_the_same_answer(town: Town) -> None:
    known = town.browser().open("/connexion").fill(email=f" {INES.upper()} ", suite="/dossiers")
    unknown = town.browser().open("/connexion").fill(email="nobody@example.org")

    assert "Si cette adresse est connue, un lien vient de partir" in known.page
    known_form, unknown_form = (re.sub(r'name="csrf" value="[^"]*"', "", one.page) for one in (known, unknown))
    assert known_form == unknown_form
    [mail] = town.mails()
    assert (mail.key, mail.mail_class, mail.to_email, mail.facts["next_page"]) == (
        "sign_in",
        "requested",
        INES,
        "/dossiers",
    )
    assert {row.email for row in town.rows(select(sign_in_request))} == {INES, "nobody@example.org"}


def test_the_mail_that_leaves_leads_in_and_to_the_page_that_was_asked_for(town: Town) -> None:
    town.browser().open("/connexion").fill(email=INES, suite="/chez-moi")
    now, [mail] = town.clock.now(), town.mails()

    def unit(db: Connection) -> str:
        return compose(
            rows_for(db, [mail._mapping]),
            mail._mapping,
            now=now,
            base_url=HOST,
            make_link=partial(new_link, db, now=now),
        ).text

    text = town.database.write(unit, WORKER)

    [link] = re.findall(rf"{HOST}(/lien/\S+)", text)
    assert town.browser().open(link).fill().title == "Inès Morvan"


@on_sqlite
def test_what_is_not_an_address_is_said_on_the_form_with_what_was_typed(town: Town) -> None:
    browser = town.browser().open("/connexion").fill(email="ines")

    assert browser.status == 422
    assert "Écrivez votre adresse en entier" in browser.page
    assert 'value="ines"' in browser.page


def test_a_disabled_person_gets_no_link(town: Town) -> None:
    town.change(update(person).values(active=False))

    town.browser().open("/connexion").fill(email=INES)

    assert town.mails() == []


@pytest.mark.asvs("6.3.1", "2.4.1")
def test_only_five_links_an_hour_leave_for_one_address(town: Town) -> None:
    for _ in range(7):
        assert "un lien vient de partir" in town.browser().open("/connexion").fill(email=INES).page
    assert len(town.mails()) == 5

    town.later(hours=1)
    town.browser().open("/connexion").fill(email=INES)
    assert len(town.mails()) == 6


@on_sqlite
@pytest.mark.asvs("6.3.1", "2.4.1")
def test_a_whole_town_hall_signs_in_behind_one_address_and_a_machine_is_told_to_wait(town: Town) -> None:
    browser = town.browser()
    for number in range(LIMITS[Counted.ASKED].most):
        assert browser.open("/connexion").fill(email=f"nobody{number}@example.org").status == 200

    for spoken in ({}, {"X-Forwarded-For": "192.0.2.7"}, {"X-Real-IP": "192.0.2.8"}, {"Forwarded": "for=192.0.2.9"}):
        browser.open("/connexion")
        token = csrf.token_for(f"visitor {browser.client.cookies['qp_visitor']}", town.app.state.frame.key)
        browser.post("/connexion", {"csrf": token, "email": INES}, **spoken)

        assert browser.status == 429
        assert int(browser.answer.headers["retry-after"]) == 3600
    assert town.mails() == []


@pytest.mark.asvs("3.5.3", "6.5.1", "7.6.2")
def test_opening_the_link_does_nothing_and_its_button_signs_in_once(town: Town) -> None:
    link = town.link()
    scanner, mine, late = town.browser(), town.browser(), town.browser()
    late.open(link)
    assert scanner.open(link).title == "Bonjour Inès Morvan,"

    assert mine.open(link).fill().open("/chez-moi").title == "Inès Morvan"

    assert late.fill().status == 410
    assert "Ce lien ne marche plus" in late.page
    assert scanner.open("/chez-moi").title == "Se connecter"


@on_sqlite
@pytest.mark.asvs("3.7.2")
def test_a_link_leads_where_the_person_was_going_and_never_outside(town: Town) -> None:
    assert town.browser().open(town.link(data={"next_page": "/chez-moi"})).fill().title == "Inès Morvan"
    for outside in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        assert town.browser().open(town.link(data={"next_page": outside})).fill().address == "/"


def test_a_link_of_a_quarter_of_an_hour_ago_offers_a_new_one_to_the_same_address(town: Town) -> None:
    browser, link = town.browser(), town.link()
    town.later(minutes=15)

    assert browser.open(link).status == 410
    browser.fill(f"{link}/nouveau")

    assert "Un nouveau lien vient de partir" in browser.page
    assert [mail.to_email for mail in town.mails()] == [INES]


@on_sqlite
def test_who_is_not_signed_in_is_led_to_the_door_then_back(town: Town) -> None:
    browser = town.browser().open("/chez-moi?etat=ouvert")

    assert browser.address == "/connexion?suite=%2Fchez-moi%3Fetat%3Douvert"
    assert 'name="suite" value="/chez-moi?etat=ouvert"' in browser.page


@on_sqlite
@pytest.mark.asvs("7.2.1", "7.3.1", "7.3.2")
def test_a_session_ends_after_an_hour_without_use_and_after_twelve_whatever_happens(town: Town) -> None:
    idle, busy = town.signed_in(), town.signed_in()
    for _ in range(13):
        town.later(minutes=54)
        assert busy.open("/chez-moi").title == "Inès Morvan"
    assert idle.open("/chez-moi").title == "Se connecter"

    town.later(minutes=54)

    assert busy.open("/chez-moi").title == "Se connecter"


@pytest.mark.asvs("7.4.1", "7.4.2")
def test_a_session_dies_when_its_person_signs_out_or_is_disabled(town: Town) -> None:
    out, disabled = town.signed_in(), town.signed_in()
    stolen = dict(out.client.cookies)

    out.open("/chez-moi")
    token = csrf.token_for(f"session {stolen['qp_session']}", town.app.state.frame.key)
    out.post("/deconnexion", {"csrf": token})
    thief = town.browser()
    thief.client.cookies.update(stolen)

    assert out.address == "/connexion"
    assert "Vous êtes déconnecté." in out.page
    assert thief.open("/chez-moi").title == "Se connecter"
    town.change(update(person).values(active=False))
    assert disabled.open("/chez-moi").title == "Se connecter"


@pytest.mark.asvs("7.2.2", "7.2.4")
def test_signing_in_again_gives_a_new_session_and_ends_the_one_before(town: Town) -> None:
    browser = town.signed_in()
    before = browser.client.cookies["qp_session"]

    browser.open(town.link()).fill()

    assert browser.client.cookies["qp_session"] != before
    ended = {row.ended_at is not None for row in town.rows(select(session))}
    assert ended == {True, False}
    assert before not in {row.token_hash for row in town.rows(select(session))}


@on_sqlite
@pytest.mark.asvs("3.3.2", "3.3.4")
def test_the_session_cookie_is_out_of_reach_of_scripts_and_of_other_sites(town: Town) -> None:
    browser, link = town.browser(), town.link()
    browser.open(link)
    hidden = {"csrf": csrf.token_for(f"link {link.removeprefix('/lien/')}", town.app.state.frame.key)}

    answer = browser.client.post(link, data=hidden, headers={"Origin": HOST})

    [cookie] = [value for value in answer.headers.get_list("set-cookie") if value.startswith("qp_session=")]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


@on_sqlite
@pytest.mark.asvs("3.3.1", "3.3.3", "3.4.1")
def test_in_production_a_key_is_required_and_cookies_travel_over_tls_alone(town: Town) -> None:
    with pytest.raises(SecretKeyMissing):
        application(town.database, town.clock, settings=Settings(env="production", secret_key=""))

    settings = Settings(env="production", secret_key="k" * 32, base_url=HOST)
    app = application(town.database, town.clock, settings=settings)
    answer = Browser(app).client.get(HOST.replace("http:", "https:") + "/connexion")

    assert answer.headers["set-cookie"].startswith("__Host-qp_visitor=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(answer.headers["set-cookie"].split("; "))
    assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"


@pytest.mark.asvs("13.3.2")
def test_in_development_a_key_is_made_once_and_kept_where_others_cannot_read_it(tmp_path: Path) -> None:
    file = tmp_path / "key"

    made, again = (with_kept_key(Settings(secret_key="", env="development"), file).secret_key for _ in range(2))

    assert made == again
    assert len(made.get_secret_value()) >= 32
    assert file.stat().st_mode & 0o077 == 0
    assert with_kept_key(Settings(secret_key="own"), tmp_path / "none").secret_key.get_secret_value() == "own"
    assert not (tmp_path / "none").exists()


# -- the demonstration ------------------------------------------------------------------------------------------------------


class Caught:
    """A catcher that has received one mail."""

    def mails(self) -> list[CaughtMail]:
        hostile = "<p>Bonjour</p><script>alert(1)</script>"
        return [CaughtMail(NOW, INES, "ville@roubaix.example", "À appeler", "Bonjour", hostile)]


def test_in_the_demonstration_one_comes_in_as_anybody_of_the_cast_and_nobody_else(town: Town) -> None:
    app = application(town.database, town.clock, demo=True)
    app.include_router(home)
    browser = Browser(app).open("/connexion")
    assert "Inès Morvan" in browser.page

    assert browser.fill("/demo/entrer").open("/chez-moi").title == "Inès Morvan"

    assert Browser(app).open("/demo").fill("/demo/entrer", person_id="somebody").status == 404


@on_sqlite
def test_the_mails_of_the_demonstration_are_read_where_they_can_run_nothing(town: Town) -> None:
    app = application(town.database, town.clock, demo=True)
    app.state.catcher = Caught()
    browser = Browser(app).open("/demo/messagerie")
    assert "À appeler" in browser.page

    assert "<script>" not in browser.open("/demo/messagerie/0").page.replace('<script src="', "")
    policy = browser.client.get("/demo/messagerie/0/corps").headers["content-security-policy"]

    assert policy.startswith("default-src 'none';")
    assert "allow-scripts" not in policy
    assert browser.open("/demo/messagerie/1").status == 404


@on_sqlite
@pytest.mark.asvs("15.2.3")
def test_outside_the_demonstration_there_is_no_cast(town: Town) -> None:
    assert [town.browser().open(path).status for path in ("/demo", "/demo/messagerie")] == [404, 404]
    assert "démonstration" not in town.browser().open("/connexion").page


# -- forged forms ---------------------------------------------------------------------------------------------------------


@on_sqlite
@pytest.mark.asvs("3.5.1")
def test_every_form_of_the_pages_is_refused_without_its_token(town: Town) -> None:
    app = application(town.database, town.clock, demo=True)
    posts = [route.path for router in (*ROUTERS, *OF_THE_DEMO) for route in router.routes if "POST" in route.methods]
    assert len(posts) >= 6
    for path in posts:
        browser = Browser(app).post(path.replace("{token}", "abc"), {"email": INES})
        assert browser.status == 403, path
    assert town.mails() == []


@on_sqlite
@pytest.mark.parametrize(
    "said",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
    ],
)
@pytest.mark.asvs("3.5.1")
def test_a_form_that_another_site_sends_is_refused_even_with_a_good_token(town: Town, said: dict[str, str]) -> None:
    browser = town.browser().open("/connexion")
    token = csrf.token_for(f"visitor {browser.client.cookies['qp_visitor']}", town.app.state.frame.key)

    browser.post("/connexion", {"csrf": token, "email": INES}, **said)

    assert browser.status == 403
    assert town.mails() == []


@on_sqlite
@pytest.mark.asvs("3.5.1")
def test_a_token_of_one_browser_is_refused_from_another(town: Town) -> None:
    mine, other = town.browser().open("/connexion"), town.browser().open("/connexion")
    token = csrf.token_for(f"visitor {mine.client.cookies['qp_visitor']}", town.app.state.frame.key)

    other.post("/connexion", {"csrf": token, "email": INES})

    assert other.status == 403
    assert "trop ancienne" in other.title
