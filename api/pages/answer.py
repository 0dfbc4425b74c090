"""An operator answers from a mail, without an account: yes, a question, no; then the call, and the way back."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from api.pages.dates import before, due_chip
from api.pages.opening import LinkGone, Opened
from api.pages.shell import done, page, see_other, to_correct
from api.steps import take
from cases.access import Identity
from cases.errors import CasesError, Conflict, Invalid, NotFound
from cases.journey import Request as StepRequest
from cases.views.answering import ToAnswer, to_answer
from cases.views.choices import subject_label
from engine.lists import DECLINE, PROGRESS, RESULT
from engine.sentences import say
from engine.state_names import ReferralState

QUESTIONS: Final[Mapping[str, str]] = {"oui": "lien/oui.html", "question": "lien/question.html", "non": "lien/non.html"}
"""The page of each answer, by the word of its address."""
DECLINE_CHIPS: Final = tuple(code for code in DECLINE if code != "insufficient_info")
"""« Il me manque une information » is not a refusal: it opens « J’ai une question »."""
TRIED: Final = tuple(code for code in RESULT if code != "reached")

_TO_ANSWER = (ReferralState.SENT, ReferralState.INFO_REQUESTED)
_SAID: Final[Mapping[str, str]] = {
    "accept": "C’est noté : la demande est à vous.",
    "ask_info": "Votre question est partie. Le délai s’arrête jusqu’à la réponse.",
    "decline": "C’est noté. Merci d’avoir répondu : nous cherchons ailleurs.",
    "undo_answer": "Votre réponse est annulée.",
    "revive": "La demande est de nouveau à vous : il reste à répondre.",
    "first_contact": "C’est noté : vous vous êtes parlé.",
    "called": "C’est noté : la demande est à vous, et vous vous êtes parlé.",
    "attempt": "L’essai est noté. Réessayez à un autre moment, ou autrement.",
    "record_progress": "Merci, vos nouvelles sont notées.",
}
"""What is said once it is done, by the button that was pressed."""


_OVER: Final[Mapping[str, tuple[str, str]]] = {
    ReferralState.DECLINED: ("Merci d’avoir répondu.", "Nous cherchons quelqu’un d’autre pour {name}. Il n’y a plus rien à faire de votre côté."),
    ReferralState.EXPIRED: ("Le délai de réponse est passé.", "Nous cherchons quelqu’un d’autre pour {name}. Cela ne vous est pas reproché."),
    ReferralState.WITHDRAWN: ("Cette demande ne vous attend plus.", "Il n’y a plus rien à faire pour {name}. Cela ne compte pas comme un refus."),
    ReferralState.COMPLETED: ("C’est terminé avec {name}.", "Merci pour votre travail. Il n’y a plus rien à faire de votre côté."),
    ReferralState.DISCONTINUED: ("Vous n’accompagnez plus {name}.", "La suite est cherchée ailleurs. Il n’y a plus rien à faire de votre côté."),
}  # fmt: skip
"""What is said to an operator who has nothing to answer any more, by where the request stands: a title, a sentence."""


async def show(request: Request, opened: Opened) -> Response:
    """The request in short, with its three answers; or what comes after, once it was answered."""
    asked = await _read(opened)
    return _page(request, opened, asked, str(request.query_params.get("reponse", "")))


async def act(request: Request, opened: Opened) -> Response:
    """Give the answer that the form says; when something is missing, show it again with what to correct."""
    form = await request.form()
    pressed = str(form.get("step", ""))
    try:
        await take(opened.visit, *_steps(opened, pressed, form))
    except (NotFound, Conflict):
        raise
    except CasesError as error:
        asked = await _read(opened)
        return _page(request, opened, asked, str(form.get("reponse", "")), errors=to_correct(error), typed=form)
    return see_other(request, request.url.path, done(_SAID[pressed]))


async def _read(opened: Opened) -> ToAnswer:
    case_id, track, visit = opened.case_id, opened.track, opened.visit
    try:
        return await visit.read(lambda db: to_answer(db, case_id, track, by=visit.identity, now=visit.now))
    except NotFound as error:
        raise LinkGone(None) from error


def _steps(opened: Opened, pressed: str, form: FormData) -> tuple[StepRequest, ...]:
    """What to ask of the case for the button that was pressed. Raises Invalid for one that is not ours."""
    if pressed not in _SAID:
        raise Invalid("Choisissez une réponse.")
    given = {name: str(form[name]).strip() for name in _FIELDS if str(form.get(name) or "").strip()}
    key = _key(opened, form)
    if pressed == "accept":
        given.setdefault("agent", opened.visit.identity.person or "")
    reference = opened.reference or ""
    if pressed == "called":
        agent = {"agent": given.get("agent") or opened.visit.identity.person or ""}
        talked = {**agent, "result": "reached", "channel": "phone"}
        taken = agent | {name: given[name] for name in ("exceed_reason",) if name in given}
        return (
            StepRequest(reference, "accept", opened.track, taken, key=key),
            StepRequest(reference, "first_contact", opened.track, talked, key=f"{key}-2" if key else None),
        )
    if pressed in ("first_contact", "attempt"):
        given = {"channel": "phone", "result": "reached", **given}
    return (StepRequest(reference, pressed, opened.track, given, key=key),)


def _key(opened: Opened, form: FormData) -> str | None:
    """The key of the form, so that a double press acts once; a branch without a name has none."""
    who = opened.visit.identity
    return str(form.get("key") or "")[:64] or None if who.person or who.entrepreneur else None


_FIELDS: Final = ("agent", "exceed_reason", "question", "reason", "text", "rather", "status", "result", "channel")


def _page(
    request: Request, opened: Opened, asked: ToAnswer, which: str, *,
    errors: list[dict[str, str | None]] | None = None, typed: Mapping[str, Any] | None = None,
) -> Response:  # fmt: skip
    waiting, given = asked.state in _TO_ANSWER, dict(typed or {})
    template = QUESTIONS.get(which, "lien/repondre.html") if waiting else "lien/suite.html"
    who, now = opened.visit.identity, opened.visit.now
    today = asked.calendar.day_of(now)
    agents = [("", "Choisissez")] if who.person not in dict(asked.agents) else []
    return page(
        request, template, status=422 if errors else 200, asked=asked, here=request.url.path, errors=errors or [], typed=given,
        key=secrets.token_urlsafe(12), needs=[_need(one.subject, one.detail) for one in asked.needs], due=_due(asked, now),
        change_until=asked.calendar.shift(today, 1), agent=who.person or "", signed_as=_signed_as(asked, who), over=_over(asked), to_call=_to_call(asked, now),
        agents=options((*agents, *asked.agents)), decline=options(((code, DECLINE[code]) for code in DECLINE_CHIPS), given.get("reason")),
        tried=options((code, RESULT[code]) for code in TRIED), progress=options(PROGRESS.items(), given.get("status")),
    )  # fmt: skip


def _named(asked: ToAnswer) -> str:
    return str(asked.helped["name"] or asked.shop["name"])


def _signed_as(asked: ToAnswer, who: Identity) -> str:
    """« Karim Haddadi, Adie »; a branch by its own name."""
    return f"{who.name}, {asked.operator}" if who.person else who.name


def _over(asked: ToAnswer) -> dict[str, str]:
    title, text = _OVER.get(asked.state, ("Il n’y a plus rien à faire ici.", ""))
    return {"title": say(title, name=_named(asked)), "text": say(text, name=_named(asked))}


def _to_call(asked: ToAnswer, now: datetime) -> str:
    """Whom to call and by when; a day that has passed is said as such."""
    if asked.call_by is None:
        return say("Vous appelez {name}.", name=_named(asked))
    return say("Vous appelez {name} {by}.", name=_named(asked), by=before(asked.call_by, asked.calendar, now))


def options(pairs: Iterable[tuple[str, str]], chosen: object = None) -> list[dict[str, Any]]:
    """Choices as the macros of the forms take them."""
    return [{"value": value, "label": label, "checked": value == chosen} for value, label in pairs]


def _due(asked: ToAnswer, now: datetime) -> dict[str, str] | None:
    """When the answer is due, said to who must give it."""
    if asked.answer_by is None:
        return None
    kind = (due_chip(asked.answer_by, asked.calendar, now) or {})["kind"]
    return {"kind": kind, "text": say("réponse attendue {before}", before=before(asked.answer_by, asked.calendar, now))}


def _need(subject: str, detail: str | None) -> str:
    """A need in words: what it is about, then what was said of it."""
    label = subject_label(subject)
    return say("{label} : {value}", label=label, value=detail) if detail else label
