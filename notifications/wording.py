"""Says what mails can say: the facts of a message's case, its track and its line of the journal, from rows that were read together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from cases.facts.of_case import NO_TERRITORY
from cases.views.choices import subject_label
from cases.writing.applying import number_of_track
from engine.definition import RULES, step_named
from engine.lists import ABANDON, CLOSE, DECLINE, DECLINE_PAIR, DISCONTINUE, END_PAIR, LEVER, NEWS_OF_BUSINESS, WITHDRAW
from engine.model import CASE_TRACK, Kind
from engine.states.orientation.work import MESSAGE_AT_MOST
from engine.working_days import Calendar
from notifications.grammar import NAME, SENTENCE, SPEECH, harmless
from notifications.preferences import APPOINTMENTS
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
from notifications.said_rows import NEXT_ONE, Row, Rows

_REASONS: Final[Mapping[str, Mapping[str, str]]] = {
    "decline": DECLINE, "withdraw": WITHDRAW, "discontinue": DISCONTINUE, "close": CLOSE, "end_pair": END_PAIR, "decline_pair": DECLINE_PAIR,
    "abandon": ABANDON,
}  # fmt: skip


def said_of(rows: Rows, message: Row) -> Said:
    """What a message can say; what is not known stays empty. Raises KeyError for a track that is not there."""
    to, role = Someone(harmless(message["to_name"], NAME), email=message["to_email"] or ""), message["role"] or ""
    calendar = Calendar(message["holidays"], message["timezone"])
    row, reader = rows.cases.get(message["case_id"] or ""), rows.people.get(message["person_id"] or "")
    reads_in = reader["reads_in"] if reader else None
    home = rows.homes.get((row["territory_id"] if row else message["subject_id"]) or "")
    place = PlaceSaid(harmless(home["name"], NAME), home["slug"], home["kind"] == "commune") if home else PlaceSaid()
    line, running = _line(rows, message), tuple(_running(one) for one in rows.running.get(message["subject_id"], ()))
    own = rows.own.get(message["deadline_id"] or "")
    if row is None:
        ended = _running(own) if own else None
        return Said(
            to,
            role,
            calendar,
            place,
            line=line,
            deadlines=running,
            own=ended,
            token=_token(message, calendar),
            reads_in=reads_in,
        )
    calendar = Calendar(home["holidays"], home["timezone"]) if home else NO_TERRITORY
    today = calendar.day_of(message["send_at"])
    return Said(
        to, role, calendar, place, _case(rows, row, message, today), _track(rows, message, calendar), line, running, _running(own) if own else None,
        appointment=_appointment(rows, message), item=harmless(rows.items.get((message["facts"] or {}).get("item") or ""), SENTENCE),
        next_one=_next_one(rows, message) if message["key"] in NEXT_ONE else NextOne(), reads_in=reads_in,
    )  # fmt: skip


# -- the case -----------------------------------------------------------------------------------------------------------------


def _case(rows: Rows, row: Row, message: Row, today: date) -> CaseSaid:
    texts = {name: harmless(row[name], NAME) for name in ("business", "activity", "city", "quartier")}
    own = row["id"]
    return CaseSaid(
        **texts, reference=row["reference"], person=_someone(row, "person"), address=harmless(row["address_line"], NAME),
        language=row["language"], referent=_someone(row, "referent"), referent_id=row["referent_id"], hold_until=row["hold_until"],
        away_until=_away_until(rows, row["referent_id"], today), needs=_needs(rows, own, message["track"]),
        asked=tuple(_asked(one) for one in rows.asked.get(own, ())), mentors=tuple(Someone(harmless(one["name"], NAME)) for one in rows.mentors.get(own, ())),
    )  # fmt: skip


def _someone(row: Row, who: str) -> Someone:
    return Someone(harmless(row[who], NAME), harmless(row[f"{who}_phone"], NAME), row.get(f"{who}_email") or "")


def _away_until(rows: Rows, person_id: str | None, today: date) -> date | None:
    days = (
        one["to_day"] for one in rows.absences.get(person_id or "", ()) if one["from_day"] <= today <= one["to_day"]
    )
    return max(days, default=None)


def _needs(rows: Rows, case_id: str, track: str | None) -> tuple[NeedSaid, ...]:
    """The needs that the track is about, or those of the case; first those that have no outcome."""
    found = rows.needs.get(case_id, ())
    if track and track.startswith(Kind.REFERRAL):
        wanted = rows.needs_of_referral.get((case_id, number_of_track(track)), frozenset())
        found = [row for row in found if row["id"] in wanted]
    return tuple(need_said(row) for row in found)


def need_said(row: Row) -> NeedSaid:
    """A need as mails say it, from its row."""
    label = harmless(subject_label(row["subject"]), NAME)
    return NeedSaid(harmless(row["detail"], SENTENCE).rstrip(" .") or label, label, row["amount"])


def _asked(row: Row) -> Asked:
    agent = Someone(harmless(row["agent"], NAME))
    return Asked(harmless(row["name"], NAME), row["state"], row["number"], row["branch_id"], row["agent_id"], agent)


# -- the track ----------------------------------------------------------------------------------------------------------------


def _track(rows: Rows, message: Row, calendar: Calendar) -> TrackSaid:
    name = message["track"] or CASE_TRACK
    if name == CASE_TRACK:
        return TrackSaid()
    row = rows.tracks[message["case_id"], name]
    at_work = rows.people.get(row.get("agent_id") or row.get("mentor_id") or row.get("owner_id") or "")
    somebody = Someone()
    if at_work:
        somebody = Someone(harmless(at_work["name"], NAME), harmless(at_work["phone"], NAME), at_work["email"] or "")
    office = rows.offices.get(row.get("branch_id") or "")
    kind = name.rpartition("-")[0]
    is_pair = kind == Kind.MENTORING_PAIR
    return TrackSaid(
        name, kind, row["state"], harmless(office["operator"], NAME) if office else "", harmless(office["name"], NAME) if office else "",
        harmless(office["phone"], NAME) if office else "", agent=Someone() if is_pair else somebody, mentor=somebody if is_pair else Someone(),
        lever=LEVER.get(row.get("lever") or "", ""), opened_on=calendar.day_of(row["opened_at"]), until=row.get("paused_until"),
        message=own_words(rows.written.get((message["case_id"], name), "")),
    )  # fmt: skip


def own_words(text: str) -> tuple[str, ...]:
    """What an adviser wrote to a branch, harmless, a paragraph each."""
    return tuple(said for line in text.splitlines() if (said := harmless(line, MESSAGE_AT_MOST)))


# -- what happened, and what is due -------------------------------------------------------------------------------------------


def _line(rows: Rows, message: Row) -> LineSaid:
    row = rows.lines.get((message["subject_id"], (message["facts"] or {}).get("sequence") or 0))
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


def _days(facts: Mapping[str, Any]) -> dict[str, date | None]:
    return {name: date.fromisoformat(facts[name]) if facts.get(name) else None for name in DAYS}


def _token(message: Row, calendar: Calendar) -> TokenSaid:
    facts = message["facts"] or {}
    if "token" not in facts:
        return TokenSaid()
    return TokenSaid(harmless(facts["token"], NAME), calendar.day_of(datetime.fromisoformat(facts["ends"])))


def _appointment(rows: Rows, message: Row) -> AppointmentSaid | None:
    """The appointment that the mail is about, when it is still as its line says."""
    row = rows.appointments.get((message["case_id"], (message["facts"] or {}).get("sequence") or 0))
    if row is None or message["key"] not in APPOINTMENTS:
        return None
    place = harmless(row.place, NAME)
    return AppointmentSaid(row.id, row.day, row.time or "", place, row.changes, row.cancelled_at is not None)


def _running(row: Row) -> Running:
    return Running(row["track"], row["rule"], row["due_on"], row["armed_on"])


def _next_one(rows: Rows, message: Row) -> NextOne:
    """The best of the current proposals whose branch was never asked."""
    asked = {row["branch_id"] for row in rows.asked.get(message["case_id"], ())}
    proposals = (row["candidates"] for row in rows.proposals.get(message["case_id"], ()))
    kept = [one for candidates in proposals for one in candidates if one["kept"] and one["branch"]["id"] not in asked]
    if not kept:
        return NextOne()
    best = min(kept, key=lambda one: one["rank"] or len(kept))
    reasons = sorted((part for part in best["criteria"] if part["points"]), key=lambda part: -part["points"])[:2]
    return NextOne(harmless(best["branch"]["name"], NAME), tuple(harmless(part["message"]) for part in reasons))
