"""One case as its page shows it: where it stands, what may be done, what is due, and what happened, as far as the reader sees it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from cases import journey
from cases.access import Identity, case_row
from cases.look_alikes import Doubt, doubts_on
from cases.quartiers import Located, locate
from cases.sweep import upcoming
from cases.tables.case import business, consent, entrepreneur, need
from cases.tables.memory import stay
from cases.tables.operators import branch
from cases.tables.people import person
from cases.tables.territories import quartier, territory
from cases.tables.tracks import mentoring_pair, referral, transition_plan
from cases.tasks import Call, calls_on
from cases.views.aids_obtained import AidSeen, aids_of, total_of
from cases.views.choices import possible_records, subject_label
from cases.views.orientation import Next, next_ones
from cases.views.reading import lines_seen
from cases.views.sight import Sight, sight_of
from engine.de_minimis import Total
from engine.facts import Actor, ArmedDeadline, CaseFacts, Pair, Referral, Track
from engine.model import CASE_TRACK, Kind, Mark
from engine.permission import Possible, available

_TABLES = {Kind.REFERRAL: referral, Kind.MENTORING_PAIR: mentoring_pair, Kind.TRANSITION_PLAN: transition_plan}


@dataclass(frozen=True, slots=True)
class NeedSeen:
    """A need in words, with its outcome, and the operators that were asked for it."""

    id: str
    label: str
    axis: str | None
    levers: tuple[str, ...]
    amount: Decimal | None
    detail: str | None
    bank_refused: bool
    outcome: str | None
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrackSeen:
    """A track with what stands on its row: since when it is where it is, how it goes, why it ended."""

    track: Track
    state_since: datetime
    progress: str | None
    closing_reason: str | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A case on its page. `case`, `business` and `person` are rows; `names` are the people by their id."""

    case: Mapping[Any, Any]
    business: Mapping[Any, Any]
    person: Mapping[Any, Any]
    territory: str | None
    quartier: str | None
    facts: CaseFacts
    actor: Actor
    sight: Sight
    steps: tuple[Possible, ...]
    records: Mapping[str, tuple[Possible, ...]]
    """By track: what may be noted there."""
    needs: tuple[NeedSeen, ...]
    tracks: tuple[TrackSeen, ...]
    deadlines: tuple[ArmedDeadline, ...]
    upcoming: tuple[tuple[datetime, ArmedDeadline, Mark], ...]
    lines: tuple[tuple[Mapping[Any, Any], dict[str, str]], ...]
    names: Mapping[str, str]
    phones: Mapping[str, str]
    """Of who works on a request, by the id of the person or of the branch; for who sees the case whole."""
    consents: tuple[Mapping[Any, Any], ...]
    """The latest answer for each purpose."""
    entered: Mapping[str, datetime]
    """When the case last entered each state."""
    next_ones: tuple[Next, ...] = ()
    """Who comes next, for the needs whose last request came to nothing."""
    calls: tuple[Call, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    located: Located | None = None
    """Where its position lies on the map; None when it has none."""
    obtained: tuple[AidSeen, ...] = ()
    de_minimis: Total | None = None
    """For who sees the case whole."""


def sheet_of(db: Connection, who: Identity, reference: str, *, now: datetime) -> Sheet:
    """A case as somebody who may see it reads it. Raises NotFound for another's as for none."""
    row = case_row(db, who, reference)
    facts, actor = journey.facts_on(db, row, by=who, now=now)
    sight = sight_of(db, who, row)
    tracks, shop = tuple(_tracks(db, row["id"], facts, sight)), _one(db, business, row["business_id"])
    lines = tuple(lines_seen(db, row["id"], sight))
    seen = [t.track.name for t in tracks]
    return Sheet(
        case=row, business=shop, located=_located(db, shop), person=_one(db, entrepreneur, row["entrepreneur_id"]),
        territory=_name(db, territory, row["territory_id"]), quartier=_name(db, quartier, row["quartier_id"]),
        facts=facts, actor=actor, sight=sight,
        steps=tuple(p for p in available(facts, actor, now) if _is_shown(p, sight)),
        records={track: possible_records(facts, actor, track, now) for track in (*_case_too(sight), *seen)},
        needs=_needs(db, row["id"], facts, sight), tracks=tracks, deadlines=tuple(_deadlines(facts, sight)),
        upcoming=tuple(found for found in upcoming(facts) if sight.of_track(found[1].track)),
        lines=lines, names=_names(db, row, facts, [line for line, _ in lines]),
        phones=_phones(db, facts) if sight.whole else {}, consents=_consents(db, row["id"]),
        entered=_entered(db, row["id"]), next_ones=next_ones(db, row["id"]) if sight.whole else (),
        calls=calls_on(db, who, row["id"]), doubts=doubts_on(db, who, row["id"]) if sight.whole else (),
        obtained=aids_of(db, row["id"], sight, facts.calendar),
        de_minimis=total_of(db, row["business_id"], facts.calendar, now) if sight.whole else None,
    )  # fmt: skip


def _case_too(sight: Sight) -> tuple[str, ...]:
    return (CASE_TRACK,) if sight.whole else ()


def _is_shown(possible: Possible, sight: Sight) -> bool:
    """A step of a track in sight, or of the case for who sees it whole; a creation for who may take it."""
    if "-" in possible.track:
        return sight.of_track(possible.track)
    return sight.whole or (possible.allowed and sight.working)


def _deadlines(facts: CaseFacts, sight: Sight) -> Iterable[ArmedDeadline]:
    live = (d for d in facts.deadlines if d.live and sight.of_track(d.track))
    return sorted(live, key=lambda d: (d.status != "open", d.due_on, d.track))


def _one(db: Connection, table: Any, identifier: str) -> Mapping[Any, Any]:
    return db.execute(select(table).where(table.c.id == identifier)).mappings().one()


def _located(db: Connection, shop: Mapping[Any, Any]) -> Located | None:
    if shop["longitude"] is None or shop["latitude"] is None:
        return None
    return locate(db, shop["longitude"], shop["latitude"])


def _name(db: Connection, table: Any, identifier: str | None) -> str | None:
    if identifier is None:
        return None
    return str(db.execute(select(table.c.name).where(table.c.id == identifier)).scalar_one())


def _needs(db: Connection, case_id: str, facts: CaseFacts, sight: Sight) -> tuple[NeedSeen, ...]:
    asked: dict[str, list[str]] = defaultdict(list)
    for track in facts.tracks.values():
        if isinstance(track, Referral) and sight.of_track(track.name):
            for need_id in track.needs:
                asked[need_id].append(track.branch_name)
    rows = db.execute(select(need).where(need.c.case_id == case_id).order_by(need.c.created_at, need.c.id)).mappings()
    return tuple(
        NeedSeen(
            row["id"], subject_label(row["subject"]), row["axis"], tuple(row["levers"] or ()), row["amount"], row["detail"], row["bank_refused"],
            row["outcome"], tuple(asked[row["id"]]),
        )
        for row in rows
        if sight.whole or sight.mentor or row["id"] in asked
    )  # fmt: skip


def _tracks(db: Connection, case_id: str, facts: CaseFacts, sight: Sight) -> Iterable[TrackSeen]:
    rows = {}
    for kind, table in _TABLES.items():
        columns = (table.c.number, table.c.state_since, table.c.progress, table.c.closing_reason)
        for row in db.execute(select(*columns).where(table.c.case_id == case_id)):
            rows[f"{kind}-{row.number}"] = row
    for name, track in facts.tracks.items():
        if sight.of_track(name):
            yield TrackSeen(track, rows[name].state_since, rows[name].progress, rows[name].closing_reason)


def _names(
    db: Connection, row: Mapping[Any, Any], facts: CaseFacts, lines: Iterable[Mapping[Any, Any]]
) -> dict[str, str]:
    """The people of a case: its referent, those of its tracks, those who acted or were named."""
    wanted = {row["referent_id"], *(line["actor_id"] for line in lines)}
    for line in lines:
        wanted |= {(line["facts"] or {}).get(name) for name in ("agent", "referent", "mentor")}
    for track in facts.tracks.values():
        wanted |= {getattr(track, name, None) for name in ("agent", "mentor", "owner")}
    known = [one for one in wanted if isinstance(one, str)]
    found = {r.id: r.name for r in db.execute(select(person.c.id, person.c.name).where(person.c.id.in_(known)))}
    mentors = {t.mentor: t.mentor_name for t in facts.tracks.values() if isinstance(t, Pair)}
    return mentors | found


def _phones(db: Connection, facts: CaseFacts) -> dict[str, str]:
    """How to reach the branches and the agents of the open requests."""
    asked = [track for track in facts.open_tracks() if isinstance(track, Referral)]
    if not asked:
        return {}
    branches = select(branch.c.id, branch.c.phone).where(branch.c.id.in_([track.branch for track in asked]))
    agents = select(person.c.id, person.c.phone).where(person.c.id.in_([track.agent for track in asked if track.agent]))
    return {row.id: row.phone for row in db.execute(branches.union_all(agents)) if row.phone}


def _consents(db: Connection, case_id: str) -> tuple[Mapping[Any, Any], ...]:
    query = select(consent).where(consent.c.case_id == case_id).order_by(consent.c.at, consent.c.id)
    latest = {row["purpose"]: row for row in db.execute(query).mappings()}
    return tuple(latest.values())


def _entered(db: Connection, case_id: str) -> dict[str, datetime]:
    here = (stay.c.subject_id == case_id, stay.c.track == CASE_TRACK)
    query = select(stay.c.state, stay.c.entered_at).where(*here).order_by(stay.c.entered_at, stay.c.id)
    return {row.state: row.entered_at for row in db.execute(query)}
