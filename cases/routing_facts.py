"""What routing reads of the memory: a case's open needs, and the offers of the branches that work near it. At most twelve questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Text, and_, case, cast, func, literal, or_, select

from cases.database import ask_everywhere
from cases.facts.of_case import NO_TERRITORY, closures_of
from cases.needs import NEED_KINDS, NeedSubject
from cases.tables.case import business, case_file, consent, entrepreneur, need
from cases.tables.memory import deadline
from cases.tables.operators import branch, coverage, offer, operator
from cases.tables.people import absence, person, role_grant
from cases.tables.territories import commune, quartier, territory
from cases.tables.tracks import referral, referral_need
from engine.offers import Offered, Wanted, Weights, eligibility_from
from engine.state_names import Phase
from engine.working_days import Calendar

WAITING = ("sent", "info_requested", "accepted")
"""A referral that waits for the branch: for its answer, or for its first call."""
_RUNNING = ("draft", *WAITING, "engaged")
_GIVEN_UP = ("declined", "expired", "discontinued")
_ENTITIES = frozenset({"metropole", "cu", "ca", "cc", "ept"})
"""Kinds of territory whose code is that of an intercommunality."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a proposal is computed from: each open need, the offers as they stand for it, the territory's weights."""

    needs: tuple[tuple[Wanted, tuple[Offered, ...]], ...]
    weights: Weights


def gather(db: Connection, case_id: str, now: datetime) -> Asked:
    """The facts for every open need of a case."""
    row = _case(db, case_id)
    calendar = Calendar(row["holidays"], row["timezone"]) if row["timezone"] else NO_TERRITORY
    today = calendar.day_of(now)
    needs = db.execute(select(need).where(need.c.case_id == case_id, need.c.outcome.is_(None)).order_by(need.c.created_at, need.c.id)).all()  # fmt: skip
    place, near = _place(db, row)
    covered = _coverage(db, place, near)
    shared = _consent_to_share(db, case_id)
    standing = _standing(db, row, list(covered), today, now)
    asked = _asked(db, case_id)
    offers = _offers(db, covered)
    found = []
    for one in needs:
        wanted = _wanted(row, one, place, today, shared)
        found.append(
            (wanted, tuple(_offered(o, covered, standing, asked.get((one.id, o["branch_id"]))) for o in offers))
        )
    return Asked(tuple(found), Weights(**row["routing_weights"]) if row["routing_weights"] else Weights())


# -- what is wanted -------------------------------------------------------------------------------------------------------


def _case(db: Connection, case_id: str) -> Mapping[Any, Any]:
    joined = (
        case_file.join(business, business.c.id == case_file.c.business_id)
        .join(entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id)
        .outerjoin(territory, territory.c.id == case_file.c.territory_id)
        .outerjoin(quartier, quartier.c.id == case_file.c.quartier_id)
    )
    columns = (
        case_file.c.territory_id, case_file.c.situation, case_file.c.entrepreneur_id, entrepreneur.c.language, entrepreneur.c.phone, business.c.siret,
        business.c.naf, business.c.headcount, business.c.created_on, business.c.legal_form, business.c.insee, quartier.c.code.label("quartier"),
        quartier.c.insee.label("quartier_insee"), territory.c.state.label("phase"), territory.c.axes, territory.c.timezone, territory.c.holidays,
        territory.c.kind, territory.c.code, territory.c.routing_weights,
    )  # fmt: skip
    return db.execute(select(*columns).select_from(joined).where(case_file.c.id == case_id)).mappings().one()


def _wanted(row: Mapping[Any, Any], one: Row[Any], place: Mapping[str, str], today: date, shared: bool) -> Wanted:
    known = set(NeedSubject)
    label = NEED_KINDS[NeedSubject(one.subject)].label if one.subject in known else one.subject
    return Wanted(
        need=one.id, subject=one.subject if one.subject in known else "other", label=label, today=today, axis=one.axis, levers=tuple(one.levers or ()),
        amount=int(one.amount) if one.amount is not None else None, phase=row["phase"] or Phase.ACCELERATION, chosen_axes=tuple(row["axes"] or ()),
        place=place, situation=row["situation"], siret=bool(row["siret"]), naf=row["naf"], headcount=row["headcount"],
        age=_months(row["created_on"], today), legal_form=row["legal_form"], language=row["language"], consent=shared,
    )  # fmt: skip


def _months(since: date | None, today: date) -> int | None:
    if since is None or since > today:
        return None
    return (today.year - since.year) * 12 + today.month - since.month - (today.day < since.day)


def _place(db: Connection, row: Mapping[Any, Any]) -> tuple[dict[str, str], set[str]]:
    """The codes of the place by level, as far as they are known, and the communes of its territory."""
    insee = row["quartier_insee"] or row["insee"]
    here = or_(commune.c.territory_id == row["territory_id"], commune.c.insee == insee)
    rows = db.execute(select(commune).where(here)).mappings().all()
    certain = [one for one in rows if one["insee"] == insee] or rows
    place = {"quartier": row["quartier"], "commune": insee, "epci": row["code"] if row["kind"] in _ENTITIES else None}
    for level, column in (("commune", "insee"), ("epci", "epci"), ("departement", "departement"), ("region", "region")):
        codes = {one[column] for one in certain}
        place[level] = place.get(level) or (codes.pop() if len(codes) == 1 else None)
    return {level: code for level, code in place.items() if code}, {one["insee"] for one in rows}


def _consent_to_share(db: Connection, case_id: str) -> bool:
    """Whether their latest answer is yes."""
    mine = (consent.c.case_id == case_id, consent.c.purpose == "share")
    latest = db.execute(
        select(consent).where(*mine).order_by(consent.c.at.desc(), consent.c.id.desc()).limit(1)
    ).first()
    return latest is not None and latest.given and latest.withdrawn_at is None


# -- what is offered ------------------------------------------------------------------------------------------------------


def _coverage(
    db: Connection, place: Mapping[str, str], communes: set[str]
) -> dict[str, tuple[tuple[str, str | None], ...]]:
    """Where the branches work that are near: those that cover the place, and those of the same territory that do not."""
    ways = [
        coverage.c.level == "national",
        *(and_(coverage.c.level == level, coverage.c.code == code) for level, code in place.items()),
    ]
    quartiers = select(quartier.c.code).where(quartier.c.insee.in_(communes))
    ways += [
        and_(coverage.c.level == "commune", coverage.c.code.in_(communes)),
        and_(coverage.c.level == "quartier", coverage.c.code.in_(quartiers)),
    ]
    near = select(coverage.c.branch_id).where(or_(*ways))
    rows = db.execute(
        select(coverage)
        .where(coverage.c.branch_id.in_(near))
        .order_by(coverage.c.branch_id, coverage.c.level, coverage.c.code)
    )
    found: dict[str, tuple[tuple[str, str | None], ...]] = {}
    for row in rows:
        found[row.branch_id] = (*found.get(row.branch_id, ()), (row.level, row.code))
    return found


def _offers(db: Connection, branches: Iterable[str]) -> list[Mapping[Any, Any]]:
    joined = offer.join(branch, branch.c.id == offer.c.branch_id).join(operator, operator.c.id == branch.c.operator_id)
    columns = (
        offer, branch.c.name.label("branch_name"), branch.c.email, branch.c.capacity_per_week, branch.c.languages, branch.c.step_free,
        branch.c.operator_id, operator.c.slug, operator.c.name.label("operator_name"),
    )  # fmt: skip
    where = (offer.c.branch_id.in_(list(branches)), offer.c.active, branch.c.active)
    return list(db.execute(select(*columns).select_from(joined).where(*where).order_by(offer.c.id)).mappings())


@dataclass(frozen=True, slots=True)
class _Standing:
    """How the branches stand today."""

    closed: Mapping[str, date]
    agents: Mapping[str, list[Any]]
    load: Mapping[str, tuple[int, int]]
    answers: Mapping[str, tuple[int, int]]
    known: frozenset[str]


def _standing(db: Connection, row: Mapping[Any, Any], branches: list[str], today: date, now: datetime) -> _Standing:
    return _Standing(
        closures_of(db, branches, today), _agents(db, branches, today), _loads(db, branches, now), _answers(db, branches, now), _known(db, row),
    )  # fmt: skip


def _offered(row: Mapping[Any, Any], covered: Mapping[str, Any], standing: _Standing, asked: str | None) -> Offered:
    own = row["branch_id"]
    load, recent = standing.load.get(own, (0, 0))
    expected, in_time = standing.answers.get(own, (0, 0))
    agent, absent = _who_is_there(standing.agents.get(own, []))
    return Offered(
        id=row["id"], name=row["name"], branch=own, branch_name=row["branch_name"], operator=row["slug"], scope=row["scope"],
        axes=tuple(row["axes"] or ()), levers=tuple(row["levers"] or ()), needs=tuple(row["needs"] or ()), eligibility=eligibility_from(row["eligibility"] or {}),
        coverage=covered[own], reachable=bool(row["email"] or standing.agents.get(own)), closed_until=standing.closed.get(own), asked=asked,
        capacity=max(1, row["capacity_per_week"]), load=load, recent=recent, answers=expected, in_time=in_time, known=row["operator_id"] in standing.known,
        languages=tuple(row["languages"] or ("fr",)), step_free=row["step_free"], agent=agent.person_id if agent else None,
        agent_name=agent.name if agent else None, instead_of=absent.name if agent and absent else None,
    )  # fmt: skip


def _agents(db: Connection, branches: list[str], today: date) -> dict[str, list[Any]]:
    """Who works at each branch, the oldest grant first, with the absence in which they are today."""
    away = and_(absence.c.person_id == person.c.id, absence.c.from_day <= today, absence.c.to_day >= today)
    joined = role_grant.join(person, person.c.id == role_grant.c.person_id).outerjoin(absence, away)
    here = (role_grant.c.branch_id.in_(branches), role_grant.c.ended_at.is_(None), person.c.active)
    columns = (
        role_grant.c.branch_id,
        role_grant.c.role,
        role_grant.c.person_id,
        person.c.name,
        absence.c.to_day,
        absence.c.substitute_id,
    )
    found: dict[str, list[Any]] = {}
    for row in db.execute(
        select(*columns).select_from(joined).where(*here).order_by(role_grant.c.role, role_grant.c.id)
    ):
        found.setdefault(row.branch_id, []).append(row)
    return found


def _who_is_there(agents: list[Any]) -> tuple[Any, Any]:
    """The agent to ask, and the absent one for whom they stand in: an absent agent is passed over for the substitute."""
    present = {row.person_id: row for row in agents if row.to_day is None}
    for row in agents:
        if row.to_day is None:
            return row, None
        if row.substitute_id in present:
            return present[row.substitute_id], row
    return None, None


def _loads(db: Connection, branches: list[str], now: datetime) -> dict[str, tuple[int, int]]:
    """Requests that wait, and requests received over 30 days."""
    waits, since = referral.c.state.in_(WAITING), referral.c.opened_at >= now - timedelta(days=30)
    waiting, recent = (
        func.sum(case((waits, 1), else_=0)).label("waiting"),
        func.sum(case((since, 1), else_=0)).label("recent"),
    )
    columns = (referral.c.branch_id, waiting, recent)
    query = select(*columns).where(referral.c.branch_id.in_(branches), or_(waits, since)).group_by(referral.c.branch_id)
    return {row.branch_id: (int(row.waiting), int(row.recent)) for row in ask_everywhere(db, query)}


def _answers(db: Connection, branches: list[str], now: datetime) -> dict[str, tuple[int, int]]:
    """Over 90 days: answers that were due, and those that came in time. A request that expired while a question waited does not count."""
    track = literal("referral-") + cast(referral.c.number, Text)
    joined = deadline.join(referral, and_(referral.c.case_id == deadline.c.subject_id, track == deadline.c.track))
    expired = and_(deadline.c.status == "cancelled", deadline.c.left.is_(None), referral.c.state == "expired")
    in_time = and_(deadline.c.status == "met", deadline.c.ended_at <= deadline.c.due_at)
    where = (
        referral.c.branch_id.in_(branches), deadline.c.rule == "referral.sent.answer", deadline.c.ended_at >= now - timedelta(days=90),
        or_(deadline.c.status == "met", expired),
    )  # fmt: skip
    columns = (
        referral.c.branch_id,
        func.count().label("expected"),
        func.sum(case((in_time, 1), else_=0)).label("early"),
    )
    query = select(*columns).select_from(joined).where(*where).group_by(referral.c.branch_id)
    return {row.branch_id: (int(row.expected), int(row.early)) for row in ask_everywhere(db, query)}


def _known(db: Connection, row: Mapping[Any, Any]) -> frozenset[str]:
    """The operators that have accompanied this person already, in this case or in another."""
    joined = (
        referral.join(branch, branch.c.id == referral.c.branch_id)
        .join(case_file, case_file.c.id == referral.c.case_id)
        .join(business, business.c.id == case_file.c.business_id)
        .join(entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id)
    )
    same = [case_file.c.entrepreneur_id == row["entrepreneur_id"]]
    same += [business.c.siret == row["siret"]] if row["siret"] else []
    same += [entrepreneur.c.phone == row["phone"]] if row["phone"] else []
    query = (
        select(branch.c.operator_id)
        .select_from(joined)
        .where(referral.c.state.in_(("engaged", "completed")), or_(*same))
    )
    return frozenset(found[0] for found in ask_everywhere(db, query.distinct()))


def _asked(db: Connection, case_id: str) -> dict[tuple[str, str], str]:
    """What became of the requests of this case, by need and branch: `running`, or how the last one was given up."""
    joined = referral.join(referral_need, referral_need.c.referral_id == referral.c.id)
    query = select(referral_need.c.need_id, referral.c.branch_id, referral.c.state).select_from(joined)
    known = (referral.c.case_id == case_id, referral.c.state.in_((*_RUNNING, *_GIVEN_UP)))
    found: dict[tuple[str, str], str] = {}
    for row in db.execute(query.where(*known).order_by(referral.c.number)):
        if found.get((row.need_id, row.branch_id)) != "running":
            found[row.need_id, row.branch_id] = "running" if row.state in _RUNNING else row.state
    return found
