"""Deciding: may this be done, and all that follows of it, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from engine import clocks, lengths
from engine.definition import MACHINES, owner_role, rule_of
from engine.effects import (
    ArmNow,
    Cascade,
    Clocked,
    Decision,
    Effect,
    Extend,
    Follow,
    GiveBack,
    Halve,
    Hold,
    How,
    Move,
    MoveTrack,
    Put,
    PutNeed,
    Release,
    TakeLength,
    Tell,
)
from engine.facts import SYSTEM, Act, ArmedDeadline, CaseFacts, Facts, Plan, Referral, Situation
from engine.meeting import meets
from engine.model import (
    CASE_TRACK,
    ENTRY_ARMED,
    TERRITORY_TRACK,
    Armed,
    Deadline,
    InputKind,
    Kind,
    Leaving,
    Role,
    Step,
    Unit,
)
from engine.permission import refusals, step_for
from engine.putting import put

_LIVES_ON = ("satisfaction", "real_contact")
"""Deadlines that outlive the state in which they were armed."""


def decide(facts: Facts, act: Act) -> Decision:
    """Whether an act is possible, and every line, deadline, message and field that follows of it.

    Nothing is written: the decision is data. A refused act has its reasons and no move. The same facts and act give the
    same decision, at any time, on any machine.
    """
    play = _Play(facts, act)
    situation = play.situation(act)
    reasons = refusals(situation, step_for(facts, act))
    if reasons:
        return Decision(reasons, (), facts)
    play.take(act, cause=None)
    return Decision((), tuple(play.moves), play.facts)


WORDS_IN_ROWS: Final[Mapping[InputKind, str]] = {InputKind.ACTIONS: "name", InputKind.AIDS: "aid"}
"""What is entered in rows and holds words of somebody: this column is kept with the words of the line, where it can be erased."""


class _Play:
    """One decision being made: the facts as they become, and the moves so far."""

    def __init__(self, facts: Facts, act: Act) -> None:
        self.facts: Any = facts
        self.moves: list[Move] = []
        self.day = act.day or facts.calendar.day_of(act.now)
        self.closing = False

    def situation(self, act: Act, before: Any = None) -> Situation:
        return Situation(self.facts, act, self.day, before)

    # -- one step ---------------------------------------------------------------------------------------------------------

    def take(self, act: Act, *, cause: int | None, quiet: bool = False) -> None:
        """Take a step that is allowed: its line, then the steps that it brings about."""
        step = step_for(self.facts, act)
        if step is None:
            raise ValueError(f"{act.event} was taken without being allowed")
        before, position = self.facts, len(self.moves)
        self.moves.append(self._placeholder(act))
        effects = self._clocks_of(step, act) + self._move(step, act)
        own, follows = self._own_effects(step, act, before)
        effects += own
        if act.event == "close":
            effects += self._end_with_the_case(follows, act, position, own)
            follows = []
        armed = self._arm_entry(step, act)
        effects += armed + self._met_at_once(armed, step, act)
        effects += self._last_track_ended(before, act)
        effects += [] if quiet else self._tells(step, act, before)
        self.moves[position] = self._line(step, act, before, effects, cause)
        for follow in follows:
            self._follow(follow, act, position)
        if step.proposes:
            cascade = self._propose(step.proposes, act, position)
            self.moves[position] = replace(self.moves[position], cascade=cascade)

    def _own_effects(self, step: Step, act: Act, before: Any) -> tuple[list[Effect], list[Follow]]:
        """What the step's own rules bring, and the steps that the system takes after it."""
        effects: list[Effect] = []
        follows: list[Follow] = []
        self.closing = self.closing or act.event == "close"
        for rule in step.effects:
            for effect in rule(self.situation(act, before)):
                if isinstance(effect, Follow):
                    follows.append(effect)
                else:
                    effects += self._apply(effect)
        return effects, follows

    def _end_with_the_case(self, follows: list[Follow], act: Act, cause: int, own: list[Effect]) -> list[Effect]:
        """A closing ends the open tracks and cancels every deadline, but those of the tracks that move elsewhere."""
        for follow in follows:
            self._follow(follow, act, cause)
        moved = frozenset(effect.track for effect in own if isinstance(effect, MoveTrack))
        running = [d for d in self.facts.deadlines if d.live and d.track not in moved]
        return [self._clock(How.CANCELLED, replace(d, status="cancelled"), old=d) for d in running]

    def _placeholder(self, act: Act) -> Move:
        return Move(act.track, act.event, act.actor, "", "", False, {}, {}, ())

    def _line(self, step: Step, act: Act, before: Any, effects: list[Effect], cause: int | None) -> Move:
        kinds = {i.name: i.kind for i in step.inputs}
        payload = {k: v for k, v in (act.payload or {}).items() if v is not None}
        words = {k: str(v) for k, v in payload.items() if kinds.get(k) is InputKind.TEXT and str(v).strip()}
        facts = {k: v for k, v in payload.items() if kinds.get(k) is not InputKind.TEXT}
        for name, column in ((k, WORDS_IN_ROWS[kinds[k]]) for k in facts if kinds.get(k) in WORDS_IN_ROWS):
            words[name] = "\n".join(str(row[column]) for row in facts[name] if row.get(column))
            facts[name] = [{k: v for k, v in row.items() if k != column} for row in facts[name]]
        return Move(
            act.track,
            act.event,
            act.actor,
            before.state_of(act.track),
            self.facts.state_of(act.track),
            step.record,
            facts,
            words,
            tuple(effects),
            cause,
        )

    def _move(self, step: Step, act: Act) -> list[Effect]:
        if step.record or step.to is None:
            return []
        kind = self.facts.kind_of(act.track)
        state = self.facts.state_of(act.track)
        target = MACHINES[kind].move(state, act.event)
        effects = self._leave(step, act, state)
        self.facts = self.facts.with_state(act.track, target, self.day)
        return effects

    def _follow(self, follow: Follow, act: Act, cause: int) -> None:
        sub = Act(follow.track, follow.event, SYSTEM, act.now, follow.payload, act.day)
        if not refusals(self.situation(sub), step_for(self.facts, sub)):
            self.take(sub, cause=cause, quiet=follow.quiet)

    def _propose(self, event: str, act: Act, cause: int) -> Cascade:
        sub = Act(CASE_TRACK, event, SYSTEM, act.now, {}, act.day)
        reasons = refusals(self.situation(sub), step_for(self.facts, sub))
        if reasons:
            return Cascade(event, False, reasons[0].code)
        self.take(sub, cause=cause)
        return Cascade(event, True)

    def _tells(self, step: Step, act: Act, before: Any) -> list[Effect]:
        situation = self.situation(act, before)
        return [
            Tell(n.key, n.to, n.mail, act.track, n.after) for n in step.tells if n.when is None or n.when(situation)
        ]

    # -- deadlines --------------------------------------------------------------------------------------------------------

    def _clock(self, how: How, deadline: ArmedDeadline, *, old: ArmedDeadline | None = None) -> Clocked:
        """Keep a deadline as it is now, in the place of what it was."""
        kept = [d for d in self.facts.deadlines if d is not old]
        if deadline.live or deadline.undo_of:
            kept.append(deadline)
        self.facts = self.facts.changed(deadlines=tuple(kept))
        return Clocked(how, deadline)

    def _met_at_once(self, armed: list[Effect], step: Step, act: Act) -> list[Effect]:
        """What a step arms and meets by itself: a first contact that was already a meeting."""
        situation, effects = self.situation(act), list[Effect]()
        for effect in armed:
            if isinstance(effect, Clocked) and meets(rule_of(effect.deadline.rule), effect.deadline, step, situation):
                effects.append(self._clock(How.MET, replace(effect.deadline, status="met"), old=effect.deadline))
        return effects

    def _clocks_of(self, step: Step, act: Act) -> list[Effect]:
        """What the step meets; a repeated deadline begins again."""
        effects: list[Effect] = []
        situation = self.situation(act)
        for deadline in [d for d in self.facts.deadlines if d.live]:
            rule = rule_of(deadline.rule)
            if not meets(rule, deadline, step, situation):
                continue
            undo_of = act.track if step.answers and deadline.name in ("answer", "acceptance") else None
            effects.append(self._clock(How.MET, replace(deadline, status="met", undo_of=undo_of), old=deadline))
            if rule.repeat:
                effects += self._arm(rule, deadline.rule, deadline.track, span=rule.repeat)
        return effects

    def _leave(self, step: Step, act: Act, state: str) -> list[Effect]:
        """What becomes of the deadlines of the state that the step leaves."""
        own = [d for d in self.facts.deadlines if d.track == act.track and d.live]
        if step.leaving is Leaving.KEEP:
            return []
        if step.leaving is Leaving.PAUSE:
            cause = "question" if act.event == "ask_info" else "pair"
            return [self._clock(How.PAUSED, clocks.pause(d, self.day, cause, self.facts.calendar), old=d) for d in own]
        if step.leaving is Leaving.RESUME:
            return self._resume(
                [d for d in own if d.status == "paused"], "question" if act.event == "answer_info" else "pair"
            )
        lives_on = _LIVES_ON if act.track != CASE_TRACK else ("real_contact",)
        return [
            self._clock(How.CANCELLED, replace(d, status="cancelled"), old=d) for d in own if d.name not in lives_on
        ]

    def _resume(self, deadlines: list[ArmedDeadline], cause: str) -> list[Effect]:
        effects: list[Effect] = []
        for deadline in deadlines:
            if cause not in deadline.paused_by:
                continue
            after = clocks.resume(deadline, self.day, cause, self.facts.calendar)
            effects.append(self._clock(How.RESUMED if after.status == "open" else How.PAUSED, after, old=deadline))
        return effects

    def _arm(self, rule: Deadline, name: str, track: str, **options: Any) -> list[Effect]:
        """Start a deadline; on a case that is on hold, or at a branch that is closed, it waits from the start."""
        if self.closing and track != CASE_TRACK:
            return []
        deadline = lengths.armed(self.facts, rule, name, track, self.day, **options)
        effects: list[Effect] = [self._clock(How.ARMED, deadline)]
        for cause in self._standing_still(track, owner_role(name)):
            paused = clocks.pause(deadline, self.day, cause, self.facts.calendar)
            effects.append(self._clock(How.PAUSED, paused, old=deadline))
            deadline = paused
        return effects

    def _standing_still(self, track: str, owner: Role | None) -> list[str]:
        causes = ["hold"] if self.facts.on_hold_until is not None and owner is not Role.SYSTEM else []
        referral = getattr(self.facts, "tracks", {}).get(track)
        if (
            isinstance(referral, Referral)
            and referral.closed_until
            and not self.facts.urgent
            and owner is Role.OPERATOR
        ):
            causes.append("closure")
        return causes

    def _arm_entry(self, step: Step, act: Act) -> list[Effect]:
        """What starts on entering the state."""
        if step.record or step.to is None or not step.arms_entry:
            return []
        kind, state = self.facts.kind_of(act.track), self.facts.state_of(act.track)
        effects: list[Effect] = []
        for rule in MACHINES[kind].states[state].deadlines:
            name = f"{kind}.{state}.{rule.rule}"
            if rule.armed is Armed.EACH_ACTION:
                effects += self._arm_actions(rule, name, act.track)
            elif rule.armed not in ENTRY_ARMED or (
                rule.armed is Armed.ENTRY_BUT_LABELLISATION and self.facts.phase == "labellisation"
            ):
                continue
            elif rule.items:
                for span in rule.items:
                    effects += self._arm(rule, name, act.track, span=span, item=str(span))
            elif rule.within.unit is Unit.DATE:
                effects += self._arm(rule, name, act.track, on=self._named_date(act))
            else:
                effects += self._arm(rule, name, act.track)
        return effects

    def _named_date(self, act: Act) -> Any:
        return getattr(self.facts.tracks[act.track], "paused_until", None)

    def _arm_actions(self, rule: Deadline, name: str, track: str) -> list[Effect]:
        plan = self.facts.tracks[track]
        effects: list[Effect] = []
        for action in plan.actions if isinstance(plan, Plan) else ():
            if not action.done:
                effects += self._arm(rule, name, track, on=action.day, item=action.id)
        return effects

    def _last_track_ended(self, before: Any, act: Act) -> list[Effect]:
        """When the last open track ends, the case stays where it is and the adviser decides within five working days."""
        if not isinstance(before, CaseFacts) or self.closing or self.facts.state == "closed":
            return []
        if not before.open_tracks() or self.facts.open_tracks():
            return []
        state = MACHINES[Kind.CASE].states[self.facts.state]
        rule = next((r for r in state.deadlines if r.armed is Armed.LAST_TRACK_ENDS), None)
        if rule is None or any(d.live and d.name == rule.rule for d in self.facts.deadlines):
            return []
        return self._arm(rule, f"case.{state.code}.{rule.rule}", CASE_TRACK)

    # -- effects ----------------------------------------------------------------------------------------------------------

    def _apply(self, effect: Effect) -> list[Effect]:
        """What an effect does to the facts, and what the memory has to apply for it."""
        appliers: dict[type, Any] = {
            Put: self._put, PutNeed: self._put, ArmNow: self._arm_now, Halve: self._halve, Hold: self._hold,
            Release: self._release, Extend: self._extend, TakeLength: self._take_length, GiveBack: self._give_back,
            MoveTrack: self._move_away,
        }  # fmt: skip
        applied: list[Effect] = appliers[type(effect)](effect) if type(effect) in appliers else [effect]
        return applied

    def _put(self, effect: Put | PutNeed) -> list[Effect]:
        self.facts = put(self.facts, effect, self.day)
        return [effect]

    def _move_away(self, effect: MoveTrack) -> list[Effect]:
        others = {name: known for name, known in self.facts.tracks.items() if name != effect.track}
        left = tuple(deadline for deadline in self.facts.deadlines if deadline.track != effect.track)
        self.facts = self.facts.changed(tracks=others, deadlines=left)
        return [effect]

    def _hold(self, effect: Hold) -> list[Effect]:
        found = [d for d in self.facts.deadlines if d.live and _concerned(d, effect)]
        calendar = self.facts.calendar
        return [self._clock(How.PAUSED, clocks.pause(d, self.day, effect.cause, calendar), old=d) for d in found]

    def _release(self, effect: Release) -> list[Effect]:
        found = [d for d in self.facts.deadlines if d.status == "paused"]
        return self._resume([d for d in found if effect.tracks is None or d.track in effect.tracks], effect.cause)

    def _extend(self, effect: Extend) -> list[Effect]:
        rule, old = rule_of(effect.deadline.rule), effect.deadline
        return [self._clock(How.MOVED, clocks.extend(rule, old, effect.to, self.day, self.facts.calendar), old=old)]

    def _take_length(self, effect: TakeLength) -> list[Effect]:
        effects: list[Effect] = []
        for deadline in [d for d in self.facts.deadlines if lengths.family_of(d.rule) == effect.family]:
            moved = lengths.taken(self.facts, deadline, self.day)
            if moved != deadline:
                effects.append(self._clock(How.MOVED, moved, old=deadline))
        return effects

    def _arm_now(self, effect: ArmNow) -> list[Effect]:
        kind = self.facts.kind_of(effect.track)
        name = f"{kind}.{self.facts.state_of(effect.track)}.{effect.name}"
        rule = rule_of(name)
        span = replace(rule.within, value=effect.working_days) if effect.working_days else None
        again = [
            d
            for d in self.facts.deadlines
            if d.live and (d.track, d.name, d.item) == (effect.track, effect.name, effect.item)
        ]
        ended: list[Effect] = [self._clock(How.CANCELLED, replace(d, status="cancelled"), old=d) for d in again]
        return ended + self._arm(rule, name, effect.track, span=span, item=effect.item, on=effect.on)

    def _halve(self, _: Halve) -> list[Effect]:
        effects: list[Effect] = []
        self.facts = self.facts.changed(urgent=True)
        for deadline in [d for d in self.facts.deadlines if d.status == "open" and d.unit == Unit.WORKING_DAYS]:
            halved = clocks.halve(rule_of(deadline.rule), deadline, self.day, self.facts.calendar)
            effects.append(self._clock(How.MOVED, halved, old=deadline))
        return effects + self._resume([d for d in self.facts.deadlines if d.status == "paused"], "closure")

    def _give_back(self, effect: GiveBack) -> list[Effect]:
        effects: list[Effect] = []
        for deadline in [d for d in self.facts.deadlines if d.undo_of == effect.track]:
            open_again = replace(deadline, status="open", undo_of=None, paused_by=frozenset(), left=None)
            if deadline.left is not None:
                open_again = replace(open_again, due_on=self.facts.calendar.shift(self.day, deadline.left))
            effects.append(self._clock(How.RESTORED, open_again, old=deadline))
        return effects


def _concerned(deadline: ArmedDeadline, hold: Hold) -> bool:
    """Whether a hold or a closure stops this deadline: a closed branch stops its own clocks only."""
    if deadline.track == TERRITORY_TRACK or (hold.tracks is not None and deadline.track not in hold.tracks):
        return False
    return hold.cause != "closure" or owner_role(deadline.rule) is Role.OPERATOR
