"""Detection: somebody noticed a business or a person; an adviser talks to them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.effects import Effect, Put, Route
from engine.facts import ArmedDeadline, Situation
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
    due,
    escalate,
    met_by,
    remind,
    working_days,
)
from engine.state_names import CaseState
from engine.steps import in_any_open_state
from engine.steps.needs import ADVISER

# -- log ------------------------------------------------------------------------------------------------------------------


def _may_be_contacted(at: Situation) -> Refusal | None:
    """RGPD, article 6: consent, or another legal basis such as the public mission."""
    if at.case.consent_to_contact or at.case.legal_basis:
        return None
    return Refusal(
        "no_legal_basis",
        "Notez son accord pour être rappelé, ou la base légale sur laquelle vous le notez.",
        field="consent",
    )


def _met_at_once(at: Situation) -> Iterator[Effect]:
    yield Put(CASE_TRACK, {"real_contact": bool(at.given("met_in_person"))})


def _by_themselves(at: Situation) -> bool:
    return at.actor.role is Role.ENTREPRENEUR


def _by_somebody_else(at: Situation) -> bool:
    return at.actor.role is not Role.ENTREPRENEUR and at.case.territory is not None


def _outside_any_territory(at: Situation) -> bool:
    return at.case.territory is None


def _not_by_the_referent(at: Situation) -> bool:
    return at.case.referent is not None and at.actor.person != at.case.referent


log = Step(
    "log",
    "Signaler une entreprise",
    frozenset({Role.ADVISER, Role.OPERATOR, Role.ENTREPRENEUR, Role.SYSTEM}),
    CaseState.DETECTION,
    guards=(_may_be_contacted,),
    effects=(_met_at_once,),
    tells=(
        Notify("case_logged", Role.ENTREPRENEUR, when=_by_somebody_else),
        Notify("case_logged_ack", Role.ENTREPRENEUR, MailClass.REQUESTED, when=_by_themselves),
        Notify("outside_territory", Role.ENTREPRENEUR, when=_outside_any_territory),
        Notify("new_case", Role.ADVISER, when=_not_by_the_referent),
    ),
    guard_says="a consent to be contacted, or another legal basis, is noted",
    effect_says="the place is resolved or noted as outside or unknown (never refused); duplicates searched; a referent assigned, or the list 'hors territoire'; "
    "the entrepreneur is told who we are",
)

# -- qualify --------------------------------------------------------------------------------------------------------------


def _somebody_talked_to_them(at: Situation) -> Refusal | None:
    if at.case.real_contact:
        return None
    if at.case.closed_on is not None:
        return Refusal("no_contact_since_reopening", "Aucun échange depuis la réouverture : parlez-lui d’abord.")
    return Refusal("no_real_contact", "Personne ne lui a encore parlé : notez un échange d’abord.")


def _a_need_has_an_axis(at: Situation) -> Refusal | None:
    if any(need.axis for need in at.case.needs):
        return None
    return Refusal("no_need_with_axis", "Notez au moins un besoin, avec son axe.")


def _the_place_is_said(at: Situation) -> Refusal | None:
    if at.case.situation in ("inside", "outside", "unknown"):
        return None
    return Refusal(
        "place_not_said",
        "Dites où se trouve l’entreprise : dans un quartier prioritaire, en dehors, ou pas encore connu.",
    )


def _they_are_informed(at: Situation) -> Refusal | None:
    """RGPD, articles 13 and 14: the notice is given."""
    if at.case.informed:
        return None
    return Refusal("not_informed", "Donnez-lui la mention d’information, et notez par quel moyen.")


def _routing_is_computed(at: Situation) -> Iterator[Effect]:
    yield Route()


qualify = Step(
    "qualify",
    "Qualifier le besoin",
    ADVISER,
    CaseState.ORIENTATION,
    inputs=(words("text", "Ce que vous avez compris"),),
    guards=(_somebody_talked_to_them, _a_need_has_an_axis, _the_place_is_said, _they_are_informed),
    effects=(_routing_is_computed,),
    guard_says="a real contact since the case was logged or reopened; at least one need with an axis; the quartier is resolved "
    "(inside, outside, or unknown and said so); the entrepreneur is informed (RGPD notice)",
    effect_says="a routing proposal is computed and frozen",
)

# -- the state ------------------------------------------------------------------------------------------------------------


def _met_in_person(at: Situation, _: ArmedDeadline) -> bool:
    return at.act.event != "log" or bool(at.given("met_in_person"))


detection = State(
    CaseState.DETECTION,
    "Détection",
    Role.ADVISER,
    "a business or a person is logged, or the case is reopened",
    steps=(qualify, *in_any_open_state),
    deadlines=(
        Deadline(
            "first_contact",
            "Premier contact",
            "Appeler",
            working_days(3),
            (
                remind(due - 1, Role.ADVISER),
                remind(due, Role.ADVISER),
                escalate(due + 5, Role.MANAGER, key="case_stuck"),
            ),
            met_by(
                "a contact or an attempt is recorded (met in person counts)",
                "case.log",
                records=("contact", "attempt"),
                anywhere=True,
                condition=_met_in_person,
            ),
        ),
        Deadline(
            "qualification",
            "Qualification du besoin",
            "Qualifier le besoin",
            working_days(10),
            (
                remind(due, Role.ADVISER),
                remind(due + 3, Role.ADVISER),
                escalate(due + 5, Role.MANAGER, key="case_stuck"),
            ),
            met_by("qualify or close"),
        ),
    ),
)
