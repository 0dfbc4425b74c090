"""Playing a history: acts through the one write path, in virtual time, with what falls due in between; many in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, select

from api.demo.cast import MENTORS
from api.demo.shops import detection_of
from api.demo.stage import Set
from cases import intake, journey, records, simulation
from cases.access import Identity
from cases.database import Database, Scope
from cases.errors import CasesError
from cases.journey import Request
from cases.simulation import Act
from cases.tables.case import case_file, need
from cases.tables.routing import routing_proposal
from cases.tables.tracks import referral
from engine.working_days import Calendar

T = TypeVar("T")


class Together:
    """A database whose units all take place on one connection, in one transaction, each in a savepoint of its own, one at a time."""

    def __init__(self, db: Connection, engine: Engine) -> None:
        self._db, self.engine, self.dialect = db, engine, db.dialect.name
        self._turn = threading.Lock()

    def write(self, unit: Callable[[Connection], T], scope: Scope) -> T:
        """Do a unit; what it raises undoes it alone."""
        with self._turn, self._db.begin_nested():
            return unit(self._db)

    def read(self, unit: Callable[[Connection], T], scope: Scope) -> T:
        """Do a unit that only reads."""
        with self._turn:
            return unit(self._db)

    def overwrite_deleted(self) -> None:
        """Nothing is erased while the demo is played."""

    def close(self) -> None:
        """Nothing: the connection is somebody else's."""


@dataclass(slots=True)
class Known:
    """A case that is being played: what its acts name by keys."""

    id: str
    reference: str
    need: str
    lever: str
    entrepreneur: str


class NobodyToAsk(CasesError):
    """The proposal keeps nobody that was not asked yet."""


@dataclass(slots=True)
class Player:
    """Plays acts on a stage that is set; a case whose act is refused stays where it is."""

    made: Set
    calendar: Calendar
    cases: dict[int, Known] = field(default_factory=dict)
    stopped: dict[int, str] = field(default_factory=dict)
    pairs: dict[int, str] = field(default_factory=dict)
    played: int = 0

    def play(self, database: Database, act: Act) -> None:
        """One act; when the rules refuse it, the case's later acts are left out, and why is kept."""
        if act.case in self.stopped:
            return
        try:
            database.write(lambda db: self._do(db, act), Scope.worker())
        except CasesError as refused:
            self.stopped[act.case] = f"{act.event} {act.track}: {refused}"
        else:
            self.played += 1

    def _do(self, db: Connection, act: Act) -> None:
        if act.event == "log":
            self._log(db, act)
            return
        known = self.cases[act.case]
        by = self._who(db, act, known)
        names = _Names(db, self, act, known, by)
        request = Request(
            known.reference, act.event, act.track, names.resolve(act.given), on_behalf_of=act.on_behalf_of
        )
        do = records.record if act.record else journey.fire
        do(db, request, by=by, now=act.at)

    def mentor_of(self, case: int) -> Identity:
        """The mentor of that case: each in turn."""
        return self.made.people[self.pairs.setdefault(case, MENTORS[len(self.pairs) % len(MENTORS)])]

    def _log(self, db: Connection, act: Act) -> None:
        day = self.calendar.day_of(act.at)
        given = {"met_in_person": False, "elsewhere": False, **act.given}
        logged = intake.log_case(db, detection_of(act.case, day, **given), by=self.made.people[act.by], now=act.at)
        row = db.execute(select(case_file.c.entrepreneur_id).where(case_file.c.id == logged.fired.case_id)).one()
        own = db.execute(select(need.c.id, need.c.levers).where(need.c.case_id == logged.fired.case_id)).one()
        lever = next(iter(own.levers or ()), "digital")
        self.cases[act.case] = Known(logged.fired.case_id, logged.fired.reference, own.id, lever, row.entrepreneur_id)

    def _who(self, db: Connection, act: Act, known: Known) -> Identity:
        if act.by == "entrepreneur":
            return Identity(entrepreneur=known.entrepreneur, via="mail_link")
        if act.by == "mentor":
            return self.mentor_of(act.case)
        if act.by != "branch":
            return self.made.people[act.by]
        return self.made.agent_of(_branch_asked(db, known.id, act.track))


def _branch_asked(db: Connection, case_id: str, track: str) -> str:
    """The branch of a referral; for another track, of the case's last one."""
    query = select(referral.c.branch_id).where(referral.c.case_id == case_id).order_by(referral.c.number.desc())
    if track.startswith("referral-"):
        query = query.where(referral.c.number == int(track.rsplit("-", 1)[1]))
    found = db.execute(query.limit(1)).scalar()
    if found is None:
        raise NobodyToAsk("Personne n’a été sollicité.")
    return str(found)


@dataclass(slots=True)
class _Names:
    """What the keys of an act stand for, on that case and on that day."""

    db: Connection
    player: Player
    act: Act
    known: Known
    by: Identity

    def resolve(self, value: Any) -> Any:
        """The same value, with every key replaced by what it names."""
        if isinstance(value, Mapping):
            return {self.resolve(name): self.resolve(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        return self._named(value) if isinstance(value, str) and value.startswith("@") else value

    def _named(self, key: str) -> Any:
        name, _, days = key.partition(" ")
        known, calendar, people = self.known, self.player.calendar, self.player.made
        meanings: Mapping[str, Callable[[], Any]] = {
            "@need": lambda: known.need,
            "@lever": lambda: known.lever,
            "@first": lambda: self._candidate()["branch"]["id"],
            "@offer": lambda: self._candidate()["offer"]["id"],
            "@agent": lambda: people.agent_of(_branch_asked(self.db, known.id, self.act.track)).person,
            "@mentor": lambda: self.player.mentor_of(self.act.case).person,
            "@name": lambda: self.by.name,
            "@low": lambda: simulation.score(known.lever, high=False),
            "@high": lambda: simulation.score(known.lever, high=True),
            "@in": lambda: calendar.shift(calendar.day_of(self.act.at), int(days)),
        }
        return meanings[name]()

    def _candidate(self) -> Mapping[str, Any]:
        """The best of the proposal that was not asked yet."""
        mine = (routing_proposal.c.case_id == self.known.id, routing_proposal.c.current)
        asked = set(self.db.execute(select(referral.c.branch_id).where(referral.c.case_id == self.known.id)).scalars())
        for candidates in self.db.execute(select(routing_proposal.c.candidates).where(*mine)).scalars():
            for found in candidates:
                if found["kept"] and found["branch"]["id"] not in asked:
                    return dict(found)
        raise NobodyToAsk("La proposition ne retient personne d’autre.")


def days_of(acts: Iterable[Act], calendar: Calendar) -> dict[date, list[Act]]:
    """Acts by their local day."""
    found: dict[date, list[Act]] = {}
    for act in acts:
        found.setdefault(calendar.day_of(act.at), []).append(act)
    return found
