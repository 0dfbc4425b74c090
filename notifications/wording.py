"""Reads what a mail can say: the facts of its case, its track and its line of the journal, in a bounded number of questions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, and_, select

from cases.appointments import appointment_of
from cases.facts.of_case import NO_TERRITORY
from cases.tables.case import business, case_file, entrepreneur, need
from cases.tables.memory import deadline, journal, journal_text
from cases.tables.operators import branch, operator
from cases.tables.people import absence, person
from cases.tables.routing import routing_proposal
from cases.tables.territories import quartier, territory
from cases.tables.tracks import mentoring_pair, plan_action, referral, referral_need
from cases.views.choices import subject_label
from cases.writing.applying import track_row
from engine.definition import RULES, step_named
from engine.lists import ABANDON, CLOSE, DECLINE, DECLINE_PAIR, DISCONTINUE, END_PAIR, LEVER, NEWS_OF_BUSINESS, WITHDRAW
from engine.model import CASE_TRACK, Kind
from engine.state_names import PairState
from engine.working_days import Calendar
from notifications.grammar import NAME, SENTENCE, SPEECH, harmless
from notifications.said import (
    DAYS,
    WORDS,
    AppointmentSaid,
    Asked,
    CaseSaid,
    LineSaid,
    NeedSaid,
    NextOne,
    PlaceSaid,
    Running,
    Said,
    Someone,
    TokenSaid,
    TrackSaid,
)

_REASONS: Final[Mapping[str, Mapping[str, str]]] = {
    "decline": DECLINE, "withdraw": WITHDRAW, "discontinue": DISCONTINUE, "close": CLOSE, "end_pair": END_PAIR, "decline_pair": DECLINE_PAIR,
    "abandon": ABANDON,
}  # fmt: skip
_WITH_MENTOR: Final = (PairState.ACTIVE, PairState.PAUSED, PairState.MID_REVIEW, PairState.ENDED)
_NEXT_ONE: Final = frozenset({"referral_declined", "referral_expired", "decide_next"})
"""Mails that say who could be asked next."""

APPOINTMENTS: Final = frozenset({"appointment_set", "appointment_cancelled"})
"""Mails about an appointment, with which it goes as a file."""


def read_facts(db: Connection, message: Mapping[str, Any]) -> Said:
    """What a message can say; what is not known stays empty. Any number of messages asks the same number of questions each."""
    to, role = Someone(harmless(message["to_name"], NAME), email=message["to_email"] or ""), message["role"] or ""
    calendar = Calendar(message["holidays"], message["timezone"])
    row = _case_row(db, message["case_id"]) if message["case_id"] else None
    place_id = row["territory_id"] if row else message["subject_id"]
    home = db.execute(select(territory).where(territory.c.id == place_id)).mappings().first() if place_id else None
    place = PlaceSaid(harmless(home["name"], NAME), home["slug"], home["kind"] == "commune") if home else PlaceSaid()
    line = _line(db, message)
    if row is None:
        own = _own(db, message)
        return Said(
            to,
            role,
            calendar,
            place,
            line=line,
            deadlines=_deadlines(db, message),
            own=own,
            token=_token(message, calendar),
        )
    calendar = Calendar(home["holidays"], home["timezone"]) if home else NO_TERRITORY
    today = calendar.day_of(message["send_at"])
    return Said(
        to, role, calendar, place, _case(db, row, message, today), _track(db, message, calendar), line, _deadlines(db, message), _own(db, message),
        appointment=_appointment(db, message), item=_item(db, message), next_one=_next_one(db, message) if message["key"] in _NEXT_ONE else NextOne(),
    )  # fmt: skip


# -- the case -----------------------------------------------------------------------------------------------------------------


def _case_row(db: Connection, case_id: str) -> RowMapping | None:
    columns = (
        *case_file.c, business.c.name.label("business"), business.c.activity, business.c.address_line, business.c.city,
        entrepreneur.c.name.label("person"), entrepreneur.c.phone.label("person_phone"), entrepreneur.c.email.label("person_email"),
        entrepreneur.c.language, quartier.c.name.label("quartier"), person.c.name.label("referent"), person.c.phone.label("referent_phone"),
        person.c.email.label("referent_email"),
    )  # fmt: skip
    joined = (
        case_file.join(business, business.c.id == case_file.c.business_id)
        .join(entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id)
        .outerjoin(quartier, quartier.c.id == case_file.c.quartier_id)
        .outerjoin(person, person.c.id == case_file.c.referent_id)
    )
    return db.execute(select(*columns).select_from(joined).where(case_file.c.id == case_id)).mappings().first()


def _case(db: Connection, row: RowMapping, message: Mapping[str, Any], today: date) -> CaseSaid:
    texts = {name: harmless(row[name], NAME) for name in ("business", "activity", "city", "quartier")}
    return CaseSaid(
        **texts, reference=row["reference"], person=_someone(row, "person"), address=harmless(row["address_line"], NAME),
        language=row["language"], referent=_someone(row, "referent"), referent_id=row["referent_id"], hold_until=row["hold_until"],
        away_until=_away_until(db, row["referent_id"], today), needs=_needs(db, row["id"], message["track"]), asked=_asked(db, row["id"]),
        mentors=_mentors(db, row["id"]),
    )  # fmt: skip


def _someone(row: RowMapping, who: str) -> Someone:
    return Someone(harmless(row[who], NAME), harmless(row[f"{who}_phone"], NAME), row.get(f"{who}_email") or "")


def _away_until(db: Connection, person_id: str | None, today: date) -> date | None:
    now_away = (absence.c.person_id == person_id, absence.c.from_day <= today, absence.c.to_day >= today)
    return db.execute(select(absence.c.to_day).where(*now_away).order_by(absence.c.to_day.desc()).limit(1)).scalar()


def _needs(db: Connection, case_id: str, track: str | None) -> tuple[NeedSaid, ...]:
    """The needs that the track is about, or those of the case; first those that have no outcome."""
    wanted = [need.c.case_id == case_id]
    if track and track.startswith(Kind.REFERRAL):
        _, where = track_row(track, case_id)
        of_track = select(referral_need.c.need_id).join(referral, referral.c.id == referral_need.c.referral_id)
        wanted.append(need.c.id.in_(of_track.where(*where)))
    order = (need.c.outcome.is_not(None), need.c.created_at, need.c.id)
    rows = db.execute(select(need).where(*wanted).order_by(*order)).mappings()
    return tuple(need_said(row) for row in rows)


def need_said(row: RowMapping) -> NeedSaid:
    """A need as mails say it, from its row."""
    label = harmless(subject_label(row["subject"]), NAME)
    return NeedSaid(harmless(row["detail"], SENTENCE).rstrip(" .") or label, label, row["amount"])


def _asked(db: Connection, case_id: str) -> tuple[Asked, ...]:
    joined = (
        referral.join(branch, branch.c.id == referral.c.branch_id)
        .join(operator, operator.c.id == branch.c.operator_id)
        .outerjoin(person, person.c.id == referral.c.agent_id)
    )
    columns = (
        operator.c.name,
        referral.c.state,
        referral.c.number,
        referral.c.branch_id,
        referral.c.agent_id,
        person.c.name.label("agent"),
    )
    rows = db.execute(
        select(*columns).select_from(joined).where(referral.c.case_id == case_id).order_by(referral.c.number)
    )
    return tuple(
        Asked(
            harmless(row.name, NAME),
            row.state,
            row.number,
            row.branch_id,
            row.agent_id,
            Someone(harmless(row.agent, NAME)),
        )
        for row in rows
    )


def _mentors(db: Connection, case_id: str) -> tuple[Someone, ...]:
    theirs = (mentoring_pair.c.case_id == case_id, mentoring_pair.c.state.in_(_WITH_MENTOR))
    joined = mentoring_pair.join(person, person.c.id == mentoring_pair.c.mentor_id)
    return tuple(
        Someone(harmless(name, NAME))
        for name in db.execute(select(person.c.name).select_from(joined).where(*theirs)).scalars()
    )


# -- the track ----------------------------------------------------------------------------------------------------------------


def _track(db: Connection, message: Mapping[str, Any], calendar: Calendar) -> TrackSaid:
    name = message["track"] or CASE_TRACK
    if name == CASE_TRACK:
        return TrackSaid()
    table, where = track_row(name, message["case_id"])
    row = dict(db.execute(select(table).where(*where)).mappings().one())
    who = row.get("agent_id") or row.get("mentor_id") or row.get("owner_id")
    at_work = db.execute(select(person).where(person.c.id == who)).mappings().first() if who else None
    somebody = (
        Someone(harmless(at_work["name"], NAME), harmless(at_work["phone"], NAME), at_work["email"] or "")
        if at_work
        else Someone()
    )
    office = _office(db, row.get("branch_id"))
    kind = name.rpartition("-")[0]
    is_pair = kind == Kind.MENTORING_PAIR
    return TrackSaid(
        name, kind, row["state"], harmless(office["operator"], NAME) if office else "", harmless(office["name"], NAME) if office else "",
        harmless(office["phone"], NAME) if office else "", agent=Someone() if is_pair else somebody, mentor=somebody if is_pair else Someone(),
        lever=LEVER.get(row.get("lever") or "", ""), opened_on=calendar.day_of(row["opened_at"]), until=row.get("paused_until"),
    )  # fmt: skip


def _office(db: Connection, branch_id: str | None) -> RowMapping | None:
    if branch_id is None:
        return None
    joined = branch.join(operator, operator.c.id == branch.c.operator_id)
    columns = (branch.c.name, branch.c.phone, operator.c.name.label("operator"))
    return db.execute(select(*columns).select_from(joined).where(branch.c.id == branch_id)).mappings().first()


# -- what happened, and what is due -------------------------------------------------------------------------------------------


def _line(db: Connection, message: Mapping[str, Any]) -> LineSaid:
    sequence = (message["facts"] or {}).get("sequence")
    if sequence is None or message["subject_id"] is None:
        return LineSaid()
    same = and_(journal_text.c.subject_id == journal.c.subject_id, journal_text.c.sequence == journal.c.sequence)
    joined = journal.outerjoin(journal_text, same).outerjoin(person, person.c.id == journal.c.actor_id)
    columns = (*journal.c, journal_text.c.words, person.c.name.label("actor"), person.c.phone.label("actor_phone"))
    mine = (journal.c.subject_id == message["subject_id"], journal.c.sequence == sequence)
    row = db.execute(select(*columns).select_from(joined).where(*mine)).mappings().first()
    if row is None:
        return LineSaid()
    kind, reason, facts = Kind(row["track"].rpartition("-")[0] or row["track"]), row["reason"] or "", row["facts"] or {}
    step = step_named(kind, row["event"])
    return LineSaid(
        row["event"], step.label if step else "", row["actor_role"], _someone(row, "actor"), row["at"], reason,
        _REASONS.get(row["event"], {}).get(reason, ""), {name: harmless((row["words"] or {}).get(name), SPEECH) for name in WORDS},
        _days(facts), RULES[facts["deadline"]].label if facts.get("deadline") in RULES else "",
        how=NEWS_OF_BUSINESS.get(str(facts.get("how")), ""), call_me=bool(facts.get("call_me")),
    )  # fmt: skip


def _appointment(db: Connection, message: Mapping[str, Any]) -> AppointmentSaid | None:
    """The appointment that the mail is about, when it is still as its line says."""
    if message["key"] not in APPOINTMENTS:
        return None
    row = appointment_of(db, message["case_id"], (message["facts"] or {}).get("sequence") or 0)
    if row is None:
        return None
    return AppointmentSaid(
        row.id, row.day, row.time or "", harmless(row.place, NAME), row.changes, row.cancelled_at is not None
    )


def _days(facts: Mapping[str, Any]) -> dict[str, date | None]:
    return {name: date.fromisoformat(facts[name]) if facts.get(name) else None for name in DAYS}


def _deadlines(db: Connection, message: Mapping[str, Any]) -> tuple[Running, ...]:
    open_now = (deadline.c.subject_id == message["subject_id"], deadline.c.status.in_(("open", "paused")))
    rows = db.execute(select(deadline).where(*open_now).order_by(deadline.c.due_on.desc()))
    return tuple(Running(row.track, row.rule, row.due_on, row.armed_on) for row in rows)


def _own(db: Connection, message: Mapping[str, Any]) -> Running | None:
    if message["deadline_id"] is None:
        return None
    row = db.execute(select(deadline).where(deadline.c.id == message["deadline_id"])).first()
    return Running(row.track, row.rule, row.due_on, row.armed_on) if row else None


def _token(message: Mapping[str, Any], calendar: Calendar) -> TokenSaid:
    facts = message["facts"] or {}
    if "token" not in facts:
        return TokenSaid()
    return TokenSaid(harmless(facts["token"], NAME), calendar.day_of(datetime.fromisoformat(facts["ends"])))


def _item(db: Connection, message: Mapping[str, Any]) -> str:
    action = select(plan_action.c.name).where(plan_action.c.id == (message["facts"] or {}).get("item"))
    return harmless(db.execute(action).scalar(), SENTENCE)


def _next_one(db: Connection, message: Mapping[str, Any]) -> NextOne:
    """The best of the current proposals whose branch was never asked."""
    current = (routing_proposal.c.case_id == message["case_id"], routing_proposal.c.current)
    asked = set(db.execute(select(referral.c.branch_id).where(referral.c.case_id == message["case_id"])).scalars())
    proposals = db.execute(
        select(routing_proposal.c.candidates).where(*current).order_by(routing_proposal.c.id)
    ).scalars()
    kept = [one for candidates in proposals for one in candidates if one["kept"] and one["branch"]["id"] not in asked]
    if not kept:
        return NextOne()
    best = min(kept, key=lambda one: one["rank"] or len(kept))
    reasons = sorted((part for part in best["criteria"] if part["points"]), key=lambda part: -part["points"])[:2]
    return NextOne(harmless(best["branch"]["name"], NAME), harmless(" ".join(part["message"] for part in reasons)))
