"""What people say of the help that they got: two questions, each answer kept as soon as it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, RowMapping, select, update

from cases.errors import Invalid, NotFound
from cases.tables.case import survey

QUESTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "helped": {"yes": "Oui", "a_little": "Un peu", "no": "Non"},
    "open": {"yes": "Oui", "no": "Non", "not_yet": "Pas encore"},
}
"""The questions in their order, each with its answers: whether they were helped, whether the business is open."""


@dataclass(frozen=True, slots=True)
class SurveyShown:
    """A survey as it stands: what was answered, and the question that comes next; None when all is said."""

    answers: Mapping[str, str]
    asks: str | None


def survey_of(db: Connection, case_id: str, track: str) -> SurveyShown:
    """The last survey of a track. Raises NotFound when none was sent."""
    return _shown(_row(db, case_id, track)["answers"] or {})


def answer_survey(
    db: Connection, case_id: str, track: str, *, question: str, answer: str, now: datetime
) -> SurveyShown:
    """Keep one answer; it may be changed. Raises NotFound when no survey was sent, Invalid for what is not in the lists."""
    if answer not in QUESTIONS.get(question, {}):
        raise Invalid("Choisissez une réponse.", question)
    row = _row(db, case_id, track)
    answers = {**(row["answers"] or {}), question: answer}
    db.execute(update(survey).where(survey.c.id == row["id"]).values(answers=answers, answered_at=now))
    return _shown(answers)


def _row(db: Connection, case_id: str, track: str) -> RowMapping:
    mine = (survey.c.case_id == case_id, survey.c.track == track)
    row = db.execute(select(survey).where(*mine).order_by(survey.c.sent_at.desc())).mappings().first()
    if row is None:
        raise NotFound("Cette enquête n’existe pas.")
    return row


def _shown(answers: Mapping[str, str]) -> SurveyShown:
    return SurveyShown(answers, next((question for question in QUESTIONS if question not in answers), None))
