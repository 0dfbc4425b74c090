"""Transition support: a digital or ecological plan, from a score to a better one, and its machine."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from engine.de_minimis import total_on
from engine.effects import Effect, Forget, Later, Put, Tell
from engine.facts import ArmedDeadline, Referral, Situation
from engine.guards import TAKEN, score_is_whole
from engine.inputs import choice, of_kind, words
from engine.lists import ABANDON, LEVER
from engine.model import (
    Armed,
    Deadline,
    InputKind,
    Journey,
    Kind,
    MailClass,
    Notify,
    Refusal,
    Role,
    State,
    Step,
    due,
    escalate,
    met_by,
    remind,
    until,
    working_days,
)
from engine.sentences import in_euros, say
from engine.state_names import CaseState, PlanState
from engine.steps import in_any_open_state
from engine.steps.deciding import decide_next
from engine.steps.progress import progress_step
from engine.steps.starts import back_to_accompaniment, enter_follow_up, reorient, start_mentoring
from engine.working_days import EVENING

transition_support = State(
    CaseState.TRANSITION_SUPPORT,
    "Appui à la transition numérique ou écologique",
    Role.ADVISER,
    "a transition plan is under way",
    steps=(start_mentoring, back_to_accompaniment, reorient, enter_follow_up, *in_any_open_state),
    deadlines=(decide_next,),
    owner_says="the owner of its oldest open track, else adviser",
)

# -- the plan -------------------------------------------------------------------------------------------------------------

_OPERATOR_OR_ADVISER = frozenset({Role.OPERATOR, Role.ADVISER})
_ALL_THREE = _OPERATOR_OR_ADVISER | {Role.ENTREPRENEUR}
_OWNER_SAYS = "the plan's owner"


def _their_referral_is_taken(at: Situation) -> Refusal | None:
    if not at.actor.acts_as(Role.OPERATOR):
        return None
    if any(
        isinstance(t, Referral) and t.branch == at.actor.branch and t.state in TAKEN for t in at.case.tracks.values()
    ):
        return None
    return Refusal("no_referral_taken", "Prenez d’abord en charge une orientation de ce dossier.")


def _not_by_the_adviser(at: Situation) -> bool:
    return not at.actor.acts_as(Role.ADVISER)


def _by_the_adviser(at: Situation) -> bool:
    return at.actor.acts_as(Role.ADVISER)


open_plan = Step(
    "open",
    "Ouvrir un plan de transition",
    _OPERATOR_OR_ADVISER,
    PlanState.PLANNED,
    inputs=(
        choice("lever", "Levier", LEVER, missing="Choisissez : numérique ou écologique."),
        of_kind(InputKind.BRANCH, "branch", "Confié à l’antenne"),
    ),
    guards=(_their_referral_is_taken,),
    tells=(
        Notify("plan_opened", Role.ADVISER, when=_not_by_the_adviser),
        Notify("plan_opened", Role.OWNER, when=_by_the_adviser),
    ),
    guard_says="the case is qualified and open; a lever; operator: its referral is accepted or engaged",
    effect_says="the owner is told",
)


def _diagnostician_is_named(at: Situation) -> Iterator[Effect]:
    owner = {} if at.plan.owner else {"owner": at.actor.person}
    yield Put(at.act.track, {"diagnostician": at.given("diagnostician") or at.actor.name, **owner})


start_diagnosis = Step(
    "start_diagnosis",
    "Commencer le diagnostic",
    _OPERATOR_OR_ADVISER,
    PlanState.DIAGNOSING,
    inputs=(words("diagnostician", "Qui fait le diagnostic"),),
    guards=(_their_referral_is_taken,),
    effects=(_diagnostician_is_named,),
    proposes="start_transition",
    tells=(Notify("transition_started", Role.ENTREPRENEUR),),
    guard_says="the owner took it on: a referral of its branch is accepted or engaged, or an adviser of the territory",
    effect_says="the case proposed start_transition",
)


def _scored_before(at: Situation) -> Refusal | None:
    if at.plan.score_before:
        return None
    return Refusal("no_score_before", "Notez d’abord le score de départ, sur les cinq dimensions.", settled_by="score")


def _an_action_with_a_date(at: Situation) -> Refusal | None:
    actions = at.given("actions") or []
    if at.asking or (actions and all(action.get("name") and action.get("day") for action in actions)):
        return None
    return Refusal("no_action", "Notez au moins une action, avec sa date.", field="actions")


def _aids_within_the_ceiling(at: Situation) -> Refusal | None:
    """What is noted of the undertaking, or what it declares when that is more, is within the ceiling of the day."""
    declared = at.given("de_minimis_total")
    total = total_on(at.case.de_minimis, at.day, None if declared is None else Decimal(str(declared)))
    if not total.exceeded:
        return None
    return Refusal(
        "de_minimis_exceeded",
        say(
            "Le total des aides de minimis dépasse {ceiling} sur trois ans : il est de {euros}. Vérifiez les aides notées avant de valider.",
            ceiling=in_euros(total.ceiling.euros),
            euros=in_euros(total.euros),
        ),
        field="de_minimis_total",
    )


validate_plan = Step(
    "validate_plan",
    "Valider le plan d’action",
    _ALL_THREE,
    PlanState.PLAN_READY,
    inputs=(
        of_kind(
            InputKind.ACTIONS,
            "actions",
            "Actions, avec leurs dates",
            required=True,
            missing="Notez au moins une action, avec sa date.",
        ),
        of_kind(InputKind.NUMBER, "de_minimis_total", "Aides de minimis sur trois ans, en euros"),
        words("text", "Financement"),
    ),
    guards=(_scored_before, _an_action_with_a_date, _aids_within_the_ceiling),
    tells=(Notify("plan_ready", Role.ENTREPRENEUR),),
    guard_says="score before on the 5 dimensions; at least one action with a date; the de minimis total is within its ceiling",
    effect_says="entrepreneur told",
)


def watch_the_last_action(at: Situation) -> Iterator[Effect]:
    """When the last action's date has passed, the plan is to be finished or extended."""
    days = [action.day for action in at.plan.actions]
    if days:
        yield Later(at.act.track, "last_action_passed", at.case.calendar.at(at.case.calendar.roll(max(days)), EVENING))


start_action = Step(
    "start_action",
    "Commencer une première action",
    _ALL_THREE,
    PlanState.IN_PROGRESS,
    effects=(watch_the_last_action,),
)


record_progress = progress_step(
    "Donner des nouvelles du plan",
    _OPERATOR_OR_ADVISER,
    words("text", "En une phrase"),
    guard_says="with one sentence",
    effect_says="the plan's",
)


def _scored_after(at: Situation) -> Refusal | None:
    if at.asking or at.plan.score_after or score_is_whole(at.given("score_after"), at.plan.lever):
        return None
    if at.plan.state == PlanState.DIAGNOSING:
        if str(at.given("nothing_to_do") or "").strip():
            return None
        return Refusal(
            "nothing_to_do_unsaid",
            "Dites pourquoi il n’y a rien à faire, ou donnez le score après les travaux.",
            field="nothing_to_do",
        )
    return Refusal("no_score_after", "Donnez le score après les travaux.", field="score_after")


def _better(at: Situation) -> Iterator[Effect]:
    yield Forget(at.act.track)
    if at.given("score_after"):
        yield Put(at.act.track, {"score_after": dict(at.given("score_after"))})
    if at.case.open_tracks():
        return
    yield Tell("decide_next", Role.ADVISER, MailClass.DIRECT, at.act.track)


finish = Step(
    "finish",
    "Terminer le plan",
    _OPERATOR_OR_ADVISER,
    PlanState.DONE,
    inputs=(
        of_kind(InputKind.SCORE, "score_after", "Score après les travaux"),
        of_kind(InputKind.AIDS, "aids", "Aides obtenues"),
        words("nothing_to_do", "Rien à faire : pourquoi"),
    ),
    guards=(_scored_after,),
    effects=(_better,),
    tells=(Notify("step_taken", Role.ADVISER, MailClass.REMINDER, when=_not_by_the_adviser),),
    guard_says="score after, aids obtained; from diagnosing: nothing to do, and why",
)


def _given_up(at: Situation) -> Iterator[Effect]:
    yield Forget(at.act.track)
    yield Put(at.act.track, {"closing_reason": at.given("reason")})
    if not at.actor.acts_as(Role.ADVISER) and not at.case.open_tracks():
        yield Tell("decide_next", Role.ADVISER, MailClass.DIRECT, at.act.track)


abandon = Step(
    "abandon",
    "Abandonner le plan",
    _ALL_THREE | {Role.SYSTEM},
    PlanState.ABANDONED,
    inputs=(choice("reason", "Motif", ABANDON, missing="Choisissez le motif."), words("text", "Précision")),
    effects=(_given_up,),
    tells=(Notify("plan_abandoned", Role.ENTREPRENEUR), Notify("plan_abandoned", Role.OWNER)),
    guard_says="a reason",
    effect_says="those concerned told",
)


def _scored(at: Situation, _: ArmedDeadline) -> bool:
    return bool(at.given("when") == "before")


def _that_action(at: Situation, armed: ArmedDeadline) -> bool:
    return bool(armed.item == at.given("action"))


def _new_action(at: Situation, _: ArmedDeadline) -> bool:
    return at.act.event == "finish" or at.given("news") == "new"


_OWNER = (Role.OWNER,)

transition_plan = Journey(
    Kind.TRANSITION_PLAN,
    "Plan de transition",
    PlanState.PLANNED,
    over=(PlanState.DONE, PlanState.ABANDONED),
    creations=(open_plan,),
    states=(
        State(
            PlanState.PLANNED,
            "Prévu",
            Role.OWNER,
            "a lever (digital or ecological) is chosen",
            (start_diagnosis, abandon),
            (
                Deadline(
                    "booking",
                    "Prise de rendez-vous",
                    "Commencer le diagnostic",
                    working_days(10),
                    (remind(due, *_OWNER), escalate(due + 5, Role.ADVISER)),
                    met_by("start_diagnosis"),
                ),
            ),
            _OWNER_SAYS,
        ),
        State(
            PlanState.DIAGNOSING,
            "Diagnostic",
            Role.OWNER,
            "a diagnostician is named",
            (validate_plan, record_progress, finish, abandon),
            (
                Deadline(
                    "diagnosis",
                    "Diagnostic",
                    "Noter le score de départ",
                    working_days(20),
                    (
                        remind(due - 3, *_OWNER),
                        remind(due, *_OWNER),
                        escalate(due + 5, Role.OPERATOR_MANAGER, Role.ADVISER),
                    ),
                    met_by("the score before is recorded", records=("score",), condition=_scored),
                ),
                Deadline(
                    "plan",
                    "Plan d’action",
                    "Valider le plan d’action",
                    working_days(10),
                    (remind(due, *_OWNER), escalate(due + 5, Role.ADVISER)),
                    met_by("validate_plan or finish"),
                    Armed.SCORE_BEFORE,
                ),
            ),
            _OWNER_SAYS,
        ),
        State(
            PlanState.PLAN_READY,
            "Plan d’action validé",
            Role.OWNER,
            "score before, actions with dates, funding",
            (start_action, record_progress, finish, abandon),
            (
                Deadline(
                    "first_action",
                    "Première action",
                    "Commencer une action",
                    working_days(20),
                    (remind(due, Role.OWNER, Role.ENTREPRENEUR), escalate(due + 10, Role.ADVISER)),
                    met_by("start_action"),
                ),
            ),
            _OWNER_SAYS,
        ),
        State(
            PlanState.IN_PROGRESS,
            "Mise en œuvre",
            Role.OWNER,
            "a first action is started",
            (record_progress, finish, abandon),
            (
                Deadline(
                    "action",
                    "Action du plan",
                    "Faire l’action",
                    until("the action's date"),
                    (remind(due - 3, *_OWNER), remind(due, *_OWNER), escalate(due + 5, Role.ADVISER)),
                    met_by("the action is done or moved", records=("action",), condition=_that_action),
                    Armed.EACH_ACTION,
                ),
                Deadline(
                    "finish_or_extend",
                    "Terminer ou prolonger le plan",
                    "Terminer ou prolonger le plan",
                    working_days(10),
                    (remind(due, *_OWNER), escalate(due + 5, Role.ADVISER)),
                    met_by(
                        "finish, or a new action", "transition_plan.finish", records=("action",), condition=_new_action
                    ),
                    Armed.LAST_ACTION_PASSED,
                ),
            ),
            _OWNER_SAYS,
        ),
        State(PlanState.DONE, "Réalisé", None, "score after"),
        State(PlanState.ABANDONED, "Abandonné", None, "a reason"),
    ),
)
