"""What people read of cases: every read starts from what they may see."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from cases.access import Identity, visible_to
from cases.errors import NotFound
from cases.facts_of_case import referral_rows
from cases.journal import plain
from cases.tables.case import business, case_file, entrepreneur, need
from cases.tables.memory import deadline, journal, journal_text, mark_fired
from cases.tables.people import person
from cases.tables.territories import territory
from cases.tables.tracks import mentoring_pair, referral, transition_plan
from engine.definition import MACHINES, rule_of
from engine.model import Kind


def _found(db: Connection, who: Identity, reference: str) -> Any:
    row = db.execute(select(case_file).where(case_file.c.reference == reference, visible_to(who))).mappings().first()
    if row is None:
        raise NotFound
    return row


def territories(db: Connection) -> list[dict[str, Any]]:
    """Every territory, with its phase."""
    rows = db.execute(select(territory).order_by(territory.c.slug)).mappings()
    return [
        plain({k: row[k] for k in ("slug", "name", "timezone", "axes", "version")} | {"phase": row["state"]})
        for row in rows
    ]


def cases(db: Connection, who: Identity, *, states: list[str], limit: int, after: str | None) -> dict[str, Any]:
    """A page of the cases that one may see: by id, which grows with time; no total."""
    joined = case_file.join(business, business.c.id == case_file.c.business_id)
    query = select(case_file, business.c.name.label("business_name")).select_from(joined).where(visible_to(who))
    if states:
        query = query.where(case_file.c.state.in_(states))
    if after:
        query = query.where(case_file.c.id > after)
    rows = db.execute(query.order_by(case_file.c.id).limit(limit + 1)).mappings().all()
    items = [{**_head(row), "business": {"name": row["business_name"]}} for row in rows[:limit]]
    return {"items": items, "next": rows[limit - 1]["id"] if len(rows) > limit else None}


def _head(row: Any) -> dict[str, Any]:
    names = ("reference", "version", "state", "state_since", "urgent")
    label = MACHINES[Kind.CASE].states[row["state"]].french
    return _written(
        {name: row[name] for name in names}
        | {"label": label, "hold": row["hold_until"], "next_due_at": row["next_due_at"]}
    )


def case(db: Connection, who: Identity, reference: str) -> dict[str, Any]:
    """One case as somebody who may see it reads it."""
    row = _found(db, who, reference)
    home = db.execute(select(territory).where(territory.c.id == row["territory_id"])).mappings().first()
    place = db.execute(select(business).where(business.c.id == row["business_id"])).mappings().one()
    helped = db.execute(select(entrepreneur).where(entrepreneur.c.id == row["entrepreneur_id"])).mappings().one()
    referent = (
        db.execute(select(person.c.id, person.c.name).where(person.c.id == row["referent_id"])).mappings().first()
    )
    needs = db.execute(
        select(need).where(need.c.case_id == row["id"]).order_by(need.c.created_at, need.c.id)
    ).mappings()
    return _head(row) | _written({
        "territory": {"slug": home["slug"], "name": home["name"], "phase": home["state"], "timezone": home["timezone"]} if home else None,
        "quartier": {"situation": row["situation"]},
        "business": {k: place[k] for k in ("name", "siret", "naf", "activity", "address_line", "postcode", "city")},
        "person": {k: helped[k] for k in ("name", "phone", "email", "language")},
        "referent": dict(referent) if referent else None,
        "needs": [{k: n[k] for k in ("id", "subject", "axis", "levers", "amount", "outcome")} for n in needs],
        "tracks": tracks_shown(db, row["id"]),
    })  # fmt: skip


def tracks_shown(db: Connection, case_id: str) -> list[dict[str, Any]]:
    """The tracks of a case: what they are, where they stand."""
    found = []
    for row in db.execute(referral_rows(referral.c.case_id == case_id).order_by(referral.c.number)).mappings():
        found.append(_track(Kind.REFERRAL, row, row["branch_name"]))
    joined = mentoring_pair.join(person, person.c.id == mentoring_pair.c.mentor_id)
    pairs = (
        select(mentoring_pair, person.c.name.label("mentor"))
        .select_from(joined)
        .where(mentoring_pair.c.case_id == case_id)
    )
    for row in db.execute(pairs.order_by(mentoring_pair.c.number)).mappings():
        found.append(_track(Kind.MENTORING_PAIR, row, row["mentor"]))
    for row in db.execute(
        select(transition_plan).where(transition_plan.c.case_id == case_id).order_by(transition_plan.c.number)
    ).mappings():
        found.append(_track(Kind.TRANSITION_PLAN, row, row["lever"]))
    return found


def _track(kind: Kind, row: Any, title: str) -> dict[str, Any]:
    label = MACHINES[kind].states[row["state"]].french
    shown = {"track": f"{kind}-{row['number']}", "kind": str(kind), "title": title, "label": label}
    return shown | {name: row[name] for name in ("state", "state_since", "progress")}


def journal_of(db: Connection, who: Identity, reference: str) -> list[dict[str, Any]]:
    """The lines of a case, the oldest first; words that were erased are absent."""
    row = _found(db, who, reference)
    words = {
        t.sequence: t.words for t in db.execute(select(journal_text).where(journal_text.c.subject_id == row["id"]))
    }
    lines = db.execute(select(journal).where(journal.c.subject_id == row["id"]).order_by(journal.c.sequence)).mappings()
    return [_line(line, words.get(line["sequence"], {})) for line in lines]


def _line(line: Any, words: dict[str, str]) -> dict[str, Any]:
    actor = {"role": line["actor_role"], "id": line["actor_id"], "via": line["via"], "on_behalf_of": line["on_behalf"]}
    kept = ("sequence", "at", "track", "event", "reason", "facts", "cause", "cascade", "definition", "previous", "hash")
    return _written(
        {name: line[name] for name in kept}
        | {"from": line["from_state"], "to": line["to_state"], "actor": actor, "text": words}
    )


def deadlines_shown(db: Connection, who: Identity, reference: str) -> list[dict[str, Any]]:
    """The deadlines of a case, the next due first, with the marks that have fired."""
    row = _found(db, who, reference)
    fired: dict[str, list[dict[str, Any]]] = {}
    for mark in db.execute(
        select(mark_fired).where(mark_fired.c.subject_id == row["id"]).order_by(mark_fired.c.at, mark_fired.c.id)
    ):
        shown = {"at": mark.at, "mark": mark.mark, "do": mark.do, "to": mark.recipients, "act": mark.act}
        fired.setdefault(mark.deadline_id, []).append(plain(shown))
    rows = db.execute(
        select(deadline).where(deadline.c.subject_id == row["id"]).order_by(deadline.c.due_at, deadline.c.id)
    ).mappings()
    return [_deadline(found, fired.get(found["id"], [])) for found in rows]


def _deadline(row: Any, fired: list[dict[str, Any]]) -> dict[str, Any]:
    rule = rule_of(row["rule"])
    kept = ("id", "track", "rule", "occurrence", "item", "status", "armed_at", "due_at", "due_on", "left", "next_at")
    owner = {"role": row["owner_role"], "id": row["owner_id"]}
    return _written(
        {name: row[name] for name in kept}
        | {"label": rule.label, "length": str(rule.within), "owner": owner, "fired": fired}
    )


def _written(values: dict[str, Any]) -> dict[str, Any]:
    """Values as JSON writes them."""
    found: dict[str, Any] = plain(values)
    return found
