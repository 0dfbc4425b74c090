"""What the mentor, the entrepreneur and the adviser do with a pair."""

from __future__ import annotations

from collections.abc import Iterator

from engine.effects import Effect, Follow, Put, Tell
from engine.facts import Situation
from engine.guards import an_end_date_within_sixty_days, consent_to_share, day_given
from engine.inputs import choice, day, flag, number, of_kind, words
from engine.lists import DECLINE_PAIR, END_PAIR, PAUSE_PAIR, SIGNATORY
from engine.model import (
    InputKind,
    Leaving,
    MailClass,
    Notify,
    Refusal,
    Role,
    Step,
)
from engine.state_names import PairState
from engine.steps.needs import ADVISER
from engine.steps.progress import progress_step
from engine.working_days import months_after

_SYSTEM = frozenset({Role.SYSTEM})
_MENTOR_OR_ADVISER = frozenset({Role.MENTOR, Role.ADVISER})
_ALL_THREE = frozenset({Role.MENTOR, Role.ENTREPRENEUR, Role.ADVISER})
_ALL_THREE_AND_SYSTEM = _ALL_THREE | _SYSTEM

MID_TERM = 6
"""Months after which a pair reviews its work."""


def both(key: str) -> tuple[Notify, Notify]:
    """The mentor and the entrepreneur are told."""
    return Notify(key, Role.MENTOR), Notify(key, Role.ENTREPRENEUR)


def _the_mentor_is_free(at: Situation) -> Refusal | None:
    if at.creating:
        return None
    if at.pair.conflict:
        return Refusal(
            "conflict_of_interest",
            "Ce mentor a un lien avec l’entreprise : choisissez quelqu’un d’autre.",
            field="mentor",
        )
    if at.pair.free_places is not None and at.pair.free_places <= 0:
        return Refusal("mentor_full", "Ce mentor suit déjà autant de personnes qu’il le peut.", field="mentor")
    return None


propose = Step(
    "propose",
    "Proposer un mentor",
    ADVISER,
    PairState.PROPOSED,
    inputs=(
        of_kind(InputKind.MENTOR, "mentor", "Mentor", required=True, missing="Choisissez le mentor."),
        words("text", "Pourquoi ce binôme"),
    ),
    guards=(consent_to_share, _the_mentor_is_free),
    tells=both("pair_proposed"),
    guard_says="the case is qualified and open; consent covers it; the mentor has capacity and no conflict of interest",
    effect_says="mentor and entrepreneur are asked",
)


def party_of(at: Situation) -> str:
    """For whom a signature counts: an adviser signs for the entrepreneur, from the paper."""
    return "mentor" if at.actor.role is Role.MENTOR else "entrepreneur"


def _not_signed_yet(at: Situation) -> Refusal | None:
    signed = at.pair.mentor_signed if party_of(at) == "mentor" else at.pair.entrepreneur_signed
    return Refusal("signed_already", "La charte est déjà signée de ce côté.") if signed else None


def _from_a_signed_paper(at: Situation) -> Refusal | None:
    if at.asking or not at.actor.acts_as(Role.ADVISER) or at.given("paper"):
        return None
    return Refusal("no_paper", "Joignez la charte signée sur papier.", field="paper")


def _signed(at: Situation) -> Iterator[Effect]:
    party = party_of(at)
    yield Put(
        at.act.track, {f"{party}_signed_at": at.act.now, **({"entrepreneur_paper": True} if at.given("paper") else {})}
    )
    if at.pair.entrepreneur_signed if party == "mentor" else at.pair.mentor_signed:
        yield Follow(at.act.track, "accept_pair")


sign_charter = Step(
    "sign_charter",
    "Signer la charte",
    _ALL_THREE,
    inputs=(
        choice("for", "Pour qui", SIGNATORY, required=False),
        flag("paper", "La charte signée sur papier est jointe"),
    ),
    guards=(_not_signed_yet, _from_a_signed_paper),
    effects=(_signed,),
    guard_says="this party has not signed; adviser: for an entrepreneur, from a signed paper",
    effect_says="the second signature fires accept_pair",
)


def _both_signed(at: Situation) -> Refusal | None:
    if at.pair.mentor_signed and at.pair.entrepreneur_signed:
        return None
    return Refusal("not_both_signed", "Il manque une signature.")


def _begins(at: Situation) -> Iterator[Effect]:
    yield Put(at.act.track, {"began_on": at.day})


accept_pair = Step(
    "accept_pair",
    "Commencer",
    _SYSTEM,
    PairState.ACTIVE,
    guards=(_both_signed, _the_mentor_is_free),
    effects=(_begins,),
    proposes="start_mentoring",
    tells=both("pair_active"),
    guard_says="both signed; the mentor has capacity",
    effect_says="the case proposed start_mentoring",
)


def _ended_for(at: Situation) -> Iterator[Effect]:
    yield Put(at.act.track, {"closing_reason": at.given("reason") or "end_of_term", "paused_until": None})


decline_pair = Step(
    "decline_pair",
    "Pas cette fois",
    _ALL_THREE_AND_SYSTEM,
    PairState.DECLINED,
    inputs=(choice("reason", "Motif", DECLINE_PAIR, missing="Choisissez le motif."), words("text", "Précision")),
    effects=(_ended_for,),
    tells=(Notify("pair_declined", Role.ADVISER),),
    guard_says="a reason",
    effect_says="adviser told, the next mentor proposed",
)


record_progress = progress_step(
    "Écrire le carnet",
    _MENTOR_OR_ADVISER,
    day("met_on", "Quel jour"),
    number("minutes", "Durée, en minutes"),
    words("text", "Qu’a-t-elle décidé ?"),
    words("next", "La suite"),
    words("private_text", "Entre vous deux seulement"),
    guard_says="date, length, topics, next step; a part may be private to the pair",
    effect_says="the mentoring's",
)


def _pauses(at: Situation) -> Iterator[Effect]:
    yield Put(at.act.track, {"paused_until": day_given(at, "until")})


def _not_by_the_adviser(at: Situation) -> bool:
    return not at.actor.acts_as(Role.ADVISER)


def _not_by_the_mentor(at: Situation) -> bool:
    return at.actor.role is not Role.MENTOR


def _not_by_the_entrepreneur(at: Situation) -> bool:
    return at.actor.role is not Role.ENTREPRENEUR


pause = Step(
    "pause",
    "Faire une pause",
    _ALL_THREE,
    PairState.PAUSED,
    inputs=(
        choice("reason", "Motif", PAUSE_PAIR, missing="Choisissez le motif."),
        day("until", "Jusqu’au", required=True, missing="Dites jusqu’à quel jour."),
    ),
    guards=(an_end_date_within_sixty_days,),
    effects=(_pauses,),
    leaving=Leaving.PAUSE,
    tells=(
        Notify("pair_paused", Role.ADVISER, when=_not_by_the_adviser),
        Notify("pair_paused", Role.ENTREPRENEUR, when=_not_by_the_entrepreneur),
        Notify("pair_paused", Role.MENTOR, when=_not_by_the_mentor),
    ),
    guard_says="a reason; an end date ≤ 60 wd",
    effect_says="its deadlines paused",
)
resume = Step(
    "resume",
    "Reprendre",
    _MENTOR_OR_ADVISER | _SYSTEM,
    PairState.ACTIVE,
    effects=(lambda at: (Put(at.act.track, {"paused_until": None}),),),
    leaving=Leaving.RESUME,
    arms_entry=False,
    tells=(Notify("resumed", Role.MENTOR),),
    effect_says="its deadlines go on with what was left",
)


def _six_months_have_passed(at: Situation) -> Refusal | None:
    began = at.pair.began_on
    if at.pair.reviewed:
        return Refusal("reviewed_already", "Le bilan d’étape a déjà eu lieu.")
    if began is None or at.day < months_after(began, MID_TERM):
        return Refusal("not_six_months", "Le bilan d’étape se fait six mois après le début.")
    return None


mid_review_due = Step(
    "mid_review_due",
    "Faire le bilan d’étape",
    frozenset({Role.SYSTEM, Role.ADVISER}),
    PairState.MID_REVIEW,
    guards=(_six_months_have_passed,),
    leaving=Leaving.KEEP,
    tells=both("mid_review"),
    guard_says="6 months since the pair began; no mid-term review recorded",
    effect_says="both told",
)


def _a_review_is_written(at: Situation) -> Refusal | None:
    if at.asking or str(at.given("review") or "").strip():
        return None
    return Refusal("no_review", "Écrivez le bilan, en quelques mots.", field="review")


continue_pair = Step(
    "continue_pair",
    "Continuer",
    _ALL_THREE,
    PairState.ACTIVE,
    inputs=(words("review", "Votre bilan", required=True, missing="Écrivez le bilan, en quelques mots."),),
    guards=(_a_review_is_written,),
    effects=(lambda at: (Put(at.act.track, {"reviewed": True}),),),
    leaving=Leaving.KEEP,
    arms_entry=False,
    guard_says="the review's text",
    effect_says="the review is recorded; deadlines go on",
)


def _a_review_or_a_reason(at: Situation) -> Refusal | None:
    if at.asking or at.given("reason") or str(at.given("review") or "").strip():
        return None
    return Refusal("no_review_no_reason", "Écrivez un dernier bilan, ou choisissez un motif.", field="reason")


def _adviser_decides(at: Situation) -> Iterator[Effect]:
    yield from _ended_for(at)
    if not at.actor.acts_as(Role.ADVISER) and not at.case.open_tracks():
        yield Tell("decide_next", Role.ADVISER, MailClass.DIRECT, at.act.track)


end_pair = Step(
    "end_pair",
    "Terminer le binôme",
    _ALL_THREE_AND_SYSTEM,
    PairState.ENDED,
    inputs=(choice("reason", "Motif", END_PAIR, required=False), words("review", "Votre dernier bilan")),
    guards=(_a_review_or_a_reason,),
    effects=(_adviser_decides,),
    tells=both("pair_ended"),
    guard_says="a final review, or a reason",
    effect_says="both told",
)
