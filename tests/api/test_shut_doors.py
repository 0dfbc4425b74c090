"""Who is shut out is out by every door at that very instant, in every process; and no letter of a link can be altered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import func, insert, select

from api.calendar_feeds import make_feed
from api.csrf import FIELD, token_for
from api.security import new_token
from cases.access import identity_with
from cases.database import Database
from cases.identifiers import new_id
from cases.tables.case import survey
from cases.tables.memory import journal
from cases.tables.people import session
from notifications.links import Purpose, new_link
from tests.api.browser import HOST, Browser, application
from tests.api.street import WORKER, Town
from tests.cases.conftest import database

__all__ = ["database"]
HERE = {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}
OF_NO_PAGE = {Purpose.CODE, Purpose.REPLY, Purpose.LOG_BOOK, Purpose.CHARTER, Purpose.PREFERENCES}
"""Six digits, and the address of a mail (`test_codes.py`, `test_receiving.py`); what belongs to a mentor, of whom there is none here; choices of mails."""


@pytest.fixture
def town(database: Database) -> Town:
    town = Town(database)
    town.asked()
    return town


def made(town: Town, purpose: str, person: str = "karim") -> str:
    """A link of that purpose, as a mail bears it."""
    case, now = town.case(), town.street.clock.now()
    bound: dict[str, Any] = {"person_id": town.street.ids[person], "case_id": case["id"], "track": "referral-1"}
    if purpose in (Purpose.MY_CASE, Purpose.SURVEY):
        bound = {"entrepreneur_id": case["entrepreneur_id"], "case_id": case["id"], "track": "case"}
    return town.street.database.write(lambda db: new_link(db, purpose, now=now, **bound), WORKER)


def door_of(purpose: str) -> str:
    return {Purpose.MY_CASE: "/mon-dossier"}.get(Purpose(purpose), "/lien")


# -- who is shut out --------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("7.4.1", "7.4.2")
def test_who_is_disabled_is_out_by_every_door_at_that_very_instant_in_every_process(town: Town) -> None:
    street, now = town.street, town.street.clock.now()
    desk, own = town["karim"], street.ids["karim"]
    token = street.database.write(lambda db: new_token(db, own, "outil", now=now), WORKER)
    feed = street.database.write(lambda db: make_feed(db, _who(db, own), now), WORKER)
    links = [f"{door_of(one)}/{made(town, one)}" for one in (Purpose.SIGN_IN, Purpose.INVITATION, Purpose.ANSWER)]
    processes = [town.app, application(street.database, street.clock)]

    def doors() -> list[int]:
        """What each process answers, at this instant, by each door."""
        found = []
        for app in processes:
            one = Browser(app).client
            found += [
                one.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code,
                one.get(f"/calendrier/{feed}.ics").status_code,
            ]
            found += [one.get(link).status_code for link in links]
            one.cookies.update(desk.client.cookies)
            found.append(one.get("/orientations").status_code)
        return found

    assert doors() == [200] * 12

    person = f"/administration/personnes/{own}"
    town["admin"].open(person).fill(f"{person}/fermer")

    assert street.clock.now() == now
    assert doors() == [401, 404, 410, 410, 410, 303] * 2


def _who(db: Any, own: str) -> Any:
    return identity_with(db, own, via="page")


# -- links that were altered ------------------------------------------------------------------------------------------------


def altered(token: str) -> Iterator[str]:
    """What somebody tries who has seen a link: a letter more, less, another, elsewhere, in another case; what a database or a path may read otherwise."""
    for place, letter in enumerate(token):
        yield token[:place] + ("A" if letter != "A" else "B") + token[place + 1 :]
    yield from (
        token.swapcase(),
        token.upper(),
        token.lower(),
        token[::-1],
        token + token,
        token[:-1],
        token[1:],
        token[: len(token) // 2],
    )
    yield from (
        f"{token}{more}"
        for more in ("A", "=", "==", ".", " ", "\t", "\x00", "\n", "/", "/..", ";", "'--", "%", "_", "\u200b", "\u0301")
    )
    yield from (f"{more}{token}" for more in ("A", " ", "../", "./", "\ufeff"))
    yield from (token[:-1] + wild for wild in ("_", "%", "*", "?", "а"))
    yield from ("%", "_" * len(token), "*", "null", "0", "' OR '1'='1", "..%2f" + token)


def same_path(token: str, other: str) -> bool:
    """Whether an address says the very same link: letters that no path keeps are none."""
    return other.strip("/") == token or other in (f"./{token}", f"{token}/..")


def test_two_hundred_altered_links_open_nothing_whatever_they_are_for(town: Town) -> None:
    case, now = town.case(), town.street.clock.now()
    row = {"case_id": case["id"], "track": "case", "recipient": "entrepreneur", "sent_at": now, "reminders": 0}
    town.street.database.write(lambda db: db.execute(insert(survey).values(id=new_id(now), **row)), WORKER)
    links = {purpose: made(town, purpose) for purpose in Purpose if purpose not in OF_NO_PAGE}
    before, tried = _state(town), 0

    for place, (purpose, token) in enumerate(links.items()):
        visitor = Browser(
            town.app, network=f"198.51.100.{place}"
        ).client  # who sends too often by links is told to wait
        assert visitor.get(f"{door_of(purpose)}/{token}").status_code == 200, purpose
        for other in [
            *altered(token),
            *(one for kind, one in links.items() if door_of(purpose) != "/lien" and kind != purpose),
        ]:
            if same_path(token, other):
                continue
            address = f"{door_of(purpose)}/{quote(other, safe='')}"
            form = {
                FIELD: token_for(f"link {other}", town.app.state.frame.key),
                "step": "accept",
                "agent": town.street.ids["karim"],
            }
            assert visitor.get(address).status_code in (404, 410), (purpose, other)
            assert visitor.post(address, data=form, headers=HERE).status_code in (404, 405, 410), (
                purpose,
                other,
            )
            tried += 1

    assert tried >= 200
    assert _state(town) == before
    assert all(visitor.get(f"{door_of(one)}/{token}").status_code == 200 for one, token in links.items())


def _state(town: Town) -> list[int]:
    """How many lines the journals have, and how many sessions there are."""
    return [
        town.street.database.read(
            lambda db, of=table: db.execute(select(func.count()).select_from(of)).scalar_one(), WORKER
        )
        for table in (journal, session)
    ]
