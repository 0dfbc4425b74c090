"""A question or two after the help, as who is asked reads them: each answer is kept at once, and can be changed."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from api.pages.opening import Opened
from api.pages.shell import done, page, see_other
from api.steps import take
from cases.journey import Request as StepRequest
from cases.surveys import QUESTIONS, Surveyed, SurveyShown, answer_survey, survey_of
from engine.model import CASE_TRACK, Kind, Role
from engine.sentences import say
from notifications.grammar import capital, the


async def show(request: Request, opened: Opened) -> Response:
    """The next question, or thanks."""
    asked = _asked(opened)
    found = await opened.visit.read(lambda db: survey_of(db, asked))
    answers = [] if found.asks is None else list(QUESTIONS[found.asks].items())
    return page(
        request, "lien/enquete.html", asks=found.asks, question=_question(found, asked), answers=answers, here=request.url.path,
        is_mentor=asked.whose is Role.MENTOR,
    )  # fmt: skip


async def act(request: Request, opened: Opened) -> Response:
    """Keep one answer, and ask the next question."""
    form = await request.form()
    if form.get("call_me") and opened.visit.identity.entrepreneur:
        await take(opened.visit, StepRequest(opened.reference or "", "news", CASE_TRACK, {"call_me": True}))
        return see_other(request, request.url.path, done("C’est dit : votre conseil vous rappelle."))
    question, answer = str(form.get("question", "")), str(form.get("answer", ""))
    asked, now = _asked(opened), opened.visit.now
    await opened.visit.write(lambda db: answer_survey(db, asked, question=question, answer=answer, now=now))
    return see_other(request, request.url.path)


def _asked(opened: Opened) -> Surveyed:
    """The survey of the link's track, as it was sent to whoever the link is for. Raises LinkGone when it is bound to none."""
    whose = Role.ENTREPRENEUR if opened.visit.identity.entrepreneur else Role.MENTOR
    return Surveyed(opened.case_id, opened.track, whose)


def _question(found: SurveyShown, asked: Surveyed) -> str | None:
    """The question that comes next, as the mail asked it; None when all is said."""
    if found.asks is None:
        return None
    if found.asks == "open":
        return "Votre entreprise est-elle ouverte ?"
    if asked.whose is Role.MENTOR:
        return say("Ce binôme avec {who} a-t-il été utile ?", who=found.about)
    if found.about:
        return say("{operator} vous a-t-elle aidé ?", operator=capital(the(found.about)))
    if asked.track.startswith(Kind.MENTORING_PAIR):
        return "Votre mentor vous a-t-il aidé ?"
    return "Cela vous a-t-il aidé ?"
