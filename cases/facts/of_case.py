"""What the memory knows of a case, as the facts that a decision reads: its row, and one question for all the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from cases.database import ask_everywhere
from cases.facts.documents import Document, answer, day_in, instant_in
from cases.facts.question import NAMED, OF_CASE, OF_DEADLINES, OF_TERRITORY
from cases.tables.case import business, case_file
from cases.tables.operators import branch, branch_closure, operator
from cases.tables.people import mentor_profile, person, role_grant
from cases.tables.tracks import mentoring_pair, referral
from engine.definition import OVER
from engine.facts import Action, ArmedDeadline, CaseFacts, Named, Need, Pair, Plan, Referral, Track
from engine.state_names import Phase
from engine.working_days import Calendar

NO_TERRITORY = Calendar()
"""The calendar of a case that is in no territory: mainland France."""
Found = Mapping[str, Sequence[Document]]


def facts_of(db: Connection, row: Mapping[str, Any], today: date, given: Mapping[str, Any] | None = None) -> CaseFacts:
    """The facts of a case that is locked; `given` is what was entered, for the people whom it names."""
    people = {name: str((given or {}).get(name) or "") for name in NAMED}
    about = {"case": row["id"], "territory": row["territory_id"], "today": today, **people}
    return facts_from(row, answer(db, OF_CASE, about), today)


def of_territory(db: Connection, territory_id: str | None) -> Found:
    """What is known of a case that was not written yet, beside what is about to be: its territory, and the lengths that it set."""
    return answer(db, OF_TERRITORY, {"territory": territory_id})


def facts_from(row: Mapping[str, Any], found: Found, today: date) -> CaseFacts:
    """The facts of a case, from its row and the documents of all the rest, on that day."""
    home = next(iter(found["territory"]), None)
    calendar = Calendar(home["holidays"], home["timezone"]) if home else NO_TERRITORY
    consents = _consents(found)
    return CaseFacts(
        reference=row["reference"], calendar=calendar, phase=home["state"] if home else Phase.ACCELERATION, territory=row["territory_id"],
        state=row["state"], urgent=row["urgent"], on_hold_until=row["hold_until"], hold_days_used=row["hold_days_used"], referent=row["referent_id"],
        entrepreneur=row["entrepreneur_id"], legal_basis=bool(row["legal_basis"]), informed=row["informed_at"] is not None,
        consent_to_share="share" in consents, consent_to_contact="contact" in consents, situation=row["situation"],
        real_contact=row["real_contact_at"] is not None, attempts=_attempts(found, calendar.day_of(row["opened_at"])), needs=_needs(found),
        tracks={track.name: track for track in (*_referrals(found, calendar, today), *_pairs(found, calendar), *_plans(found, calendar))},
        over=OVER, closed_on=calendar.day_of(row["closed_at"]) if row["closed_at"] else None, closed_reason=row["closed_reason"],
        anonymised=row["anonymised_at"] is not None, nobody_called_on=row["nobody_called_on"], surveyed_on=row["surveyed_on"],
        deadlines=_deadlines(found), people=_people(found), lengths={row["family"]: row["value"] for row in found["length"]},
    )  # fmt: skip


def deadlines_of(db: Connection, subject_id: str) -> tuple[ArmedDeadline, ...]:
    """Deadlines that run, stand still, or were met by an answer that may still be undone."""
    return _deadlines(answer(db, OF_DEADLINES, {"case": subject_id}))


def armed_of(row: Any) -> ArmedDeadline:
    """A deadline from its row in the table."""
    return ArmedDeadline(
        track=row.track, rule=row.rule, armed_on=row.armed_on, due_on=row.due_on, unit=row.unit, length=row.length, item=row.item,
        status=row.status, left=row.left, paused_by=frozenset(filter(None, row.paused_by.split(","))), extended=row.extended, missed=row.missed,
        next_mark=row.next_mark, undo_of=row.undo_of, id=row.id, source=row.source,
    )  # fmt: skip


def _consents(found: Found) -> set[str]:
    """The purposes for which the latest answer is yes."""
    latest = {
        row["purpose"]: row for row in sorted(found["consent"], key=lambda row: (instant_in(row["at"]), row["id"]))
    }
    return {purpose for purpose, row in latest.items() if row["given"] and row["withdrawn_at"] is None}


def _attempts(found: Found, since: date) -> tuple[tuple[date, str], ...]:
    rows = sorted(found["attempt"], key=lambda row: row["sequence"])
    return tuple((day, row["channel"]) for row in rows if (day := date.fromisoformat(row["day"])) >= since)


def _needs(found: Found) -> tuple[Need, ...]:
    rows = sorted(found["need"], key=lambda row: (instant_in(row["created_at"]), row["id"]))
    return tuple(Need(row["id"], row["axis"], tuple(row["levers"] or ()), row["outcome"]) for row in rows)


def _deadlines(found: Found) -> tuple[ArmedDeadline, ...]:
    return tuple(_armed(row) for row in sorted(found["deadline"], key=lambda row: row["id"]))


def _armed(row: Document) -> ArmedDeadline:
    return ArmedDeadline(
        track=row["track"], rule=row["rule"], armed_on=date.fromisoformat(row["armed_on"]), due_on=date.fromisoformat(row["due_on"]),
        unit=row["unit"], length=row["length"], item=row["item"], status=row["status"], left=row["left"],
        paused_by=frozenset(filter(None, (row["paused_by"] or "").split(","))), extended=bool(row["extended"]), missed=row["missed"],
        next_mark=row["next_mark"], undo_of=row["undo_of"], id=row["id"], source=row["source"],
    )  # fmt: skip


def _people(found: Found) -> dict[str, Named]:
    places: dict[str, set[str]] = defaultdict(set)
    for row in found["adviser"]:
        places[row["person_id"]].add(row["territory_id"])
    return {
        row["id"]: Named(row["id"], row["name"], bool(row["active"]), frozenset(places[row["id"]]))
        for row in found["person"]
    }


# -- tracks ---------------------------------------------------------------------------------------------------------------


def _by_number(rows: Sequence[Document]) -> list[Document]:
    return sorted(rows, key=lambda row: row["number"])


def _referrals(found: Found, calendar: Calendar, today: date) -> list[Track]:
    agents: dict[str, set[str]] = defaultdict(set)
    for row in found["agent"]:
        agents[row["branch_id"]].add(row["person_id"])
    closures: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for row in found["closure"]:
        closures[row["branch_id"]].append((date.fromisoformat(row["from_day"]), date.fromisoformat(row["to_day"])))
    needs: dict[str, list[str]] = defaultdict(list)
    for row in found["referral_need"]:
        needs[row["referral_id"]].append(row["need_id"])
    return [
        Referral(
            name=f"referral-{row['number']}", state=row["state"], opened_on=_day_of(calendar, row["opened_at"]), branch=row["branch_id"],
            branch_name=row["branch_name"], operator_name=row["operator_name"], agents=frozenset(agents[row["branch_id"]]), agent=row["agent_id"],
            needs=tuple(sorted(needs[row["id"]])), targeted=bool(row["targeted"]), exclusive_group=row["exclusive_group"], questions=row["questions"],
            answered_at=instant_in(row["answered_at"]), answered_on=_day_of(calendar, row["answered_at"]), touched=bool(row["touched"]),
            attempts=row["attempts"], withdrawn_for=row["withdrawn_for"], reachable=bool(row["branch_email"] or agents[row["branch_id"]]),
            closed_until=max((last for first, last in closures[row["branch_id"]] if first <= today), default=None),
            closures=tuple(sorted(closures[row["branch_id"]])),
        )
        for row in _by_number(found["referral"])
    ]  # fmt: skip


def _day_of(calendar: Calendar, text: str | None) -> date | None:
    instant = instant_in(text)
    return calendar.day_of(instant) if instant else None


def _pairs(found: Found, calendar: Calendar) -> list[Track]:
    return [
        Pair(
            name=f"mentoring_pair-{row['number']}", state=row["state"], opened_on=_day_of(calendar, row["opened_at"]), mentor=row["mentor_id"],
            mentor_name=row["mentor_name"], began_on=day_in(row["began_on"]), mentor_signed=row["mentor_signed_at"] is not None,
            entrepreneur_signed=row["entrepreneur_signed_at"] is not None, reviewed=bool(row["reviewed"]), paused_until=day_in(row["paused_until"]),
        )
        for row in _by_number(found["pair"])
    ]  # fmt: skip


def _plans(found: Found, calendar: Calendar) -> list[Track]:
    actions: dict[str, list[Action]] = defaultdict(list)
    for row in sorted(found["action"], key=lambda row: (row["day"], row["id"])):
        action = Action(row["id"], row["name"], date.fromisoformat(row["day"]), row["done_on"] is not None)
        actions[row["plan_id"]].append(action)
    return [
        Plan(
            name=f"transition_plan-{row['number']}", state=row["state"], opened_on=_day_of(calendar, row["opened_at"]), lever=row["lever"],
            owner=row["owner_id"], branch=row["branch_id"], score_before=row["score_before"], score_after=row["score_after"],
            actions=tuple(actions[row["id"]]),
        )
        for row in _by_number(found["plan"])
    ]  # fmt: skip


def referral_rows(where: Any) -> Select[Any]:
    """Referrals with their branch and their operator's name."""
    names = (
        branch.c.name.label("branch_name"),
        branch.c.email.label("branch_email"),
        operator.c.name.label("operator_name"),
    )
    joined = referral.join(branch, branch.c.id == referral.c.branch_id).join(
        operator, operator.c.id == branch.c.operator_id
    )
    return select(referral, *names).select_from(joined).where(where)


def agents_of(db: Connection, branches: Iterable[str]) -> dict[str, frozenset[str]]:
    """Who works at each of these branches."""
    found: dict[str, set[str]] = defaultdict(set)
    joined = role_grant.join(person, person.c.id == role_grant.c.person_id)
    here = role_grant.c.branch_id.in_(list(branches)) & role_grant.c.ended_at.is_(None) & person.c.active
    for row in db.execute(select(role_grant.c.branch_id, role_grant.c.person_id).select_from(joined).where(here)):
        found[row.branch_id].add(row.person_id)
    return defaultdict(frozenset, {name: frozenset(people) for name, people in found.items()})


_CLOSURES = select(branch_closure.c.branch_id, branch_closure.c.to_day).where(
    branch_closure.c.branch_id.in_(bindparam("branches", expanding=True)),
    branch_closure.c.from_day <= bindparam("today"),
    branch_closure.c.to_day >= bindparam("today"),
    branch_closure.c.ended_at.is_(None),
)


def closures_of(db: Connection, branches: Iterable[str], today: date) -> dict[str, date]:
    """The last day of the closure in which each branch is today."""
    rows = db.execute(_CLOSURES, {"branches": list(branches), "today": today})
    return {row.branch_id: row.to_day for row in rows}


def mentor_room(db: Connection, mentor: str) -> int | None:
    """How many more people a mentor can take; None when nothing was said of it."""
    capacity = db.execute(select(mentor_profile.c.capacity).where(mentor_profile.c.person_id == mentor)).scalar()
    if capacity is None:
        return None
    busy = mentoring_pair.c.mentor_id == mentor, mentoring_pair.c.state.not_in(("ended", "declined"))
    pairs = select(func.count()).select_from(mentoring_pair).where(*busy)
    return int(capacity) - int(ask_everywhere(db, pairs)[0][0])


def employer_conflict(db: Connection, mentor: str, business_id: str) -> bool:
    """Whether the mentor works for the very business."""
    employer = db.execute(select(mentor_profile.c.employer).where(mentor_profile.c.person_id == mentor)).scalar()
    name = db.execute(select(business.c.name).where(business.c.id == business_id)).scalar()
    return bool(employer and name and employer.casefold() == name.casefold())


def case_by(db: Connection, where: Any) -> Mapping[str, Any] | None:
    """One case as it is stored."""
    found = db.execute(select(case_file).where(where)).mappings().first()
    return dict(found) if found else None
