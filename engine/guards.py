"""Conditions that steps share; each answers None, or the French sentence that says why not and what to do."""

from __future__ import annotations

from datetime import date
from typing import Final

from engine.facts import Situation
from engine.lists import DIMENSIONS, SETTLES_NEEDS
from engine.model import Kind, Refusal, Role
from engine.sentences import say
from engine.state_names import PairState, PlanState, ReferralState

HOLD_AT_MOST: Final = 60
"""Working days that one hold, or one pause of a pair, may last."""
HOLD_IN_ALL: Final = 120
"""Working days that a case may be on hold in all."""
TAKEN: Final = (ReferralState.ACCEPTED, ReferralState.ENGAGED)
OWNED_PLAN: Final = (PlanState.DIAGNOSING, PlanState.PLAN_READY, PlanState.IN_PROGRESS)


def day_given(at: Situation, name: str) -> date | None:
    """A day that was entered: a date, or its text as YYYY-MM-DD; None when it is absent or unreadable."""
    value = at.given(name)
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def a_reason_is_given(at: Situation) -> Refusal | None:
    """The person says why, in their words."""
    if at.asking or str(at.given("reason") or "").strip():
        return None
    return Refusal("missing_reason", "Dites pourquoi, en quelques mots.", field="reason")


def a_referral_is_engaged(at: Situation) -> Refusal | None:
    """At least one operator has had a real exchange with the entrepreneur."""
    if any(t.state == ReferralState.ENGAGED for t in at.case.open_tracks(Kind.REFERRAL)):
        return None
    return Refusal("no_engaged_referral", "Aucun opérateur n’a encore pris contact.")


def a_pair_is_active(at: Situation) -> Refusal | None:
    """A mentor and the entrepreneur have both signed the charter, and the pair is not paused."""
    if any(t.state == PairState.ACTIVE for t in at.case.open_tracks(Kind.MENTORING_PAIR)):
        return None
    return Refusal("no_active_pair", "Aucun binôme n’est actif. Proposez d’abord un mentor.")


def a_plan_is_taken_on(at: Situation) -> Refusal | None:
    """A transition plan is open and its owner has taken it on."""
    if any(t.state in OWNED_PLAN for t in at.case.open_tracks(Kind.TRANSITION_PLAN)):
        return None
    return Refusal("no_plan_taken_on", "Aucun plan de transition n’a encore commencé son diagnostic.")


def no_track_is_open(at: Situation) -> Refusal | None:
    """Nothing runs beside the case any more."""
    count = len(at.case.open_tracks())
    if not count:
        return None
    what = "Un suivi est encore ouvert" if count == 1 else say("{count} suivis sont encore ouverts", count=count)
    return Refusal(
        "open_tracks", say("{what} : terminez d’abord les orientations, binômes et plans en cours.", what=what)
    )


def each_need_has_its_outcome(at: Situation) -> Refusal | None:
    """Every need has an outcome, already or in what is entered; some reasons of closing settle them by themselves."""
    if at.given("reason") in SETTLES_NEEDS:
        return None
    given = at.given("outcomes") or {}
    if all(need.outcome or given.get(need.id) for need in at.case.needs):
        return None
    return Refusal(
        "needs_without_outcome", "Donnez une issue à chaque besoin.", field="outcomes", settled_by="outcomes"
    )


def answered_on_behalf(at: Situation) -> Refusal | None:
    """An adviser who answers for an operator names the person and the channel."""
    if at.asking or not at.actor.acts_as(Role.ADVISER) or at.actor.role is Role.SYSTEM:
        return None
    behalf = at.actor.on_behalf_of or {}
    if behalf.get("channel") and behalf.get("person"):
        return None
    who = at.referral.operator_name or "l’opérateur"
    return Refusal(
        "not_on_behalf", say("Indiquez qui a répondu pour {who}, et par quel moyen.", who=who), field="on_behalf_of"
    )


def no_sibling_is_taken(at: Situation) -> Refusal | None:
    """No exclusive sibling is accepted or engaged: whoever answers first takes it."""
    if at.creating or not at.case.siblings(at.referral, *TAKEN):
        return None
    return Refusal("sibling_taken", "Une autre structure a répondu la première, il n’y a plus rien à faire.")


def its_needs_are_open(at: Situation) -> Refusal | None:
    """At least one need of the referral has no outcome yet."""
    needs = [at.case.need(need_id) for need_id in at.referral.needs]
    if any(need is not None and need.outcome is None for need in needs):
        return None
    return Refusal("need_closed", "Le besoin a déjà son issue. Rouvrez-le, ou faites une nouvelle orientation.")


def consent_to_share(at: Situation) -> Refusal | None:
    """The entrepreneur agreed that the case is shared with operators and mentors."""
    if at.case.consent_to_share:
        return None
    return Refusal(
        "no_consent_to_share",
        "Demandez d’abord son accord pour partager son dossier, et notez-le.",
        settled_by="consent",
    )


def three_attempts(at: Situation) -> Refusal | None:
    """A referral is given up as unreachable only after three attempts."""
    if at.given("reason") != "unreachable" or at.referral.attempts >= 3:
        return None
    return Refusal("three_attempts", "Il faut trois essais notés avant de conclure « injoignable ».", field="reason")


def an_end_date_within_sixty_days(at: Situation) -> Refusal | None:
    """A hold or a pause has an end date: after today, at most 60 working days away."""
    if at.asking:
        return None
    end = day_given(at, "until")
    if end is None:
        return Refusal("missing_until", "Dites jusqu’à quel jour.", field="until")
    if end <= at.day:
        return Refusal("date_in_past", "Choisissez un jour à venir.", field="until")
    if at.facts.calendar.between(at.day, end) > HOLD_AT_MOST:
        return Refusal(
            "hold_too_long",
            say("Une mise en attente dure {days} jours ouvrés au plus.", days=HOLD_AT_MOST),
            field="until",
        )
    return None


def score_is_whole(value: object, lever: str | None) -> bool:
    """Whether a score gives each of the lever's five dimensions a whole number from 0 to 4."""
    wanted = DIMENSIONS.get(lever or "", {})
    return (
        isinstance(value, dict)
        and set(value) == set(wanted)
        and all(isinstance(v, int) and not isinstance(v, bool) and 0 <= v <= 4 for v in value.values())
    )
