"""Coming in by a code: six digits typed where they were asked for, a few tries at most, whatever the headers say; and first ways in."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, select, update

from api.closing import close_account
from api.rate_limits import LIMITS, Counted
from api.security import identify, new_token
from cases.database import Database
from cases.tables.people import person, rate_count, sign_in_request
from notifications.asking import answer_all, ask_invitation
from notifications.codes import TRIES
from notifications.composer import compose
from notifications.links import new_link
from notifications.said_rows import rows_for
from notifications.tables import message
from tests.api.browser import HOST, Browser
from tests.api.test_sign_in import INES, WORKER, Town, home, on_sqlite
from tests.cases.conftest import database

__all__ = ["database", "home"]
SAID_BY_PROXIES = (
    "X-Forwarded-For",
    "X-Real-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "X-Original-Forwarded-For",
)
"""Headers by which somebody would be believed to come from elsewhere."""


class Office(Town):
    """The same town, whose mails can be read."""

    def ask(self, email: str = INES, network: str = "127.0.0.1") -> Browser:
        """A browser on which a way in was asked for, on the page that takes the code."""
        return Browser(self.app, network=network).open("/connexion").fill(email=email, suite="/chez-moi")

    def letter(self) -> str:
        """The last mail, as it leaves now."""
        mail, now, key = self.mails()[-1], self.clock.now(), self.app.state.frame.key

        def unit(db: Connection) -> str:
            made = partial(new_link, db, now=now, key=key)
            return compose(rows_for(db, [mail._mapping]), mail._mapping, now=now, base_url=HOST, make_link=made).text

        return self.database.write(unit, WORKER)

    def code(self) -> str:
        [code] = re.findall(r"\b(\d{6})\b", self.letter())
        return str(code)


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def try_code(browser: Browser, code: str) -> Browser:
    browser.open("/connexion/envoye")
    return browser.fill("/connexion/code", code=code)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_mail_is_read_on_a_phone_and_its_code_is_typed_on_the_desk(office: Office) -> None:
    desk = office.ask()
    code = office.code()

    assert try_code(desk, f" {code[:3]} {code[3:]} ").title == "Inès Morvan"
    assert try_code(office.ask("nobody@example.org"), code).status == 422


@pytest.mark.asvs("6.5.1", "6.6.2")
def test_a_code_serves_once_and_only_on_the_browser_where_it_was_asked_for(office: Office) -> None:
    desk, elsewhere = office.ask(), office.browser().open("/connexion")
    code = office.code()

    assert try_code(elsewhere, code).status == 422
    assert try_code(desk, code).title == "Inès Morvan"
    assert try_code(desk, code).status == 422


@on_sqlite
def test_a_code_of_a_quarter_of_an_hour_ago_lets_nobody_in(office: Office) -> None:
    desk = office.ask()
    code = office.code()
    office.later(minutes=15)

    assert "n'est pas, ou n'est plus, le bon" in try_code(desk, code).page


@on_sqlite
@pytest.mark.asvs("6.6.2")
def test_the_code_of_a_mail_that_was_replaced_lets_nobody_in(office: Office) -> None:
    desk = office.ask()
    first = office.code()
    office.later(minutes=1)
    desk.open("/connexion").fill(email=INES)
    second = office.code()

    assert try_code(desk, first).status == 422 or first == second
    assert try_code(desk, second).status == 200


@pytest.mark.asvs("6.3.1", "6.6.3")
def test_after_five_wrong_tries_the_right_code_is_wrong_too(office: Office) -> None:
    desk = office.ask()
    code = office.code()
    for _ in range(TRIES):
        assert try_code(desk, wrong(code)).status == 422

    assert try_code(desk, code).status == 422


@pytest.mark.asvs("6.3.1", "6.6.3", "15.3.4")
def test_an_account_takes_twenty_tries_a_day_from_any_network_and_whatever_the_headers_say(office: Office) -> None:
    tried, most = 0, LIMITS[Counted.CODE].most
    assert most <= 20
    for asked in range(12):
        office.later(minutes=16)
        desk = office.ask((INES, INES.upper(), f" {INES} ", INES.title())[asked % 4], network=f"198.51.100.{asked}")
        code = office.code()
        for _ in range(TRIES):
            desk.client.headers.update({name: f"203.0.113.{tried % 250}" for name in SAID_BY_PROXIES})
            desk.client.headers.update({"Forwarded": f"for=203.0.113.{tried % 250}", "User-Agent": f"browser {tried}"})
            if try_code(desk, wrong(code)).status == 422:
                tried += 1
            else:
                assert desk.status == 429
        if tried >= most:
            break

    assert tried == most
    assert try_code(desk, code).status == 429


@on_sqlite
def test_a_known_address_and_an_unknown_one_are_alike_at_each_wrong_code(office: Office) -> None:
    known, unknown = office.ask(), office.ask("nobody@example.org")
    office.code()
    for _ in range(TRIES + 2):
        pages = [re.sub(r'name="csrf" value="[^"]*"', "", try_code(one, "000000").page) for one in (known, unknown)]
        assert pages[0] == pages[1]
        assert known.status == unknown.status == 422


@on_sqlite
def test_the_table_alone_gives_no_code_away(office: Office) -> None:
    office.ask()
    code, [row] = office.code(), office.rows(select(sign_in_request))

    assert code not in str(row)
    assert row.code_hash
    assert "visitor" not in str(row)


@on_sqlite
def test_what_a_process_that_died_left_unanswered_a_worker_answers(office: Office) -> None:
    office.ask()
    office.change(update(sign_in_request).values(answered_at=None))
    office.change(message.delete())

    assert answer_all(office.database, office.clock.now()) == 1
    assert answer_all(office.database, office.clock.now()) == 0
    assert [mail.to_email for mail in office.mails()] == [INES]


def invite(office: Office) -> str:
    now = office.clock.now()
    assert office.database.write(lambda db: ask_invitation(db, office.ines, now), WORKER)
    [link] = re.findall(rf"{HOST}(/lien/\S+)", office.letter())
    return str(link)


@pytest.mark.asvs("6.4.1")
def test_an_invitation_lets_somebody_in_once_within_a_week(office: Office) -> None:
    link = invite(office)
    office.later(days=6)

    assert office.browser().open(link).fill().open("/chez-moi").title == "Inès Morvan"

    assert office.browser().open(link).status == 410


@on_sqlite
def test_who_let_an_invitation_pass_asks_again_and_gets_a_link_at_the_same_address(office: Office) -> None:
    link = invite(office)
    office.later(days=7)
    browser = office.browser().open(link)
    assert browser.status == 410

    browser.fill(f"{link}/nouveau")

    assert [(mail.key, mail.to_email) for mail in office.mails()] == [("invitation", INES), ("sign_in", INES)]


@pytest.mark.asvs("7.4.1", "7.4.2")
def test_closing_an_account_kills_its_cookie_token_links_and_code_at_once(office: Office) -> None:
    desk, waiting, now = office.signed_in(), office.ask(), office.clock.now()
    code, link, invitation = office.code(), office.link(), invite(office)
    token = office.database.write(lambda db: new_token(db, office.ines, "outil", now=now), WORKER)

    office.database.write(lambda db: close_account(db, office.ines, now), WORKER)

    assert desk.open("/chez-moi").title == "Se connecter"
    assert office.database.read(lambda db: identify(db, token, now), WORKER) is None
    assert [office.browser().open(one).status for one in (link, invitation)] == [410, 410]
    assert try_code(waiting, code).status == 422
    before = len(office.mails())
    office.browser().open(link)
    office.ask()
    assert len(office.mails()) == before


def test_an_account_that_is_opened_again_does_not_open_its_old_links(office: Office) -> None:
    link, now = office.link(), office.clock.now()
    office.database.write(lambda db: close_account(db, office.ines, now), WORKER)
    office.change(update(person).values(active=True))

    assert office.browser().open(link).status == 410


@on_sqlite
def test_two_hundred_altered_links_open_nothing(office: Office) -> None:
    link, browser = office.link(), office.browser()
    token = link.removeprefix("/lien/")
    altered = [
        token[:place] + other + token[place + 1 :]
        for place in range(len(token))
        for other in "aZ9-_.~"
        if token[place] != other
    ]
    altered += [token[:length] for length in range(1, len(token))]
    assert len(set(altered)) >= 200

    accepted = [one for one in altered if browser.client.get(f"/lien/{one}").status_code == 200]

    assert accepted == []
    assert browser.open(link).status == 200


@on_sqlite
def test_old_counts_and_old_requests_are_forgotten(office: Office) -> None:
    office.ask()
    office.later(days=3)
    office.ask("nobody@example.org")

    assert {row.email for row in office.rows(select(sign_in_request))} == {"nobody@example.org"}
    assert all(row.hour > office.clock.now() - timedelta(days=2) for row in office.rows(select(rate_count)))
