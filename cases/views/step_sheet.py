"""One step or record of a case, before it is taken: what it asks for, what may be chosen, why it is not possible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from cases import journey
from cases.access import Identity, case_row
from cases.corrections import known_facts
from cases.errors import NotFound
from cases.tables.case import business
from cases.tables.people import person
from cases.views.aids_obtained import total_of
from cases.views.choices import Choice, answers_for_an_operator, choices_for, record_possible
from cases.views.own_case import questions_waiting
from cases.views.reading import lines_seen
from cases.views.sight import sight_of
from engine.de_minimis import Total
from engine.facts import Actor, CaseFacts
from engine.model import CASE_TRACK, Kind
from engine.permission import Possible, available

KINDS: Final = frozenset(str(kind) for kind in Kind)
"""A track of that name is the case's own, or one that is about to begin."""


@dataclass(frozen=True, slots=True)
class StepAsked:
    """The step, or the record, that somebody opens on a case or on one of its tracks."""

    reference: str
    event: str
    track: str = CASE_TRACK
    record: bool = False


@dataclass(frozen=True, slots=True)
class StepSheet:
    """A step on its page: the case it is of, whether it is possible, and the choices of each thing that it asks for."""

    case: Mapping[Any, Any]
    name: str
    """The business."""
    facts: CaseFacts
    possible: Possible
    choices: Mapping[str, tuple[Choice, ...]]
    for_an_operator: bool
    """Whether an adviser answers here for an operator."""
    since: tuple[tuple[Mapping[Any, Any], dict[str, str]], ...] = ()
    """What was written in the journal since the reader opened the page."""
    names: Mapping[str, str] = field(default_factory=dict)
    de_minimis: Total | None = None
    """Where the step asks about de minimis aid, for who sees the case whole."""
    known: Mapping[str, str] = field(default_factory=dict)
    """What a correction starts from, for who sees the case whole."""
    question: str = ""
    """What the operator asked, on the form that answers it."""


def step_of(
    db: Connection, who: Identity, asked: StepAsked, *, now: datetime, read_until: int | None = None
) -> StepSheet:
    """A step or a record of a case that somebody may see. Raises NotFound for another's case, an unknown track or step.

    `read_until` is the last line of the journal that the reader had seen, when the case has changed since.
    """
    row = case_row(db, who, asked.reference)
    facts, actor = journey.facts_on(db, row, by=who, now=now)
    sight = sight_of(db, who, row)
    begins = asked.track in KINDS
    if not begins and not (asked.track in facts.tracks and sight.of_track(asked.track)):
        raise NotFound("Ce suivi n’existe pas dans ce dossier.")
    possible = _possible(facts, actor, asked, now)
    lines = () if read_until is None else tuple(lines_seen(db, row["id"], sight))
    since = tuple(found for found in lines if found[0]["sequence"] > (read_until or 0))
    return StepSheet(
        case=row, name=str(db.execute(select(business.c.name).where(business.c.id == row["business_id"])).scalar_one()),  facts=facts, possible=possible,
        choices={one.name: choices_for(db, one, facts, row, asked.track, who) for one in possible.inputs},
        for_an_operator=answers_for_an_operator(facts, actor, asked.track, asked.event), since=since, names=_names(db, since),
        de_minimis=total_of(db, row["business_id"], facts.calendar, now) if sight.whole and _of_aids(possible) else None,
        known=known_facts(db, row) if sight.whole and asked.event == "correct" else {},
        question=questions_waiting(db, row["id"], facts).get(asked.track, "") if asked.event == "answer_info" else "",
    )  # fmt: skip


def _of_aids(possible: Possible) -> bool:
    return any(one.name in ("de_minimis", "de_minimis_total") for one in possible.inputs)


def _possible(facts: CaseFacts, actor: Actor, asked: StepAsked, now: datetime) -> Possible:
    if asked.record:
        return _record(facts, actor, asked, now)
    for found in available(facts, actor, now):
        if (found.track, found.step) == (asked.track, asked.event):
            return found
    raise NotFound("Cette étape n’existe pas.")


def _record(facts: CaseFacts, actor: Actor, asked: StepAsked, now: datetime) -> Possible:
    try:
        return record_possible(facts, actor, asked.track, asked.event, now)
    except (KeyError, ValueError):
        raise NotFound("Rien de tel ne se note ici.") from None


def _names(db: Connection, lines: tuple[Any, ...]) -> dict[str, str]:
    actors = {line["actor_id"] for line, _ in lines if line["actor_id"]}
    return {row.id: row.name for row in db.execute(select(person.c.id, person.c.name).where(person.c.id.in_(actors)))}
