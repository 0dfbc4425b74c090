"""Logging a business or a person: never refused for its place, its SIRET or a duplicate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, select, update

from cases import journey, look_alikes, search
from cases.absences import AWAY
from cases.access import Identity
from cases.database import ask_everywhere, widen_to_case
from cases.errors import Invalid
from cases.facts.of_case import Found as Documents
from cases.facts.of_case import of_territory
from cases.identifiers import new_id, new_reference
from cases.journal import plain
from cases.journey import Beginning, Fired, Request
from cases.look_alikes import Described, LookAlike
from cases.quartiers import locate, quartier_named
from cases.tables.case import business, case_file, consent, entrepreneur, need
from cases.tables.people import person, role_grant
from cases.tables.territories import territory
from cases.writing.batch import Batch
from cases.writing.idempotency import claim, claim_of, keep_answer
from engine.model import NEW

NOTICE = "2026-01"
"""The version of the information notice (RGPD, articles 13 and 14) that is read out."""


_BY_SLUG = select(territory.c.id).where(territory.c.slug == bindparam("slug"))
_LOAD = (
    select(func.count())
    .select_from(case_file)
    .where(case_file.c.referent_id == person.c.id, case_file.c.state != "closed")
    .scalar_subquery()
)
_ADVISERS = (
    select(person.c.id, exists().where(AWAY).label("away"), _LOAD.label("open_cases"))
    .select_from(role_grant.join(person, person.c.id == role_grant.c.person_id))
    .where(
        role_grant.c.territory_id == bindparam("home"),
        role_grant.c.role == "adviser",
        role_grant.c.ended_at.is_(None),
        person.c.active,
    )
)
_ONE_MORE_NEED = (
    update(case_file).where(case_file.c.id == bindparam("of_case")).values(pending_needs=case_file.c.pending_needs + 1)
)


@dataclass(frozen=True, slots=True)
class Detection:
    """What somebody notes in the street. A name or a SIRET is enough; `consents` are purposes to which the person said yes."""

    name: str
    siret: str | None = None
    naf: str | None = None
    legal_form: str | None = None
    headcount: int | None = None
    created_on: date | None = None
    activity: str | None = None
    address_line: str | None = None
    postcode: str | None = None
    city: str | None = None
    insee: str | None = None
    person_name: str | None = None
    phone: str | None = None
    email: str | None = None
    language: str = "fr"
    territory: str | None = None
    """The territory's slug; None when it is in none, or not known."""
    situation: str = "unknown"
    quartier: str | None = None
    """The code of the quartier, where it is known: it says that the business is inside."""
    position: tuple[float, float] | None = None
    """Longitude and latitude of the shop, in degrees (WGS84): they give the quartier where nobody said it."""
    origin: str = "page"
    channel: str | None = None
    consents: tuple[str, ...] = ()
    legal_basis: str | None = None
    met_in_person: bool = False
    needs: tuple[Mapping[str, Any], ...] = ()
    filled_in_on: date | None = None
    """The local day on which an offline form was filled in."""


@dataclass(frozen=True, slots=True)
class Logged:
    """The case that was logged, and those that look like it."""

    fired: Fired
    possible_duplicates: tuple[str, ...]


class Referents:
    """Who follows the next cases of a territory: each time, the active adviser with the fewest open ones; nobody outside any territory.

    Who is away that day follows none, as long as somebody is there: whoever is called hears the name that was told to them.
    """

    def __init__(self, db: Connection, home: str | None, today: date) -> None:
        self._db, self._home, self._today = db, home, today

    @cached_property
    def _open_cases(self) -> dict[str, int]:
        if self._home is None:
            return {}
        rows = ask_everywhere(self._db, _ADVISERS, {"home": self._home, "today": self._today})
        there = [row for row in rows if not row.away] or rows
        return {row.id: row.open_cases for row in there}

    def next(self) -> str | None:
        """Who follows one more case."""
        chosen = min(self._open_cases, key=lambda own: (self._open_cases[own], own), default=None)
        if chosen is not None:
            self._open_cases[chosen] += 1
        return chosen


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out once for many businesses of a territory: its id, who follows them, what a case's facts say of it."""

    home: str | None
    referents: Referents
    place: Documents
    writes: Batch | None = None
    """Where a case that is like no other waits to be written with others; None: it is written at once, and compared with all."""


def log_case(
    db: Connection,
    detection: Detection,
    *,
    by: Identity,
    now: datetime,
    key: str | None = None,
    found: Found | None = None,
) -> Logged:
    """Log a detected business or person as a case, assign its referent, and say which cases look like it.

    Who comes by themselves brings the id under which they will be known, as `by.entrepreneur`.

    With an idempotency key, a second time gives the first one's answer. Raises Invalid when there is neither a name nor a SIRET, or an unknown
    territory or quartier; Refused when neither a consent nor a legal basis is noted; KeyReused. Then nothing is written.
    """
    claimed = claim_of(by, "cases", key) if key else None
    if claimed and (kept := claim(db, claimed, asdict(detection), now)):
        return Logged(journey.done_before(kept["fired"]), tuple(kept["possible_duplicates"]))
    logged = _log(db, detection, by, now, found)
    if claimed:
        answer = {"fired": journey.to_keep(logged.fired), "possible_duplicates": list(logged.possible_duplicates)}
        keep_answer(db, claimed, answer)
    return logged


def _log(db: Connection, detection: Detection, by: Identity, now: datetime, found: Found | None) -> Logged:
    if not detection.name.strip() and not detection.siret:
        raise Invalid("Donnez le nom de l’enseigne, ou son numéro SIRET.", "name")
    found = found or found_in(db, _territory_id(db, detection.territory), now.date())
    alike = () if found.writes else _find(db, detection, found.home, by)
    referent = by.person if found.home in by.territories() else found.referents.next()
    new = _new_case(db, detection, found, (referent, by.entrepreneur or new_id(now)), now)
    payload = {"met_in_person": detection.met_in_person}
    request = Request(new.row["reference"], "log", payload=payload, day=detection.filled_in_on)
    fired = journey.begin_case(db, request, new, by=by, now=now)
    if not found.writes:
        widen_to_case(db, fired.case_id)
        new.writes.send()
        look_alikes.keep(db, fired.case_id, alike, now)
    return Logged(fired, _seen(alike))


def found_in(db: Connection, home: str | None, today: date) -> Found:
    """What is found out of a territory for the businesses that are logged there that day; None is outside any."""
    return Found(home, Referents(db, home, today), of_territory(db, home))


def known_already(db: Connection, detection: Detection, *, by: Identity) -> tuple[str, ...]:
    """The cases that look like what is about to be logged, among those that one may see. Raises Invalid for an unknown territory."""
    return _seen(_find(db, detection, _territory_id(db, detection.territory), by))


def _seen(found: Iterable[LookAlike]) -> tuple[str, ...]:
    return tuple(one.reference for one in found if one.seen)


def _territory_id(db: Connection, slug: str | None) -> str | None:
    if slug is None:
        return None
    found = db.execute(_BY_SLUG, {"slug": slug}).scalar()
    if found is None:
        raise Invalid("Ce territoire n’est pas connu : choisissez-le dans la liste, ou laissez vide.", "territory")
    return str(found)


def _find(db: Connection, detection: Detection, home: str | None, by: Identity) -> tuple[LookAlike, ...]:
    described = Described(
        home, detection.siret, detection.phone, detection.email, detection.name, detection.person_name
    )
    return look_alikes.find(db, described, by=by)


def _new_case(
    db: Connection, detection: Detection, found: Found, people: tuple[str | None, str], now: datetime
) -> Beginning:
    """A case that is about to be logged, with the rows that it needs; its state is not there yet. `people`: its referent, and who is helped."""
    referent, entrepreneur_id = people
    business_id, case_id, reference = new_id(now), new_id(now), new_reference()
    writes = found.writes or Batch(db)
    writes.insert(business, {"id": business_id, **_business(detection)})
    contact = {
        "name": detection.person_name,
        "phone": detection.phone,
        "email": detection.email,
        "language": detection.language,
    }
    writes.insert(entrepreneur, {"id": entrepreneur_id, **contact})
    named = (detection.name, detection.person_name, detection.siret, detection.email, detection.city)
    situation, around = _placed(db, detection)
    informed = now if detection.consents or detection.channel else None
    row = writes.insert_whole(case_file, {
        "id": case_id, "reference": reference, "territory_id": found.home, "state": NEW, "state_since": now, "referent_id": referent, "business_id": business_id,
        "entrepreneur_id": entrepreneur_id, "situation": situation, "quartier_id": around, "legal_basis": detection.legal_basis,
        "notice_version": NOTICE if informed else None, "informed_at": informed, "opened_at": now, "logged_at": now, "origin": detection.origin,
        "updated_at": now, "search_text": search.text_of(reference=reference, phone=detection.phone, words=named),
    })  # fmt: skip
    said = {"case_id": case_id, "given": True, "at": now, "channel": detection.channel, "notice_version": NOTICE}
    consents = [
        writes.insert_whole(consent, {"id": new_id(now), "purpose": purpose, **said}) for purpose in detection.consents
    ]
    needs = [_write_need(writes, case_id, entered, now) for entered in detection.needs]
    documents: Documents = defaultdict(list, {**found.place, **plain({"consent": consents, "need": needs})})
    return Beginning(row, documents, writes)


def _business(detection: Detection) -> dict[str, Any]:
    """What is known of the business: a SIRET stands in for a name."""
    known = (
        "siret",
        "naf",
        "legal_form",
        "headcount",
        "created_on",
        "activity",
        "address_line",
        "postcode",
        "city",
        "insee",
    )
    longitude, latitude = detection.position or (None, None)
    named = {"name": detection.name.strip() or str(detection.siret), "longitude": longitude, "latitude": latitude}
    return named | {name: getattr(detection, name) for name in known}


def _placed(db: Connection, detection: Detection) -> tuple[str, str | None]:
    """Inside a quartier, outside, or unknown, and the quartier's id: as it was said, else as the map says. Raises Invalid."""
    if detection.quartier:
        return "inside", quartier_named(db, detection.quartier, "quartier")
    if detection.position is None or detection.situation == "outside":
        return detection.situation, None
    found = locate(db, *detection.position)
    if found.near_border and detection.situation == "unknown":
        return "unknown", None
    return (found.situation if detection.situation == "unknown" else detection.situation), found.quartier


def add_need(db: Connection, case_id: str, entered: Mapping[str, Any], now: datetime) -> str:
    """A need of a case: its subject, and its axis, levers and amount (euros) where they are known."""
    writes = Batch(db)
    row = _write_need(writes, case_id, entered, now)
    writes.add(_ONE_MORE_NEED, {"of_case": case_id})
    writes.send()
    return str(row["id"])


def _write_need(writes: Batch, case_id: str, entered: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    known = {name: entered.get(name) for name in ("axis", "amount", "detail")}
    row = {"subject": entered["subject"], "levers": plain(entered.get("levers") or []), "created_at": now, **known}
    return writes.insert_whole(need, {"id": new_id(now), "case_id": case_id, **row})
