"""Closed: a reason is recorded; the case may come back within six months."""

from __future__ import annotations

from collections.abc import Iterator

from engine.effects import Effect, Put
from engine.facts import Situation
from engine.guards import a_reason_is_given
from engine.inputs import words
from engine.model import (
    CASE_TRACK,
    Deadline,
    MailClass,
    Notify,
    Refusal,
    Role,
    State,
    Step,
    act,
    due,
    met_by,
    working_days,
)
from engine.state_names import CaseState
from engine.steps.needs import ADVISER
from engine.working_days import months_after

REOPENED_WITHIN = 6
"""Months after its closing during which a case may be reopened."""


def _closed_recently(at: Situation) -> Refusal | None:
    closed_on = at.case.closed_on
    if closed_on is not None and at.day <= months_after(closed_on, REOPENED_WITHIN):
        return None
    return Refusal(
        "closed_too_long_ago", "Ce dossier est clos depuis plus de six mois : signalez à nouveau l’entreprise."
    )


def _still_known(at: Situation) -> Refusal | None:
    return (
        Refusal("anonymised", "Ce dossier est anonymisé : signalez à nouveau l’entreprise.")
        if at.case.anonymised
        else None
    )


def _not_a_duplicate(at: Situation) -> Refusal | None:
    return (
        Refusal("duplicate", "Ce dossier est un doublon, ouvrez l’autre.")
        if at.case.closed_reason == "duplicate"
        else None
    )


def _starts_anew(at: Situation) -> Iterator[Effect]:
    yield Put(CASE_TRACK, {"real_contact": False, "opened_at": at.act.now, "closed_reason": None})


def _by_themselves(at: Situation) -> bool:
    return at.actor.role is Role.ENTREPRENEUR


def _by_somebody_else(at: Situation) -> bool:
    return at.actor.role is not Role.ENTREPRENEUR


def _not_by_the_referent(at: Situation) -> bool:
    return at.actor.person != at.case.referent


_GUARDS = (_not_a_duplicate, _still_known, _closed_recently)
_GUARD_SAYS = "closed ≤ 6 months ago, not anonymised, not as duplicate"

reopen = Step(
    "reopen",
    "Rouvrir le dossier",
    frozenset({Role.ADVISER, Role.ENTREPRENEUR}),
    CaseState.DETECTION,
    inputs=(words("reason", "Pourquoi", required=True, missing="Dites pourquoi, en quelques mots."),),
    guards=(*_GUARDS, a_reason_is_given),
    effects=(_starts_anew,),
    tells=(
        Notify("new_case", Role.ADVISER, when=_not_by_the_referent),
        Notify("case_logged_ack", Role.ENTREPRENEUR, MailClass.REQUESTED, when=_by_themselves),
        Notify("case_logged", Role.ENTREPRENEUR, when=_by_somebody_else),
    ),
    guard_says=_GUARD_SAYS,
    effect_says="a reason; history kept",
)
reopen_follow_up = Step(
    "reopen_follow_up",
    "Reprendre le suivi",
    ADVISER,
    CaseState.FOLLOW_UP,
    guards=_GUARDS,
    effects=(lambda at: (Put(CASE_TRACK, {"closed_reason": None}),),),
    guard_says=_GUARD_SAYS,
)

closed = State(
    CaseState.CLOSED,
    "Clos",
    None,
    "a closing reason is recorded",
    steps=(reopen, reopen_follow_up),
    deadlines=(
        Deadline(
            "satisfaction",
            "Enquête",
            "Enquête de satisfaction",
            working_days(10),
            (
                act(
                    due,
                    "survey the entrepreneur, unless the reason is duplicate, unreachable, withdrawn_by_entrepreneur, out_of_perimeter or no_need, "
                    "or one left within 60 wd",
                    event="survey",
                ),
            ),
            met_by("the survey has left", records=("survey",), condition=lambda at, _: bool(at.given("left"))),
            owner=Role.SYSTEM,
        ),
    ),
)
