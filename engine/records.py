"""Records: what is noted on a case without moving any state. They are lines too, and can meet a deadline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from engine.appointments import APPOINTMENT, SHARED_CLOCKS
from engine.effects import ArmNow, Effect, Forget, Hold, Later, Put, Release, Route, TakeLength, Tell
from engine.facts import Plan, Referral, Situation
from engine.guards import day_given, score_is_whole
from engine.inputs import choice, day, flag, number, of_kind, words
from engine.lists import (
    ACTION_NEWS,
    AID_SCOPE,
    AXIS,
    CHANNEL,
    CORRECTED,
    NO_SURVEY,
    PURPOSE,
    RESULT,
    SCORE_MOMENT,
    SITUATION,
)
from engine.model import CASE_TRACK, InputKind, MailClass, Notify, Refusal, Role, Step
from engine.news import NEWS
from engine.nudging import NUDGE
from engine.state_names import PlanState
from engine.steps.needs import ADVISER
from engine.working_days import EVENING

SURVEYS_APART: Final = 60
"""Working days between two surveys of the same person."""
_EVERYBODY = SHARED_CLOCKS | {Role.ENTREPRENEUR, Role.SYSTEM}
_SYSTEM = frozenset({Role.SYSTEM})


def _is_a_track(at: Situation) -> bool:
    return at.act.track in getattr(at.facts, "tracks", {})


def _touched(at: Situation) -> Iterator[Effect]:
    if _is_a_track(at) and isinstance(at.case.tracks[at.act.track], Referral):
        yield Put(at.act.track, {"touched": True})


def _they_were_reached(at: Situation) -> Iterator[Effect]:
    yield from _touched(at)
    yield Put(CASE_TRACK, {"real_contact": True})


def _only_reached(at: Situation) -> Refusal | None:
    if at.given("result") in (None, "reached"):
        return None
    return Refusal(
        "only_an_attempt", "Un message ou un appel sans réponse est un essai : notez-le comme un essai.", field="result"
    )


def _not_reached(at: Situation) -> Refusal | None:
    if at.given("result") != "reached":
        return None
    return Refusal("a_real_exchange", "Vous avez parlé : notez un échange.", field="result")


def _one_more_attempt(at: Situation) -> Iterator[Effect]:
    """Counted where it may lead to a closing: on a referral, or on the case; a mentor or a plan counts none."""
    yield from _touched(at)
    track = at.case.tracks.get(at.act.track)
    if track is None or isinstance(track, Referral):
        yield Put(at.act.track if track else CASE_TRACK, {"attempt": at.given("channel")})


def _by_mail(at: Situation) -> bool:
    return bool(at.given("channel") == "email")


def _not_on_a_plan(at: Situation) -> Refusal | None:
    if isinstance(getattr(at.facts, "tracks", {}).get(at.act.track), Plan):
        return None
    return Refusal("not_on_a_plan", "Cela se note sur un plan de transition : choisissez le plan.", field="track")


def _whole(at: Situation) -> Refusal | None:
    if (elsewhere := _not_on_a_plan(at)) is not None:
        return elsewhere
    if score_is_whole(at.given("dimensions"), at.plan.lever):
        return None
    return Refusal("score_incomplete", "Donnez une note de 0 à 4 à chacune des cinq dimensions.", field="dimensions")


def _scored(at: Situation) -> Iterator[Effect]:
    name = f"score_{at.given('when')}"
    first = name == "score_before" and at.plan.score_before is None and at.plan.state == PlanState.DIAGNOSING
    yield Put(at.act.track, {name: dict(at.given("dimensions"))})
    if first:
        yield ArmNow(at.act.track, "plan")


def _an_action_of_the_plan(at: Situation) -> Refusal | None:
    if (elsewhere := _not_on_a_plan(at)) is not None:
        return elsewhere
    if at.given("news") != "done" and day_given(at, "day") is None:
        return Refusal("missing_day", "Donnez la date de l’action.", field="day")
    if at.given("news") == "new" or any(action.id == at.given("action") for action in at.plan.actions):
        return None
    return Refusal("unknown_action", "Choisissez une action du plan.", field="action")


def _action_news(at: Situation) -> Iterator[Effect]:
    on = day_given(at, "day")
    yield Put(
        at.act.track,
        {"action": {"id": at.given("action"), "news": at.given("news"), "day": on, "name": at.given("name")}},
    )
    if at.given("news") != "done" and on is not None and at.plan.state == PlanState.IN_PROGRESS:
        yield ArmNow(at.act.track, "action", item=str(at.given("action")), on=on)
        days = [on, *(action.day for action in at.plan.actions if action.id != at.given("action"))]
        yield Forget(at.act.track, "last_action_passed")
        yield Later(at.act.track, "last_action_passed", evening_of(at, max(days)))


def evening_of(at: Situation, day: date) -> datetime:
    """18:00 of that day, or of the next working day."""
    calendar = at.case.calendar
    return calendar.at(calendar.roll(day), EVENING)


def _last_check(at: Situation) -> Iterator[Effect]:
    if at.given("months") == 12 and at.case.state == "follow_up":
        yield ArmNow(CASE_TRACK, "close_or_reorient")


def _consents(at: Situation) -> Iterator[Effect]:
    if at.given("purpose") == "share":
        yield Put(CASE_TRACK, {"consent_to_share": bool(at.given("given"))})
        yield Route()
    if at.given("purpose") == "contact":
        yield Put(CASE_TRACK, {"consent_to_contact": bool(at.given("given")), "informed": True})


def _survey_leaves(at: Situation) -> Iterator[Effect]:
    if at.given("left"):
        yield Put(CASE_TRACK, {"surveyed_on": at.day})
        yield Tell("survey", Role.ENTREPRENEUR, MailClass.REMINDER, at.act.track)
        if at.act.track.startswith("mentoring_pair"):
            yield Tell("survey", Role.MENTOR, MailClass.REMINDER, at.act.track)


def survey_may_leave(at: Situation) -> bool:
    """Whether a satisfaction survey leaves: none after some closings, after a withdrawn consent, or within 60 working days of another."""
    case = at.case
    last = case.surveyed_on
    if last is not None and case.calendar.between(last, at.day) <= SURVEYS_APART:
        return False
    if at.act.track == CASE_TRACK:
        return case.closed_reason not in NO_SURVEY
    if at.act.track.startswith("mentoring_pair"):
        return case.consent_to_share
    return True


def _closed_days(at: Situation) -> Iterator[Effect]:
    if at.given("over"):
        if not _closed_again(at):
            yield Release("closure", frozenset({at.act.track}))
    elif not at.case.urgent:
        yield Hold("closure", frozenset({at.act.track}))


def _closed_again(at: Situation) -> bool:
    """Whether another closure of the branch goes on, or begins before it works again."""
    back = at.case.calendar.shift(at.day, 1)
    return any(first <= back and last > at.day for first, last in at.referral.closures)


def _said(*notifications: Notify) -> tuple[Notify, ...]:
    return notifications


_CASE_RECORDS: Final = (
    Step(
        "contact",
        "Noter l’échange",
        SHARED_CLOCKS,
        record=True,
        guards=(_only_reached,),
        effects=(_they_were_reached,),
        inputs=(
            choice("channel", "Par quel moyen", CHANNEL),
            choice("result", "Résultat", RESULT, required=False),
            words("text", "Ce qui a été dit"),
        ),
    ),
    Step(
        "attempt",
        "Noter un essai",
        SHARED_CLOCKS,
        record=True,
        guards=(_not_reached,),
        effects=(_one_more_attempt,),
        tells=_said(Notify("tried_to_reach", Role.ENTREPRENEUR, when=_by_mail)),
        inputs=(
            choice("channel", "Par quel moyen", CHANNEL),
            choice("result", "Résultat", RESULT),
            words("text", "Précision"),
        ),
    ),
    Step(
        "need",
        "Noter un besoin",
        frozenset({Role.ADVISER, Role.OPERATOR, Role.ENTREPRENEUR, Role.SYSTEM}),
        record=True,
        inputs=(
            words("subject", "Besoin", required=True),
            choice("axis", "Axe", AXIS, required=False),
            of_kind(InputKind.LEVERS, "levers", "Leviers"),
            of_kind(InputKind.MONEY, "amount", "Montant"),
            words("text", "En quelques mots"),
        ),
    ),
    Step(
        "note",
        "Écrire une note",
        SHARED_CLOCKS,
        record=True,
        effects=(_touched,),
        inputs=(words("text", "Votre note", required=True), flag("shared", "Partagée avec l’opérateur")),
    ),
    Step(
        "session",
        "Noter une rencontre",
        frozenset({Role.MENTOR, Role.ADVISER}),
        record=True,
        inputs=(day("day", "Quel jour"), number("minutes", "Durée, en minutes"), words("text", "Sujets")),
    ),
    Step(
        "meeting",
        "Noter un rendez-vous",
        SHARED_CLOCKS,
        record=True,
        effects=(_touched,),
        inputs=(day("day", "Quel jour"), words("place", "Où"), words("text", "Ce qui a été dit")),
    ),
    replace(APPOINTMENT, effects=(_touched,)),
    Step(
        "action_plan",
        "Noter le plan d’action",
        SHARED_CLOCKS,
        record=True,
        effects=(_touched,),
        inputs=(words("text", "Le plan, en quelques lignes"),),
    ),
    Step(
        "score",
        "Noter le score",
        frozenset({Role.OPERATOR, Role.ADVISER}),
        record=True,
        guards=(_whole,),
        effects=(_scored,),
        inputs=(
            choice("when", "Moment", SCORE_MOMENT),
            of_kind(InputKind.SCORE, "dimensions", "Notes de 0 à 4", required=True),
        ),
    ),
    Step(
        "action",
        "Suivre une action",
        frozenset({Role.OPERATOR, Role.ADVISER, Role.ENTREPRENEUR}),
        record=True,
        guards=(_an_action_of_the_plan,),
        effects=(_action_news,),
        inputs=(
            of_kind(InputKind.ACTION, "action", "Action", required=True),
            choice("news", "Où en est-elle", ACTION_NEWS),
            day("day", "Nouvelle date"),
            words("name", "Intitulé"),
        ),
    ),
    Step(
        "check",
        "Faire le point",
        ADVISER,
        record=True,
        effects=(_last_check,),
        inputs=(
            number("months", "Mois", required=True),
            flag("still_active", "L’activité continue"),
            number("jobs", "Emplois"),
            words("turnover", "Chiffre d’affaires"),
            words("text", "Ce qu’elle dit"),
        ),
    ),
    Step(
        "document",
        "Ajouter un document",
        _EVERYBODY,
        record=True,
        effects=(_touched,),
        inputs=(
            words("name", "Nom", required=True),
            words("media_type", "Format"),
            number("size", "Taille, en octets"),
            words("sha256", "Empreinte"),
        ),
    ),
    Step(
        "consent",
        "Noter un accord",
        frozenset({Role.ADVISER, Role.ENTREPRENEUR, Role.OPERATOR}),
        record=True,
        effects=(_consents,),
        inputs=(
            choice("purpose", "Pour quoi", PURPOSE),
            flag("given", "Elle est d’accord"),
            choice("channel", "Par quel moyen", CHANNEL, required=False),
        ),
    ),
    Step(
        "aid",
        "Noter une aide obtenue",
        frozenset({Role.ADVISER, Role.OPERATOR}),
        record=True,
        effects=(_touched,),
        inputs=(
            words("aid", "Aide", required=True),
            of_kind(InputKind.MONEY, "amount", "Montant"),
            choice("scope", "Droit", AID_SCOPE, required=False),
            day("granted_on", "Accordée le"),
            flag("de_minimis", "Aide de minimis"),
        ),
    ),
    Step(
        "correct",
        "Corriger la fiche",
        frozenset({Role.ADVISER, Role.ENTREPRENEUR}),
        record=True,
        inputs=(
            *(words(name, label) for name, label in CORRECTED.items()),
            choice("quartier_situation", "Situation", SITUATION, required=False),
        ),
    ),
    NEWS,
    NUDGE,
    Step(
        "break_glass",
        "Ouvrir avec un motif",
        frozenset({Role.ADMIN}),
        record=True,
        tells=_said(Notify("case_opened", Role.MANAGER)),
        inputs=(words("reason", "Pourquoi", required=True, missing="Écrivez pourquoi vous ouvrez ce dossier."),),
    ),
    Step("anonymise", "Dossier anonymisé", _SYSTEM, record=True),
    Step("survey", "Enquête", _SYSTEM, record=True, effects=(_survey_leaves,), inputs=(flag("left", "Partie"),)),
    Step(
        "closure",
        "Fermeture de l’antenne",
        frozenset({Role.OPERATOR, Role.SYSTEM}),
        record=True,
        effects=(_closed_days,),
        tells=_said(Notify("branch_closed", Role.ADVISER, when=lambda at: not at.given("over"))),
        inputs=(day("from", "Du"), day("to", "Au"), flag("over", "Terminée")),
    ),
    Step(
        "take_length",
        "Prendre le délai du territoire",
        _SYSTEM,
        record=True,
        effects=(lambda at: (TakeLength(str(at.given("family"))),),),
        inputs=(of_kind(InputKind.DEADLINE, "family", "Échéance", required=True),),
    ),
    Step(
        "last_action_passed",
        "Dernière action passée",
        _SYSTEM,
        record=True,
        effects=(lambda at: (ArmNow(at.act.track, "finish_or_extend"),),),
    ),
    Step(
        "offer_take_back",
        "Proposer de reprendre la demande",
        _SYSTEM,
        record=True,
        tells=_said(Notify("take_back", Role.ADVISER, MailClass.REMINDER)),
    ),
)

CASE_RECORDS: Final[Mapping[str, Step]] = {record.event: record for record in _CASE_RECORDS}
