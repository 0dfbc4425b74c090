"""The same step on several cases: choose, say it once, read what became of each, take it back."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from api import forms
from api.pages import desk
from api.pages.case import inputs_of
from api.pages.case_view import STAGES
from api.pages.cases_asked import asked_of
from api.pages.shell import PageVisit, done, own_address, see_other
from api.pages.step_view import ASKED, reasons_of, summary
from api.security import Visit
from api.steps import take
from api.together import AT_MOST, take_on_each
from cases.access import Identity
from cases.errors import CasesError, Invalid, NotFound
from cases.identifiers import read_reference
from cases.journey import Fired
from cases.journey import Request as StepRequest
from cases.views.choices import Choice, referents_with_load
from cases.views.listing import CaseRow, every_case, named
from cases.writing.idempotency import claim, claim_of, keep_answer, kept_answer
from engine.model import CASE_TRACK, Input, InputKind
from engine.sentences import say, together
from notifications.languages import shown

router = APIRouter(prefix="/dossiers/ensemble")
KEPT: Final = "dossiers/ensemble"
"""Under what the verdicts are kept."""
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Act:
    """A step that may be taken on several cases at once: its words, what it says before, and what it asks."""

    label: str
    several: str
    """The same, with the cases named."""
    intro: str
    asks: tuple[str, ...]
    told: tuple[str, str]
    """What a case becomes, and what several become."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """What it says without being asked."""
    event: str = ""
    """The step, when the act has another name."""
    on_track: bool = False
    """On the track of each case that is due first, instead of the case itself."""


ACTS: Final[Mapping[str, Act]] = {
    "hand_over": Act(
        "Confier à…",
        "Confier {cases}",
        ASKED["hand_over"],
        ("referent", "reason"),
        ("confié", "confiés"),
    ),
    "nudge": Act(
        "Relancer",
        "Relancer {cases}",
        "Qui est en retard le reçoit par courriel, avec votre nom.",
        ("text",),
        ("relancé", "relancés"),
        on_track=True,
    ),
    "hold": Act(
        "Mettre en attente",
        "Mettre en attente {cases}",
        "Les délais s’arrêtent jusqu’à ce jour.",
        ("reason", "until", "text"),
        (say("en attente"), say("en attente")),
    ),
    "resume": Act(
        "Reprendre",
        "Reprendre {cases}",
        "Chaque délai reprend avec ce qui restait.",
        (),
        (say("repris"), say("repris")),
    ),
    "set_urgent": Act(
        "Signaler une urgence",
        "Signaler une urgence {cases}",
        ASKED["set_urgent"],
        ("reason",),
        (say("urgent"), say("urgents")),
    ),
    "lift_urgent": Act(
        "Lever l’urgence",
        "Lever l’urgence {cases}",
        ASKED["lift_urgent"],
        ("reason",),
        (say("sans urgence"), say("sans urgence")),
        {"lift": True},
        "set_urgent",
    ),
    "close": Act(
        "Clore",
        "Clore {cases}",
        "Un dossier dont un besoin n’a pas d’issue reste ouvert : le compte rendu le dira.",
        ("reason", "end_tracks", "text"),
        (say("clos"), say("clos")),
    ),
}


@router.get("")
async def ask(request: Request, visit: PageVisit) -> Response:
    """The form of a step for the cases that were chosen in a list, or for the whole of the list."""
    return await _form(request, visit, request.query_params.get("geste", ""))


@router.post("")
async def take_together(request: Request, visit: PageVisit) -> Response:
    """Take the step on each case; what is missing shows the form again, and nothing is done."""
    sent = await request.form()
    try:
        key = await _take_all(visit, sent)
    except CasesError as error:
        return await _form(request, visit, str(sent.get("geste") or ""), sent, error)
    return see_other(request, f"/dossiers/ensemble/{key}")


@router.get("/{key}")
async def show_verdicts(request: Request, key: str, visit: PageVisit) -> Response:
    """What became of each case."""

    def read(db: Connection) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        kept = _kept_under(db, visit, key)
        rows = named(db, visit.identity, tuple(one["reference"] for one in kept["cases"]), now=visit.now)
        return kept, {row.reference: row.name for row in rows}

    return await desk.show(request, visit, "together_done.html", read, lambda found: _verdicts_context(*found, key))


@router.post("/{key}/annuler")
async def take_back(request: Request, key: str, visit: PageVisit) -> Response:
    """Give the cases back to who had them."""
    kept = await visit.read(lambda db: _kept_under(db, visit, key))
    before = {one["reference"]: one["before"] for one in kept["cases"] if one["before"]}

    async def give_back(reference: str) -> Fired:
        asked = StepRequest(
            reference, "hand_over", CASE_TRACK, {"referent": before[reference]}, key=f"back {key} {reference}"
        )
        return await take(visit, asked)

    found = await take_on_each(before, give_back)
    count = sum(isinstance(one.outcome, Fired) for one in found)
    return see_other(
        request,
        f"/dossiers/ensemble/{key}",
        done(say("{cases} rendu." if count < 2 else "{cases} rendus.", cases=_cases(count))),
    )


async def _form(
    request: Request, visit: Visit, event: str, sent: FormData | None = None, error: CasesError | None = None
) -> Response:
    act = ACTS.get(event)
    if act is None:
        raise NotFound("Choisissez ce que vous voulez faire de ces dossiers.")
    given = sent if sent is not None else request.query_params

    def read(db: Connection) -> tuple[tuple[CaseRow, ...], tuple[Choice, ...]]:
        return _chosen(db, visit, given), referents_with_load(db, visit.identity)

    def present(found: tuple[tuple[CaseRow, ...], tuple[Choice, ...]]) -> dict[str, Any]:
        rows, people = found
        back = own_address(str(given.get("retour") or ""), "/dossiers")
        return {**_form_context(event, rows), "back": back, **_asked(event, people, sent, error)}

    return await desk.show(request, visit, "together.html", read, present, status=200 if error is None else 422)


def _chosen(db: Connection, visit: Visit, given: Any) -> tuple[CaseRow, ...]:
    """The cases that were ticked, or the whole of the list; at most two hundred."""
    if given.get("tout"):
        return every_case(db, visit.identity, asked_of(given).narrowing(), now=visit.now, at_most=AT_MOST)
    return named(db, visit.identity, tuple(_references(given)), now=visit.now)


def _references(given: Any) -> list[str]:
    found = []
    for text in given.getlist("dossier")[:AT_MOST]:
        try:
            found.append(read_reference(str(text)))
        except NotFound:
            continue
    return found


def _form_context(event: str, rows: tuple[CaseRow, ...]) -> dict[str, Any]:
    act = ACTS[event]
    return {
        "title": say(act.several, cases=_cases(len(rows))) if rows else act.label, "act": act, "event": event,
        "key": secrets.token_urlsafe(12), "at_most": AT_MOST if len(rows) == AT_MOST else None,
        "cases": [_chosen_row(row) for row in rows],
    }  # fmt: skip


def _chosen_row(row: CaseRow) -> dict[str, Any]:
    hint = together((STAGES[row.state], row.referent or say("personne")), " · ")
    return {"value": row.reference, "label": row.name, "hint": hint, "checked": True}


def _asked(event: str, people: tuple[Choice, ...], sent: FormData | None, error: CasesError | None) -> dict[str, Any]:
    """What the step asks, and what is wrong with what was sent."""
    errors, inputs = reasons_of(error) if error else (), _inputs(event)
    asked = forms.fields(inputs, {one.name: _choices(one, people) for one in inputs}, sent, errors)
    return {"fields": asked, "errors": summary(errors, asked)}


def _inputs(event: str) -> tuple[Input, ...]:
    act = ACTS[event]
    return tuple(one for one in inputs_of(CASE_TRACK, act.event or event) if one.name in act.asks)


def _choices(asked: Input, people: tuple[Choice, ...]) -> tuple[Choice, ...]:
    if asked.kind is InputKind.REFERENT:
        return people
    return tuple(Choice(code, label) for code, label in (asked.choices or {}).items())


async def _take_all(visit: Visit, sent: FormData) -> str:
    """The step on each case; the verdicts are kept under the key of the form, so that a second press gives the same."""
    event, key = str(sent.get("geste") or ""), str(sent.get("key") or "")
    references, now = _references(sent), visit.now
    if event not in ACTS or not _KEY.fullmatch(key):
        raise NotFound("Choisissez ce que vous voulez faire de ces dossiers.")
    if not references:
        raise Invalid("Choisissez au moins un dossier.", "dossier")
    act, payload = ACTS[event], forms.payload(_inputs(event), sent)
    missing = next((one for one in _inputs(event) if one.required and one.name not in payload), None)
    if missing is not None:
        raise Invalid(missing.missing or say("Remplissez « {label} ».", label=missing.label), missing.name)
    rows = await visit.read(lambda db: named(db, visit.identity, tuple(references), now=now))

    tracks = {row.reference: (row.track if act.on_track else None) or CASE_TRACK for row in rows}

    async def take_one(reference: str) -> Fired:
        asked = StepRequest(
            reference, act.event or event, tracks[reference], {**payload, **act.given}, key=f"{key} {reference}"
        )
        return await take(visit, asked)

    found = await take_on_each(tracks, take_one)
    told = {one.reference: one.outcome for one in found}
    answer = {"act": event, "cases": [_kept(row, told[row.reference], event) for row in rows]}
    await visit.write(lambda db: _keep(db, visit.identity, key, answer, now))
    return key


def _kept(row: CaseRow, outcome: Fired | CasesError, event: str) -> dict[str, Any]:
    """The verdict on a case, without a word of who is helped: their name is read again when it is shown."""
    taken = isinstance(outcome, Fired)
    before = row.referent_id if taken and event == "hand_over" else None
    return {
        "reference": row.reference,
        "taken": taken,
        "why": shown(outcome.said) if isinstance(outcome, CasesError) else "",
        "before": before,
    }


def _kept_under(db: Connection, visit: Visit, key: str) -> Mapping[str, Any]:
    kept = kept_answer(db, claim_of(visit.identity, KEPT, key)) if _KEY.fullmatch(key) else None
    if kept is None:
        raise NotFound("Ce compte rendu n’existe pas, ou il n’est pas à vous.")
    return kept


def _keep(db: Connection, who: Identity, key: str, answer: Mapping[str, Any], now: Any) -> None:
    """Once: who presses twice reads what the first press did."""
    wanted = claim_of(who, KEPT, key)
    if claim(db, wanted, [one["reference"] for one in answer["cases"]], now) is None:
        keep_answer(db, wanted, answer)


def _verdicts_context(kept: Mapping[str, Any], names: Mapping[str, str], key: str) -> dict[str, Any]:
    act = ACTS[kept["act"]]
    cases = [{**one, "name": names.get(one["reference"], one["reference"])} for one in kept["cases"]]
    taken, left = ([one for one in cases if one["taken"] is whether] for whether in (True, False))
    return {
        "title": together((_cases(len(taken)), act.told[len(taken) > 1])), "told": act.told[0], "left": left, "taken": taken,
        "lead": _as_before(len(left)) if left else None,
        "undo": f"/dossiers/ensemble/{key}/annuler" if any(one["before"] for one in taken) else None,
    }  # fmt: skip


def _as_before(count: int) -> str:
    pattern = (
        "{cases} reste comme avant, voici pourquoi." if count == 1 else "{cases} restent comme avant, voici pourquoi."
    )
    return say(pattern, cases=_cases(count))


def _cases(count: int) -> str:
    if count < 2:
        return "1 dossier" if count else "Aucun dossier"
    return say("{count} dossiers", count=count)
