"""The write path under pressure: competing people, a retried request, a line that somebody changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, insert, update

from cases import intake, journal, journey
from cases.access import Grant, Identity
from cases.database import Database, Scope
from cases.errors import Conflict, Refused
from cases.identifiers import new_id
from cases.intake import Detection
from cases.journal import canonical
from cases.journey import Fired, Request
from cases.tables.memory import journal as lines
from cases.tables.memory import journal_text
from cases.tables.people import person
from cases.tables.territories import territory
from engine.model import Role

NOW = datetime(2027, 2, 2, 9, 0, tzinfo=UTC)
WORKER = Scope.worker()


def _adviser(db: Connection) -> Identity:
    home, who = new_id(NOW), new_id(NOW)
    row = {
        "slug": "roubaix",
        "name": "Roubaix",
        "kind": "commune",
        "state": "acceleration",
        "state_since": NOW,
        "created_at": NOW,
        "axes": [],
    }
    db.execute(insert(territory).values(id=home, **row))
    db.execute(insert(person).values(id=who, name="Inès Morvan", created_at=NOW))
    return Identity(who, "Inès Morvan", (Grant(Role.ADVISER, territory=home),))


def _a_case(database: Database) -> tuple[Identity, Fired]:
    adviser = database.write(_adviser, WORKER)
    shop = Detection(
        "Épicerie", territory="roubaix", situation="inside", consents=("contact", "share"), channel="visit", met_in_person=True,
        needs=({"subject": "funding", "axis": "local_trade"},),
    )  # fmt: skip
    return adviser, database.write(lambda db: intake.log_case(db, shop, by=adviser, now=NOW), WORKER).fired


def _together(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.asvs("2.3.4")
def test_of_eight_people_who_take_the_same_step_one_wins(database: Database) -> None:
    adviser, case = _a_case(database)
    answers: list[object] = []

    def qualify() -> None:
        request = Request(case.reference, "qualify", version=case.version)
        try:
            answers.append(database.write(lambda db: journey.fire(db, request, by=adviser, now=NOW), WORKER))
        except (Conflict, Refused) as error:
            answers.append(error)

    _together([qualify] * 8)

    assert sum(isinstance(answer, Fired) for answer in answers) == 1
    assert sum(isinstance(answer, Conflict) for answer in answers) == 7


def test_the_same_key_by_eight_at_once_forty_times_has_one_effect(database: Database) -> None:
    adviser, case = _a_case(database)
    answers: list[Fired] = []

    def urgent() -> None:
        request = Request(case.reference, "set_urgent", payload={"reason": "bail qui finit"}, key="phone-1")
        for _ in range(40):
            answers.append(database.write(lambda db: journey.fire(db, request, by=adviser, now=NOW), WORKER))

    _together([urgent] * 8)

    assert len(answers) == 320
    assert len({canonical([a.case_id, a.reference, a.version, a.track, a.lines]) for a in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    assert len(database.read(lambda db: db.execute(lines.select()).all(), WORKER)) == 2


def test_a_changed_line_and_changed_words_are_found(database: Database) -> None:
    adviser, case = _a_case(database)
    request = Request(case.reference, "set_urgent", payload={"reason": "bail qui finit"})
    database.write(lambda db: journey.fire(db, request, by=adviser, now=NOW), WORKER)
    assert database.read(lambda db: journal.verify(db, case.case_id), WORKER) == []

    database.write(lambda db: db.execute(update(journal_text).values(words={"reason": "autre"})), WORKER)

    assert database.read(lambda db: journal.verify(db, case.case_id), WORKER) == ["the words of line 2 were changed"]


def test_erased_words_leave_the_chain_whole(database: Database) -> None:
    adviser, case = _a_case(database)
    request = Request(case.reference, "set_urgent", payload={"reason": "bail qui finit"})
    database.write(lambda db: journey.fire(db, request, by=adviser, now=NOW), WORKER)

    database.write(lambda db: db.execute(journal_text.delete()), WORKER)

    assert database.read(lambda db: journal.verify(db, case.case_id), WORKER) == []


def test_a_forged_line_is_found(database: Database) -> None:
    _, case = _a_case(database)
    forged = {"subject": "case", "subject_id": case.case_id, "sequence": 2, "at": NOW, "track": "case", "event": "close", "actor_role": "adviser",
              "via": "api", "facts": {}, "definition": 1, "previous": "sha256:0", "hash": "sha256:1"}  # fmt: skip

    database.write(lambda db: db.execute(insert(lines).values(**forged)), WORKER)

    assert database.read(lambda db: journal.verify(db, case.case_id), WORKER) == [
        "line 2 does not follow the one before",
        "line 2 was changed",
    ]


@pytest.mark.parametrize("event", ["close", "hold"])
@pytest.mark.asvs("2.3.3")
def test_a_refused_step_writes_nothing(database: Database, event: str) -> None:
    adviser, case = _a_case(database)

    with pytest.raises(Refused):
        database.write(lambda db: journey.fire(db, Request(case.reference, event), by=adviser, now=NOW), WORKER)

    count = database.read(lambda db: db.execute(lines.select()).all(), WORKER)
    assert len(count) == 1
