"""Closing a case: for a reason, with its tracks, and a duplicate into the case that is kept."""

from __future__ import annotations

from collections.abc import Iterator

from engine.effects import (
    Effect,
    Follow,
    Forget,
    MoveTrack,
    Put,
    Tell,
)
from engine.facts import Situation
from engine.guards import (
    each_need_has_its_outcome,
)
from engine.inputs import choice, flag, of_kind, words
from engine.lists import CLOSE
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
from engine.state_names import CaseState
from engine.steps.needs import OUTCOMES, outcomes_are_kept


def _tracks_end_too(at: Situation) -> Refusal | None:
    if not at.case.open_tracks() or at.given("end_tracks"):
        return None
    return Refusal(
        "open_tracks",
        "Des suivis sont encore ouverts : confirmez qu’ils se terminent avec le dossier.",
        field="end_tracks",
        settled_by="end_tracks",
    )


def _their_own_reason(at: Situation) -> Refusal | None:
    role, reason = at.actor.role, at.given("reason")
    if role is Role.ADMIN and at.case.territory is not None:
        return Refusal("not_without_territory", "Seul le territoire clôt ses dossiers.")
    if role is Role.ENTREPRENEUR and reason is not None and reason != "withdrawn_by_entrepreneur":
        return Refusal(
            "not_their_reason",
            "Vous pouvez tout arrêter ; les autres motifs reviennent à votre conseiller.",
            field="reason",
        )
    return None


def _really_unreachable(at: Situation) -> Refusal | None:
    attempts = at.case.attempts
    if at.given("reason") != "unreachable":
        return None
    enough = len(attempts) >= 3 and len({channel for _, channel in attempts}) >= 2
    if enough and at.case.calendar.between(attempts[0][0], attempts[-1][0]) >= 5:
        return None
    return Refusal(
        "three_attempts_on_two_channels",
        "Il faut trois essais, sur deux moyens, étalés sur cinq jours ouvrés.",
        field="reason",
    )


def _another_open_case_is_kept(at: Situation) -> Refusal | None:
    if at.given("reason") != "duplicate" or (at.given("keeps") and at.case.kept_case not in (None, CaseState.CLOSED)):
        return None
    return Refusal("no_case_kept", "Choisissez le dossier ouvert qui est conservé.", field="keeps")


_ENDINGS = {Kind.REFERRAL: "withdraw", Kind.MENTORING_PAIR: "end_pair", Kind.TRANSITION_PLAN: "abandon"}


def _end_the_tracks(at: Situation) -> Iterator[Effect]:
    """Open tracks end with the case; a duplicate's move to the case that is kept, unless it has the same branch and need."""
    duplicate = at.given("reason") == "duplicate"
    for track in at.case.open_tracks():
        twice = any(
            (getattr(track, "branch", None), need) in at.case.taken_in_kept_case for need in getattr(track, "needs", ())
        )
        if duplicate and not twice:
            yield MoveTrack(track.name)
            if track.kind is Kind.REFERRAL and track.state != "draft":
                yield Tell("case_merged", Role.OPERATOR, MailClass.DIRECT, track.name)
        else:
            yield end_of(track.name, track.kind, track.state, "case_closed")


def end_of(name: str, kind: Kind, state: str, reason: str, *, quiet: bool = False) -> Follow:
    """The step by which the system ends an open track for that reason."""
    event = "decline_pair" if kind is Kind.MENTORING_PAIR and state == "proposed" else _ENDINGS[kind]
    payload = {"reason": "other", "text": reason} if event == "decline_pair" else {"reason": reason}
    return Follow(name, event, payload, quiet=quiet)


def _closing_is_kept(at: Situation) -> Iterator[Effect]:
    yield Put(
        CASE_TRACK,
        {"closed_reason": at.given("reason"), "closed_at": at.act.now, "keeps": at.given("keeps"), "hold_until": None},
    )
    yield Forget(CASE_TRACK)


def _by_themselves(at: Situation) -> bool:
    return at.actor.role is Role.ENTREPRENEUR


def _by_somebody_else(at: Situation) -> bool:
    return at.actor.role is not Role.ENTREPRENEUR and at.given("reason") not in ("duplicate", "unreachable")


close = Step(
    "close",
    "Clore le dossier",
    frozenset({Role.ADVISER, Role.ENTREPRENEUR, Role.ADMIN}),
    CaseState.CLOSED,
    inputs=(
        choice("reason", "Motif", CLOSE, missing="Choisissez le motif."),
        OUTCOMES,
        flag("end_tracks", "Terminer aussi les suivis encore ouverts"),
        of_kind(InputKind.CASE, "keeps", "Dossier conservé, si c’est un doublon"),
        words("text", "Un mot de plus"),
    ),
    guards=(
        _their_own_reason,
        _tracks_end_too,
        each_need_has_its_outcome,
        _really_unreachable,
        _another_open_case_is_kept,
    ),
    effects=(_end_the_tracks, outcomes_are_kept, _closing_is_kept),
    tells=(
        Notify("case_closed", Role.ENTREPRENEUR, when=_by_somebody_else),
        Notify("case_closed_ack", Role.ENTREPRENEUR, MailClass.REQUESTED, when=_by_themselves),
    ),
    guard_says="a reason; tracks still open: the step says end_tracks; an outcome for each need (set to no_longer_needed by itself for duplicate, "
    "unreachable, withdrawn_by_entrepreneur, activity_ceased, out_of_perimeter, no_need); unreachable: 3 attempts on 2 channels over 5 wd; "
    "duplicate: names the open case that is kept; entrepreneur: only withdrawn_by_entrepreneur; admin: only a case without territory",
    effect_says="open tracks are ended by system with the same reason (duplicate: moved to the case kept, unless it has the same branch and need); "
    "deadlines cancelled; one courtesy mail a person",
)
