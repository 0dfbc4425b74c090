"""The machines of a case together, walked at random: what holds after every act, whoever does whatever whenever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.decision import decide
from engine.definition import MACHINES, OVER, owner_role
from engine.effects import Decision
from engine.facts import Act, CaseFacts
from engine.model import CASE_TRACK, NEW, Kind, Role, Step
from engine.records import CASE_RECORDS
from tests.engine.people_and_cases import PLACES, Life, a_case, actor_of, entered

WALKS = st.lists(st.tuples(st.integers(0, 1999), st.integers(0, 59), st.integers(0, 11)), min_size=5, max_size=70)
GAPS = (0, 0, 0, 0, 1, 5, 24, 30, 72, 24 * 7, 24 * 20, 24 * 150)
"""Hours between two acts."""
START = ((CASE_TRACK, "log"), (CASE_TRACK, "contact"), (CASE_TRACK, "qualify"))
GROUPS = ("track",) * 9 + ("case",) * 4 + ("record",) * 3 + ("new track",) * 3 + ("rare",)
BOUNDED = settings(derandomize=True, deadline=None, max_examples=120, suppress_health_check=list(HealthCheck))

Check = Callable[[Life, CaseFacts, Act, Decision], None]


def walk(place: Any, choices: list[tuple[int, int, int]], check: Check) -> Life:
    """Live a case: each choice lets time pass, then takes one act of those that are allowed, or tries one that may not be.

    The check is asked after every decision.
    """
    life = Life(a_case(calendar=place))
    for track, event in START:
        _try(life, track, MACHINES[Kind.CASE].steps.get((life.facts.state, event)) or CASE_RECORDS[event], 0, check)
    for choice, pick, gap in choices:
        for facts, act, told in life.comes_by_itself(life.now + timedelta(hours=GAPS[gap], minutes=1)):
            _decided(life, facts, act, told, check)
        _try(life, *_chosen(life, choice, pick), pick, check)
    return life


def _chosen(life: Life, choice: int, pick: int) -> tuple[str, Step]:
    """One act: mostly a step of a track, mostly one that is allowed."""
    possible = life.possible()
    group = GROUPS[choice % len(GROUPS)]
    found = [(track, step) for track, step in possible if _group_of(life, track, step) == group] or possible
    if pick % 7:
        found = [(track, step) for track, step in found if decide(*_asked(life, track, step, pick)).allowed] or found
    return found[choice // len(GROUPS) % len(found)]


def _group_of(life: Life, track: str, step: Step) -> str:
    if step.record:
        return "record"
    if track == CASE_TRACK:
        return "rare" if step.event in ("close", "withdraw_consent") else "case"
    return "track" if track in life.facts.tracks else "new track"


def _try(life: Life, track: str, step: Step, pick: int, check: Check) -> None:
    facts, act = _asked(life, track, step, pick)
    _decided(life, facts, act, f"{act.actor.role} {track} {step.event} {act.payload}", check)


def _asked(life: Life, track: str, step: Step, pick: int) -> tuple[CaseFacts, Act]:
    facts, roles = life.prepared(track, step, pick), sorted(step.by)
    payload = entered(step, facts, track, life.day, pick)
    return facts, Act(track, step.event, actor_of(roles[pick % len(roles)]), life.now, payload)


def _decided(life: Life, facts: CaseFacts, act: Act, told: str, check: Check) -> None:
    decision = decide(facts, act)
    if decision.allowed:
        life.keep(decision, told)
    check(life, facts, act, decision)


def holds(check: Check) -> Callable[[], None]:
    """Ask that check after every decision of many lives."""

    @BOUNDED
    @given(st.sampled_from(PLACES), WALKS)
    def lived(place: Any, choices: list[tuple[int, int, int]]) -> None:
        walk(place, choices, check)

    return lived


def _live(facts: CaseFacts) -> list[Any]:
    return [d for d in facts.deadlines if d.live]


def _the_same_answer_twice(_: Life, facts: CaseFacts, act: Act, decision: Decision) -> None:
    assert decide(facts, act) == decision


def _nothing_moves_when_refused(_: Life, facts: CaseFacts, act: Act, decision: Decision) -> None:
    if not decision.allowed:
        assert decision.moves == ()
        assert decision.facts is facts
        assert all(reason.message for reason in decision.reasons)


def _the_moves_replayed_give_the_states(_: Life, facts: CaseFacts, act: Act, decision: Decision) -> None:
    states = {name: track.state for name, track in facts.tracks.items()} | {CASE_TRACK: facts.state}
    for move in decision.moves:
        assert move.from_state == states.get(move.track, NEW)
        if move.record:
            assert move.to_state == move.from_state
        states[move.track] = move.to_state
    for name in (CASE_TRACK, *decision.facts.tracks):
        assert decision.facts.state_of(name) == states[name]


def _nothing_lives_on_a_closed_case(life: Life, *_: Any) -> None:
    if life.facts.state == "closed":
        assert not life.facts.open_tracks(), life.told
        assert {d.rule for d in _live(life.facts)} <= {"case.closed.satisfaction"}, life.told


def _each_deadline_runs_once(life: Life, *_: Any) -> None:
    counted = Counter((d.track, d.rule, d.item) for d in _live(life.facts))
    assert not [key for key, count in counted.items() if count > 1], life.told


def _what_stands_still_says_why(life: Life, *_: Any) -> None:
    for deadline in _live(life.facts):
        assert (deadline.status == "paused") == bool(deadline.paused_by), (deadline, life.told)
        assert (deadline.status == "paused") == (deadline.left is not None), (deadline, life.told)


def _what_is_due_is_due_on_a_working_day(life: Life, *_: Any) -> None:
    for deadline in _live(life.facts):
        assert life.facts.calendar.works(deadline.due_on), (deadline, life.told)


def _nothing_runs_on_hold(life: Life, *_: Any) -> None:
    if life.facts.on_hold_until is not None:
        running = [d for d in _live(life.facts) if d.status == "open" and owner_role(d.rule) is not Role.SYSTEM]
        assert not running, (running, life.told)


def _a_deadline_belongs_to_where_its_track_is(life: Life, *_: Any) -> None:
    for deadline in _live(life.facts):
        if deadline.name not in ("real_contact", "satisfaction"):
            assert _may_run_in(deadline, life.facts), (deadline, life.told)


def _may_run_in(deadline: Any, facts: CaseFacts) -> bool:
    here = facts.state_of(deadline.track)
    paused_for = {
        "info_requested": ("sent",),
        "paused": ("active",),
        "mid_review": ("active",),
        "active": ("mid_review",),
    }
    return deadline.state == here or deadline.state in paused_for.get(here, ())


def _somebody_owns_what_is_open(life: Life, *_: Any) -> None:
    for kind, state in [(Kind.CASE, life.facts.state), *((t.kind, t.state) for t in life.facts.tracks.values())]:
        assert state == NEW or (MACHINES[kind].states[state].owner is None) == (state in OVER[kind])


def _something_is_due_where_a_case_lives(life: Life, *_: Any) -> None:
    facts = life.facts
    if facts.state not in (NEW, "closed") and facts.on_hold_until is None:
        assert _live(facts), life.told


def _something_is_due_on_each_open_track(life: Life, *_: Any) -> None:
    for track in life.facts.open_tracks():
        waits = any(known.track == track.name for known in life.later)
        assert waits or any(d.track == track.name for d in _live(life.facts)), (track, life.told)


test_the_same_facts_and_act_give_the_same_decision = holds(_the_same_answer_twice)
test_a_refused_act_changes_nothing_and_says_why = holds(_nothing_moves_when_refused)
test_replaying_the_moves_gives_the_stored_states = holds(_the_moves_replayed_give_the_states)
test_nothing_lives_on_a_closed_case_but_its_survey = holds(_nothing_lives_on_a_closed_case)
test_no_deadline_runs_twice = holds(_each_deadline_runs_once)
test_a_deadline_that_stands_still_says_why_and_what_is_left = holds(_what_stands_still_says_why)
test_what_is_due_is_due_on_a_working_day = holds(_what_is_due_is_due_on_a_working_day)
test_no_clock_of_a_person_runs_on_a_case_on_hold = holds(_nothing_runs_on_hold)
test_a_deadline_belongs_to_the_state_where_its_track_is = holds(_a_deadline_belongs_to_where_its_track_is)
test_every_open_state_has_an_owner = holds(_somebody_owns_what_is_open)
test_something_is_due_on_every_open_case = holds(_something_is_due_where_a_case_lives)
test_something_is_due_on_every_open_track = holds(_something_is_due_on_each_open_track)
