"""The steps of a case as links: the possible ones, the others with why not and the way out, what may be noted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cases.views.case_sheet import Sheet
from cases.views.choices import may_be_taken
from engine.definition import MACHINES
from engine.model import CASE_TRACK, TRACK_KINDS, Kind, RefusedBy
from engine.permission import Possible
from engine.sentences import together

PAUSES: Final = frozenset({"hold", "resume"})
"""They have a button of their own, above the page."""
_WAYS_OUT: Final[Mapping[str, tuple[str, str]]] = {
    "no_real_contact": ("noter/contact", "Noter un échange"),
    "no_contact_since_reopening": ("noter/contact", "Noter un échange"),
    "no_need_with_axis": ("noter/need", "Noter un besoin"),
    "not_informed": ("noter/consent", "Noter son accord"),
    "no_consent_to_share": ("noter/consent", "Noter son accord"),
    "no_engaged_referral": ("orienter", "Demander à un opérateur"),
    "no_active_pair": ("actions/propose?suivi=mentoring_pair", "Proposer un mentor"),
    "no_plan_taken_on": ("actions/open?suivi=transition_plan", "Ouvrir un plan"),
    "no_score_before": ("noter/score", "Noter le score"),
}
"""By the code of a refusal: what lifts it, under the address of the case."""

_PAGES: Final = {"document": "documents"}
"""What is noted on a page of its own."""


# -- steps ----------------------------------------------------------------------------------------------------------------


def acts(sheet: Sheet) -> dict[str, Any]:
    """The journey's steps, the other things that may be done, and what is not from here."""
    case_steps = [p for p in sheet.steps if p.track == CASE_TRACK]
    near = [p for p in case_steps if not _out_of_reach(p)]
    order = {str(state.code): place for place, state in enumerate(MACHINES[Kind.CASE].journey.states)}
    moving = sorted((p for p in near if p.to), key=lambda p: (not may_be_taken(p), order[str(p.to)]))
    beside = [p for p in near if not p.to and may_be_taken(p)]
    begun = [p for p in sheet.steps if p.track in TRACK_KINDS and not _out_of_reach(p) and may_be_taken(p)]
    return {
        "acts": [act(p, sheet) for p in moving],
        "pause": next((act(p, sheet) for p in beside if p.step in PAUSES), None),
        "more_acts": [act(p, sheet) for p in (*begun, *beside) if p.step not in PAUSES],
        "not_here": [act(p, sheet) for p in case_steps if any(r.by is RefusedBy.STATE for r in p.reasons)],
    }


def _out_of_reach(possible: Possible) -> bool:
    return any(reason.by in (RefusedBy.STATE, RefusedBy.EVENT, RefusedBy.ROLE) for reason in possible.reasons)


def act(possible: Possible, sheet: Sheet) -> dict[str, Any]:
    """One step as the macro `acts` takes it."""
    case = f"/dossiers/{sheet.case['reference']}"
    on = "" if possible.track == CASE_TRACK else f"?suivi={possible.track}"
    href = f"{case}/orienter" if possible.track == Kind.REFERRAL else f"{case}/actions/{possible.step}{on}"
    allowed = may_be_taken(possible)
    hint = together(reason.message for reason in possible.reasons) if allowed else None
    return {
        "label": label_of(possible, urgent=sheet.case["urgent"]), "allowed": allowed, "href": href, "hint": hint, "state": possible.to or "",
        "step": possible.step, "reasons": [way_out(r.code, r.message, case, possible.track) for r in possible.reasons],
    }  # fmt: skip


def label_of(possible: Possible, *, urgent: bool) -> str:
    """What a step is called on this case: an urgency that is said already can only be lifted."""
    return "Lever l’urgence" if urgent and possible.step == "set_urgent" else possible.label


def way_out(code: str, message: str, case: str, track: str) -> dict[str, Any]:
    """Why a step is not possible, and the link that lifts it when there is one."""
    found = _WAYS_OUT.get(code)
    if found is None:
        return {"message": message}
    href = f"{case}/{found[0]}" + (f"?suivi={track}" if found[0] == "noter/score" else "")
    return {"message": message, "way_out": {"href": href, "label": found[1]}}


def records_of(sheet: Sheet, track: str) -> list[dict[str, str]]:
    """What may be noted on a track, as links."""
    on = "" if track == CASE_TRACK else f"?suivi={track}"
    case = f"/dossiers/{sheet.case['reference']}"
    noted = sheet.records.get(track, ())
    return [{"label": p.label, "href": f"{case}/{_PAGES.get(p.step, f'noter/{p.step}')}{on}"} for p in noted]
