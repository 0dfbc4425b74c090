"""What routing reads of the memory: a case's open needs, and the offers of the branches that work near it. Eight questions, whatever there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, or_, select

from cases.facts.documents import Document, documents, read
from cases.facts.of_case import NO_TERRITORY
from cases.needs import NEED_KINDS, NeedSubject
from cases.standing import WAITING, Standing, standing_of
from cases.tables.case import business, case_file, consent, entrepreneur, need
from cases.tables.operators import branch, coverage, offer, operator
from cases.tables.territories import commune, quartier, territory
from cases.tables.tracks import referral, referral_need
from engine.offers import Offered, Wanted, Weights, eligibility_from, months_of_age
from engine.state_names import CaseState, Phase
from engine.working_days import Calendar

_NOT_ROUTED = (CaseState.DETECTION, CaseState.CLOSED)
_RUNNING = ("draft", *WAITING, "engaged")
_GIVEN_UP = ("declined", "expired", "discontinued")
_LEVELS = ("quartier", "commune", "epci", "departement", "region")
_ENTITIES = frozenset({"metropole", "cu", "ca", "cc", "ept"})
"""Kinds of territory whose code is that of an intercommunality."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a proposal is computed from: each open need, the offers as they stand for it, the territory's weights."""

    needs: tuple[tuple[Wanted, tuple[Offered, ...]], ...]
    weights: Weights


def gather(db: Connection, case_id: str, now: datetime) -> Asked | None:
    """The facts for every open need of a case; None when nothing is proposed for it: it is not qualified, or it is closed."""
    row = _case(db, case_id)
    if row["state"] in _NOT_ROUTED:
        return None
    calendar = Calendar(row["holidays"], row["timezone"]) if row["timezone"] else NO_TERRITORY
    today = calendar.day_of(now)
    needs, asked = _needs(db, case_id)
    place, near = _place(db, row)
    covered = _coverage(db, place, near)
    standing = standing_of(db, list(covered), row, today, now)
    offers = [_offered(one, covered, standing) for one in _offers(db, covered)]
    found = []
    for one in needs:
        answered = (asked.get((one.id, offered.branch)) for offered in offers)
        theirs = tuple(replace(o, asked=said) if said else o for o, said in zip(offers, answered, strict=True))
        found.append((_wanted(row, one, place, today), theirs))
    return Asked(tuple(found), Weights(**row["routing_weights"]) if row["routing_weights"] else Weights())


# -- what is wanted -------------------------------------------------------------------------------------------------------


def _case(db: Connection, case_id: str) -> Mapping[Any, Any]:
    return db.execute(_CASE, {"case": case_id}).mappings().one()


def _wanted(row: Mapping[Any, Any], one: Any, place: Mapping[str, str], today: date) -> Wanted:
    known = set(NeedSubject)
    label = NEED_KINDS[NeedSubject(one.subject)].label if one.subject in known else one.subject
    return Wanted(
        need=one.id, subject=one.subject if one.subject in known else "other", label=label, today=today, axis=one.axis, levers=tuple(one.levers or ()),
        amount=int(one.amount) if one.amount is not None else None, phase=row["phase"] or Phase.ACCELERATION, chosen_axes=tuple(row["axes"] or ()),
        place=place, situation=row["situation"], siret=bool(row["siret"]), naf=row["naf"], headcount=row["headcount"],
        age=months_of_age(row["created_on"], today), legal_form=row["legal_form"], language=row["language"], consent=bool(row["shared"]),
    )  # fmt: skip


def _place(db: Connection, row: Mapping[Any, Any]) -> tuple[dict[str, str], set[str]]:
    """The codes of the place by level, as far as they are known, and the communes of its territory."""
    insee = row["quartier_insee"] or row["insee"]
    rows = db.execute(_COMMUNES, {"insee": insee, "territory": row["territory_id"]}).mappings().all()
    certain = [one for one in rows if one["insee"] == insee] or rows
    place = {"quartier": row["quartier"], "commune": insee, "epci": row["code"] if row["kind"] in _ENTITIES else None}
    for level, column in zip(_LEVELS[1:], ("insee", "epci", "departement", "region"), strict=True):
        codes = {one[column] for one in certain}
        place[level] = place.get(level) or (codes.pop() if len(codes) == 1 else None)
    return {level: code for level, code in place.items() if code}, {one["insee"] for one in rows}


def _needs(db: Connection, case_id: str) -> tuple[list[Any], dict[tuple[str, str], str]]:
    """The open needs, the oldest first; and what became of the requests of this case, by need and branch: `running`, or how the last was given up."""
    needs: dict[str, Any] = {}
    found: dict[tuple[str, str], str] = {}
    for row in db.execute(_NEEDS, {"case": case_id}):
        needs.setdefault(row.id, row)
        if row.branch_id and found.get((row.id, row.branch_id)) != "running":
            found[row.id, row.branch_id] = "running" if row.state in _RUNNING else row.state
    return list(needs.values()), found


# -- what is offered ------------------------------------------------------------------------------------------------------


def _coverage(
    db: Connection, place: Mapping[str, str], communes: set[str]
) -> dict[str, tuple[tuple[str, str | None], ...]]:
    """Where the branches work that are near: those that cover the place, and those of the same territory that do not."""
    rows = db.execute(_COVERAGE, {**dict.fromkeys(_LEVELS), **place, "communes": sorted(communes)})
    found: dict[str, list[tuple[str, str | None]]] = {}
    for row in rows:
        found.setdefault(row.branch_id, []).append((row.level, row.code))
    return {own: tuple(places) for own, places in found.items()}


def _offers(db: Connection, branches: Iterable[str]) -> list[Document]:
    return read(row.document for row in db.execute(_OFFERS, {"branches": list(branches)}))


def _offered(row: Document, covered: Mapping[str, Any], standing: Standing) -> Offered:
    own = row["branch_id"]
    expected, in_time = standing.answers.get(own, (0, 0))
    agent, absent = standing.agent_of(own)
    return Offered(
        id=row["id"], name=row["name"], branch=own, branch_name=row["branch_name"], operator=row["slug"], scope=row["scope"],
        axes=tuple(row["axes"] or ()), levers=tuple(row["levers"] or ()), needs=tuple(row["needs"] or ()), eligibility=eligibility_from(row["eligibility"] or {}),
        coverage=covered[own], reachable=bool(row["email"] or standing.agents.get(own)), closed_until=standing.closed.get(own),
        capacity=max(1, row["capacity_per_week"]), load=standing.waiting.get(own, 0), recent=standing.recent.get(own, 0), answers=expected, in_time=in_time,
        known=row["operator_id"] in standing.known, languages=tuple(row["languages"] or ("fr",)),
        step_free=None if row["step_free"] is None else bool(row["step_free"]),
        agent=agent.person_id if agent else None, agent_name=agent.name if agent else None, instead_of=absent.name if absent else None,
    )  # fmt: skip


# -- the questions ----------------------------------------------------------------------------------------------------------

_SHARED = (
    select(and_(consent.c.given, consent.c.withdrawn_at.is_(None)))
    .where(consent.c.case_id == case_file.c.id, consent.c.purpose == "share")
    .order_by(consent.c.at.desc(), consent.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
"""Whether their latest answer is yes, as a column of the case; NULL when they were never asked."""
_CASE = (
    select(
        case_file.c.state, case_file.c.territory_id, case_file.c.situation, case_file.c.entrepreneur_id, _SHARED.label("shared"),
        entrepreneur.c.language, entrepreneur.c.phone, business.c.siret, business.c.naf, business.c.headcount, business.c.created_on,
        business.c.legal_form, business.c.insee, quartier.c.code.label("quartier"), quartier.c.insee.label("quartier_insee"),
        territory.c.state.label("phase"), territory.c.axes, territory.c.timezone, territory.c.holidays,
        territory.c.kind, territory.c.code, territory.c.routing_weights,
    )
    .select_from(
        case_file.join(business, business.c.id == case_file.c.business_id)
        .join(entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id)
        .outerjoin(territory, territory.c.id == case_file.c.territory_id)
        .outerjoin(quartier, quartier.c.id == case_file.c.quartier_id)
    )
    .where(case_file.c.id == bindparam("case"))
)  # fmt: skip
_COMMUNES = select(commune).where(
    or_(commune.c.insee == bindparam("insee"), commune.c.territory_id == bindparam("territory"))
)
_TRIED = and_(referral.c.id == referral_need.c.referral_id, referral.c.state.in_((*_RUNNING, *_GIVEN_UP)))
_NEEDS = (
    select(need.c.id, need.c.subject, need.c.axis, need.c.levers, need.c.amount, referral.c.branch_id, referral.c.state)
    .select_from(need.outerjoin(referral_need, referral_need.c.need_id == need.c.id).outerjoin(referral, _TRIED))
    .where(need.c.case_id == bindparam("case"), need.c.outcome.is_(None))
    .order_by(need.c.created_at, need.c.id, referral.c.number)
)
_OF_COMMUNES = select(quartier.c.code).where(quartier.c.insee.in_(bindparam("communes", expanding=True)))
_NEAR = select(coverage.c.branch_id).where(
    or_(
        coverage.c.level == "national",
        *(and_(coverage.c.level == level, coverage.c.code == bindparam(level)) for level in _LEVELS),
        and_(coverage.c.level == "commune", coverage.c.code.in_(bindparam("communes", expanding=True))),
        and_(coverage.c.level == "quartier", coverage.c.code.in_(_OF_COMMUNES)),
    )
)
_COVERAGE = (
    select(coverage)
    .where(coverage.c.branch_id.in_(_NEAR))
    .order_by(coverage.c.branch_id, coverage.c.level, coverage.c.code)
)
_OFFERS = (
    documents(
        "offer",
        *(offer.c[name] for name in ("id", "branch_id", "name", "scope", "axes", "levers", "needs", "eligibility")),
        *(branch.c[name] for name in ("email", "capacity_per_week", "languages", "step_free", "operator_id")),
        branch.c.name.label("branch_name"),
        operator.c.slug,
    )
    .select_from(
        offer.join(branch, branch.c.id == offer.c.branch_id).join(operator, operator.c.id == branch.c.operator_id)
    )
    .where(offer.c.branch_id.in_(bindparam("branches", expanding=True)), offer.c.active, branch.c.active)
    .order_by(offer.c.id)
)
