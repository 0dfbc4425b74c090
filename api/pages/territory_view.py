"""A territory as its template shows it: its phase and what that allows, what comes next and why not yet, its papers, its frozen figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from api.pages import rules
from api.pages.dates import due_chip
from cases.views.territory_papers import Papers
from engine.definition import MACHINES
from engine.facts import Actor, TerritoryFacts
from engine.lists import AID_SCOPE, AXIS
from engine.model import Kind, RefusedBy, acts_as
from engine.permission import Possible
from engine.sentences import lowered, say, together
from engine.state_names import Phase
from engine.territory_records import TERRITORY_RECORDS
from notifications.typography import day_long, day_short, euros, number

PHASES: Final = {str(state.code): state.french for state in MACHINES[Kind.TERRITORY].journey.states}
ELSEWHERE: Final = {"deadline_length": "delais"}
"""Records that have a page of their own."""
ALLOWS: Final[Mapping[str, tuple[str, ...]]] = {
    Phase.CANDIDATE: (
        "Les entreprises se signalent déjà : rien n’est perdu.",
        "Aucune demande ne part encore vers un opérateur.",
    ),
    Phase.LABELLISATION: (
        "Les entreprises se signalent et les dossiers se préparent.",
        "Les demandes aux opérateurs restent des brouillons : elles partiront en incubation.",
    ),
    Phase.INCUBATION: (
        "Les demandes de droit commun partent vers les opérateurs.",
        "Les aides propres aux quartiers attendent l’accélération.",
    ),
    Phase.ACCELERATION: (
        "Les aides ciblées sur les axes choisis peuvent être proposées.",
        "Celles des autres axes restent possibles, marquées « hors axe ».",
    ),
    Phase.EVALUATION: (
        "Les dossiers continuent comme avant, aides ciblées comprises.",
        "Les indicateurs de l’évaluation sont gelés : ce qui arrive ensuite ne les change pas.",
    ),
    Phase.EXTENDED: (
        "Les dossiers continuent comme avant, aides ciblées comprises.",
        "Une revue a lieu chaque année.",
    ),
    Phase.EXITED: ("Le territoire n’est plus dans le programme : ses dossiers ont été confiés ou clos.",),
}
"""What each phase changes to what may be proposed. Source: the design's « how a case lives », 11."""
"""The phases borrow the drawings of the stages, in their order."""
_REVIEWS: Final = {"quarterly": "Revue trimestrielle", "yearly": "Revue annuelle", "report": "Rapport d’évaluation"}
_FROZEN: Final = {"start_evaluation": "Début de l’évaluation", "quarterly_report": "Rapport trimestriel"}
_EVENTS: Final = {
    "log": "Entreprises signalées", "qualify": "Dossiers qualifiés", "send": "Demandes envoyées aux opérateurs", "accept": "Demandes acceptées",
    "decline": "Demandes déclinées", "expire": "Demandes restées sans réponse", "first_contact": "Premiers échanges avec un opérateur",
    "complete": "Accompagnements aboutis", "accept_pair": "Binômes de mentorat", "validate_plan": "Plans de transition validés",
    "finish": "Plans de transition réalisés", "close": "Dossiers clos",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """What was read for the page of a territory."""

    row: Mapping[str, Any]
    known: Mapping[str, Any]
    """As the JSON interface shows it."""
    papers: Papers
    facts: TerritoryFacts
    actor: Actor
    steps: tuple[Possible, ...]


def territory_context(found: Found, now: datetime) -> dict[str, Any]:
    """Everything that `territory.html` shows."""
    row, known, papers, facts = found.row, found.known, found.papers, found.facts
    elsewhere = (RefusedBy.STATE, RefusedBy.EVENT, RefusedBy.ROLE)
    near = [step for step in found.steps if not any(reason.by in elsewhere for reason in step.reasons)]
    here = f"/territoires/{row['slug']}"
    records = [step for step in TERRITORY_RECORDS.values() if step.by & acts_as(found.actor.role)]
    return {
        "title": row["name"], "lead": say("{quartiers} · phase « {label} »", quartiers=_quartiers(known['quartiers']), label=known['label']), "steps": _stepper(row),
        "step_label": say("Programme : phase {place} sur {count}", place=list(PHASES).index(row['state']) + 1, count=len(PHASES)),
        "allows": ALLOWS[row["state"]],
        "acts": [{"label": p.label, "allowed": p.allowed, "href": f"{here}/actions/{p.step}", "icon": "flag",
                  "reasons": [{"message": r.message} for r in p.reasons]} for p in near],
        "records": [{"label": r.label, "href": f"{here}/{ELSEWHERE.get(r.event, f'actions/{r.event}')}"} for r in records],
        "clocks": [{"label": rules.label_of(d.rule, d.item), "due": due_chip(d.due_on, facts.calendar, now), "rule": rules.behind(d)}
                   for d in facts.deadlines if d.status == "open"],
        "papers": _papers(papers), "diagnostics": [_diagnostic(one) for one in papers.diagnostics],
        "roadmaps": [_roadmap(one, current=not place) for place, one in enumerate(papers.roadmaps)],
        "reviews": [_review(one) for one in papers.reviews], "snapshots": [_snapshot(one, row["timezone"]) for one in papers.snapshots],
        "quartiers": [f"{one['name']} ({one['code']})" for one in papers.quartiers],
        "communes": ", ".join(one["name"] for one in known["communes"]), "backlog_href": f"/pilotage?territoire={row['slug']}",
    }  # fmt: skip


def _quartiers(count: int) -> str:
    if not count:
        return "Aucun quartier prioritaire"
    return "Un quartier prioritaire" if count == 1 else say("{count} quartiers prioritaires", count=count)


def _stepper(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    here = list(PHASES).index(row["state"])
    since = say("depuis le {day}", day=day_short(row["state_since"], row["timezone"]))
    return [
        {
            "number": place + 1, "label": label, "when": since if place == here else None,
            "position": "past" if place < here else "here" if place == here else "next",
        }
        for place, label in enumerate(PHASES.values())
    ]  # fmt: skip


# -- papers ---------------------------------------------------------------------------------------------------------------


def _papers(papers: Papers) -> list[dict[str, str]]:
    """The latest of each, on one line."""
    agreed, studied, planned = (
        next(iter(rows), None) for rows in (papers.conventions, papers.diagnostics, papers.roadmaps)
    )
    axes = _axes(planned["axes"] if planned else ())
    return [
        {"label": "Convention",
         "value": say("{reference}, signée le {day}", reference=agreed["reference"], day=_day(agreed["signed_on"])) if agreed else "à signer"},
        {"label": "Diagnostic", "value": say("publié le {day}", day=_day(studied['published_on'])) if studied else "à publier"},
        {"label": "Feuille de route",
         "value": say("version {version}, approuvée le {day}", version=planned["version"], day=_day(planned["approved_on"])) if planned else "à approuver"},
        {"label": "Axes choisis", "value": axes or "à choisir"},
    ]  # fmt: skip


def _diagnostic(row: Mapping[Any, Any]) -> dict[str, Any]:
    figures = row["indicators"] if isinstance(row["indicators"], list) else []
    return {
        "title": say("Publié le {day}", day=_day(row['published_on'])), "sources": row["sources"],
        "figures": [{"label": one["name"], "value": one["value"], "detail": together((one["source"], _day(one["on"])), ", ")} for one in figures],
    }  # fmt: skip


def _roadmap(row: Mapping[Any, Any], *, current: bool) -> dict[str, Any]:
    objectives = [one for one in row["objectives"] or [] if isinstance(one, dict)]
    by_axis = [
        {"label": AXIS.get(axis, axis), "texts": [one["text"] for one in objectives if one["axis"] == axis]}
        for axis in row["axes"]
    ]
    others = [one["text"] for one in objectives if one["axis"] not in row["axes"]]
    return {
        "title": say("Version {version}, approuvée le {day}", version=row['version'], day=_day(row['approved_on'])), "current": current,
        "axes": [*by_axis, *([{"label": "Autres axes", "texts": others}] if others else [])],
    }  # fmt: skip


def _review(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "title": say("{title} du {day}", title=_REVIEWS.get(row["kind"], row["kind"]), day=_day(row["on_day"])),
        "text": row["text"],
    }


# -- what was frozen ------------------------------------------------------------------------------------------------------


def _snapshot(row: Mapping[Any, Any], zone: str) -> dict[str, Any]:
    """The figures of a snapshot, as they were that day."""
    data = row["data"]
    return {
        "title": together((_FROZEN.get(row["reason"], row["reason"]), day_short(row["taken_at"], zone, year=True)), ", "),
        "axes": _axes(data.get("axes", ())), "figures": [*_states(data), *_events(data), *_delays(data), *_aids(data)],
    }  # fmt: skip


def _states(data: Mapping[str, Any]) -> list[dict[str, str]]:
    states = MACHINES[Kind.CASE].states
    counts = data.get("cases_by_state", {})
    return [
        {"label": say("Dossiers à l’étape « {state} »", state=states[code].french), "value": number(counts[code])}
        for code in map(str, states)
        if code in counts
    ]


def _events(data: Mapping[str, Any]) -> list[dict[str, str]]:
    counts = data.get("events", {})
    return [{"label": label, "value": number(counts[code])} for code, label in _EVENTS.items() if code in counts]


def _delays(data: Mapping[str, Any]) -> list[dict[str, str]]:
    middle = data.get("working_days_to_first_contact", {}).get("median")
    if middle is None:
        return []
    label = "Jours ouvrés du signalement au premier échange (médiane)"
    return [{"label": label, "value": number(middle)}]


def _aids(data: Mapping[str, Any]) -> list[dict[str, str]]:
    if "aids" not in data:
        return []
    found = data["aids"]
    amounts = [
        {"label": together(("Aides obtenues", lowered(AID_SCOPE.get(scope, scope))), ", "), "value": euros(amount)}
        for scope, amount in found["euros"].items()
    ]
    return [{"label": "Aides obtenues", "value": number(found["obtained"])}, *amounts]


def _axes(codes: Any) -> str:
    return together((AXIS.get(code, code) for code in codes), ", ")


def _day(written: str | date) -> str:
    return day_long(date.fromisoformat(str(written)[:10]), weekday=False, year=True)
