"""The running machines are sound, and a machine that is broken on purpose is found out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.definition import MACHINES
from engine.model import (
    Armed,
    Deadline,
    Journey,
    Kind,
    MetBy,
    Notify,
    Role,
    State,
    Step,
    act,
    due,
    remind,
    working_days,
)
from engine.soundness import problems

REFERRAL = MACHINES[Kind.REFERRAL].journey


def test_the_running_machines_are_sound() -> None:
    assert problems() == ()


def changed(code: str, change: Callable[[State], State]) -> Journey:
    """The referral's machine with one of its states changed."""
    return replace(REFERRAL, states=tuple(change(s) if s.code == code else s for s in REFERRAL.states))


def with_deadline(change: Callable[[Deadline], Deadline]) -> Journey:
    return changed("sent", lambda state: replace(state, deadlines=tuple(map(change, state.deadlines))))


def with_step(event: str, change: Callable[[Step], Step]) -> Journey:
    return changed(
        "sent", lambda state: replace(state, steps=tuple(change(s) if s.event == event else s for s in state.steps))
    )


ISLAND = State("island", "Île", Role.ADVISER, "never", (), REFERRAL.states[0].deadlines)
ALWAYS = Step("sulk", "Bouder", frozenset({Role.ADVISER}), "draft")


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        (replace(REFERRAL, states=(*REFERRAL.states, ISLAND)), "island cannot be reached"),
        (replace(REFERRAL, states=(*REFERRAL.states, ISLAND)), "island leads to no end"),
        (replace(REFERRAL, states=REFERRAL.states[1:]), "names the state draft, which does not exist"),
        (replace(REFERRAL, initial="sent"), "not created in its initial state"),
        (with_step("accept", lambda s: replace(s, to="nowhere")), "to nowhere, which does not exist"),
        (changed("sent", lambda s: replace(s, owner=None)), "sent is open and nobody owns it"),
        (changed("sent", lambda s: replace(s, deadlines=())), "nothing is ever due"),
        (with_deadline(lambda d: replace(d, armed=Armed.EFFECT)), "nothing is ever due"),
        (changed("sent", lambda s: replace(s, french=" ")), "has no French name"),
        (changed("sent", lambda s: replace(s, steps=(*s.steps, s.steps[0]))), "two steps named"),
        (changed("declined", lambda s: replace(s, owner=Role.ADVISER)), "over and still owned"),
        (changed("declined", lambda s: replace(s, steps=(ALWAYS,))), "is over and sulk leaves it"),
        (with_deadline(lambda d: replace(d, marks=())), "has no mark"),
        (with_deadline(lambda d: replace(d, todo="")), "what is to be done"),
        (with_deadline(lambda d: replace(d, rule="Answer!")), "not written in snake_case"),
        (with_deadline(lambda d: replace(d, marks=(remind(due, Role.OPERATOR, key="Bad-Key"),))), "Bad-Key"),
        (with_deadline(lambda d: replace(d, marks=(remind(due),))), "reaches nobody"),
        (with_deadline(lambda d: replace(d, marks=(act(due, "fly", event="fly"),))), "does 'fly' by itself"),
        (with_deadline(lambda d: replace(d, marks=(act(due, "send", event="send"),))), "no step of that state"),
        (with_deadline(lambda d: replace(d, marks=(act(due, "accept", event="accept"),))), "the system may not do"),
        (with_deadline(lambda d: replace(d, met_by=MetBy("x", frozenset({"referral.fly"})))), "met by referral.fly"),
        (with_deadline(lambda d: replace(d, met_by=MetBy("x", records=frozenset({"fly"})))), "met by the record fly"),
        (with_deadline(lambda d: replace(d, met_by=MetBy("send or fly"))), "names no step: fly"),
        (with_step("accept", lambda s: replace(s, label="")), "no French label"),
        (with_step("accept", lambda s: replace(s, by=frozenset())), "by nobody"),
        (with_step("accept", lambda s: replace(s, by=frozenset({Role.OBSERVER}))), "who never acts"),
        (with_step("accept", lambda s: replace(s, event="Accept")), "not written in snake_case"),
        (with_step("accept", lambda s: replace(s, tells=(Notify("Who calls", Role.ADVISER),))), "Who calls"),
        (with_step("accept", lambda s: replace(s, tells=(Notify("who_calls", "king"),))), "role king"),
        (with_step("accept", lambda s: replace(s, inputs=(replace(s.inputs[0], missing=""),))), "agent"),
    ],
)
def test_a_broken_machine_is_found_out(broken: Journey, found: str) -> None:
    assert [line for line in problems((broken,)) if found in line]


def test_a_rename_goes_from_a_state_that_is_gone_to_one_that_is_there() -> None:
    wrong = problems(renames={Kind.REFERRAL: {"sent": "asked", "posted": "sent"}})
    assert wrong == (
        "referral.sent is said to be renamed, and still exists",
        "referral.sent is renamed to asked, which does not exist",
    )


def test_a_sound_deadline_may_be_added() -> None:
    more = Deadline(
        "call", "Appel", "Appeler", working_days(2), (remind(due, Role.OPERATOR),), MetBy("accept or decline")
    )
    assert problems((changed("sent", lambda s: replace(s, deadlines=(*s.deadlines, more))),)) == ()
