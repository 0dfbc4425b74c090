"""What people read of a case, in the shapes of the JSON interface: every read starts from what they may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from cases import journey
from cases.access import Identity, case_row, visible_to
from cases.database import widen_to_case
from cases.facts.of_case import NO_TERRITORY, referral_rows
from cases.journal import shown
from cases.tables.case import business, case_file, consent, entrepreneur, need
from cases.tables.memory import deadline, journal, journal_text
from cases.tables.people import person
from cases.tables.territories import quartier, territory
from cases.tables.tracks import mentoring_pair, referral, referral_need, transition_plan
from cases.views.paging import Asked, page_of_list
from cases.views.sight import PRIVATE_WORDS, Sight, sight_of
from engine.definition import MACHINES, rule_of
from engine.lists import LEVER
from engine.model import CASE_TRACK, TRACK_KINDS, Kind, Unit
from engine.permission import Possible, available
from engine.working_days import Calendar

UNITS: Final[Mapping[str, str]] = {
    Unit.WORKING_DAYS: "working_days",
    Unit.DAYS: "days",
    Unit.MONTHS: "months",
    Unit.DATE: "date",
}
"""How the interface names the units of a deadline's length."""


def head(row: Mapping[Any, Any]) -> dict[str, Any]:
    """What every reader of a case reads first."""
    label = MACHINES[Kind.CASE].states[row["state"]].french
    hold = {"reason": row["hold_reason"], "until": row["hold_until"]} if row["hold_until"] else None
    return _written({
        "reference": row["reference"], "version": row["version"], "state": row["state"], "label": label, "state_since": row["state_since"],
        "urgent": row["urgent"], "hold": hold,
    })  # fmt: skip


def next_deadline(row: Mapping[Any, Any], calendar: Calendar, now: datetime) -> dict[str, Any] | None:
    """The soonest open deadline of a case; None when nothing is due."""
    if row["next_due_at"] is None:
        return None
    due = {"due_on": calendar.day_of(row["next_due_at"]), "overdue": row["next_due_at"] < now}
    return _written({"track": row["next_track"], "rule": row["next_rule"], **due})


def case(db: Connection, who: Identity, reference: str, *, now: datetime) -> dict[str, Any]:
    """One case as somebody who may see it reads it. What is not for them is absent; what nobody knows is None."""
    row = case_row(db, who, reference)
    widen_to_case(db, row["id"])
    sight, around = sight_of(db, who, row), _around(db, row["id"])
    tracks = [track for track in tracks_shown(db, row["id"]) if sight.of_track(track["track"])]
    if not (sight.whole or sight.working):
        return head(row) | {"business": {"name": around["name"]}, "tracks": tracks}
    calendar = Calendar(around["holidays"], around["timezone"]) if around["holidays"] else NO_TERRITORY
    due = next_deadline(row, calendar, now) if sight.of_track(row["next_track"] or CASE_TRACK) else None
    consents = {"consents": _consents(db, row["id"])} if sight.whole else {}
    return (
        head(row)
        | _who_and_where(row, around)
        | consents
        | {"needs": _needs(db, row["id"]), "tracks": tracks, "next_deadline": due}
    )


def _around(db: Connection, case_id: str) -> Mapping[Any, Any]:
    """The business, the person, the referent and the place of a case, in one read."""
    joined = (
        case_file.join(business, business.c.id == case_file.c.business_id)
        .join(entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id)
        .outerjoin(person, person.c.id == case_file.c.referent_id)
        .outerjoin(quartier, quartier.c.id == case_file.c.quartier_id)
        .outerjoin(territory, territory.c.id == case_file.c.territory_id)
    )
    place = (
        business.c[name] for name in ("name", "siret", "naf", "activity", "address_line", "postcode", "city", "insee")
    )
    named = (
        entrepreneur.c.name.label("person_name"), entrepreneur.c.phone, entrepreneur.c.email, entrepreneur.c.language,
        person.c.name.label("referent_name"), quartier.c.code.label("quartier_code"), quartier.c.name.label("quartier_name"),
        territory.c.slug, territory.c.name.label("territory_name"), territory.c.state.label("phase"), territory.c.timezone, territory.c.holidays,
    )  # fmt: skip
    return db.execute(select(*place, *named).select_from(joined).where(case_file.c.id == case_id)).mappings().one()


def _who_and_where(row: Mapping[Any, Any], around: Mapping[Any, Any]) -> dict[str, Any]:
    home = {
        "slug": around["slug"],
        "name": around["territory_name"],
        "phase": around["phase"],
        "timezone": around["timezone"],
    }
    address = {"line": around["address_line"], **{name: around[name] for name in ("postcode", "city", "insee")}}
    return {
        "territory": home if around["slug"] else None,
        "quartier": {"situation": row["situation"], "code": around["quartier_code"], "name": around["quartier_name"]},
        "business": {**{name: around[name] for name in ("name", "siret", "naf", "activity")}, "address": address},
        "person": {"name": around["person_name"], **{name: around[name] for name in ("phone", "email", "language")}},
        "referent": {"id": row["referent_id"], "name": around["referent_name"]} if row["referent_id"] else None,
    }


def _consents(db: Connection, case_id: str) -> list[dict[str, Any]]:
    """The latest answer to each purpose."""
    rows = db.execute(select(consent).where(consent.c.case_id == case_id).order_by(consent.c.at, consent.c.id))
    latest = {row.purpose: row for row in rows}
    return [
        _written({
            "purpose": row.purpose, "given": row.given and row.withdrawn_at is None, "at": row.withdrawn_at or row.at, "channel": row.channel,
            "notice_version": row.notice_version,
        })
        for _, row in sorted(latest.items())
    ]  # fmt: skip


def _needs(db: Connection, case_id: str) -> list[dict[str, Any]]:
    rows = db.execute(select(need).where(need.c.case_id == case_id).order_by(need.c.created_at, need.c.id)).mappings()
    return [{name: row[name] for name in ("id", "subject", "axis", "levers", "outcome")} for row in rows]


def tracks_shown(db: Connection, case_id: str) -> list[dict[str, Any]]:
    """The tracks of a case: what they are, where they stand."""
    about: dict[str, list[str]] = defaultdict(list)
    joined = referral_need.join(referral, referral.c.id == referral_need.c.referral_id)
    links = select(referral_need).select_from(joined).where(referral.c.case_id == case_id)
    for link in db.execute(links.order_by(referral_need.c.need_id)):
        about[link.referral_id].append(link.need_id)
    found = []
    for row in db.execute(referral_rows(referral.c.case_id == case_id).order_by(referral.c.number)).mappings():
        found.append(_track(Kind.REFERRAL, row, row["branch_name"], about[row["id"]]))
    of_people = mentoring_pair.join(person, person.c.id == mentoring_pair.c.mentor_id)
    pairs = select(mentoring_pair, person.c.name.label("mentor")).select_from(of_people)
    for row in db.execute(
        pairs.where(mentoring_pair.c.case_id == case_id).order_by(mentoring_pair.c.number)
    ).mappings():
        found.append(_track(Kind.MENTORING_PAIR, row, row["mentor"], []))
    plans = select(transition_plan).where(transition_plan.c.case_id == case_id).order_by(transition_plan.c.number)
    for row in db.execute(plans).mappings():
        found.append(_track(Kind.TRANSITION_PLAN, row, LEVER.get(row["lever"], row["lever"]), []))
    return found


def _track(kind: Kind, row: Mapping[Any, Any], title: str, needs: list[str]) -> dict[str, Any]:
    return _written({
        "track": f"{kind}-{row['number']}", "kind": str(kind), "state": row["state"], "state_since": row["state_since"], "title": title,
        "needs": needs, "exclusive": row.get("exclusive_group") is not None, "progress": row["progress"],
    })  # fmt: skip


def steps_of(db: Connection, who: Identity, reference: str, *, now: datetime) -> tuple[int, list[Possible]]:
    """The version of a case, and every step of the machines of it that one sees."""
    row = case_row(db, who, reference)
    sight = sight_of(db, who, row)
    facts, actor = journey.facts_on(db, row, by=who, now=now)
    seen = {CASE_TRACK, *(name for name in facts.tracks if sight.of_track(name)), *TRACK_KINDS}
    return row["version"], [found for found in available(facts, actor, now) if found.track in seen]


# -- the journal ----------------------------------------------------------------------------------------------------------


def journal_of(db: Connection, who: Identity, reference: str, asked: Asked) -> dict[str, Any]:
    """A page of the lines of a case that one sees, the oldest first; words that were erased or are another's are absent."""
    row = case_row(db, who, reference)
    widen_to_case(db, row["id"])
    seen = lines_seen(db, row["id"], sight_of(db, who, row))
    page, more = page_of_list(seen, lambda found: int(found[0]["sequence"]), asked)
    actors = {line["actor_id"] for line, _ in page if line["actor_id"]}
    names = {
        found.id: found.name for found in db.execute(select(person.c.id, person.c.name).where(person.c.id.in_(actors)))
    }
    return {"items": [_line(line, words, names) for line, words in page], "next": more}


def line_of(db: Connection, who: Identity, case_id: str, sequence: int) -> dict[str, Any] | None:
    """One line of a case and the case's reference; None when it is not theirs to read."""
    row: Any = db.execute(select(case_file).where(case_file.c.id == case_id, visible_to(who))).mappings().first()
    if row is None:
        return None
    sight, mine = sight_of(db, who, row), (journal.c.subject_id == case_id, journal.c.sequence == sequence)
    line = db.execute(select(journal).where(*mine)).mappings().first()
    if line is None or not sight.of_line(line):
        return None
    said = select(journal_text.c.words).where(journal_text.c.subject_id == case_id, journal_text.c.sequence == sequence)
    words = sight.words(line, db.execute(said).scalar() or {})
    return {"reference": row["reference"], **line_shown(db, line, words)}


def line_shown(db: Connection, line: Mapping[Any, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """A line as the interface says it."""
    name = db.execute(select(person.c.name).where(person.c.id == line["actor_id"])).scalar()
    return _line(line, words, {line["actor_id"]: name} if name else {})


def lines_seen(db: Connection, case_id: str, sight: Sight) -> list[tuple[Any, dict[str, str]]]:
    """The lines of a case that are in sight, the oldest first, with their words."""
    texts = select(journal_text).where(journal_text.c.subject_id == case_id)
    words = {text.sequence: text.words for text in db.execute(texts)}
    lines = db.execute(select(journal).where(journal.c.subject_id == case_id).order_by(journal.c.sequence)).mappings()
    return [(line, sight.words(line, words.get(line["sequence"], {}))) for line in lines if sight.of_line(line)]


def _line(line: Mapping[Any, Any], words: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Any]:
    """A line: its `reason` is a code of a list or the person's words, its `text` all the other words that they wrote."""
    said = dict(words)
    behalf = dict(line["on_behalf"] or {})
    if spoke := said.pop("on_behalf_person", None):
        behalf["person"] = spoke
    why, private = said.pop("reason", None), said.pop(PRIVATE_WORDS, None)
    actor = {
        "role": line["actor_role"], "id": line["actor_id"], "name": names.get(line["actor_id"]), "on_behalf_of": behalf or None, "via": line["via"],
    }  # fmt: skip
    kept = ("facts", "cause", "cascade", "definition", "previous", "hash")
    return _written({
        **{name: line[name] for name in ("sequence", "at", "track", "event")}, "from": line["from_state"], "to": line["to_state"], "actor": actor,
        "reason": line["reason"] or why, "text": "\n".join(filter(None, (*said.values(), private))) or None, **{name: line[name] for name in kept},
    }) | {"definition": str(line["definition"])}  # fmt: skip


# -- deadlines ------------------------------------------------------------------------------------------------------------


def deadlines_of(db: Connection, who: Identity, reference: str, asked: Asked, *, now: datetime) -> dict[str, Any]:
    """A page of the deadlines of a case that one sees, the next due first, each with the rule that set it."""
    row = case_row(db, who, reference)
    widen_to_case(db, row["id"])
    sight = sight_of(db, who, row)
    home = db.execute(select(territory.c.timezone).where(territory.c.id == row["territory_id"])).scalar()
    rows = db.execute(select(deadline).where(deadline.c.subject_id == row["id"])).mappings().all()
    seen = [found for found in rows if sight.of_track(found["track"])]
    page, more = page_of_list(seen, lambda found: shown([found["due_at"], found["id"]]), asked)
    return {"items": [_deadline(found, home or NO_TERRITORY.timezone, now) for found in page], "next": more}


def _deadline(row: Mapping[Any, Any], timezone: str, now: datetime) -> dict[str, Any]:
    rule = rule_of(row["rule"])
    unit = UNITS.get(row["unit"], row["unit"])
    mark = rule.marks[row["next_mark"]] if row["next_mark"] is not None and row["status"] == "open" else None
    left = {"value": row["left"], "unit": "working_days" if unit == "working_days" else "days"}
    paused = {"by": row["paused_by"].split(","), "left": left} if row["status"] == "paused" else None
    ended = row["ended_at"] or now
    first = ("id", "track", "rule")
    then = ("occurrence", "status", "armed_at", "due_at", "due_on")
    return _written({
        **{name: row[name] for name in first}, "label": rule.label, **{name: row[name] for name in then}, "timezone": timezone,
        "owner": {"role": row["owner_role"], "id": row["owner_id"]}, "length": {"value": row["length"], "unit": unit, "source": row["source"]},
        "missed": row["missed"] > 0 or (row["status"] in ("open", "met") and row["due_at"] < ended), "paused": paused,
        "met_by": int(row["met_by"]) if row["met_by"] else None,
        "next_mark": {"at": row["next_at"], "do": str(mark.do), "to": [str(role) for role in mark.to]} if mark else None, "item": row["item"] or None,
    })  # fmt: skip


def _written(values: dict[str, Any]) -> dict[str, Any]:
    """Values as JSON writes them."""
    found: dict[str, Any] = shown(values)
    return found
