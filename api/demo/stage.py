"""The demo's stage: the territory through its phases, its quartiers, the branches with their offers, the people; each by its real way in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from api.demo.cast import ABSENT, MENTORS, OFFICES, PLAYERS, SUBSTITUTE, TERRITORY, Office, Player
from cases import candidacy, people, programme, reference_data
from cases.access import Grant, Identity
from cases.errors import Invalid
from cases.identifiers import new_id
from cases.importers.quartiers import import_quartiers
from cases.people import Newcomer
from cases.programme import TerritoryRequest
from cases.tables.operators import aid, branch, coverage, offer, operator
from cases.tables.people import absence, mentor_profile
from cases.tables.territories import territory
from engine.model import Role


@dataclass(slots=True)
class Set:
    """What was set up, by its key: branches, people, and who they are when they act."""

    branches: dict[str, str] = field(default_factory=dict)
    people: dict[str, Identity] = field(default_factory=dict)

    def agent_of(self, branch_id: str) -> Identity:
        """An agent of that branch."""
        return next(who for who in self.people.values() if branch_id in who.branches() and who.has(Role.OPERATOR))


PHASES: tuple[tuple[int, str, str, dict[str, Any]], ...] = (
    (300, "alice", "label", {"label_reference": "Décision de démonstration 2026-01"}),
    (290, "maud", "convention", {"signed_on": "@day", "reference": "C-DEMO"}),
    (285, "maud", "start_incubation", {}),
    (230, "maud", "diagnostic", {"published_on": "@day", "sources": "Données de démonstration"}),
    (200, "maud", "roadmap", {"approved_on": "@day", "axes": ["local_trade", "entrepreneurship"]}),
    (195, "maud", "start_acceleration", {}),
    (100, "maud", "review", {"on_day": "@day", "text": "Première revue trimestrielle."}),
    (10, "maud", "review", {"on_day": "@day", "text": "Deuxième revue trimestrielle."}),
)
"""The territory's way to acceleration: how many days ago, who, which step."""


def set_the_stage(db: Connection, now: datetime) -> Set:
    """Everything that must stand before the first case. Raises Invalid when the territory is there already."""
    began = now - timedelta(days=320)
    reference_data.load(db, began)
    known = reference_data.known_territory(TERRITORY)
    if known is None:
        raise Invalid(f"Le territoire « {TERRITORY} » manque aux données de référence.")
    candidacy.apply(db, known, by=Identity(name="demo", grants=(Grant(Role.ADMIN),)), now=began)
    contours = reference_data.FOLDER / "quartiers-fictifs.geojson"
    import_quartiers(db, contours.read_bytes(), now=began)
    made = Set()
    for place, office in enumerate(OFFICES):
        made.branches[office.key] = _open(db, office, began + timedelta(seconds=place))
    home = db.execute(select(territory.c.id).where(territory.c.slug == TERRITORY)).scalar_one()
    for place, player in enumerate(PLAYERS):
        made.people[player.key] = _engage(db, player, place, made, home, began + timedelta(minutes=1, seconds=place))
    _arrange(db, made, now)
    for days, who, event, payload in PHASES:
        _phase(db, made.people[who], event, payload, now - timedelta(days=days))
    return made


def _phase(db: Connection, by: Identity, event: str, payload: dict[str, Any], at: datetime) -> None:
    given = {name: at.date() if value == "@day" else value for name, value in payload.items()}
    programme.fire(db, TerritoryRequest(TERRITORY, event, given), by=by, now=at)


def _open(db: Connection, office: Office, now: datetime) -> str:
    """A branch, where it works and what it offers."""
    parent = db.execute(select(operator.c.id).where(operator.c.slug == office.operator)).scalar() or _town_hall(
        db, office, now
    )
    own = new_id(now)
    about = {
        "name": office.name,
        "capacity_per_week": office.capacity,
        "languages": list(office.languages),
        "step_free": office.step_free,
    }
    reached = {"email": f"antenne@{office.key}.example", "phone": f"+336399860{len(office.key):02d}"}
    db.execute(insert(branch).values(id=own, operator_id=parent, **about, **reached))
    for level, code in office.covers:
        db.execute(insert(coverage).values(id=new_id(now), branch_id=own, level=level, code=code))
    for offered in office.offers:
        slug = offered.get("aid")
        known = db.execute(select(aid.c.id).where(aid.c.slug == slug)).scalar() if slug else None
        row = {"axes": [], "levers": [], **{name: value for name, value in offered.items() if name != "aid"}}
        db.execute(insert(offer).values(id=new_id(now), branch_id=own, aid_id=known, **row))
    return own


def _town_hall(db: Connection, office: Office, now: datetime) -> str:
    """The town itself, which helps shops to find premises."""
    own = new_id(now)
    about = {
        "name": "Ville de Roubaix (démonstration)",
        "kind": "field",
        "role_text": "commerce, locaux",
        "axes": ["local_trade"],
        "levers": [],
    }
    db.execute(insert(operator).values(id=own, slug=office.operator, **about))
    return own


def _engage(db: Connection, player: Player, place: int, made: Set, home: str, now: datetime) -> Identity:
    where = made.branches[player.branch] if player.branch else None
    here = TERRITORY if player.role in (Role.ADVISER, Role.MANAGER, Role.MENTOR) else None
    phone = f"+336399850{place:02d}"
    own = people.add(db, Newcomer(player.name, player.email, player.role, here, where, phone), now)
    return Identity(own, player.name, (Grant(player.role, home if here else None, where),), via="page")


def _arrange(db: Connection, made: Set, now: datetime) -> None:
    """Who is away and who stands in; what the mentors can offer."""
    away = {"from_day": _monday(now.date()), "to_day": _monday(now.date()) + timedelta(days=11)}
    ids = {key: who.person for key, who in made.people.items()}
    db.execute(insert(absence).values(id=new_id(now), person_id=ids[ABSENT], substitute_id=ids[SUBSTITUTE], **away))
    for key, skills in zip(
        MENTORS, ("Restauration, recrutement", "Atelier, achats", "Comptabilité, prix de vente"), strict=True
    ):
        db.execute(
            update(mentor_profile).where(mentor_profile.c.person_id == ids[key]).values(capacity=6, skills=skills)
        )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
