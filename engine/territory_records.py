"""Records of a territory: what the programme notes without changing its phase."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from engine.effects import ArmNow, Effect, Freeze, Put
from engine.facts import Situation
from engine.inputs import day, flag, number, of_kind, words
from engine.model import TERRITORY_TRACK, InputKind, Refusal, Role, Step
from engine.sentences import say
from engine.state_names import Phase

_MANAGER_OR_ADMIN = frozenset({Role.MANAGER, Role.ADMIN})


def _roadmap_is_due(at: Situation) -> Iterator[Effect]:
    """The roadmap follows within its delay; a diagnostic that is published again later asks for none."""
    yield Put(TERRITORY_TRACK, {"diagnostic_published": True})
    if at.territory.state == Phase.INCUBATION:
        yield ArmNow(TERRITORY_TRACK, "roadmap")


def _roadmap_approved(at: Situation) -> Iterator[Effect]:
    yield Put(
        TERRITORY_TRACK, {"roadmap_version": at.territory.roadmap_version + 1, "axes": list(at.given("axes") or [])}
    )


def _a_length_that_may_change(at: Situation) -> Refusal | None:
    if at.asking or str(at.given("family")) in at.territory.limits:
        return None
    return Refusal("length_is_fixed", "Ce délai ne se change pas : choisissez-en un autre.", field="family")


def _within_limits(at: Situation) -> Refusal | None:
    value, limits = at.given("value"), at.territory.limits.get(str(at.given("family")))
    if at.asking or value is None or limits is None or limits[0] <= value <= limits[1]:
        return None
    return Refusal(
        "length_out_of_limits",
        say("Choisissez un délai entre {least} et {most}.", least=limits[0], most=limits[1]),
        field="value",
    )


_TERRITORY_RECORDS: Final = (
    Step(
        "convention",
        "Enregistrer la convention",
        _MANAGER_OR_ADMIN,
        record=True,
        effects=(lambda at: (Put(TERRITORY_TRACK, {"convention_signed": True}),),),
        inputs=(day("signed_on", "Signée le", required=True), words("reference", "Référence", required=True)),
    ),
    Step(
        "diagnostic",
        "Publier le diagnostic",
        _MANAGER_OR_ADMIN,
        record=True,
        effects=(_roadmap_is_due,),
        inputs=(
            day("published_on", "Publié le", required=True),
            words("sources", "Sources"),
            of_kind(InputKind.INDICATORS, "indicators", "Indicateurs, avec leur source et leur date"),
        ),
    ),
    Step(
        "roadmap",
        "Approuver la feuille de route",
        _MANAGER_OR_ADMIN,
        record=True,
        effects=(_roadmap_approved,),
        inputs=(
            day("approved_on", "Approuvée le", required=True),
            of_kind(InputKind.AXES, "axes", "Axes choisis", required=True),
            of_kind(InputKind.OBJECTIVES, "objectives", "Objectifs, par axe"),
        ),
    ),
    Step(
        "review",
        "Enregistrer la revue",
        _MANAGER_OR_ADMIN,
        record=True,
        inputs=(day("on_day", "Tenue le", required=True), words("text", "Compte rendu")),
    ),
    Step(
        "report",
        "Enregistrer le rapport",
        _MANAGER_OR_ADMIN,
        record=True,
        effects=(lambda at: (Put(TERRITORY_TRACK, {"report_recorded": True}),),),
        inputs=(day("on_day", "Remis le", required=True), words("text", "Résumé")),
    ),
    Step(
        "deadline_length",
        "Changer un délai",
        _MANAGER_OR_ADMIN,
        record=True,
        guards=(_a_length_that_may_change, _within_limits),
        inputs=(
            of_kind(InputKind.DEADLINE, "family", "Échéance", required=True, missing="Choisissez l’échéance."),
            number("value", "Délai"),
            flag("move", "Déplacer aussi les échéances qui courent"),
            words("reason", "Pourquoi", required=True),
        ),
    ),
    Step(
        "quarterly_report",
        "Rapport trimestriel",
        frozenset({Role.SYSTEM}),
        record=True,
        effects=(lambda _: (Freeze("quarterly_report"),),),
    ),
)

TERRITORY_RECORDS: Final[Mapping[str, Step]] = {record.event: record for record in _TERRITORY_RECORDS}
