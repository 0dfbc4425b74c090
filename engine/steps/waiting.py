"""Hold, urgency and dates: how the clocks of a case stand still, hurry or move."""

from __future__ import annotations

from collections.abc import Iterator

from engine.effects import (
    Effect,
    Extend,
    Forget,
    Halve,
    Hold,
    Later,
    Put,
    Release,
)
from engine.facts import ArmedDeadline, Situation
from engine.guards import (
    HOLD_IN_ALL,
    a_reason_is_given,
    an_end_date_within_sixty_days,
    day_given,
)
from engine.inputs import choice, day, flag, of_kind, words
from engine.lists import HOLD
from engine.model import (
    CASE_TRACK,
    InputKind,
    Kind,
    MailClass,
    Notify,
    Refusal,
    Role,
    Step,
)
from engine.sentences import say
from engine.steps.needs import ADVISER
from engine.working_days import EVENING


def _not_on_hold(at: Situation) -> Refusal | None:
    if at.case.on_hold_until is None:
        return None
    return Refusal("already_on_hold", "Le dossier est déjà en attente.")


def _on_hold(at: Situation) -> Refusal | None:
    if at.case.on_hold_until is not None:
        return None
    return Refusal("not_on_hold", "Le dossier n’est pas en attente.")


def _not_too_long_in_all(at: Situation) -> Refusal | None:
    end = day_given(at, "until")
    if at.asking or end is None or at.case.hold_days_used + at.case.calendar.between(at.day, end) <= HOLD_IN_ALL:
        return None
    return Refusal(
        "hold_too_long_in_all",
        say("Un dossier reste en attente {days} jours ouvrés au plus, en tout.", days=HOLD_IN_ALL),
        field="until",
    )


def _stand_still(at: Situation) -> Iterator[Effect]:
    end = day_given(at, "until")
    if end is None:
        return
    yield Put(CASE_TRACK, {"hold_reason": at.given("reason"), "hold_until": end})
    yield Hold("hold")
    yield Later(CASE_TRACK, "resume", at.case.calendar.at(end, EVENING))


def _go_on(at: Situation) -> Iterator[Effect]:
    started = at.case.calendar.between(at.day, at.case.on_hold_until) if at.case.on_hold_until else 0
    yield Put(CASE_TRACK, {"hold_reason": None, "hold_until": None, "hold_days_given_back": started})
    yield Forget(CASE_TRACK, "resume")
    yield Release("hold")


def _somebody_else_resumed(at: Situation) -> bool:
    return not at.actor.acts_as(Role.ADVISER) or at.actor.role is Role.SYSTEM


hold = Step(
    "hold",
    "Mettre en attente",
    ADVISER,
    inputs=(
        choice("reason", "Motif", HOLD, missing="Choisissez le motif."),
        day("until", "Jusqu’au", required=True, missing="Dites jusqu’à quel jour."),
        words("text", "Précision"),
    ),
    guards=(_not_on_hold, an_end_date_within_sixty_days, _not_too_long_in_all),
    effects=(_stand_still,),
    tells=(Notify("on_hold", Role.OPERATOR), Notify("on_hold", Role.MENTOR), Notify("on_hold", Role.ENTREPRENEUR)),
    guard_says="a reason from the list; until ≤ 60 wd from now and ≤ 120 wd in all; not on hold",
    effect_says="deadlines of the case and of its tracks paused; people with an open deadline told once",
)
resume = Step(
    "resume",
    "Reprendre le dossier",
    frozenset({Role.ADVISER, Role.ENTREPRENEUR, Role.SYSTEM}),
    guards=(_on_hold,),
    effects=(_go_on,),
    tells=(
        Notify("resumed", Role.OPERATOR),
        Notify("resumed", Role.MENTOR),
        Notify("step_taken", Role.ADVISER, MailClass.REMINDER, when=_somebody_else_resumed),
    ),
    guard_says="on hold",
    effect_says="each deadline goes on with what was left; system on the end date",
)


def _not_urgent_yet(at: Situation) -> Refusal | None:
    if at.asking or at.case.urgent == bool(at.given("lift")):
        return None
    return Refusal(
        "already_urgent",
        "Le dossier est déjà urgent. Vous pouvez lever l’urgence."
        if at.case.urgent
        else "Le dossier n’est pas urgent.",
    )


def _hurry(at: Situation) -> Iterator[Effect]:
    yield Put(CASE_TRACK, {"urgent": not at.given("lift")})
    if not at.given("lift"):
        yield Halve()


set_urgent = Step(
    "set_urgent",
    "Signaler une urgence",
    ADVISER,
    inputs=(words("reason", "Pourquoi", required=True), flag("lift", "Lever l’urgence")),
    guards=(a_reason_is_given, _not_urgent_yet),
    effects=(_hurry,),
    guard_says="a reason; not urgent yet (or: lift it)",
    effect_says="working-day deadlines still open are halved, rounded up, at least 1, counted from now",
)


def named_deadline(at: Situation) -> ArmedDeadline | None:
    """The open deadline that the step names by its track, its rule and, where there are several, its item."""
    return next(
        (
            d
            for d in at.facts.deadlines
            if d.status == "open"
            and d.rule == at.given("deadline")
            and d.track == (at.given("deadline_on") or CASE_TRACK)
            and at.given("item") in (None, "", d.item)
        ),
        None,
    )


def _an_open_deadline_once(at: Situation) -> Refusal | None:
    if at.asking:
        return None
    found = named_deadline(at)
    if found is None:
        return Refusal(
            "deadline_not_open", "Cette échéance n’est pas ouverte. Choisissez-en une autre.", field="deadline"
        )
    if found.extended:
        return Refusal("extended_already", "Cette échéance a déjà été reportée une fois.", field="deadline")
    if at.actor.acts_as(Role.OPERATOR) and not _is_their_own(at, found):
        return Refusal(
            "not_their_deadline", "Vous ne pouvez reporter que les échéances de votre orientation.", field="deadline"
        )
    return None


def _is_their_own(at: Situation, found: ArmedDeadline) -> bool:
    track = at.case.tracks.get(found.track)
    return track is not None and track.kind is Kind.REFERRAL and getattr(track, "branch", None) == at.actor.branch


def _a_later_date(at: Situation) -> Refusal | None:
    if at.asking:
        return None
    to_date, found = day_given(at, "to_date"), named_deadline(at)
    if to_date is None or to_date <= at.day or (found is not None and to_date <= found.due_on):
        return Refusal("not_later", "Choisissez un jour plus lointain que l’échéance.", field="to_date")
    return None


def _has_the_new_date(at: Situation) -> Iterator[Effect]:
    found, to_date = named_deadline(at), day_given(at, "to_date")
    if found is not None and to_date is not None:
        yield Extend(found, to_date)


def _not_by_the_adviser(at: Situation) -> bool:
    return not at.actor.acts_as(Role.ADVISER)


extend_deadline = Step(
    "extend_deadline",
    "Reporter une échéance",
    frozenset({Role.ADVISER, Role.OPERATOR}),
    inputs=(
        of_kind(InputKind.DEADLINE, "deadline", "Échéance", required=True, missing="Choisissez l’échéance."),
        of_kind(InputKind.TRACKS, "deadline_on", "Suivi"),
        words("item", "Laquelle, s’il y en a plusieurs"),
        day("to_date", "Nouvelle date", required=True),
        words("reason", "Pourquoi", required=True),
    ),
    guards=(a_reason_is_given, _an_open_deadline_once, _a_later_date),
    effects=(_has_the_new_date,),
    tells=(Notify("date_extended", Role.ADVISER, when=_not_by_the_adviser), Notify("date_extended", Role.OWNER)),
    guard_says="the deadline is open; a reason; once; operator: its own referral's",
    effect_says="the new date is said to whom the deadline concerns",
)
