"""How the case goes from one state to the next: a start, a return, a new orientation, the follow-up."""

from __future__ import annotations

from collections.abc import Iterator

from engine.effects import (
    Effect,
    PutNeed,
    Route,
)
from engine.facts import Situation
from engine.guards import (
    a_pair_is_active,
    a_plan_is_taken_on,
    a_reason_is_given,
    a_referral_is_engaged,
    each_need_has_its_outcome,
    no_track_is_open,
)
from engine.inputs import of_kind, words
from engine.model import (
    InputKind,
    MailClass,
    Notify,
    Refusal,
    Role,
    Step,
)
from engine.state_names import CaseState
from engine.steps.needs import ADVISER, OUTCOMES, SYSTEM_OR_ADVISER, outcomes_are_kept

_STARTED = (Notify("step_taken", Role.ADVISER, MailClass.REMINDER),)

start_accompaniment = Step(
    "start_accompaniment",
    "Commencer l’accompagnement",
    SYSTEM_OR_ADVISER,
    CaseState.ACCOMPANIMENT,
    guards=(a_referral_is_engaged,),
    tells=_STARTED,
    guard_says="a referral is engaged",
    effect_says="tell the adviser",
)
start_mentoring = Step(
    "start_mentoring",
    "Commencer le mentorat",
    SYSTEM_OR_ADVISER,
    CaseState.MENTORING,
    guards=(a_pair_is_active,),
    tells=_STARTED,
    guard_says="a mentoring pair is active",
    effect_says="tell the adviser",
)
start_transition = Step(
    "start_transition",
    "Commencer l’appui à la transition",
    SYSTEM_OR_ADVISER,
    CaseState.TRANSITION_SUPPORT,
    guards=(a_plan_is_taken_on,),
    tells=_STARTED,
    guard_says="a transition plan is open (digital or ecological) and its owner took it on",
    effect_says="tell the adviser",
)
back_to_accompaniment = Step(
    "back_to_accompaniment",
    "Revenir à l’accompagnement",
    ADVISER,
    CaseState.ACCOMPANIMENT,
    guards=(a_referral_is_engaged,),
    guard_says="a referral is engaged",
)


def _a_need_is_new_or_reopened(at: Situation) -> Refusal | None:
    """Going back to orientation is about a need: one that is reopened, or one that has no outcome yet."""
    if at.asking or at.case.need(str(at.given("need"))) is not None:
        return None
    return Refusal("missing_need", "Dites quel besoin est nouveau ou rouvert.", field="need")


def _reopen_the_need(at: Situation) -> Iterator[Effect]:
    yield PutNeed(str(at.given("need")), None)
    yield Route()


reorient = Step(
    "reorient",
    "Réorienter le dossier",
    ADVISER,
    CaseState.ORIENTATION,
    inputs=(
        words("reason", "Pourquoi", required=True, missing="Dites pourquoi, en quelques mots."),
        of_kind(
            InputKind.NEED,
            "need",
            "Besoin nouveau ou rouvert",
            required=True,
            missing="Dites quel besoin est nouveau ou rouvert.",
        ),
    ),
    guards=(a_reason_is_given, _a_need_is_new_or_reopened),
    effects=(_reopen_the_need,),
    guard_says="a reason; a new or reopened need",
    effect_says="tracks keep their own state; routing computed again",
)
enter_follow_up = Step(
    "enter_follow_up",
    "Passer en suivi",
    ADVISER,
    CaseState.FOLLOW_UP,
    inputs=(OUTCOMES,),
    guards=(no_track_is_open, each_need_has_its_outcome),
    effects=(outcomes_are_kept,),
    guard_says="no open track; an outcome for each need",
    effect_says="follow-up checks planned",
)
