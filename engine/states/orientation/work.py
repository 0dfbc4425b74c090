"""What is done with a referral: drafted, sent, taken back, and the operator's work until its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.effects import Effect, Follow, Forget, Put, PutNeed, Route, Tell
from engine.facts import Situation
from engine.guards import answered_on_behalf, consent_to_share, three_attempts
from engine.inputs import choice, flag, of_kind, words
from engine.lists import CHANNEL, DISCONTINUE, RESULT, WITHDRAW
from engine.model import InputKind, MailClass, Notify, Refusal, Role, Step
from engine.sentences import say
from engine.state_names import Phase, ReferralState
from engine.states.orientation.answers import OPERATOR_OR_ADVISER, WAITING, an_agent_of_the_branch, noted_by_the_adviser
from engine.states.orientation.closures import closures_stop_its_clocks
from engine.steps.needs import ADVISER, OUTCOMES
from engine.steps.progress import progress_step

# -- draft and send -------------------------------------------------------------------------------------------------------


def _kept_or_a_reason(at: Situation) -> Refusal | None:
    if at.asking or at.referral.kept_by_routing or str(at.given("reason") or "").strip():
        return None
    return Refusal(
        "not_in_proposal",
        "La proposition n’a pas retenu cette offre : dites pourquoi vous la choisissez.",
        field="reason",
    )


def _for_needs_of_the_case(at: Situation) -> Refusal | None:
    if at.asking or (at.referral.needs and all(at.case.need(need) for need in at.referral.needs)):
        return None
    return Refusal("no_need", "Dites pour quel besoin de ce dossier.", field="needs")


MESSAGE_AT_MOST: Final = 1_000
"""Letters of what an adviser writes to a branch instead of the message that was prepared."""


def _a_message_that_is_read(at: Situation) -> Refusal | None:
    if at.asking or len(str(at.given("message") or "")) <= MESSAGE_AT_MOST:
        return None
    return Refusal(
        "message_too_long",
        say(
            "Ce message est trop long pour être lu : {at_most} caractères au plus.",
            at_most=MESSAGE_AT_MOST,
        ),
        field="message",
    )


draft = Step(
    "draft",
    "Demander à un opérateur",
    ADVISER,
    ReferralState.DRAFT,
    inputs=(
        of_kind(InputKind.BRANCH, "branch", "Antenne", required=True, missing="Choisissez l’antenne."),
        of_kind(InputKind.OFFER, "offer", "Offre"),
        of_kind(InputKind.NEEDS, "needs", "Besoins", required=True, missing="Dites pour quel besoin."),
        of_kind(InputKind.TRACKS, "exclusive_with", "Une seule réponse suffit, avec"),
        flag("targeted", "Aide ciblée du programme"),
        words("reason", "Pourquoi cet opérateur"),
        words("message", "Votre message à l’opérateur"),
    ),
    guards=(_for_needs_of_the_case, _kept_or_a_reason, _a_message_that_is_read),
    guard_says="the case is qualified and open; the offer was kept by the routing, or a reason",
    effect_says="frozen reference to the proposal",
)


def _a_way_to_reach_it(at: Situation) -> Refusal | None:
    if at.referral.reachable:
        return None
    return Refusal("no_channel", "Cette antenne n’a ni adresse ni conseiller : complétez l’annuaire.")


def _the_branch_is_open(at: Situation) -> Refusal | None:
    closed = at.referral.closed_until
    if closed is None:
        return None
    return Refusal(
        "branch_closed",
        say(
            "L’antenne est fermée jusqu’au {closed:%d/%m/%Y} : attendez, ou demandez à quelqu’un d’autre.",
            closed=closed,
        ),
    )


def _the_phase_allows_it(at: Situation) -> Refusal | None:
    phase = at.case.phase
    if phase in (Phase.CANDIDATE, Phase.LABELLISATION):
        return Refusal(
            "phase_drafts_only",
            "Les orientations partiront quand le territoire sera en incubation : gardez le brouillon.",
        )
    if at.referral.targeted and phase == Phase.INCUBATION:
        return Refusal("phase_common_law_only", "Possible quand le territoire sera en accélération.")
    return None


send = Step(
    "send",
    "Envoyer",
    ADVISER,
    ReferralState.SENT,
    guards=(consent_to_share, _a_way_to_reach_it, _the_branch_is_open, _the_phase_allows_it),
    effects=(closures_stop_its_clocks,),
    tells=(Notify("referral_sent", Role.OPERATOR),),
    guard_says="consent to share with this organisation; a contact channel; the branch is open; the territory's phase allows it (labellisation: drafts only)",
    effect_says="the branch is told, with signed links",
)


def _was_asked(at: Situation) -> bool:
    return bool(at.before.tracks[at.act.track].state != ReferralState.DRAFT)


def _taken_back(at: Situation) -> Iterator[Effect]:
    yield Put(at.act.track, {"withdrawn_for": at.given("for"), "closing_reason": at.given("reason")})
    yield Forget(at.act.track)
    yield Route()


withdraw = Step(
    "withdraw",
    "Retirer la demande",
    frozenset({Role.ADVISER, Role.SYSTEM}),
    ReferralState.WITHDRAWN,
    inputs=(choice("reason", "Motif", WITHDRAW, missing="Choisissez le motif."), words("text", "Précision")),
    effects=(_taken_back,),
    tells=(Notify("referral_withdrawn", Role.OPERATOR, when=_was_asked),),
    guard_says="a reason from the list",
    effect_says="one courtesy mail, unless it was a draft",
)

# -- the exchange ---------------------------------------------------------------------------------------------------------


def _a_real_exchange(at: Situation) -> Refusal | None:
    if at.asking or at.given("result") in (None, "reached"):
        return None
    return Refusal(
        "only_an_attempt",
        "Un message ou un appel sans réponse est un essai, pas un échange : notez-le comme un essai.",
        field="result",
    )


def _agent_named_or_unknown(at: Situation) -> Refusal | None:
    agent = at.given("agent")
    if at.asking or agent is None or agent in at.referral.agents:
        return None
    return Refusal(
        "no_agent", "Cette personne n’est pas de l’antenne : choisissez-en une autre, ou laissez vide.", field="agent"
    )


def _on_behalf_of_the_operator(at: Situation) -> Refusal | None:
    return None if at.actor.acts_as(Role.ENTREPRENEUR) else answered_on_behalf(at)


def _they_talked(at: Situation) -> Iterator[Effect]:
    values: dict[str, object] = {"touched": True, "noted_by": at.actor.role}
    if at.given("agent") or (at.referral.agent is None and at.actor.acts_as(Role.OPERATOR)):
        values["agent"] = at.given("agent") or at.actor.person
    yield Put(at.act.track, values)
    yield Put("case", {"real_contact": True})
    for sibling in at.case.siblings(at.referral, *WAITING, ReferralState.ACCEPTED):
        yield Follow(sibling.name, "withdraw", {"reason": "taken_by_other", "for": at.act.track})


def _noted_by_somebody_else(at: Situation) -> bool:
    return not at.actor.acts_as(Role.OPERATOR)


first_contact = Step(
    "first_contact",
    "Nous avons parlé",
    frozenset({Role.OPERATOR, Role.ADVISER, Role.ENTREPRENEUR}),
    ReferralState.ENGAGED,
    inputs=(
        choice("channel", "Par quel moyen", CHANNEL, required=False),
        choice("result", "Résultat", RESULT, required=False),
        of_kind(InputKind.AGENT, "agent", "Qui a appelé"),
        flag("met_in_person", "C’était déjà un rendez-vous"),
        words("text", "Ce qui a été dit"),
    ),
    guards=(_a_real_exchange, _agent_named_or_unknown, _on_behalf_of_the_operator),
    effects=(_they_talked,),
    proposes="start_accompaniment",
    tells=(Notify("contact_recorded", Role.OPERATOR, when=_noted_by_somebody_else),),
    guard_says="a real exchange (a voicemail or an unanswered mail is an attempt); before acceptance: the agent named or unknown; adviser: on behalf",
    effect_says="the case proposed start_accompaniment; exclusive siblings not engaged withdrawn; the branch told when somebody else noted it",
)


record_progress = progress_step(
    "Donner des nouvelles",
    OPERATOR_OR_ADVISER,
    words("text", "En une phrase"),
    kept={"touched": True},
    guard_says="with one sentence",
    effect_says="the accompaniment's",
)


def _that_agent(at: Situation) -> Iterator[Effect]:
    yield Put(at.act.track, {"agent": at.given("agent"), "touched": True})


name_agent = Step(
    "name_agent",
    "C’est un collègue",
    frozenset({Role.OPERATOR}),
    inputs=(of_kind(InputKind.AGENT, "agent", "Qui suit", required=True, missing="Dites qui suit."),),
    guards=(an_agent_of_the_branch,),
    effects=(_that_agent,),
    tells=(Notify("who_calls", Role.ENTREPRENEUR),),
    guard_says="an agent of the branch",
    effect_says="open deadlines change owner; the entrepreneur told who calls",
)

# -- the end --------------------------------------------------------------------------------------------------------------


def _each_of_its_needs(at: Situation) -> Refusal | None:
    given = at.given("outcomes") or {}
    if at.asking or all(given.get(need) for need in at.referral.needs):
        return None
    return Refusal("needs_without_outcome", "Donnez une issue à chaque besoin de cette orientation.", field="outcomes")


def _where_the_news_comes_from(at: Situation) -> Refusal | None:
    if at.asking or not at.actor.acts_as(Role.ADVISER) or str(at.given("source") or "").strip():
        return None
    return Refusal(
        "no_source",
        say(
            "Dites d’où vient la nouvelle : {operator} pourra la corriger.",
            operator=at.referral.operator_name or "l’opérateur",
        ),
        field="source",
    )


def _came_out(at: Situation) -> Iterator[Effect]:
    given = at.given("outcomes") or {}
    for need in at.referral.needs:
        yield PutNeed(need, given[need])
    yield Put(at.act.track, {"touched": True})
    yield from _nothing_is_open(at)


def _nothing_is_open(at: Situation) -> Iterator[Effect]:
    if not at.case.open_tracks():
        yield Tell("decide_next", Role.ADVISER, MailClass.DIRECT, at.act.track)


complete = Step(
    "complete",
    "C’est abouti",
    OPERATOR_OR_ADVISER,
    ReferralState.COMPLETED,
    inputs=(
        OUTCOMES,
        of_kind(InputKind.AIDS, "aids", "Aides obtenues"),
        words("source", "D’où vient la nouvelle"),
        words("text", "Un mot de plus"),
    ),
    guards=(_each_of_its_needs, _where_the_news_comes_from),
    effects=(_came_out,),
    tells=(Notify("outcome_recorded", Role.OPERATOR, when=noted_by_the_adviser),),
    guard_says="an outcome for each of its needs; aids obtained, if any; adviser: where the news comes from (the branch may correct for 5 wd)",
)


def _stopped(at: Situation) -> Iterator[Effect]:
    yield Put(at.act.track, {"closing_reason": at.given("reason"), "touched": True})
    yield Forget(at.act.track)
    yield Route()


discontinue = Step(
    "discontinue",
    "Arrêter l’accompagnement",
    OPERATOR_OR_ADVISER,
    ReferralState.DISCONTINUED,
    inputs=(choice("reason", "Motif", DISCONTINUE, missing="Choisissez le motif."), words("text", "Précision")),
    guards=(three_attempts,),
    effects=(_stopped,),
    tells=(Notify("decide_next", Role.ADVISER), Notify("who_follows", Role.ENTREPRENEUR)),
    guard_says="a reason from the list; unreachable: 3 attempts",
    effect_says="adviser told; the next candidate is suggested",
)
