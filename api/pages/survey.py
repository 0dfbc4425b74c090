"""Two questions after the help: each answer is kept at once, and can be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import Request
from starlette.responses import Response

from api.pages.opening import Opened
from api.pages.shell import done, page, see_other
from api.steps import take
from cases.journey import Request as StepRequest
from cases.surveys import QUESTIONS, answer_survey, survey_of
from engine.model import CASE_TRACK

ASKED: Final[Mapping[str, str]] = {
    "helped": "Cela vous a-t-il aidé ?",
    "open": "Votre entreprise est-elle ouverte ?",
}
"""The words of each question."""


async def show(request: Request, opened: Opened) -> Response:
    """The next question, or thanks."""
    case_id, track = opened.case_id, opened.track
    found = await opened.visit.read(lambda db: survey_of(db, case_id, track))
    asks = found.asks
    answers = [] if asks is None else list(QUESTIONS[asks].items())
    return page(
        request, "lien/enquete.html", asks=asks, question=ASKED.get(asks or ""), answers=answers, here=request.url.path,
        may_call=opened.visit.identity.entrepreneur is not None,
    )  # fmt: skip


async def act(request: Request, opened: Opened) -> Response:
    """Keep one answer, and ask the next question."""
    form = await request.form()
    if form.get("call_me") and opened.visit.identity.entrepreneur:
        await take(opened.visit, StepRequest(opened.reference or "", "news", CASE_TRACK, {"call_me": True}))
        return see_other(request, request.url.path, done("C’est dit : votre conseil vous rappelle."))
    question, answer = str(form.get("question", "")), str(form.get("answer", ""))
    case_id, track, now = opened.case_id, opened.track, opened.visit.now
    await opened.visit.write(lambda db: answer_survey(db, case_id, track, question=question, answer=answer, now=now))
    return see_other(request, request.url.path)
