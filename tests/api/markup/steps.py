"""Payloads in every field of words that a step or a record asks for, through the write path: the fields are those that the rules declare."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection

from cases import journey, records
from cases.access import THE_SYSTEM
from cases.database import Database
from cases.intake import Detection
from cases.journey import Request
from engine.definition import MACHINES
from engine.facts import CaseFacts
from engine.inputs import LONGEST_NAME, LONGEST_TEXT
from engine.lists import CORRECTED
from engine.model import CASE_TRACK, InputKind, Kind, Role, Step
from engine.records import CASE_RECORDS
from engine.states.orientation.work import MESSAGE_AT_MOST
from tests.api.markup.payloads import PAYLOADS, Words
from tests.cases.lives import ENDS, WORKER, Lives

ROWS: Final[Mapping[InputKind, Mapping[str, Any]]] = {
    InputKind.ACTIONS: {"name": LONGEST_NAME, "day": "2027-03-01"},
    InputKind.AIDS: {"aid": LONGEST_NAME},
    InputKind.INDICATORS: {"name": LONGEST_NAME, "value": LONGEST_NAME, "source": LONGEST_NAME, "on": "2027-01-04"},
    InputKind.OBJECTIVES: {"text": LONGEST_TEXT, "axis": "local_trade"},
}
"""What is entered in rows: the words of each column and how long they may be, and what its other columns hold."""
READ: Final = {
    ("correct", "business_siret"): "73282932000074", ("correct", "business_postcode"): "59100", ("correct", "person_phone"): "+33639980001",
    ("correct", "person_email"): "nadia@example.org", ("correct", "quartier_code"): "", ("extend_deadline", "item"): "",
    ("correct", "business_naf"): "47.11B", ("correct", "business_insee"): "59512", ("correct", "person_language"): "fr",
    ("appointment", "time"): "10:30", ("need", "subject"): "funding",
}  # fmt: skip
"""What is read as a number, an address, an hour or a code: a payload there is refused (`tests/api/test_rest_hostile.py`), and this is entered."""
SHORTER: Final = {("draft", "message"): MESSAGE_AT_MOST, **{("correct", name): LONGEST_NAME for name in CORRECTED}}
"""Fields that hold fewer letters than a text may."""
_ON: Final = {"action": Kind.TRANSITION_PLAN, "score": Kind.TRANSITION_PLAN, "session": Kind.MENTORING_PAIR}
"""The records that are noted on one kind of track alone."""
_IN_ROWS: Final = frozenset({"actions", "aids", "indicators", "objectives"})
_TRIES: Final = 3_000
_QUALIFIED: Final = ((Role.ADVISER, "contact", "case", {}), (Role.ADVISER, "qualify", "case", {}))
_A_PAIR: Final = (
    *_QUALIFIED, (Role.ADVISER, "propose", "mentoring_pair", {}), (Role.MENTOR, "sign_charter", "mentoring_pair-1", {}),
    (Role.ADVISER, "sign_charter", "mentoring_pair-1", {"paper": True}),
)  # fmt: skip
_A_REVIEW: Final = (*_A_PAIR, (Role.ADVISER, "mid_review_due", "mentoring_pair-1", {}))
_AFTER: Final[Mapping[str, timedelta]] = {"mid_review_due": timedelta(days=190)}
"""How long it takes until a step may be taken; an hour otherwise."""
_A_PLAN: Final = (
    *_QUALIFIED, (Role.ADVISER, "open", "transition_plan", {"lever": "digital"}), (Role.ADVISER, "start_diagnosis", "transition_plan-1", {}),
    (Role.ADVISER, "score", "transition_plan-1", {"when": "before"}),
)  # fmt: skip
_RECORDED_BY_OTHERS: Final = frozenset({"break_glass"})
"""A record that has a door of its own: its form is filled in on its page."""


class WrittenLives(Lives):
    """Lives in which whoever writes anything writes payloads; they are lived until every field has had its own."""

    begins, at_once = 0.03, 4

    def __init__(self, database: Database, words: Words) -> None:
        super().__init__(database, random.Random(7))
        self.words = words
        self.left = {
            name
            for kind in (Kind.CASE, Kind.REFERRAL, Kind.MENTORING_PAIR, Kind.TRANSITION_PLAN)
            for name in _fields_of(kind)
        }
        """The fields that nobody has written in yet."""
        self._entered: set[tuple[str, str]] = set()
        self._tried: Counter[str] = Counter()

    def live(self) -> None:
        """Live until every field of every step was taken with its words."""
        self.begin()
        for acts in (_A_PAIR, _A_PLAN, _A_REVIEW) * 2:
            self._lead(acts)
            for _ in range(_TRIES // 6):
                self._entered = set()
                before = self.done
                self.go_on()
                if self.done > before:
                    self._strike()
                if not self.left:
                    return
            self.let_come()

    def choose(self, facts: CaseFacts) -> tuple[str, Step]:
        """A step of which a field is still to be written in, the least tried first; else whatever was tried the least, so that the case lives on."""
        open_to = [one for one in _open_to(facts) if not one[1].record or self.left & set(_named(one[1]))]
        wanted = [one for one in open_to if self.left & set(_named(one[1]))] if self.chance.random() < 0.7 else []
        lasting = (
            [one for one in wanted or open_to if one[1].event not in ENDS] if self.chance.random() < 0.9 else open_to
        )
        track, step = min(lasting or open_to, key=lambda one: (self._tried[one[1].event], self.chance.random()))
        self._tried[step.event] += 1
        return track, step

    def _lead(self, acts: tuple[tuple[Role, str, str, dict[str, Any]], ...]) -> None:
        """Lead a new case where chance seldom comes."""
        self.references.append(self.database.write(self._log, WORKER))
        for role, event, track, given in acts:
            self.now += _AFTER.get(event, timedelta(hours=1))
            self.database.write(partial(self._act, role=role, event=event, track=track, given=given), WORKER)
            self._strike()

    def _act(self, db: Connection, *, role: Role, event: str, track: str, given: dict[str, Any]) -> None:
        reference = self.references[-1]
        facts, _ = journey.facts_for(db, reference, by=THE_SYSTEM, now=self.now)
        step = next(step for name, step in _open_to(facts) if (name, step.event) == (track, event))
        take = records.record if step.record else journey.fire
        request = Request(reference, event, track, self.entered(step, facts, track, reference) | given)
        take(db, request, by=self.who(role, None), now=self.now)

    def _strike(self) -> None:
        """Strike out the fields that have been written in."""
        known = (*_IN_ROWS, *(name for _, name in READ))
        self.left -= {one for one in self._entered if self.words.written_whole(" ".join(one)) or one[1] in known}

    def entered(self, step: Step, facts: CaseFacts, track: str, reference: str) -> dict[str, Any]:
        """What somebody would enter, in payloads."""
        given = super().entered(step, facts, track, reference)
        self._entered = set(_named(step))
        said = {name: given[name] for name in given if (step.event, name) not in READ}
        return said | written_in(step, self.words)

    def role_for(self, step: Step) -> Role:
        """Mostly the adviser, who sees every case of theirs, when they may."""
        return Role.ADVISER if Role.ADVISER in step.by and self.chance.random() < 0.7 else super().role_for(step)

    def described(self, shop: Detection) -> Detection:
        """A shop of which every word is a payload."""
        name = partial(self.words.for_field, at_most=LONGEST_NAME)
        known = {one: name(f"log {one}") for one in ("name", "person_name", "address_line", "city")}
        said = {one: self.words.for_field(f"log {one}", LONGEST_TEXT) for one in ("activity", "legal_basis")}
        needs = tuple({**need, "detail": self.words.for_field("log detail", LONGEST_TEXT)} for need in shop.needs)
        return replace(shop, **known, **said, needs=needs, email="nadia@example.org", phone="+33639980001")


def written_in(step: Step, words: Words) -> dict[str, Any]:
    """Payloads for each field of words of a step."""
    given: dict[str, Any] = {}
    for asked in step.inputs:
        field = f"{step.event} {asked.name}"
        if (step.event, asked.name) in READ:
            given[asked.name] = READ[step.event, asked.name] or None
        elif asked.kind is InputKind.TEXT:
            given[asked.name] = words.for_field(field, SHORTER.get((step.event, asked.name), LONGEST_TEXT))
        elif asked.kind in ROWS:
            given[asked.name] = list(_rows(field, ROWS[asked.kind], words))
    return {name: value for name, value in given.items() if value is not None}


def _rows(field: str, columns: Mapping[str, Any], words: Words) -> Iterator[dict[str, Any]]:
    """As many rows as it takes for each column to have had each payload."""
    at_most = min(long for long in columns.values() if isinstance(long, int))
    for _ in range(1 if at_most == LONGEST_TEXT else len(PAYLOADS) // 5):
        yield {
            name: words.for_field(f"{field} {name}", long) if isinstance(long, int) else long for name, long in columns.items()
        }  # fmt: skip


def _named(step: Step) -> Iterator[tuple[str, str]]:
    """The fields of words of a step."""
    return ((step.event, one.name) for one in step.inputs if one.kind is InputKind.TEXT or one.kind in ROWS)


def _fields_of(kind: Kind) -> Iterator[tuple[str, str]]:
    """Every field of words of a machine that somebody may write in, its records among them."""
    journey = MACHINES[kind].journey
    records = (
        [one for one in CASE_RECORDS.values() if one.event not in _RECORDED_BY_OTHERS] if kind is Kind.CASE else []
    )
    for step in (*journey.creations, *(step for state in journey.states for step in state.steps), *records):
        if step.by - {Role.SYSTEM, Role.OWNER}:
            yield from _named(step)


def _open_to(facts: CaseFacts) -> Iterator[tuple[str, Step]]:
    """What may be tried on a case: the steps that leave its states and those of its tracks, every record, each kind of track to begin."""
    for name, kind, state in (
        (CASE_TRACK, Kind.CASE, facts.state),
        *((t.name, t.kind, t.state) for t in facts.tracks.values()),
    ):
        yield from ((name, step) for (source, _), step in MACHINES[kind].steps.items() if source == state)
        of_it = (one for one in CASE_RECORDS.values() if one.by - {Role.SYSTEM} and _ON.get(one.event, kind) == kind)
        yield from ((name, step) for step in of_it if step.event not in _RECORDED_BY_OTHERS)
    for kind in (Kind.REFERRAL, Kind.MENTORING_PAIR, Kind.TRANSITION_PLAN):
        yield from ((str(kind), step) for step in MACHINES[kind].journey.creations)
