"""A case told to the person who is helped, in simple words: what happens now, who does it, and the way so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from api.pages.dates import before
from cases.documents import DocumentSeen
from cases.views.choices import subject_label
from cases.views.own_case import Helper, OwnCase
from engine.facts import Pair, Referral, Track
from engine.model import CASE_TRACK
from engine.state_names import CaseState, PairState, ReferralState
from notifications.grammar import capital, first_name, listed, of, the
from notifications.typography import day_long, day_short

_YES = (ReferralState.ACCEPTED, ReferralState.ENGAGED, ReferralState.COMPLETED)
_TOGETHER = (PairState.ACTIVE, PairState.PAUSED, PairState.MID_REVIEW)


@dataclass(frozen=True, slots=True)
class Now:
    """What happens now: the sentence of the title, who it is about, a word more."""

    title: str
    text: str = ""
    who: Helper | None = None
    detail: str = ""
    """Who they are: « Adie, pour trouver un financement »."""


def now_of(case: OwnCase, now: datetime) -> Now:
    """What happens now, the most pressing first."""
    if case.facts.state == CaseState.CLOSED:
        return Now("Votre dossier est terminé.", "Si vous avez de nouveau besoin d’aide, dites-le : il se rouvre.")
    if case.questions:
        track = case.facts.tracks[next(iter(case.questions))]
        return Now(f"{capital(the(_operator(track)))} a une question pour vous.", "Votre réponse l’aide à dire oui.")
    if (due := case.due("real_contact")) is not None:
        return Now(f"Quelqu’un doit vous parler {_by(case, due, now)}.", "Nous avons lu votre message.", case.referent)
    return _helped(case, now) or _followed(case, now)


def path_of(case: OwnCase) -> list[dict[str, Any]]:
    """The way so far and what comes: as the macro `path` takes it."""
    over = case.facts.state == CaseState.CLOSED
    told = [
        _step("past", "Votre demande est notée", f"Le {day_long(case.opened_on)}."),
        *(step for track in case.facts.tracks.values() for step in _told(case, track)),
    ]
    if over:
        told.append(_step("past", "C’est terminé", "Vos informations sont gardées deux ans, puis effacées."))
    elif case.facts.state == CaseState.FOLLOW_UP:
        told.append(_step("here", "Nous prenons de vos nouvelles", "À trois, six et douze mois.", "follow_up"))
    elif not case.tracks("sent", "info_requested", *_YES, *_TOGETHER):
        told.append(_step("here", "Nous cherchons qui peut vous aider", "Vous n’avez rien à refaire.", "orientation"))
    return told


# -- now ------------------------------------------------------------------------------------------------------------------


def _helped(case: OwnCase, now: datetime) -> Now | None:
    """Somebody has said yes: they call, or they are at work."""
    for track in case.tracks(ReferralState.ACCEPTED):
        agent, due = _agent(case, track), case.due("first_contact", track.name)
        who = first_name(agent.name) if agent else capital(the(_operator(track)))
        title = f"{who} va vous appeler {_by(case, due, now)}." if due else f"{who} va vous appeler."
        return Now(title, "C’est gratuit. Gardez vos papiers près de vous.", agent, _for_what(case, track))
    for track in case.tracks(ReferralState.ENGAGED):
        agent = _agent(case, track)
        who = f"{first_name(agent.name)}, {of(_operator(track))}," if agent else capital(the(_operator(track)))
        return Now(
            f"{who} vous accompagne.",
            "Vous vous êtes parlé : la suite se prépare ensemble.",
            agent,
            _for_what(case, track),
        )
    for track in case.tracks(*_TOGETHER):
        mentor = case.people.get(getattr(track, "mentor", ""))
        if mentor:
            return Now(
                f"{first_name(mentor.name)} est votre mentor.", "Vous vous voyez une fois par mois.", mentor, "mentor"
            )
    return None


def _followed(case: OwnCase, now: datetime) -> Now:
    """Nobody has said yes yet: an answer is awaited, or the adviser is at work."""
    asked = case.tracks(ReferralState.SENT)
    detail = f"votre conseil{', ' + case.place if case.place else ''}"
    if asked:
        names = listed(dict.fromkeys(of(_operator(track)) for track in asked))
        return Now(
            f"Nous attendons la réponse {names}.", "Si c’est non, nous cherchons ailleurs.", case.referent, detail
        )
    due = case.due("first_contact") or case.due("qualification")
    if case.facts.state == CaseState.DETECTION and case.referent and due:
        return Now(
            f"{first_name(case.referent.name)} va vous appeler {_by(case, due, now)}.",
            "C’est gratuit.",
            case.referent,
            detail,
        )
    if case.facts.state == CaseState.FOLLOW_UP:
        return Now("Nous prenons bientôt de vos nouvelles.", "", case.referent, detail)
    return Now("Nous cherchons qui peut vous aider.", "Vous n’avez rien à refaire.", case.referent, detail)


def _by(case: OwnCase, due: date, now: datetime) -> str:
    """« avant jeudi 3 décembre »; a day that has passed is not told as a reproach."""
    return before(due, case.facts.calendar, now) if due >= case.facts.calendar.day_of(now) else "dès que possible"


def _agent(case: OwnCase, track: Track) -> Helper | None:
    return case.people.get(getattr(track, "agent", None) or "")


def _operator(track: Track) -> str:
    return getattr(track, "operator_name", "") or "l’opérateur"


def _for_what(case: OwnCase, track: Track) -> str:
    """« Adie, pour trouver un financement »."""
    needs = [need_said(*case.needs[one]) for one in getattr(track, "needs", ()) if one in case.needs]
    return f"{_operator(track)}, pour : {needs[0]}" if needs else _operator(track)


def need_said(subject: str, detail: str | None) -> str:
    """A need in the person's own words, else by its label."""
    return detail or subject_label(subject).lower()


def asks_news(case: OwnCase) -> bool:
    """Whether they are asked how their business goes: nothing runs any more, and their adviser makes the point."""
    return case.facts.state == CaseState.FOLLOW_UP


# -- the way --------------------------------------------------------------------------------------------------------------


def _told(case: OwnCase, track: Track) -> Iterator[dict[str, Any]]:
    if isinstance(track, Referral):
        yield from _of_referral(case, track)
    elif isinstance(track, Pair) and track.state == PairState.PROPOSED:
        yield _step("next", "Un mentor vous est proposé", f"{track.mentor_name} attend votre réponse.")
    elif isinstance(track, Pair) and track.state in _TOGETHER:
        yield _step("here", "Vous avez un mentor", f"{track.mentor_name}.", "mentoring")


def _of_referral(case: OwnCase, track: Referral) -> Iterator[dict[str, Any]]:
    name, needs = the(_operator(track)), [need_said(*case.needs[one]) for one in track.needs if one in case.needs]
    for_what = f"Pour : {needs[0]}." if needs else ""
    if track.state in (ReferralState.SENT, ReferralState.INFO_REQUESTED):
        yield _step(
            "next",
            f"On attend la réponse {of(_operator(track))}",
            f"{for_what} Si c’est non, nous cherchons ailleurs.".strip(),
        )
    elif track.state in _YES:
        yield _step("past", f"{capital(name)} a dit oui", for_what)
    if track.state == ReferralState.ACCEPTED:
        yield _step(
            "here", f"{capital(name)} vous appelle", "Le premier appel est gratuit, comme la suite.", "orientation"
        )
    elif track.state == ReferralState.ENGAGED:
        yield _step("here", f"{capital(name)} vous accompagne", "La suite se prépare avec vous.", "accompaniment")
    elif track.state == ReferralState.COMPLETED:
        yield _step("past", f"{capital(name)} a fini son travail avec vous", "")


def _step(position: str, title: str, text: str, code: str | None = None) -> dict[str, Any]:
    return {"position": position, "title": title, "text": text, **({"code": code} if code else {})}


# -- documents ------------------------------------------------------------------------------------------------------------


def readers_of(case: OwnCase) -> list[tuple[str, str]]:
    """For whom a document may be added: their adviser, and the operators who said yes."""
    adviser = first_name(case.referent.name) + ", votre conseil" if case.referent else "Votre conseil"
    helping = case.tracks(ReferralState.ACCEPTED, ReferralState.ENGAGED)
    return [
        (CASE_TRACK, adviser),
        *((track.name, f"{capital(the(_operator(track)))} et votre conseil") for track in helping),
    ]


def document_said(document: DocumentSeen, zone: str, here: str) -> dict[str, str]:
    """A document that they gave, as the macro `links` takes it."""
    day = day_short(document.at, zone)
    return {"label": f"{document.name}, {day}", "href": f"{here}/documents/{document.id}", "icon": "download"}
