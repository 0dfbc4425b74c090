"""What the effects of a decision become in the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import InitVar, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update

from cases.identifiers import new_id
from cases.journal import plain
from cases.tables.case import case_file, consent, contact, need, task
from cases.tables.memory import deadline, outbox, pending_step
from cases.tables.tracks import mentoring_pair, plan_action, referral, transition_plan
from cases.writing.batch import Batch
from engine import clocks
from engine.definition import owner_role, rule_of
from engine.effects import Clocked, Effect, Forget, How, Later, Put, PutNeed, Tell
from engine.facts import ArmedDeadline, CaseFacts, Facts
from engine.model import CASE_TRACK, Kind
from engine.ownership import owner_of

TRACK_TABLES: Mapping[str, Table] = {
    Kind.REFERRAL: referral,
    Kind.MENTORING_PAIR: mentoring_pair,
    Kind.TRANSITION_PLAN: transition_plan,
}
RENAMED = {"agent": "agent_id", "owner": "owner_id", "referent": "referent_id", "territory": "territory_id"}
"""Fields that the engine names by their thing and the tables by its id."""
_OF_TERRITORY = ("label_reference", "axes", "evaluation_end", "exit_reason")
_OF = ("subject_id", "track", "rule", "item")
_SO_FAR = select(func.coalesce(func.max(deadline.c.occurrence), 0)).where(
    *(deadline.c[n] == bindparam(f"of_{n}") for n in _OF)
)
_ONE_MORE_DEADLINE = insert(deadline).values(occurrence=_SO_FAR.scalar_subquery() + 1)
_KNOWN_DEADLINE = update(deadline).where(deadline.c.id == bindparam("known"))
_OPEN_TASKS = update(task).where(task.c.case_id == bindparam("of_case"), task.c.done_at.is_(None))
_KNOWN_NEED = update(need).where(need.c.id == bindparam("known"))
_KNOWN_TRACK = {
    table: update(table).where(table.c.case_id == bindparam("of_case"), table.c.number == bindparam("of_number"))
    for table in TRACK_TABLES.values()
}


@dataclass(slots=True)
class Transaction:
    """One decision being written: where, on what, when; the live deadlines by what they are."""

    db: Connection
    subject: str
    subject_id: str
    now: datetime
    facts: Facts
    ids: dict[tuple[str, str, str], str] = field(default_factory=dict)
    row: dict[str, Any] = field(default_factory=dict)
    """Columns of the subject's own row that change."""
    kept_case_id: str | None = None
    after: Facts | None = None
    """The facts once the whole decision is written; the same ones when it sets no field."""
    batch: InitVar[Batch | None] = None
    writes: Batch = field(init=False)
    """What waits to be written, with what waited in `batch` already; whoever made the transaction sends it."""

    def __post_init__(self, batch: Batch | None) -> None:
        self.writes = batch or Batch(self.db)

    def apply(self, effect: Effect, sequence: int) -> None:
        """Write one effect; what is for the facts alone has nothing to write."""
        writers: Mapping[type, Callable[[Any, int], None]] = {
            Clocked: self._clock, Tell: self._tell, Put: self._put, PutNeed: self._put_need, Later: self._later, Forget: self._forget,
        }  # fmt: skip
        if type(effect) in writers:
            writers[type(effect)](effect, sequence)

    # -- deadlines ----------------------------------------------------------------------------------------------------------

    def _clock(self, effect: Clocked, sequence: int) -> None:
        armed, key = effect.deadline, _key(effect.deadline)
        if effect.how is How.ARMED:
            self.ids[key] = new_id(self.now)
            self.writes.add(_ONE_MORE_DEADLINE, self._new(armed, self.ids[key]))
            return
        known = armed.id or self.ids[key]
        ended = None if armed.live else self.now
        met = str(sequence) if effect.how is How.MET else None
        self.writes.add(_KNOWN_DEADLINE, {"known": known, **self._state(armed), "ended_at": ended, "met_by": met})

    def _new(self, armed: ArmedDeadline, identifier: str) -> dict[str, Any]:
        facts = self.after or self.facts
        what = {"subject_id": self.subject_id, "track": armed.track, "rule": armed.rule, "item": armed.item}
        return {
            **what, **{f"of_{name}": value for name, value in what.items()}, "id": identifier, "subject": self.subject,
            "territory_id": self._place(facts), "armed_at": self.now, "armed_on": armed.armed_on, "unit": armed.unit,
            "missed": armed.missed, "owner_role": owner_role(armed.rule), "owner_id": owner_of(facts, armed),
            **self._state(armed),
        }  # fmt: skip

    def _state(self, armed: ArmedDeadline) -> dict[str, Any]:
        calendar = self.facts.calendar
        running = armed.status == "open"
        return {
            "status": armed.status, "length": armed.length, "source": armed.source, "due_on": armed.due_on, "due_at": clocks.due_at(armed, calendar),
            "left": armed.left, "paused_by": ",".join(sorted(armed.paused_by)), "extended": armed.extended, "undo_of": armed.undo_of, "next_mark": armed.next_mark,
            "next_at": clocks.next_at(rule_of(armed.rule), armed, calendar) if running else None,
        }  # fmt: skip

    def _place(self, facts: Facts) -> str | None:
        return facts.territory if isinstance(facts, CaseFacts) else self.subject_id

    def hand_over_deadlines(self) -> None:
        """Give the deadlines that ran before to whoever must act on them now, and to the territory where the case is now."""
        if self.after is None:
            return
        moved = self._place(self.after) != self._place(self.facts)
        self._hand_over_calls()
        for armed in self.facts.deadlines:
            owner = owner_of(self.after, armed)
            if moved or owner != owner_of(self.facts, armed):
                place = self._place(self.after)
                self.writes.add(_KNOWN_DEADLINE, {"known": armed.id, "owner_id": owner, "territory_id": place})

    def _hand_over_calls(self) -> None:
        """Give the calls that are to be made to whoever follows the case now."""
        before, after = self.facts, self.after
        if not (isinstance(before, CaseFacts) and isinstance(after, CaseFacts)):
            return
        now = {"owner_id": after.referent, "territory_id": after.territory}
        if now != {"owner_id": before.referent, "territory_id": before.territory}:
            self.writes.add(_OPEN_TASKS, {"of_case": self.subject_id, **now})

    # -- what is told, and what comes later -----------------------------------------------------------------------------------

    def _tell(self, effect: Tell, sequence: int) -> None:
        told = told_row(self.subject, self.subject_id, effect, sequence, self.now)
        self.writes.insert(outbox, {**told, "facts": plain(effect.data)})

    def _later(self, effect: Later, sequence: int) -> None:
        planned = {
            "id": new_id(self.now),
            "subject_id": self.subject_id,
            "track": effect.track,
            "event": effect.event,
            "payload": plain(effect.payload),
            "at": effect.at,
            "cause": sequence,
        }
        self.writes.insert(pending_step, planned)

    def _forget(self, effect: Forget, _: int) -> None:
        """Drop what was planned on a track or because of it, and what was to be told of it later."""
        self.writes.send()
        for row in self.db.execute(select(pending_step).where(pending_step.c.subject_id == self.subject_id)).all():
            because = (row.payload or {}).get("for", row.track)
            if effect.track in (row.track, because) and effect.event in (None, row.event):
                self.db.execute(delete(pending_step).where(pending_step.c.id == row.id))
        if effect.event is None:
            waiting = (
                outbox.c.subject_id == self.subject_id,
                outbox.c.track == effect.track,
                outbox.c.not_before > self.now,
            )
            self.db.execute(delete(outbox).where(*waiting))

    # -- fields ---------------------------------------------------------------------------------------------------------------

    def _put_need(self, effect: PutNeed, _: int) -> None:
        day = self.facts.calendar.day_of(self.now) if effect.outcome else None
        self.writes.add(_KNOWN_NEED, {"known": effect.need, "outcome": effect.outcome, "outcome_on": day})

    def _put(self, effect: Put, _: int) -> None:
        values = {RENAMED.get(name, name): value for name, value in effect.values.items()}
        if effect.track == CASE_TRACK:
            self._put_case(values)
        elif self.subject == "territory":
            self.row |= {name: value for name, value in values.items() if name in _OF_TERRITORY}
        else:
            self._put_track(effect.track, values)

    def _put_case(self, values: dict[str, Any]) -> None:
        if values.pop("disputes_contacts", False):
            noted = (contact.c.case_id == self.subject_id, contact.c.kind == "contact", contact.c.track != CASE_TRACK)
            self.db.execute(update(contact).where(*noted).values(disputed=True))
        for purpose in ("share", "contact"):
            given = values.pop(f"consent_to_{purpose}", None)
            if given is not None:
                self._consent(purpose, given)
        if values.pop("informed", None):
            self.row["informed_at"] = self.now
        if "real_contact" in values:
            values["real_contact_at"] = self.now if values.pop("real_contact") else None
        if values.pop("keeps", None):
            values["kept_case_id"] = self.kept_case_id
        values |= self._hold_days(values)
        self.row |= {name: value for name, value in values.items() if name in case_file.c}

    def _hold_days(self, values: dict[str, Any]) -> dict[str, Any]:
        facts = self.facts
        if not isinstance(facts, CaseFacts):
            return {}
        given_back = values.pop("hold_days_given_back", None)
        if given_back is not None:
            return {"hold_days_used": max(0, facts.hold_days_used - given_back)}
        until = values.get("hold_until")
        if until is None:
            return {}
        return {"hold_days_used": facts.hold_days_used + facts.calendar.between(facts.calendar.day_of(self.now), until)}

    def _consent(self, purpose: str, given: bool) -> None:
        row = {
            "id": new_id(self.now),
            "case_id": self.subject_id,
            "purpose": purpose,
            "given": given,
            "at": self.now,
            "withdrawn_at": None if given else self.now,
        }
        self.writes.insert(consent, row)

    def _put_track(self, track: str, values: dict[str, Any]) -> None:
        table = table_of_track(track)
        action = values.pop("action", None)
        if action:
            self._action(track, action)
        if values.pop("attempt", None):
            mine = track_row(track, self.subject_id)[1]
            self.db.execute(update(table).where(*mine).values(attempts=referral.c.attempts + 1))
        self.put_on_track(track, {name: value for name, value in values.items() if name in table.c})

    def put_on_track(self, track: str, columns: Mapping[str, Any]) -> None:
        """Columns of a track's row take these values."""
        if columns:
            which = {"of_case": self.subject_id, "of_number": number_of_track(track)}
            self.writes.add(_KNOWN_TRACK[table_of_track(track)], {**columns, **which})

    def _action(self, track: str, news: Mapping[str, Any]) -> None:
        day = self.facts.calendar.day_of(self.now)
        mine = plan_action.c.id == news["id"]
        if news["news"] == "new":
            plan = select(transition_plan.c.id).where(*track_row(track, self.subject_id)[1]).scalar_subquery()
            row = {
                "id": news["id"],
                "plan_id": plan,
                "case_id": self.subject_id,
                "name": news["name"] or "",
                "day": news["day"],
            }
            self.db.execute(insert(plan_action).values(**row))
        elif news["news"] == "done":
            self.db.execute(update(plan_action).where(mine).values(done_on=day))
        else:
            self.db.execute(update(plan_action).where(mine).values(day=news["day"], moved=plan_action.c.moved + 1))


def told_row(subject: str, subject_id: str, effect: Tell, sequence: int, now: datetime) -> dict[str, Any]:
    """The row of the outbox for what is told; `sequence` is its line in the journal, 0 when there is none."""
    return {
        "id": new_id(now), "subject": subject, "subject_id": subject_id, "sequence": sequence or None, "track": effect.track,
        "kind": effect.key, "role": str(effect.to), "mail_class": str(effect.mail), "facts": dict(effect.data), "cause": sequence or None,
        "not_before": now + timedelta(minutes=effect.after), "created_at": now,
    }  # fmt: skip


def soonest(facts: CaseFacts) -> dict[str, Any]:
    """The least open deadline, as it stands on the case's row for the lists."""
    running = [d for d in facts.deadlines if d.status == "open"]
    first = min(running, key=lambda d: d.due_on, default=None)
    due_at = clocks.due_at(first, facts.calendar) if first else None
    return {
        "next_due_at": due_at,
        "next_rule": first.rule if first else None,
        "next_track": first.track if first else None,
    }


def _key(armed: ArmedDeadline) -> tuple[str, str, str]:
    return armed.track, armed.rule, armed.item


def table_of_track(track: str) -> Table:
    """The table where a track has its row."""
    return TRACK_TABLES[track.rsplit("-", 1)[0]]


def number_of_track(track: str) -> int:
    """The number of a track within its case and its kind."""
    return int(track.rsplit("-", 1)[1])


def track_row(track: str, case_id: str) -> tuple[Table, tuple[Any, ...]]:
    """The table of a track and the condition that finds its row."""
    table = table_of_track(track)
    return table, (table.c.case_id == case_id, table.c.number == number_of_track(track))
