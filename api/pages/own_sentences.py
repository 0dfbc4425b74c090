"""A case told to the person who is helped, in simple words: what happens now, who does it, and the way so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from api.pages.dates import before
from api.pages.own_plan import UNDER_WAY, now_of_plan, steps_of_plan
from api.pages.own_words import Now, step_of_path
from cases.documents import DocumentSeen
from cases.views.choices import subject_label
from cases.views.own_case import Helper, OwnCase
from engine.facts import Pair, Referral, Track
from engine.model import CASE_TRACK
from engine.sentences import Sentence, say
from engine.state_names import CaseState, PairState, PlanState, ReferralState
from notifications.grammar import Days, capital, first_name, listed, of, the
from notifications.languages import shown
from notifications.said import Running
from notifications.typography import day_long, day_short

_YES = (ReferralState.ACCEPTED, ReferralState.ENGAGED, ReferralState.COMPLETED)
_DONE = (ReferralState.COMPLETED, PairState.ENDED, PlanState.DONE)
_TOGETHER = (PairState.ACTIVE, PairState.PAUSED, PairState.MID_REVIEW)


def now_of(case: OwnCase, now: datetime) -> Now:
    """What happens now, the most pressing first."""
    if case.facts.state == CaseState.CLOSED:
        return Now("Votre dossier est terminé.", "Si vous avez de nouveau besoin d’aide, dites-le : il se rouvre.")
    if case.questions:
        track = case.facts.tracks[next(iter(case.questions))]
        return Now(
            say("{operator} a une question pour vous.", operator=_the(track)), "Votre réponse l’aide à dire oui."
        )
    if (due := case.due("real_contact")) is not None:
        return Now(
            say("Quelqu’un doit vous parler {by}.", by=_by(case, due, now)),
            "Nous avons lu votre message.",
            case.referent,
        )
    return _on_hold(case) or _helped(case, now) or _followed(case, now)


def path_of(case: OwnCase) -> list[dict[str, Any]]:
    """The way so far and what comes: as the macro `path` takes it."""
    over = case.facts.state == CaseState.CLOSED
    told = [
        step_of_path("past", "Votre demande est notée", say("Le {day}.", day=day_long(case.opened_on))),
        *(step for track in case.facts.tracks.values() for step in _told(case, track)),
    ]
    if over:
        told.append(step_of_path("past", "C’est terminé", "Vos informations sont gardées deux ans, puis effacées."))
    elif case.facts.state == CaseState.FOLLOW_UP:
        told.append(step_of_path("here", "Nous prenons de vos nouvelles", "À trois, six et douze mois.", "follow_up"))
    elif case.facts.on_hold_until:
        told.append(step_of_path("next", "Votre dossier est en attente", _until(case.facts.on_hold_until)))
    elif case.facts.consent_to_share and not case.tracks("sent", "info_requested", *_YES, *_TOGETHER, *UNDER_WAY):
        told.append(
            step_of_path("here", "Nous cherchons qui peut vous aider", "Vous n’avez rien à refaire.", "orientation")
        )
    return _one_here(told)


def _one_here(told: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same way, with one place where the reader is: the last."""
    last = max((place for place, step in enumerate(told) if step["position"] == "here"), default=-1)
    return [
        {**step, "position": "past"} if step["position"] == "here" and place < last else step
        for place, step in enumerate(told)
    ]


# -- now ------------------------------------------------------------------------------------------------------------------


def _on_hold(case: OwnCase) -> Now | None:
    """Nobody calls for a while, because it was said so."""
    if case.facts.on_hold_until is None:
        return None
    title = say("Votre dossier est en attente jusqu’au {day}.", day=day_long(case.facts.on_hold_until))
    return Now(title, "Vous n’avez rien à faire d’ici là.", case.referent, _adviser_of(case))


def _until(day: date) -> Sentence:
    return say("Jusqu’au {day}.", day=day_long(day))


def _helped(case: OwnCase, now: datetime) -> Now | None:
    """Somebody has said yes: they call, or they are at work."""
    for track in case.tracks(ReferralState.ACCEPTED):
        agent, due = _agent(case, track), case.due("first_contact", track.name)
        who = first_name(agent.name) if agent else _the(track)
        title = _will_call(who, _by(case, due, now)) if due else say("{who} va vous appeler.", who=who)
        return Now(title, "Gardez vos papiers près de vous.", agent, _for_what(case, track))
    for track in case.tracks(ReferralState.ENGAGED):
        agent = _agent(case, track)
        where = of(_operator(track))
        at_work = say("{who}, {where}, vous accompagne.", who=first_name(agent.name), where=where) if agent else None
        return Now(
            at_work or say("{who} vous accompagne.", who=_the(track)),
            "Vous vous êtes parlé : la suite se prépare ensemble.",
            agent,
            _for_what(case, track),
        )
    return now_of_plan(case, now) or _mentored(case)


def _mentored(case: OwnCase) -> Now | None:
    """Somebody sees them once a month."""
    for track in case.tracks(*_TOGETHER):
        mentor = case.people.get(getattr(track, "mentor", ""))
        if mentor:
            title = say("{who} est votre mentor.", who=first_name(mentor.name))
            return Now(title, "Vous vous voyez une fois par mois.", mentor, say("mentor"))
    return None


def _followed(case: OwnCase, now: datetime) -> Now:
    """Nobody has said yes yet: an answer is awaited, or the adviser is at work."""
    asked = case.tracks(ReferralState.SENT)
    detail = _adviser_of(case)
    if asked:
        names = listed(dict.fromkeys(of(_operator(track)) for track in asked))
        title = say("Nous attendons la réponse {of_operators}.", of_operators=names)
        return Now(title, _awaited(case, asked, now), case.referent, detail)
    due = case.due("first_contact") or case.due("qualification")
    if case.facts.state == CaseState.DETECTION and case.referent and due:
        title = _will_call(first_name(case.referent.name), _by(case, due, now))
        return Now(title, "Gardez vos papiers près de vous.", case.referent, detail)
    if case.facts.state == CaseState.FOLLOW_UP:
        return Now("Nous prenons bientôt de vos nouvelles.", "", case.referent, detail)
    if not case.facts.consent_to_share:
        kept = "La personne qui vous suit garde votre demande, pour vous répondre."
        return Now("Nous ne partageons pas vos informations.", kept, case.referent, detail)
    if case.referent and case.tracks(*_DONE):
        title = say("{who} cherche la suite avec vous.", who=first_name(case.referent.name))
        return Now(title, "Vous n’avez rien à refaire.", case.referent, detail)
    return Now("Nous cherchons qui peut vous aider.", _next_news(case, now), case.referent, detail)


def _awaited(case: OwnCase, asked: Sequence[Track], now: datetime) -> str:
    """By when an answer must come, and what happens otherwise; a day that has passed is not told."""
    today, days = case.facts.calendar.day_of(now), [case.due("answer", track.name) for track in asked]
    ahead = [day for day in days if day and day >= today]
    if not ahead:
        return "Si c’est non, nous cherchons ailleurs."
    by = before(max(ahead), case.facts.calendar, now)
    return say("La réponse doit venir {by}. Si c’est non, nous cherchons ailleurs.", by=by)


def _next_news(case: OwnCase, now: datetime) -> str:
    """When they hear of it again, if nobody says yes before."""
    running = (one for one in case.facts.deadlines if one.name == "acceptance" and one.status == "open")
    told = [Running(one.track, one.rule, one.due_on, one.armed_on) for one in running]
    day = told[0].next_news(Days(now, case.facts.calendar)) if told else None
    if day is None:
        return "Vous n’avez rien à refaire."
    return say("Vous n’avez rien à refaire. Prochaines nouvelles le {day} au plus tard.", day=day_long(day))


def _adviser_of(case: OwnCase) -> str:
    """« votre conseil, Roubaix »."""
    return say("votre conseil, {place}", place=case.place) if case.place else say("votre conseil")


def _by(case: OwnCase, due: date, now: datetime) -> str:
    """« avant jeudi 3 décembre »; a day that has passed is not told as a reproach."""
    return before(due, case.facts.calendar, now) if due >= case.facts.calendar.day_of(now) else "dès que possible"


def _agent(case: OwnCase, track: Track) -> Helper | None:
    return case.people.get(getattr(track, "agent", None) or "")


def _will_call(who: str, by: str) -> Sentence:
    return say("{who} va vous appeler {by}.", who=who, by=by)


def _operator(track: Track) -> str:
    return getattr(track, "operator_name", "") or shown("l’opérateur")


def _the(track: Track) -> str:
    """« L'Adie »."""
    return capital(the(_operator(track)))


def _for_what(case: OwnCase, track: Track) -> str:
    """« Adie, pour trouver un financement »."""
    needs = [need_said(*case.needs[one]) for one in getattr(track, "needs", ()) if one in case.needs]
    return say("{operator}, pour : {need}", operator=_operator(track), need=needs[0]) if needs else _operator(track)


def need_said(subject: str, detail: str | None) -> str:
    """A need in the person's own words, else by its label."""
    return detail or shown(subject_label(subject)).lower()


def asks_news(case: OwnCase) -> bool:
    """Whether they are asked how their business goes: nothing runs any more, and their adviser makes the point."""
    return case.facts.state == CaseState.FOLLOW_UP


# -- the way --------------------------------------------------------------------------------------------------------------


def _told(case: OwnCase, track: Track) -> Iterator[dict[str, Any]]:
    if isinstance(track, Referral):
        yield from _of_referral(case, track)
    elif isinstance(track, Pair) and track.state == PairState.PROPOSED:
        yield step_of_path(
            "next", "Un mentor vous est proposé", say("{who} attend votre réponse.", who=track.mentor_name)
        )
    elif isinstance(track, Pair) and track.state in _TOGETHER:
        yield step_of_path("here", "Vous avez un mentor", f"{track.mentor_name}.", "mentoring")
    yield from steps_of_plan(track)


def _of_referral(case: OwnCase, track: Referral) -> Iterator[dict[str, Any]]:
    operator, needs = _the(track), [need_said(*case.needs[one]) for one in track.needs if one in case.needs]
    for_what = say("Pour : {need}.", need=needs[0]) if needs else ""
    if track.state in (ReferralState.SENT, ReferralState.INFO_REQUESTED):
        awaited = say("On attend la réponse {of_operator}", of_operator=of(_operator(track)))
        otherwise = "Si c’est non, nous cherchons ailleurs."
        yield step_of_path(
            "next", awaited, say("{first} {then}", first=for_what, then=otherwise) if needs else otherwise
        )
    elif track.state in _YES:
        yield step_of_path("past", say("{operator} a dit oui", operator=operator), for_what)
    if track.state == ReferralState.ACCEPTED:
        calls = say("{operator} vous appelle", operator=operator)
        yield step_of_path("here", calls, "Le premier appel est gratuit, comme la suite.", "orientation")
    elif track.state == ReferralState.ENGAGED:
        yield step_of_path(
            "here",
            say("{operator} vous accompagne", operator=operator),
            "La suite se prépare avec vous.",
            "accompaniment",
        )
    elif track.state == ReferralState.COMPLETED:
        yield step_of_path("past", say("{operator} a fini son travail avec vous", operator=operator), "")


# -- documents ------------------------------------------------------------------------------------------------------------


def readers_of(case: OwnCase) -> list[tuple[str, str]]:
    """For whom a document may be added: their adviser, and the operators who said yes."""
    known = case.referent
    adviser = say("{name}, votre conseil", name=first_name(known.name)) if known else "Votre conseil"
    helping = case.tracks(ReferralState.ACCEPTED, ReferralState.ENGAGED)
    return [
        (CASE_TRACK, adviser),
        *((track.name, say("{operator} et votre conseil", operator=_the(track))) for track in helping),
    ]


def document_said(document: DocumentSeen, zone: str, here: str) -> dict[str, str]:
    """A document that they gave, as the macro `links` takes it."""
    day = day_short(document.at, zone)
    return {"label": f"{document.name}, {day}", "href": f"{here}/documents/{document.id}", "icon": "download"}
