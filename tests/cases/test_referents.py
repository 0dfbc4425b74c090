"""Who follows a case that nobody brought in themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select

from cases import intake, people
from cases.absences import Away, plan_absence
from cases.access import Identity
from cases.database import Database, Scope
from cases.identifiers import new_id
from cases.intake import Detection
from cases.people import Newcomer
from cases.tables.case import case_file
from cases.tables.people import person
from cases.tables.territories import territory
from engine.model import Role

NOW = datetime(2027, 2, 1, 9, tzinfo=UTC)
WORKER = Scope.worker()
SOMEBODY = Identity(name="Un passant", system=True)


@dataclass
class Office:
    """A territory, and its advisers by their names."""

    database: Database
    advisers: dict[str, str]

    def away(self, name: str, last: date = date(2027, 2, 5)) -> None:
        """Somebody is away from today on."""
        days = Away(self.advisers[name], NOW.date(), last, None)
        self.database.write(lambda db: plan_absence(db, days, now=NOW), WORKER)

    def logged(self, *, days: int = 0) -> str:
        """The name of who follows one more case, some days from now."""
        now = NOW + timedelta(days=days)
        shop = Detection("Épicerie", territory="roubaix", consents=("contact",))
        fired = self.database.write(lambda db: intake.log_case(db, shop, by=SOMEBODY, now=now), WORKER).fired
        joined = case_file.join(person, person.c.id == case_file.c.referent_id)
        query = select(person.c.name).select_from(joined).where(case_file.c.id == fired.case_id)
        return self.database.read(lambda db: str(db.execute(query).scalar_one()), WORKER)


@pytest.fixture
def office(database: Database) -> Office:
    def set_up(db: Connection) -> dict[str, str]:
        row = {"slug": "roubaix", "name": "Roubaix", "kind": "commune", "state": "acceleration", "axes": []}
        db.execute(insert(territory).values(id=new_id(NOW), state_since=NOW, created_at=NOW, **row))
        return {
            name: people.add(db, Newcomer(name, f"{name}@example.org", Role.ADVISER, territory="roubaix"), NOW)
            for name in ("ines", "paul")
        }

    return Office(database, database.write(set_up, WORKER))


def test_a_new_case_is_followed_by_whoever_has_the_fewest(office: Office) -> None:
    assert {office.logged(), office.logged()} == {"ines", "paul"}
    assert {office.logged(), office.logged()} == {"ines", "paul"}


def test_who_is_away_that_day_is_given_no_case(office: Office) -> None:
    office.away("paul")
    assert [office.logged(days=day) for day in range(5)] == ["ines"] * 5
    assert [office.logged(days=7) for _ in range(5)] == ["paul"] * 5, "back, and with fewer"


def test_where_everybody_is_away_a_case_is_followed_all_the_same(office: Office) -> None:
    office.away("ines")
    office.away("paul")
    assert {office.logged(), office.logged()} == {"ines", "paul"}
