"""The places of a branch: what it took on and has not called yet fills them, and one more is taken with a reason."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from sqlalchemy import Connection, update

from cases import journey
from cases.access import Identity, scope_of
from cases.errors import Refused
from cases.journey import Fired, Request
from cases.tables.case import case_file
from cases.tables.operators import branch
from tests.cases.conftest import database
from tests.cases.test_routing import NOW, WORKER, Town, town

__all__ = ["database", "town"]
ON_BEHALF = {"role": "operator", "person": "Karim", "channel": "phone"}


def places(town: Town, many: int) -> None:
    own = branch.c.id == town.branches["adie"]
    town.database.write(lambda db: db.execute(update(branch).where(own).values(capacity_per_week=many)), WORKER)


def asked(town: Town, name: str) -> str:
    reference = town.log(name=name)
    town.ask(reference, "adie")
    town.fire(reference, "send", "referral-1")
    return reference


def accepts(
    town: Town, reference: str, by: Identity | None = None, behalf: dict[str, str] | None = None, **more: Any
) -> Fired:
    agent = town.agents["adie"]
    who = by or agent
    request = Request(reference, "accept", "referral-1", {"agent": agent.person, **more}, on_behalf_of=behalf)
    return town.database.write(lambda db: journey.fire(db, request, by=who, now=NOW), scope_of(who))


def test_a_branch_that_has_no_place_left_says_why_it_takes_one_more(town: Town) -> None:
    places(town, 1)
    first, second = asked(town, "Snack du Pile"), asked(town, "Épicerie")
    accepts(town, first)

    with pytest.raises(Refused) as refused:
        accepts(town, second)
    accepts(town, second, exceed_reason="Elle ouvre lundi.")

    [reason] = refused.value.reasons
    assert (reason.code, reason.field) == ("no_capacity", "exceed_reason")
    assert reason.message.startswith("L’antenne n’a plus de place cette semaine")


def test_a_request_that_waits_for_an_answer_fills_no_place(town: Town) -> None:
    places(town, 2)
    first, second, _ = (asked(town, name) for name in ("Snack du Pile", "Épicerie", "Fleuriste"))

    accepts(town, first)

    assert accepts(town, second).lines[0]["to"] == "accepted"


def test_a_first_call_makes_room_again(town: Town) -> None:
    places(town, 1)
    first, second = asked(town, "Snack du Pile"), asked(town, "Épicerie")
    accepts(town, first)
    town.fire(first, "first_contact", "referral-1", by=town.agents["adie"], channel="phone", result="reached")

    assert accepts(town, second).lines[0]["to"] == "accepted"


def test_an_adviser_who_answers_for_the_branch_counts_the_cases_out_of_their_sight_too(town: Town) -> None:
    places(town, 1)
    elsewhere, here = asked(town, "Snack d’ailleurs"), asked(town, "Épicerie")
    accepts(town, elsewhere)
    moved = update(case_file).where(case_file.c.reference == elsewhere).values(territory_id=None, referent_id=None)
    town.database.write(lambda db: db.execute(moved), WORKER)

    with pytest.raises(Refused, match="plus de place"):
        accepts(town, here, by=town.adviser, behalf=ON_BEHALF)


def test_of_two_colleagues_who_take_the_last_place_at_once_one_has_it(town: Town) -> None:
    """The second one answers while the first one’s answer is written and not yet kept."""
    places(town, 1)
    both = asked(town, "Snack du Pile"), asked(town, "Épicerie")
    agent, answers, other = town.agents["adie"], [], threading.Event()

    def take(reference: str, *, slowly: bool) -> None:
        request = Request(reference, "accept", "referral-1", {"agent": agent.person})

        def unit(db: Connection) -> Fired:
            fired = journey.fire(db, request, by=agent, now=NOW)
            if slowly and other.wait(5):
                time.sleep(0.5)
            return fired

        try:
            answers.append(town.database.write(unit, scope_of(agent)))
        except Refused as refused:
            answers.append(refused)

    first = threading.Thread(target=take, args=(both[0],), kwargs={"slowly": True})
    first.start()
    second = threading.Thread(target=take, args=(both[1],), kwargs={"slowly": False})
    second.start()
    other.set()
    first.join()
    second.join()

    assert sorted(type(answer).__name__ for answer in answers) == ["Fired", "Refused"]
    assert [answer.reasons[0].code for answer in answers if isinstance(answer, Refused)] == ["no_capacity"]
