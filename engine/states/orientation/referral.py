"""A referral: one request to one branch of an operator, and what becomes of it."""

from __future__ import annotations

from engine.facts import ArmedDeadline, Situation
from engine.model import Deadline, Journey, Kind, Role, State, act, due, entry, escalate, met_by, remind, working_days
from engine.state_names import ReferralState
from engine.states.orientation.answers import accept, answer_info, ask_info, decline, expire, revive, undo_answer
from engine.states.orientation.work import (
    complete,
    discontinue,
    draft,
    first_contact,
    name_agent,
    record_progress,
    send,
    withdraw,
)

_LADDER = (Role.OPERATOR_MANAGER, Role.ADVISER)


def _in_person(at: Situation, _: ArmedDeadline) -> bool:
    return at.act.event == "meeting" or bool(at.given("met_in_person"))


_SATISFACTION = Deadline(
    "satisfaction",
    "Enquête",
    "Enquête de satisfaction",
    working_days(10),
    (act(due, "survey the entrepreneur, unless one left within 60 wd", event="survey"),),
    met_by("the survey has left", records=("survey",), condition=lambda at, _: bool(at.given("left"))),
    owner=Role.SYSTEM,
)

referral = Journey(
    Kind.REFERRAL,
    "Orientation",
    ReferralState.DRAFT,
    over=(
        ReferralState.DECLINED,
        ReferralState.EXPIRED,
        ReferralState.WITHDRAWN,
        ReferralState.COMPLETED,
        ReferralState.DISCONTINUED,
    ),
    creations=(draft,),
    states=(
        State(
            ReferralState.DRAFT,
            "Brouillon",
            Role.ADVISER,
            "chosen from the routing proposal",
            (send, withdraw),
            (
                Deadline(
                    "send",
                    "Envoi de l’orientation",
                    "Envoyer l’orientation",
                    working_days(2),
                    (remind(due, Role.ADVISER),),
                    met_by("send or withdraw"),
                ),
            ),
        ),
        State(
            ReferralState.SENT,
            "Transmise",
            Role.OPERATOR,
            "the branch is asked, by mail and in its inbox",
            (ask_info, accept, decline, expire, withdraw, first_contact),
            (
                Deadline(
                    "answer",
                    "Réponse de l’opérateur",
                    "Répondre",
                    working_days(5),
                    (
                        remind(entry + 2, Role.OPERATOR, key="referral_reminder"),
                        remind(entry + 4, Role.OPERATOR, key="referral_reminder"),
                        escalate(due, *_LADDER, key="referral_unanswered"),
                        act(due + 3, "expire", event="expire"),
                    ),
                    met_by(
                        "accept, decline or first_contact (a question pauses it)",
                        "referral.accept",
                        "referral.decline",
                        "referral.first_contact",
                    ),
                ),
            ),
        ),
        State(
            ReferralState.INFO_REQUESTED,
            "Précision demandée",
            Role.ADVISER,
            "the operator asked a question; its answer clock is paused",
            (answer_info, accept, decline, expire, withdraw, first_contact),
            (
                Deadline(
                    "answer_question",
                    "Réponse à la question",
                    "Répondre à la question",
                    working_days(3),
                    (
                        remind(due, Role.ADVISER),
                        escalate(due + 2, Role.MANAGER, key="case_stuck"),
                        act(due + 7, "expire, not counted against the operator", event="expire"),
                    ),
                    met_by("answer_info"),
                ),
            ),
        ),
        State(
            ReferralState.ACCEPTED,
            "Acceptée",
            Role.OPERATOR,
            "an agent is named",
            (decline, withdraw, first_contact, name_agent, discontinue, undo_answer),
            (
                Deadline(
                    "first_contact",
                    "Premier échange",
                    "Appeler",
                    working_days(5),
                    (
                        remind(due - 2, Role.OPERATOR, key="first_contact_due"),
                        remind(due, Role.OPERATOR, key="first_contact_due"),
                        escalate(due + 2, *_LADDER),
                        act(due + 5, "the adviser is offered to take it back in one click", event="offer_take_back"),
                    ),
                    met_by("first_contact"),
                ),
            ),
        ),
        State(
            ReferralState.ENGAGED,
            "Engagée",
            Role.OPERATOR,
            "a real exchange took place",
            (withdraw, record_progress, name_agent, complete, discontinue),
            (
                Deadline(
                    "first_meeting",
                    "Premier rendez-vous",
                    "Fixer le premier rendez-vous",
                    working_days(10),
                    (remind(due, Role.OPERATOR), escalate(due + 5, *_LADDER)),
                    met_by(
                        "a meeting is recorded, or the first contact was in person",
                        "referral.first_contact",
                        records=("meeting",),
                        condition=_in_person,
                    ),
                ),
                Deadline(
                    "action_plan",
                    "Plan d’action",
                    "Noter le plan d’action",
                    working_days(20),
                    (remind(due - 3, Role.OPERATOR), remind(due, Role.OPERATOR), escalate(due + 5, *_LADDER)),
                    met_by("an action plan is recorded", records=("action_plan",)),
                ),
                Deadline(
                    "progress",
                    "Nouvelles de l’accompagnement",
                    "Donner des nouvelles",
                    working_days(22),
                    (
                        remind(due, Role.OPERATOR, key="progress_due"),
                        escalate(due + 5, *_LADDER),
                        escalate(due + 10, Role.MANAGER, key="case_stuck"),
                    ),
                    met_by("record_progress"),
                    repeat=working_days(22),
                ),
            ),
        ),
        State(ReferralState.DECLINED, "Déclinée", None, "a reason is given", (undo_answer,)),
        State(ReferralState.EXPIRED, "Expirée", None, "no answer", (revive,)),
        State(ReferralState.WITHDRAWN, "Retirée", None, "by the adviser, or because another was taken", (revive,)),
        State(ReferralState.COMPLETED, "Aboutie", None, "an outcome is given for its needs", (), (_SATISFACTION,)),
        State(ReferralState.DISCONTINUED, "Interrompue", None, "a reason is given", (revive,)),
    ),
)
