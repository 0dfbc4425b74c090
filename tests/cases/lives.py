"""Lives of cases taken at random through the write path: whoever does whatever whenever, and what happens by itself meanwhile."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import Connection, insert, select

from cases import intake, journey, records
from cases.access import THE_SYSTEM, Grant, Identity
from cases.database import Database, Scope
from cases.errors import CasesError
from cases.identifiers import new_id
from cases.intake import Detection
from cases.journey import Request
from cases.sweep import sweep
from cases.tables.case import case_file
from cases.tables.operators import branch, operator
from cases.tables.people import person, role_grant
from cases.tables.territories import territory
from engine.definition import MACHINES
from engine.facts import CaseFacts
from engine.model import CASE_TRACK, TRACK_KINDS, Kind, Role, Step
from engine.records import CASE_RECORDS
from tests.engine.people_and_cases import AGENT, BRANCH, MENTOR, entered

NOW = datetime(2027, 2, 2, 9, 0, tzinfo=UTC)
WORKER = Scope.worker()
HOME = "home"
GAPS = (0, 0, 0, 0, 0, 1, 1, 5, 24, 24, 72, 24 * 7, 24 * 30)
"""Hours between two events."""
RECORDS = {
    Kind.CASE: ("contact", "attempt", "need", "note", "consent"),
    Kind.REFERRAL: ("contact", "attempt", "meeting", "action_plan"),
    Kind.MENTORING_PAIR: ("session", "contact"),
    Kind.TRANSITION_PLAN: ("score", "action", "contact"),
}
ENDS = ("close", "withdraw_consent", "abandon", "anonymise", "nobody_called", "withdraw", "expire", "discontinue")
GRANTS = {
    Role.ADVISER: ("nora", Grant(Role.ADVISER, territory=HOME)),
    Role.MANAGER: ("boss", Grant(Role.MANAGER, territory=HOME)),
    Role.OPERATOR: (AGENT, Grant(Role.OPERATOR, branch=BRANCH)),
    Role.OPERATOR_MANAGER: (AGENT, Grant(Role.OPERATOR_MANAGER, branch=BRANCH)),
    Role.MENTOR: (MENTOR, Grant(Role.MENTOR)),
    Role.ADMIN: ("admin", Grant(Role.ADMIN)),
}


@dataclass
class Lives:
    """Cases that live in one database, their hour, and what was done."""

    database: Database
    chance: random.Random
    now: datetime = NOW
    done: int = 0
    refused: int = 0
    references: list[str] = field(default_factory=list)
    begins: ClassVar[float] = 0.05
    """How often a case begins, among events."""
    at_once: ClassVar[int] = 12
    """How many cases live at once."""

    def begin(self) -> None:
        """A territory with an adviser, a branch with an agent, a mentor."""
        self.database.write(_place, WORKER)

    def go_on(self) -> None:
        """One event: a case is logged, or something is tried on one of them; first, what is due happens."""
        self.now += timedelta(hours=self.chance.choice(GAPS), minutes=1)
        if self.chance.random() < self.begins or not self.references:
            self.references.append(self.database.write(self._log, WORKER))
            self.done += 1
            return
        reference = self.chance.choice(self.references[-self.at_once :])
        try:
            self.database.write(lambda db: self._try(db, reference), WORKER)
            self.done += 1
        except CasesError:
            self.refused += 1

    def let_come(self) -> None:
        """What is due by now happens by itself."""
        sweep(self.database, self.now)

    def set_urgent(self) -> None:
        """One step of the last case that anybody may take once."""
        request = Request(self.references[-1], "set_urgent", payload={"reason": "bail qui finit"})
        by = self.who(Role.ADVISER, None)
        self.database.write(lambda db: journey.fire(db, request, by=by, now=self.now), WORKER)

    def _log(self, db: Connection) -> str:
        met = self.chance.random() < 0.8
        shop = Detection(
            "Épicerie", territory=HOME, situation="inside", consents=("contact", "share"), channel="visit", met_in_person=met,
            needs=({"subject": "funding", "axis": "local_trade"}, {"subject": "premises", "axis": "productive_activities"}),
        )  # fmt: skip
        return intake.log_case(db, self.described(shop), by=self.who(Role.ADVISER, None), now=self.now).fired.reference

    def described(self, shop: Detection) -> Detection:
        """The shop as it is logged."""
        return shop

    def _try(self, db: Connection, reference: str) -> None:
        row = db.execute(select(case_file).where(case_file.c.reference == reference)).mappings().one()
        facts, _ = journey.facts_for(db, reference, by=THE_SYSTEM, now=self.now)
        track, step = self.choose(facts)
        role = self.role_for(step)
        by, payload = self.who(role, row["entrepreneur_id"]), self.entered(step, facts, track, reference)
        behalf = {"role": "operator", "channel": "phone", "person": "Karim"} if self.chance.random() < 0.3 else None
        take = records.record if step.event in CASE_RECORDS else journey.fire
        take(db, Request(reference, step.event, track, payload, on_behalf_of=behalf), by=by, now=self.now)

    def who(self, role: Role, entrepreneur: str | None = None) -> Identity:
        if role not in GRANTS:
            return THE_SYSTEM if role is Role.SYSTEM else Identity(name="Nadia", entrepreneur=entrepreneur)
        name, grant = GRANTS[role]
        return Identity(name, name, (grant,))

    def choose(self, facts: CaseFacts) -> tuple[str, Step]:
        """What is tried on a case that stands so."""
        return self.chance.choice(_possible(facts, self.chance))

    def role_for(self, step: Step) -> Role:
        """Who tries it."""
        return self.chance.choice(sorted(step.by - {Role.SYSTEM, Role.OWNER}) or [Role.SYSTEM])

    def entered(self, step: Step, facts: CaseFacts, track: str, reference: str) -> dict[str, Any]:
        """What somebody would enter, about this very case's needs."""
        pick = self.chance.randrange(60)
        given = entered(step, facts, track, facts.calendar.day_of(self.now), pick)
        names = {"n1": facts.needs[0].id, "n2": facts.needs[-1].id}
        for name in ("need", "needs", "outcomes"):
            if name in given:
                given[name] = _renamed(given[name], names)
        if step.event == "close" and given.get("reason") == "duplicate":
            given["keeps"] = self.chance.choice([other for other in self.references if other != reference] or [""])
        if step.event == "need":
            given |= {"subject": "funding", "axis": "local_trade"}
        return given


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): item for key, item in value.items()}
    return [names.get(item, item) for item in value] if isinstance(value, list) else names.get(value, value)


def _possible(facts: CaseFacts, chance: random.Random) -> list[tuple[str, Step]]:
    """Steps that leave the present states, with records, or with a track to begin; an end only now and then."""
    kinds = [(CASE_TRACK, Kind.CASE, facts.state), *((t.name, t.kind, t.state) for t in facts.tracks.values())]
    found = [
        (name, step) for name, kind, state in kinds for (source, _), step in MACHINES[kind].steps.items() if source == state
    ]  # fmt: skip
    if chance.random() < 0.9:
        found = [(name, step) for name, step in found if step.event not in ENDS]
    if chance.random() < 0.2 or not found:
        found = [(name, CASE_RECORDS[event]) for name, kind, _ in kinds for event in RECORDS[kind]]
    if chance.random() < 0.1:
        found = [(kind, MACHINES[kind].journey.creations[0]) for kind in TRACK_KINDS]
    return found


def _place(db: Connection) -> None:
    row = {
        "slug": HOME,
        "name": "Roubaix",
        "kind": "commune",
        "state": "acceleration",
        "state_since": NOW,
        "created_at": NOW,
    }
    db.execute(insert(territory), {"id": HOME, "axes": ["local_trade"], **row})
    db.execute(insert(operator), {"id": "op", "slug": "op", "name": "CMA", "kind": "field", "axes": [], "levers": []})
    db.execute(insert(branch), {"id": BRANCH, "operator_id": "op", "name": "CMA", "email": "antenne@example.org"})
    for name, grant in {name: grant for name, grant in GRANTS.values()}.items():
        db.execute(insert(person), {"id": name, "name": name, "created_at": NOW})
        where = {"territory_id": grant.territory, "branch_id": grant.branch}
        row = {"id": new_id(NOW), "person_id": name, "role": str(grant.role), "created_at": NOW, **where}
        db.execute(insert(role_grant), row)
