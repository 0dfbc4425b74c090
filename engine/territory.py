"""The programme's phases of a territory: a journey of its own, in the same words."""

from __future__ import annotations

from collections.abc import Iterator

from engine.effects import Effect, Freeze, Put
from engine.facts import Situation
from engine.guards import a_reason_is_given, day_given
from engine.inputs import day, words
from engine.model import (
    TERRITORY_TRACK,
    Armed,
    Deadline,
    Journey,
    Kind,
    Notify,
    Refusal,
    Role,
    State,
    Step,
    act,
    due,
    escalate,
    met_by,
    months,
    remind,
    working_days,
)
from engine.sentences import say
from engine.state_names import Phase

_ADMIN = frozenset({Role.ADMIN})
_MANAGER_OR_ADMIN = frozenset({Role.MANAGER, Role.ADMIN})


def _a_perimeter(at: Situation) -> Refusal | None:
    if at.territory.perimeter:
        return None
    return Refusal("no_perimeter", "Donnez le périmètre : des communes ou un EPCI.", field="perimeter")


def _a_label_reference(at: Situation) -> Refusal | None:
    if at.asking or str(at.given("label_reference") or "").strip():
        return None
    return Refusal(
        "no_label_reference", "Donnez la référence de la décision de labellisation.", field="label_reference"
    )


def _labelled(at: Situation) -> Iterator[Effect]:
    yield Put(TERRITORY_TRACK, {"label_reference": at.given("label_reference")})


def _convention_signed(at: Situation) -> Refusal | None:
    return (
        None
        if at.territory.convention_signed
        else Refusal("no_convention", "Enregistrez d’abord la convention signée.")
    )


def _a_quartier(at: Situation) -> Refusal | None:
    return None if at.territory.quartiers else Refusal("no_quartier", "Déclarez au moins un quartier.")


def _a_manager(at: Situation) -> Refusal | None:
    return None if at.territory.managers else Refusal("no_manager", "Invitez d’abord le responsable du territoire.")


def _diagnostic_published(at: Situation) -> Refusal | None:
    return None if at.territory.diagnostic_published else Refusal("no_diagnostic", "Publiez d’abord le diagnostic.")


def _roadmap_approved(at: Situation) -> Refusal | None:
    return (
        None if at.territory.roadmap_version else Refusal("no_roadmap", "Faites d’abord approuver la feuille de route.")
    )


def _an_axis(at: Situation) -> Refusal | None:
    return None if at.territory.axes else Refusal("no_axis", "Choisissez au moins un axe dans la feuille de route.")


def _an_end(at: Situation) -> Refusal | None:
    if at.asking or at.territory.evaluation_end or at.given("end_date") or str(at.given("decision") or "").strip():
        return None
    return Refusal("no_end", "Donnez la date de fin, ou la décision.", field="end_date")


def _report_recorded(at: Situation) -> Refusal | None:
    return (
        None if at.territory.report_recorded else Refusal("no_report", "Enregistrez d’abord le rapport d’évaluation.")
    )


def _a_new_roadmap(at: Situation) -> Refusal | None:
    if at.territory.roadmap_version > at.territory.roadmap_at_phase:
        return None
    return Refusal("no_new_roadmap", "Faites d’abord approuver une nouvelle version de la feuille de route.")


def _no_case_is_left(at: Situation) -> Refusal | None:
    count = at.territory.open_cases
    if not count:
        return None
    return Refusal(
        "open_cases", say("Dossiers encore ouverts : {count}. Confiez-les ou terminez-les d’abord.", count=count)
    )


def _frozen(at: Situation) -> Iterator[Effect]:
    yield Put(TERRITORY_TRACK, {"evaluation_end": day_given(at, "end_date") or at.territory.evaluation_end})
    yield Freeze("start_evaluation")


def _another_end_is_needed(_: Situation) -> Iterator[Effect]:
    yield Put(TERRITORY_TRACK, {"evaluation_end": None})


def _gone(at: Situation) -> Iterator[Effect]:
    yield Put(TERRITORY_TRACK, {"exit_reason": at.given("reason")})


apply = Step("apply", "Candidater", _ADMIN, Phase.CANDIDATE, guards=(_a_perimeter,), guard_says="a perimeter")
label = Step(
    "label",
    "Labelliser",
    _ADMIN,
    Phase.LABELLISATION,
    inputs=(words("label_reference", "Référence de la décision", required=True),),
    guards=(_a_label_reference,),
    effects=(_labelled,),
    guard_says="reference of the label decision",
    effect_says="people may be invited; referrals are drafts",
)
start_incubation = Step(
    "start_incubation",
    "Commencer l’incubation",
    _MANAGER_OR_ADMIN,
    Phase.INCUBATION,
    guards=(_convention_signed, _a_quartier, _a_manager),
    guard_says="convention signed; at least one quartier; a manager",
    effect_says="common-law referrals may be sent (logging is always open)",
)
start_acceleration = Step(
    "start_acceleration",
    "Commencer l’accélération",
    _MANAGER_OR_ADMIN,
    Phase.ACCELERATION,
    guards=(_diagnostic_published, _roadmap_approved, _an_axis),
    tells=(Notify("routing_again", Role.ADVISER),),
    guard_says="diagnostic published; roadmap approved; at least one axis",
    effect_says="targeted aids on the chosen axes may be proposed, others marked 'hors axe'",
)
start_evaluation = Step(
    "start_evaluation",
    "Commencer l’évaluation",
    _MANAGER_OR_ADMIN,
    Phase.EVALUATION,
    inputs=(day("end_date", "Date de fin"), words("decision", "Décision")),
    guards=(_an_end,),
    effects=(_frozen,),
    guard_says="an end date or a decision",
    effect_says="the indicators are frozen; cases go on",
)
extend = Step(
    "extend", "Élargir", _ADMIN, Phase.EXTENDED, guards=(_report_recorded,), guard_says="the evaluation report"
)
restart = Step(
    "restart",
    "Relancer l’accélération",
    _ADMIN,
    Phase.ACCELERATION,
    guards=(_a_new_roadmap,),
    effects=(_another_end_is_needed,),
    tells=(Notify("routing_again", Role.ADVISER),),
    guard_says="a new version of the roadmap",
)
exit_programme = Step(
    "exit",
    "Sortir du programme",
    _ADMIN,
    Phase.EXITED,
    inputs=(words("reason", "Pourquoi", required=True),),
    guards=(_no_case_is_left, a_reason_is_given),
    effects=(_gone,),
    guard_says="every open case handed over or closed; a reason",
)

_YEARLY = months(12)
_QUARTERLY = months(3)


territory = Journey(
    Kind.TERRITORY,
    "Territoire",
    Phase.CANDIDATE,
    over=(Phase.EXITED,),
    creations=(apply,),
    states=(
        State(
            Phase.CANDIDATE,
            "Candidature",
            Role.ADMIN,
            "its perimeter and quartiers are listed",
            (label, exit_programme),
            (
                Deadline(
                    "decision",
                    "Décision de labellisation",
                    "Décider",
                    working_days(120),
                    (remind(due, Role.ADMIN, key="territory_due"),),
                    met_by("label or exit"),
                ),
            ),
        ),
        State(
            Phase.LABELLISATION,
            "Labellisation",
            Role.MANAGER,
            "a label decision",
            (start_incubation, exit_programme),
            (
                Deadline(
                    "convention",
                    "Convention",
                    "Enregistrer la convention",
                    working_days(60),
                    (
                        remind(due - 20, Role.MANAGER, key="territory_due"),
                        escalate(due, Role.ADMIN, key="territory_due"),
                    ),
                    met_by("the convention is recorded", records=("convention",)),
                ),
            ),
        ),
        State(
            Phase.INCUBATION,
            "Incubation",
            Role.MANAGER,
            "convention signed",
            (start_acceleration, exit_programme),
            (
                Deadline(
                    "diagnostic",
                    "Diagnostic",
                    "Publier le diagnostic",
                    working_days(120),
                    (
                        remind(due - 20, Role.MANAGER, key="territory_due"),
                        escalate(due, Role.ADMIN, key="territory_due"),
                    ),
                    met_by("the diagnostic is published", records=("diagnostic",)),
                ),
                Deadline(
                    "roadmap",
                    "Feuille de route",
                    "Faire approuver la feuille de route",
                    working_days(60),
                    (
                        remind(due - 20, Role.MANAGER, key="territory_due"),
                        escalate(due, Role.ADMIN, key="territory_due"),
                    ),
                    met_by("the roadmap is approved", records=("roadmap",)),
                    Armed.DIAGNOSTIC_PUBLISHED,
                ),
            ),
        ),
        State(
            Phase.ACCELERATION,
            "Accélération",
            Role.MANAGER,
            "a roadmap is approved",
            (start_evaluation, exit_programme),
            (
                Deadline(
                    "review",
                    "Revue trimestrielle",
                    "Faire la revue",
                    _QUARTERLY,
                    (
                        remind(due - 10, Role.MANAGER, key="territory_due"),
                        escalate(due, Role.ADMIN, key="territory_due"),
                        act(due, "the quarterly report is generated", event="quarterly_report"),
                    ),
                    met_by("the review is recorded", records=("review",)),
                    repeat=_QUARTERLY,
                ),
            ),
        ),
        State(
            Phase.EVALUATION,
            "Évaluation",
            Role.MANAGER,
            "the indicators are frozen in a dated snapshot",
            (extend, restart, exit_programme),
            (
                Deadline(
                    "report",
                    "Rapport d’évaluation",
                    "Enregistrer le rapport",
                    working_days(90),
                    (
                        remind(due - 20, Role.MANAGER, key="territory_due"),
                        escalate(due, Role.ADMIN, key="territory_due"),
                    ),
                    met_by("the report is recorded", records=("report",)),
                ),
            ),
        ),
        State(
            Phase.EXTENDED,
            "Élargissement",
            Role.ADMIN,
            "a decision",
            (restart, exit_programme),
            (
                Deadline(
                    "yearly_review",
                    "Revue annuelle",
                    "Faire la revue",
                    _YEARLY,
                    (remind(due - 20, Role.MANAGER, key="territory_due"),),
                    met_by("the review is recorded", records=("review",)),
                    repeat=_YEARLY,
                ),
            ),
        ),
        State(Phase.EXITED, "Sorti du programme", None, "a reason; cases handed over"),
    ),
)
