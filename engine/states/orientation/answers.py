"""What an operator answers: a question, yes, no, nothing at all, and a change of mind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from engine.effects import Effect, Follow, Forget, GiveBack, Later, Put, Route, Tell
from engine.facts import Situation
from engine.guards import answered_on_behalf, its_needs_are_open, no_sibling_is_taken
from engine.inputs import choice, of_kind, words
from engine.lists import DECLINE
from engine.model import InputKind, Leaving, MailClass, Notify, Refusal, Role, Step
from engine.sentences import say
from engine.state_names import ReferralState
from engine.states.orientation.closures import closures_stop_its_clocks

CALL_BACK_WITHIN: Final = 10
"""Minutes during which an answer can be undone before anybody is told."""
CALL_BACK: Final = timedelta(minutes=CALL_BACK_WITHIN)
QUESTIONS_AT_MOST: Final = 2

OPERATOR_OR_ADVISER = frozenset({Role.OPERATOR, Role.ADVISER})
WAITING = (ReferralState.DRAFT, ReferralState.SENT, ReferralState.INFO_REQUESTED)


def noted_by_the_adviser(at: Situation) -> bool:
    """The adviser answers for the operator, who may correct it."""
    return at.actor.acts_as(Role.ADVISER)


def _said_by_the_operator(at: Situation) -> bool:
    return at.actor.acts_as(Role.OPERATOR)


# -- questions ------------------------------------------------------------------------------------------------------------


def _at_most_two(at: Situation) -> Refusal | None:
    if at.referral.questions < QUESTIONS_AT_MOST:
        return None
    return Refusal(
        "two_questions", "Vous avez déjà posé deux questions : acceptez, ou dites pourquoi ce n’est pas pour vous."
    )


def _one_more_question(at: Situation) -> Iterator[Effect]:
    yield Put(at.act.track, {"questions": at.referral.questions + 1})


ask_info = Step(
    "ask_info",
    "J’ai une question",
    OPERATOR_OR_ADVISER,
    ReferralState.INFO_REQUESTED,
    inputs=(words("question", "Votre question", required=True, missing="Écrivez votre question."),),
    guards=(_at_most_two, answered_on_behalf),
    effects=(_one_more_question,),
    leaving=Leaving.PAUSE,
    tells=(Notify("question", Role.ADVISER),),
    guard_says="a question; at most 2 a referral; adviser: on behalf",
    effect_says="the answer clock is paused; adviser told",
)
answer_info = Step(
    "answer_info",
    "Répondre à la question",
    frozenset({Role.ADVISER, Role.ENTREPRENEUR}),
    ReferralState.SENT,
    inputs=(words("answer", "Votre réponse", required=True, missing="Écrivez votre réponse."),),
    leaving=Leaving.RESUME,
    arms_entry=False,
    tells=(Notify("question_answered", Role.OPERATOR),),
    guard_says="an answer",
    effect_says="the clock goes on; operator told",
)

# -- yes ------------------------------------------------------------------------------------------------------------------


def an_agent_of_the_branch(at: Situation) -> Refusal | None:
    """The agent who will call is one of the branch's."""
    if at.asking or at.given("agent") in at.referral.agents:
        return None
    return Refusal(
        "no_agent",
        say("Dites qui appellera : un conseiller de {branch}.", branch=at.referral.branch_name or "l’antenne"),
        field="agent",
    )


def _there_is_room(at: Situation) -> Refusal | None:
    free = at.referral.free_places
    if free is None or free > 0 or str(at.given("exceed_reason") or "").strip():
        return None
    return Refusal(
        "no_capacity",
        "L’antenne n’a plus de place cette semaine : dites pourquoi vous prenez cette demande quand même.",
        field="exceed_reason",
        settled_by="exceed_reason",
    )


def _taken(at: Situation) -> Iterator[Effect]:
    yield Put(at.act.track, {"agent": at.given("agent"), "answered_at": at.act.now, "touched": False})
    for sibling in at.case.siblings(at.referral, *WAITING):
        yield Later(sibling.name, "withdraw", at.act.now + CALL_BACK, {"reason": "taken_by_other", "for": at.act.track})


accept = Step(
    "accept",
    "Je prends en charge",
    OPERATOR_OR_ADVISER,
    ReferralState.ACCEPTED,
    inputs=(
        of_kind(InputKind.AGENT, "agent", "Qui appelle", required=True, missing="Dites qui appellera."),
        words("exceed_reason", "Pourquoi au-delà de vos places"),
    ),
    guards=(no_sibling_is_taken, answered_on_behalf, an_agent_of_the_branch, _there_is_room),
    effects=(_taken,),
    answers=True,
    tells=(
        Notify("who_calls", Role.ENTREPRENEUR, after=CALL_BACK_WITHIN),
        Notify("answered_for_you", Role.OPERATOR, when=noted_by_the_adviser),
        Notify("step_taken", Role.ADVISER, MailClass.REMINDER, when=_said_by_the_operator),
    ),
    guard_says="an agent of the branch is named; capacity, or a reason to exceed it; no exclusive sibling accepted or engaged; adviser: on behalf",
    effect_says="10 minutes later: exclusive siblings in draft, sent or info_requested withdrawn, the entrepreneur told who calls and by when",
)

# -- no -------------------------------------------------------------------------------------------------------------------


def _text_if_other(at: Situation) -> Refusal | None:
    if at.given("reason") != "other" or str(at.given("text") or "").strip():
        return None
    return Refusal("missing_text", "« Autre » : dites pourquoi, en une phrase.", field="text")


def _answered(at: Situation) -> Iterator[Effect]:
    yield Put(at.act.track, {"answered_at": at.act.now, "touched": False, "closing_reason": at.given("reason")})
    yield Forget(at.act.track)
    yield Route()


decline = Step(
    "decline",
    "Ce n’est pas pour moi",
    OPERATOR_OR_ADVISER,
    ReferralState.DECLINED,
    inputs=(
        choice("reason", "Motif", DECLINE, missing="Choisissez le motif."),
        words("text", "Précision"),
        words("rather", "Plutôt…"),
    ),
    guards=(_text_if_other, answered_on_behalf),
    effects=(_answered,),
    answers=True,
    tells=(
        Notify("referral_declined", Role.ADVISER),
        Notify("answered_for_you", Role.OPERATOR, when=noted_by_the_adviser),
    ),
    guard_says="a reason from the list (text if other); no exchange took place; adviser: on behalf",
    effect_says="adviser told; the next candidate is suggested to the adviser (a suggestion, not a track)",
)

# -- nothing --------------------------------------------------------------------------------------------------------------


def _the_next_is_proposed(_: Situation) -> Iterator[Effect]:
    yield Route()


def _its_act_has_come(at: Situation) -> Refusal | None:
    if at.asking or at.given("deadline"):
        return None
    return Refusal("not_expired", "Une orientation n’expire qu’à la fin de son délai.")


expire = Step(
    "expire",
    "Expirer",
    frozenset({Role.SYSTEM}),
    ReferralState.EXPIRED,
    guards=(_its_act_has_come,),
    effects=(_the_next_is_proposed,),
    tells=(Notify("referral_expired", Role.ADVISER),),
    guard_says="its deadline's act has come (closures pause it, except when urgent)",
    effect_says="adviser told; counts in the branch's reliability when it came from sent; the next candidate is suggested",
)

# -- a change of mind -----------------------------------------------------------------------------------------------------


def _soon_enough(at: Situation) -> Refusal | None:
    answered = at.referral.answered_on
    if answered is not None and at.case.calendar.between(answered, at.day) <= 1:
        return None
    return Refusal("too_late_to_undo", "Il est trop tard pour revenir sur cette réponse : appelez le conseiller.")


def _nothing_since(at: Situation) -> Refusal | None:
    if not at.referral.touched:
        return None
    return Refusal("recorded_since", "Quelque chose a été noté depuis : appelez le conseiller.")


def _undone(at: Situation) -> Iterator[Effect]:
    answered = at.before.tracks[at.act.track].state
    said_at = at.before.tracks[at.act.track].answered_at
    told = said_at is None or at.act.now - said_at >= CALL_BACK
    yield Forget(at.act.track)
    yield GiveBack(at.act.track)
    yield Put(at.act.track, {"agent": None, "closing_reason": None})
    yield Route()
    if told and answered == ReferralState.ACCEPTED:
        yield Tell("who_calls_corrected", Role.ENTREPRENEUR, MailClass.DIRECT, at.act.track)
    if told:
        yield Tell("answer_undone", Role.ADVISER, MailClass.DIRECT, at.act.track)
    for track in at.case.tracks.values():
        if getattr(track, "withdrawn_for", None) == at.act.track and track.state == ReferralState.WITHDRAWN:
            yield Follow(track.name, "revive", {"undo_of": at.act.track})


undo_answer = Step(
    "undo_answer",
    "Revenir sur ma réponse",
    OPERATOR_OR_ADVISER,
    ReferralState.SENT,
    guards=(_soon_enough, _nothing_since, its_needs_are_open, no_sibling_is_taken),
    effects=(_undone, closures_stop_its_clocks),
    arms_entry=False,
    guard_says="≤ 1 wd after the answer; nothing recorded since; the case open and the need open; no exclusive sibling accepted or engaged",
    effect_says="within 10 minutes nothing has left; later those told are told again; siblings that this answer withdrew are revived",
)


def _who_may_revive(at: Situation) -> Refusal | None:
    if at.actor.acts_as(Role.OPERATOR) and at.referral.state != ReferralState.EXPIRED:
        return Refusal("only_expired", "Seul le conseiller peut relancer cette demande : appelez-le.")
    if at.actor.role is Role.SYSTEM and not at.given("undo_of"):
        return Refusal("only_to_undo", "Le système ne relance une demande que pour défaire une réponse.")
    return None


def _asked_anew(at: Situation) -> Iterator[Effect]:
    yield Put(at.act.track, {"withdrawn_for": None, "closing_reason": None, "agent": None})


revive = Step(
    "revive",
    "Relancer la demande",
    frozenset({Role.ADVISER, Role.OPERATOR, Role.SYSTEM}),
    ReferralState.SENT,
    guards=(_who_may_revive, its_needs_are_open, no_sibling_is_taken),
    effects=(_asked_anew, closures_stop_its_clocks),
    tells=(Notify("referral_sent", Role.OPERATOR),),
    guard_says="the case open, the need open, no exclusive sibling accepted or engaged; operator: only expired; system: only to undo",
    effect_says="a new clock",
)
