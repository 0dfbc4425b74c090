"""Their own case, as the person who is helped reads it: who does what for them, by when, and what they may say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from cases.access import Identity, case_row
from cases.documents import DocumentSeen, documents_on
from cases.journey import facts_on
from cases.surveys import Surveyed, last_survey, survey_of
from cases.tables.case import business, entrepreneur, need
from cases.tables.memory import journal, journal_text
from cases.tables.people import person
from cases.tables.territories import territory
from cases.views.choices import may_be_taken, record_possible
from engine.facts import CaseFacts, Pair, Plan, Referral, Track
from engine.model import CASE_TRACK
from engine.permission import available
from engine.state_names import CaseState, ReferralState
from engine.states.orientation.answers import CALL_BACK


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody who helps: a name, a telephone number."""

    name: str
    phone: str | None


@dataclass(frozen=True, slots=True)
class OwnCase:
    """A case as its entrepreneur reads it. Days are local; people stand by their id in `people`."""

    reference: str
    facts: CaseFacts
    helped: str
    """The name of the person who is helped; the business's when it is not known."""
    business: str
    place: str | None
    opened_on: date
    referent: Helper | None
    people: Mapping[str, Helper]
    needs: Mapping[str, tuple[str, str | None]]
    """Subject and words of each need, by its id."""
    questions: Mapping[str, str]
    """What an operator asks and nobody has answered, by its track."""
    survey: str | None
    """The track of a survey that was sent and not wholly answered."""
    may: frozenset[tuple[str, str]]
    """The steps that are possible now, or will be once what they ask for is given: by track and name."""
    documents: tuple[DocumentSeen, ...]
    """What they gave."""
    may_add: bool
    """Whether a document may be added now."""
    may_share: bool
    """Whether they may say now that their information may be shared: it is not."""

    @property
    def over(self) -> bool:
        """Whether it is closed."""
        return self.facts.state == CaseState.CLOSED

    def allows(self, step: str, track: str = CASE_TRACK) -> bool:
        """Whether they may take that step now."""
        return (track, step) in self.may

    def due(self, name: str, track: str = CASE_TRACK) -> date | None:
        """The day of a deadline that runs, by its rule's last word."""
        running = (d for d in self.facts.deadlines if d.track == track and d.name == name and d.status == "open")
        return next((found.due_on for found in running), None)

    def tracks(self, *states: str) -> list[Track]:
        """The tracks that are in one of these states, the oldest first."""
        return [track for track in self.facts.tracks.values() if track.state in states]


def own_case(db: Connection, reference: str, *, by: Identity, now: datetime) -> OwnCase:
    """The case of the person who reads it. Raises NotFound when it is not theirs."""
    row = case_row(db, by, reference)
    facts, actor = facts_on(db, row, by=by, now=now)
    tracks = facts.tracks.values()
    named = {track.agent for track in tracks if isinstance(track, Referral)}
    named |= {track.mentor for track in tracks if isinstance(track, Pair)}
    named |= {track.owner for track in tracks if isinstance(track, Plan)}
    people = _people(db, {one for one in (*named, row["referent_id"]) if one})
    needs = select(need).where(need.c.case_id == row["id"]).order_by(need.c.created_at, need.c.id)
    shop = db.execute(select(business.c.name).where(business.c.id == row["business_id"])).scalar_one()
    helped = db.execute(select(entrepreneur.c.name).where(entrepreneur.c.id == row["entrepreneur_id"])).scalar()
    return OwnCase(
        reference=reference, facts=_as_told(facts, now), opened_on=facts.calendar.day_of(row["opened_at"]), people=people,
        helped=helped or shop, business=shop,
        place=db.execute(select(territory.c.name).where(territory.c.id == row["territory_id"])).scalar(),
        referent=people.get(row["referent_id"] or ""), needs={found.id: (found.subject, found.detail) for found in db.execute(needs)},
        questions=questions_waiting(db, row["id"], facts), survey=_survey(db, row),
        may=frozenset((found.track, found.step) for found in available(facts, actor, now) if may_be_taken(found)),
        documents=documents_on(db, by, row), may_add=record_possible(facts, actor, CASE_TRACK, "document", now).allowed,
        may_share=facts.state != CaseState.CLOSED and not facts.consent_to_share and record_possible(facts, actor, CASE_TRACK, "consent", now).allowed,
    )  # fmt: skip


def _as_told(facts: CaseFacts, now: datetime) -> CaseFacts:
    """The case as they are told of it: a yes that may still be undone is not one yet."""
    for track in facts.tracks.values():
        fresh = isinstance(track, Referral) and track.answered_at is not None and now < track.answered_at + CALL_BACK
        if fresh and track.state == ReferralState.ACCEPTED:
            facts = facts.with_track(replace(track, state=ReferralState.SENT))
    return facts


def _people(db: Connection, wanted: Collection[str]) -> dict[str, Helper]:
    rows = db.execute(select(person.c.id, person.c.name, person.c.phone).where(person.c.id.in_(wanted)))
    return {row.id: Helper(row.name, row.phone) for row in rows}


def questions_waiting(db: Connection, case_id: str, facts: CaseFacts) -> dict[str, str]:
    """The last question of each track whose operator waits for its answer."""
    waiting = [track.name for track in facts.tracks.values() if track.state == "info_requested"]
    joined = journal.join(
        journal_text,
        (journal_text.c.subject_id == journal.c.subject_id) & (journal_text.c.sequence == journal.c.sequence),
    )
    asked = (journal.c.subject_id == case_id, journal.c.event == "ask_info", journal.c.track.in_(waiting))
    lines: Any = select(journal.c.track, journal_text.c.words).select_from(joined).where(*asked)
    return {line.track: line.words.get("question", "") for line in db.execute(lines.order_by(journal.c.sequence))}


def _survey(db: Connection, row: Mapping[Any, Any]) -> str | None:
    track = last_survey(db, row["id"])
    return track if track is not None and survey_of(db, Surveyed(row["id"], track)).asks else None
