"""The directory as it is held: every line by its key, read in a bounded number of questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from cases.absences import Away
from cases.directory.columns import RULES, SHAPES, Nature
from cases.tables.operators import aid, branch, branch_closure, coverage, offer, operator
from cases.tables.people import absence, person, role_grant
from cases.tables.territories import quartier

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A line that is there: the id of its row, and its values by column."""

    id: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who has an account: their id, and the branches where they work."""

    id: str
    name: str
    branches: frozenset[str]


@dataclass(slots=True)
class Held:
    """All that is there, and what lines may name: aids, quartiers, people by their address."""

    rows: dict[Nature, dict[Key, Row]] = field(default_factory=lambda: {nature: {} for nature in Nature})
    aids: dict[str, str] = field(default_factory=dict)
    quartiers: frozenset[str] = frozenset()
    people: dict[str, Agent] = field(default_factory=dict)

    def row(self, nature: Nature, *key: Any) -> Row | None:
        """The line of that key."""
        return self.rows[nature].get(key)

    def keep(self, nature: Nature, row: Row, before: Row | None = None) -> None:
        """Hold a line, in place of the one of the same key, or of what it was `before` it was renamed."""
        if before is not None:
            self.rows[nature].pop(key_of(nature, before.values), None)
        self.rows[nature][key_of(nature, row.values)] = row

    def in_order(self) -> Iterator[tuple[Nature, Row]]:
        """Every line, those that are named before those that name them."""
        for nature, rows in self.rows.items():
            for key in sorted(rows, key=lambda one: [str(part) for part in one]):
                yield nature, rows[key]


def key_of(nature: Nature, values: Mapping[str, Any]) -> Key:
    """What a line is found again by."""
    return tuple(values.get(name) for name in SHAPES[nature].key)


def read_directory(db: Connection) -> Held:
    """The whole directory."""
    held = Held(
        aids={row.slug: row.id for row in db.execute(select(aid.c.id, aid.c.slug))},
        quartiers=frozenset(db.execute(select(quartier.c.code)).scalars()),
        people=_people(db),
    )
    slugs: dict[str, str] = {}
    for row in db.execute(select(operator)).mappings():
        slugs[row["id"]] = row["slug"]
        about = {"operator": row["slug"], "name": row["name"], "family": row["kind"], "role": row["role_text"]}
        held.keep(Nature.OPERATOR, Row(row["id"], {**about, "axes": list(row["axes"]), "levers": list(row["levers"])}))
    names = _branches(db, held, slugs)
    _offers(db, held, names)
    closures = select(branch_closure).where(branch_closure.c.ended_at.is_(None))
    for row in db.execute(closures.order_by(branch_closure.c.declared_at)).mappings():
        where = dict(zip(("operator", "branch"), names[row["branch_id"]], strict=True))
        held.keep(Nature.CLOSURE, Row(row["id"], {**where, "from_day": row["from_day"], "to_day": row["to_day"]}))
    _absences(db, held)
    return held


def _branches(db: Connection, held: Held, slugs: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    places: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for place in db.execute(select(coverage)):
        places[place.branch_id].append((place.level, place.code))
    names: dict[str, tuple[str, str]] = {}
    for row in db.execute(select(branch)).mappings():
        names[row["id"]] = (slugs[row["operator_id"]], row["name"])
        values = {name: row[name] for name in ("name", "email", "phone", "step_free", "active")}
        covers = sorted(set(places[row["id"]]), key=lambda one: (one[0], one[1] or ""))
        more = {"capacity": row["capacity_per_week"], "languages": list(row["languages"] or ("fr",)), "covers": covers}
        held.keep(Nature.BRANCH, Row(row["id"], {"operator": slugs[row["operator_id"]], **values, **more}))
    return names


def _offers(db: Connection, held: Held, names: Mapping[str, tuple[str, str]]) -> None:
    aids = {own: slug for slug, own in held.aids.items()}
    for row in db.execute(select(offer)).mappings():
        slug, office = names[row["branch_id"]]
        values = {name: row[name] for name in ("name", "kind", "scope", "active")}
        lists = {name: list(row[name] or ()) for name in ("axes", "levers", "needs")}
        rules = {name: (row["eligibility"] or {}).get(name) for name in RULES}
        where = {"operator": slug, "branch": office, "aid": aids.get(row["aid_id"])}
        held.keep(Nature.OFFER, Row(row["id"], {**where, **values, **lists, **rules}))


def _absences(db: Connection, held: Held) -> None:
    emails = {one.id: email for email, one in held.people.items()}
    for row in db.execute(select(absence)).mappings():
        if (agent := emails.get(row["person_id"])) is not None:
            values = {"agent": agent, "from_day": row["from_day"], "to_day": row["to_day"]}
            held.keep(Nature.ABSENCE, Row(row["id"], {**values, "substitute": emails.get(row["substitute_id"])}))


def _people(db: Connection) -> dict[str, Agent]:
    offices: dict[str, set[str]] = defaultdict(set)
    for row in db.execute(
        select(role_grant.c.person_id, role_grant.c.branch_id).where(role_grant.c.ended_at.is_(None))
    ):
        if row.branch_id:
            offices[row.person_id].add(row.branch_id)
    people = select(person.c.id, person.c.name, person.c.email).where(person.c.active, person.c.email.is_not(None))
    return {row.email: Agent(row.id, row.name, frozenset(offices[row.id])) for row in db.execute(people)}


def absences_of(held: Held) -> list[Away]:
    """Every absence, its people by their address."""
    rows = (row.values for row in held.rows[Nature.ABSENCE].values())
    return [Away(one["agent"], one["from_day"], one["to_day"], one["substitute"]) for one in rows]
